import type { IrCheck } from "../../src/core/ir.js";
import { areRepeatable } from "../../src/core/ir-checks.js";
import { type Bound, boundsOf, type Side, sameBound, tighter } from "./bounds.js";
import { type Claim, type Comparison, note, type Place, type ViewPair } from "./change.js";
import { describeCheck } from "./describe-node.js";
import { lengthsOf } from "./sample-leaves.js";
import { shapeText } from "./view.js";

interface CheckPair {
  readonly old: readonly IrCheck[];
  readonly new: readonly IrCheck[];
}

/** Compares what two nodes of one kind ask of a value beyond its type. */
export function compareChecks(comparison: Comparison, place: Place, views: ViewPair): void {
  const pair: CheckPair = { old: views.old.checks, new: views.new.checks };
  if (shapeText(pair.old) === shapeText(pair.new)) return;
  const changesText = [...pair.old, ...pair.new].some(isTextChange);
  const within: Place = changesText ? { ...place, isShared: true } : place;
  compareBounds(comparison, within, pair);
  compareUnits(comparison, within, pair);
  compareSteps(comparison, within, pair);
  compareFormats(comparison, within, pair);
  compareTextChanges(comparison, within, pair);
  compareCode(comparison, within, pair);
}

const TEXT_CHANGES: ReadonlySet<IrCheck["check"]> = new Set([
  "trim",
  "to_lower_case",
  "to_upper_case",
  "slugify",
  "normalize",
]);

function isTextChange(check: IrCheck): boolean {
  return TEXT_CHANGES.has(check.check);
}

/** Only where nothing else limits the values is it sure that one lies between two bounds. */
function sure(checks: readonly IrCheck[]): Claim {
  return checks.every((check) => BOUND_CHECKS.has(check.check)) ? "break" : "suspect";
}

const BOUND_CHECKS: ReadonlySet<IrCheck["check"]> = new Set([
  "min_length",
  "max_length",
  "length",
  "min",
  "max",
  "number_format",
]);

function compareBounds(comparison: Comparison, place: Place, pair: CheckPair): void {
  const isShort = (checks: readonly IrCheck[]): boolean =>
    !checks.some((check) => check.check === "number_format");
  const skipsSafe = isShort(pair.old) || isShort(pair.new);
  const old = boundsOf(pair.old, { skipsSafe });
  const next = boundsOf(pair.new, { skipsSafe });
  for (const side of ["lower", "upper"] as const) {
    compareBound(comparison, place, { side, old: old[side], new: next[side], checks: pair });
  }
}

function compareBound(
  comparison: Comparison,
  place: Place,
  found: { readonly side: Side; readonly old: Bound; readonly new: Bound; readonly checks: CheckPair },
): void {
  const { side, old, new: next, checks } = found;
  if (sameBound(old, next)) return;
  const text = `${boundText(side, old)} → ${boundText(side, next)}`;
  if (tighter(side, next, old)) {
    note(comparison, place, { rule: "BOUND_TIGHTENED", claims: [sure(checks.old), "ok"], note: text });
  } else {
    note(comparison, place, { rule: "BOUND_LOOSENED", claims: ["ok", sure(checks.new)], note: text });
  }
}

/** A zod before 4.6 counts UTF-16 units, so one bound means two lengths for texts with emoji. */
function compareUnits(comparison: Comparison, place: Place, pair: CheckPair): void {
  const countsUnits = (checks: readonly IrCheck[]): boolean =>
    checks.some((check) => "units" in check && check.units === true);
  const hasLength = (checks: readonly IrCheck[]): boolean => lengthsOf(checks).length > 0;
  if (countsUnits(pair.old) === countsUnits(pair.new) || !hasLength(pair.old) || !hasLength(pair.new)) return;
  note(comparison, place, {
    rule: "PATTERN_CHANGED",
    claims: ["suspect", "suspect"],
    note: "another version of zod counts the length of texts in another way",
  });
}

function boundText(side: Side, bound: Bound): string {
  if (!Number.isFinite(bound.value)) return side === "lower" ? "no minimum" : "no maximum";
  const word = side === "lower" ? "min" : "max";
  return `${word} ${bound.value}${bound.exclusive ? " (exclusive)" : ""}`;
}

/** `multipleOf`. */
function compareSteps(comparison: Comparison, place: Place, pair: CheckPair): void {
  const { onlyOld, onlyNew } = split(pair, (check) => check.check === "multiple_of");
  const [old] = onlyOld;
  const [next] = onlyNew;
  const text = `${old === undefined ? "any" : describeCheck(old)} → ${next === undefined ? "any" : describeCheck(next)}`;
  if (old !== undefined && next !== undefined) {
    const claims = ["suspect", "suspect"] as const;
    note(comparison, place, { rule: "PATTERN_CHANGED", claims, note: text });
  } else if (next !== undefined) {
    note(comparison, place, { rule: "BOUND_TIGHTENED", claims: [sure(pair.old), "ok"], note: text });
  } else if (old !== undefined) {
    note(comparison, place, { rule: "BOUND_LOOSENED", claims: ["ok", sure(pair.new)], note: text });
  }
}

const FORMAT_CHECKS: ReadonlySet<IrCheck["check"]> = new Set([
  "format",
  "includes",
  "starts_with",
  "ends_with",
  "number_format",
]);

function compareFormats(comparison: Comparison, place: Place, pair: CheckPair): void {
  const { onlyOld, onlyNew } = split(pair, (check) => FORMAT_CHECKS.has(check.check));
  if (onlyOld.length === 0 && onlyNew.length === 0) return;
  const text = `${listText(onlyOld)} → ${listText(onlyNew)}`;
  if (onlyOld.length > 0 && onlyNew.length > 0) {
    note(comparison, place, { rule: "PATTERN_CHANGED", claims: ["suspect", "suspect"], note: text });
  } else if (onlyNew.length > 0) {
    note(comparison, place, { rule: "FORMAT_ADDED", claims: [refuses(onlyNew, pair.old), "ok"], note: text });
  } else {
    note(comparison, place, {
      rule: "FORMAT_REMOVED",
      claims: ["ok", refuses(onlyOld, pair.new)],
      note: text,
    });
  }
}

/** A pattern may match everything, and other checks may ask for the same already. */
function refuses(formats: readonly IrCheck[], others: readonly IrCheck[]): Claim {
  const isNamed = formats.some((check) => check.check === "format" && check.format !== "regex");
  const isInteger = formats.some((check) => check.check === "number_format" && check.format.includes("int"));
  return others.length === 0 && (isNamed || isInteger) ? "break" : "suspect";
}

function listText(checks: readonly IrCheck[]): string {
  return checks.length === 0 ? "any" : checks.map(describeCheck).join(", ");
}

function compareTextChanges(comparison: Comparison, place: Place, pair: CheckPair): void {
  const of = (checks: readonly IrCheck[]): readonly IrCheck[] => checks.filter(isTextChange);
  const { onlyOld, onlyNew } = split(pair, () => true);
  const isReordered = onlyOld.length === 0 && onlyNew.length === 0 && of(pair.old).length > 0;
  if (shapeText(of(pair.old)) === shapeText(of(pair.new)) && !isReordered) return;
  const risk = (checks: readonly IrCheck[]): Claim =>
    checks.every(isTextChange) && areRepeatable(checks) ? "ok" : "suspect";
  note(comparison, place, {
    rule: "TEXT_CHANGE_CHANGED",
    claims: [risk(pair.new), risk(pair.old)],
    note: `${listText(of(pair.old))} → ${listText(of(pair.new))}`,
  });
}

/** Checks written as code are known by a hash of their source. */
function compareCode(comparison: Comparison, place: Place, pair: CheckPair): void {
  const { onlyOld, onlyNew } = split(pair, (check) => check.check === "opaque");
  if (onlyOld.length > 0 && onlyNew.length > 0) {
    note(comparison, place, {
      rule: "REFINE_CHANGED",
      claims: ["unknown", "unknown"],
      note: "another source",
    });
  } else if (onlyNew.length > 0) {
    note(comparison, place, { rule: "REFINE_ADDED", claims: ["unknown", "ok"], note: "" });
  } else if (onlyOld.length > 0) {
    note(comparison, place, {
      rule: "REFINE_REMOVED",
      claims: ["ok", "unknown"],
      note: "",
    });
  }
}

/** The checks that only one side has, however often. */
function split(
  pair: CheckPair,
  includes: (check: IrCheck) => boolean,
): { readonly onlyOld: readonly IrCheck[]; readonly onlyNew: readonly IrCheck[] } {
  const texts = (checks: readonly IrCheck[]): Set<string> => new Set(checks.map(shapeText));
  const old = texts(pair.old);
  const next = texts(pair.new);
  return {
    onlyOld: pair.old.filter((check) => includes(check) && !next.has(shapeText(check))),
    onlyNew: pair.new.filter((check) => includes(check) && !old.has(shapeText(check))),
  };
}
