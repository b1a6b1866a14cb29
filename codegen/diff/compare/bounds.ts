import type { IrCheck } from "../../../src/schema/ir.js";
import { RANGES } from "../../../src/schema/ir-checks.js";

export type Side = "lower" | "upper";

/** One end of a range; infinite where there is none. */
export interface Bound {
  readonly value: number;
  readonly exclusive: boolean;
}

export type Bounds = Readonly<Record<Side, Bound>>;

/** The numbers or lengths that a list of checks leaves, whatever it is spelled like. */
export interface CheckedRange extends Bounds {
  /** Nothing but whole numbers. */
  readonly isWhole: boolean;
  /** Numbers of which every value is a multiple; none that says nothing beside the others. */
  readonly steps: readonly number[];
}

const NONE: Bounds = {
  lower: { value: Number.NEGATIVE_INFINITY, exclusive: false },
  upper: { value: Number.POSITIVE_INFINITY, exclusive: false },
};

/**
 * The range a list of checks leaves, of a number or of a length. Two lists that leave the same values have the same
 * range: `.positive()` and `.min(1)` of whole numbers, `.max(5).max(7)` and `.max(5)`.
 *
 * @param options `skipsSafe`: the range of safe integers says no more than that the number is whole
 */
export function rangeOf(checks: readonly IrCheck[], options: { readonly skipsSafe: boolean }): CheckedRange {
  const isWhole = checks.some(asksForWhole);
  const steps = stepsOf(checks, isWhole);
  const raw = checks.reduce((bounds, check) => narrow(bounds, boundsOf(check, options.skipsSafe)), NONE);
  // A whole number is a multiple of 1, and one of the given steps when those are whole.
  const grid = steps.find((step) => Number.isSafeInteger(step)) ?? (isWhole ? 1 : undefined);
  const bounds =
    grid === undefined ? raw : { lower: onGrid(raw, "lower", grid), upper: onGrid(raw, "upper", grid) };
  return { ...bounds, isWhole, steps };
}

function asksForWhole(check: IrCheck): boolean {
  if (check.check === "number_format") return check.format.includes("int");
  return check.check === "multiple_of" && Number.isInteger(check.value);
}

function stepsOf(checks: readonly IrCheck[], isWhole: boolean): readonly number[] {
  const all = checks.flatMap((check) => (check.check === "multiple_of" ? [Math.abs(check.value)] : []));
  const steps = [...new Set(all)].sort((a, b) => b - a);
  return steps.filter(
    (step, index) =>
      !(isWhole && isWholeMultiple(1, step)) &&
      !steps.slice(0, index).some((larger) => isWholeMultiple(larger, step)),
  );
}

/** Whether every multiple of the first step is one of the second. */
export function isWholeMultiple(larger: number, step: number): boolean {
  return Number.isInteger(larger / step);
}

/** The nearest value inside the bound that is a multiple of the step. */
function onGrid(bounds: Bounds, side: Side, step: number): Bound {
  const { value, exclusive } = bounds[side];
  if (!Number.isFinite(value) || !Number.isSafeInteger(Math.trunc(value))) return bounds[side];
  const isLower = side === "lower";
  const nearest = (isLower ? Math.ceil(value / step) : Math.floor(value / step)) * step;
  const next = isLower ? nearest + step : nearest - step;
  return { value: (exclusive && nearest === value ? next : nearest) + 0, exclusive: false };
}

function boundsOf(check: IrCheck, skipsSafe: boolean): Bounds {
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
      // Every number that JSON carries is a float64.
      const saysNothing = check.format === "float64" || (check.format === "safeint" && skipsSafe);
      return saysNothing ? NONE : closed(...RANGES[check.format]);
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

/** Whether no value lies between the two ends. */
export function isEmptyRange({ lower, upper }: Bounds): boolean {
  if (lower.value === upper.value) return lower.exclusive || upper.exclusive;
  return lower.value > upper.value;
}
