import type { IrCheck } from "../../src/core/ir.js";

export type Side = "lower" | "upper";

/** One end of a range; infinite where there is none. */
export interface Bound {
  readonly value: number;
  readonly exclusive: boolean;
}

export type Bounds = Readonly<Record<Side, Bound>>;

const NONE: Bounds = {
  lower: { value: Number.NEGATIVE_INFINITY, exclusive: false },
  upper: { value: Number.POSITIVE_INFINITY, exclusive: false },
};

const SAFE = Number.MAX_SAFE_INTEGER;

const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  safeint: [-SAFE, SAFE],
  int32: [-2_147_483_648, 2_147_483_647],
  uint32: [0, 4_294_967_295],
  float32: [-3.4028234663852886e38, 3.4028234663852886e38],
};

/**
 * The range a list of checks leaves, of a number or of a length.
 *
 * @param options `skipsSafe`: the range of safe integers says no more than that the number is whole
 */
export function boundsOf(checks: readonly IrCheck[], options: { readonly skipsSafe: boolean }): Bounds {
  return checks.reduce((bounds, check) => narrow(bounds, rangeOf(check, options.skipsSafe)), NONE);
}

function rangeOf(check: IrCheck, skipsSafe: boolean): Bounds {
  switch (check.check) {
    case "min_length":
      return check.value <= 0 ? NONE : { ...NONE, lower: { value: check.value, exclusive: false } };
    case "max_length":
      return { ...NONE, upper: { value: check.value, exclusive: false } };
    case "length":
      return closed(check.value, check.value);
    case "min":
      return { ...NONE, lower: { value: check.value, exclusive: check.exclusive === true } };
    case "max":
      return { ...NONE, upper: { value: check.value, exclusive: check.exclusive === true } };
    case "number_format": {
      const range = check.format === "safeint" && skipsSafe ? undefined : RANGES[check.format];
      return range === undefined ? NONE : closed(range[0], range[1]);
    }
    default:
      return NONE;
  }
}

function closed(low: number, high: number): Bounds {
  return { lower: { value: low, exclusive: false }, upper: { value: high, exclusive: false } };
}

function narrow(a: Bounds, b: Bounds): Bounds {
  return {
    lower: tighter("lower", b.lower, a.lower) ? b.lower : a.lower,
    upper: tighter("upper", b.upper, a.upper) ? b.upper : a.upper,
  };
}

/** Whether two ends of a range are the same. */
export function sameBound(a: Bound, b: Bound): boolean {
  return a.value === b.value && a.exclusive === b.exclusive;
}

/** Whether bound `a` leaves less than bound `b`. */
export function tighter(side: Side, a: Bound, b: Bound): boolean {
  if (a.value === b.value) return a.exclusive && !b.exclusive;
  return side === "lower" ? a.value > b.value : a.value < b.value;
}
