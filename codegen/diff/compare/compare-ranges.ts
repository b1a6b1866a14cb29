/** Compares the numbers and lengths that the checks of two nodes leave, whatever they are spelled like. */
import type { IrCheck } from "../../../src/schema/ir.js";
import { isMultiple } from "../../../src/schema/ir-checks.js";
import { type Change, type Claim, type Comparison, note, type Place, type ViewPair } from "../change.js";
import { MAX_LENGTH } from "../sample/sample-leaves.js";
import { MAX_ELEMENTS } from "../sample/sample-lists.js";
import {
  type Bound,
  type CheckedRange,
  isEmptyRange,
  isWholeMultiple,
  rangeOf,
  type Side,
  sameBound,
  tighter,
} from "./bounds.js";

const BOUND_CHECKS: ReadonlySet<IrCheck["check"]> = new Set([
  "min_length",
  "max_length",
  "length",
  "min",
  "max",
  "multiple_of",
  "number_format",
]);

/** What one side writes: its checks, and the range they leave. */
interface Writer {
  readonly checks: readonly IrCheck[];
  readonly range: CheckedRange;
}

/** Only where nothing else limits the values is it sure that the writer sends those at its own bounds. */
function isSure({ checks, range }: Writer): boolean {
  const isKnown = checks.every((check) => BOUND_CHECKS.has(check.check));
  return isKnown && range.steps.length <= 1 && range.steps.every((step) => Number.isInteger(step));
}

/** What a bound refuses of a writer's values. */
function claimOf(writer: Writer): Claim {
  if (isEmptyRange(writer.range)) return "ok";
  return isSure(writer) ? "break" : "suspect";
}

/** Bounds, `multipleOf` and whole numbers. */
export function compareRanges(comparison: Comparison, place: Place, views: ViewPair): void {
  const pair = { old: views.old.checks, new: views.new.checks };
  const isShort = (checks: readonly IrCheck[]): boolean =>
    !checks.some((check) => check.check === "number_format");
  const skipsSafe = isShort(pair.old) || isShort(pair.new);
  const old: Writer = { checks: pair.old, range: rangeOf(pair.old, { skipsSafe }) };
  const next: Writer = { checks: pair.new, range: rangeOf(pair.new, { skipsSafe }) };
  const isList = views.old.core.kind === "array";
  for (const side of ["lower", "upper"] as const) {
    compareBound(comparison, place, { side, old, new: next, isList });
  }
  compareSteps(comparison, place, { old, new: next });
  compareWhole(comparison, place, { old, new: next });
}

interface WriterPair {
  readonly old: Writer;
  readonly new: Writer;
}

function compareBound(
  comparison: Comparison,
  place: Place,
  found: WriterPair & { readonly side: Side; readonly isList: boolean },
): void {
  const { side } = found;
  const [old, next] = [found.old.range[side], found.new.range[side]];
  if (sameBound(old, next)) return;
  const text = `${boundText(side, old)} → ${boundText(side, next)}`;
  const untried = untriedLengths(found);
  if (tighter(side, next, old)) {
    note(comparison, place, {
      rule: "BOUND_TIGHTENED",
      claims: [claimOf(found.old), "ok"],
      note: text,
      ...untried,
    });
  } else {
    note(comparison, place, {
      rule: "BOUND_LOOSENED",
      claims: ["ok", claimOf(found.new)],
      note: text,
      ...untried,
    });
  }
}

/** A text or list between two large bounds is not made, so that no payload can show it. */
function untriedLengths(
  found: WriterPair & { readonly side: Side; readonly isList: boolean },
): Pick<Change, "untried"> {
  const { side, isList } = found;
  const isLength = [...found.old.checks, ...found.new.checks].some((check) => LENGTHS.has(check.check));
  const ends = [found.old.range[side].value, found.new.range[side].value];
  const needed = side === "upper" ? Math.min(...ends) + 1 : Math.max(...ends) - 1;
  const most = isList ? MAX_ELEMENTS : MAX_LENGTH;
  if (!isLength || needed <= most) return {};
  return { untried: `no ${isList ? "list" : "text"} longer than ${most} is made` };
}

const LENGTHS: ReadonlySet<IrCheck["check"]> = new Set(["min_length", "max_length", "length"]);

function boundText(side: Side, bound: Bound): string {
  if (!Number.isFinite(bound.value)) return side === "lower" ? "no minimum" : "no maximum";
  const word = side === "lower" ? "min" : "max";
  return `${word} ${bound.value}${bound.exclusive ? " (exclusive)" : ""}`;
}

/** `multipleOf`: 6 lets through nothing that 3 does not. */
function compareSteps(comparison: Comparison, place: Place, { old, new: next }: WriterPair): void {
  const claims = [stepClaim(old, next), stepClaim(next, old)] as const;
  if (claims.every((claim) => claim === "ok")) return;
  const rule =
    claims[1] === "ok" ? "BOUND_TIGHTENED" : claims[0] === "ok" ? "BOUND_LOOSENED" : "PATTERN_CHANGED";
  note(comparison, place, { rule, claims, note: `${stepText(old)} → ${stepText(next)}` });
}

function stepText({ range }: Writer): string {
  return range.steps.length === 0 ? "any" : range.steps.map((step) => `multiple of ${step}`).join(", ");
}

function stepClaim(writer: Writer, reader: Writer): Claim {
  const own = [...writer.range.steps, ...(writer.range.isWhole ? [1] : [])];
  const open = reader.range.steps.filter((step) => !own.some((given) => isWholeMultiple(given, step)));
  if (open.length === 0 || isEmptyRange(writer.range)) return "ok";
  if (!isSure(writer)) return "suspect";
  return valuesNear(writer.range).some((value) => open.some((step) => !isMultiple(value, step)))
    ? "break"
    : "suspect";
}

/** A few numbers that a range holds. */
function valuesNear(range: CheckedRange): readonly number[] {
  const grid = range.steps[0] ?? (range.isWhole ? 1 : 0.25);
  const { lower, upper } = range;
  const start = Number.isFinite(lower.value)
    ? lower.value
    : Number.isFinite(upper.value)
      ? upper.value - 8 * grid
      : 0;
  return Array.from({ length: 9 }, (_, index) => start + index * grid).filter(
    (value) =>
      !isEmptyRange({ lower, upper: { value, exclusive: false } }) &&
      !isEmptyRange({ lower: { value, exclusive: false }, upper }),
  );
}

function compareWhole(comparison: Comparison, place: Place, { old, new: next }: WriterPair): void {
  if (old.range.isWhole === next.range.isWhole || sameSteps(old, next)) return;
  const writer = old.range.isWhole ? next : old;
  const hasFractions = isSure(writer) && writer.range.lower.value < writer.range.upper.value;
  const claim: Claim = isEmptyRange(writer.range) ? "ok" : hasFractions ? "break" : "suspect";
  if (old.range.isWhole) {
    note(comparison, place, { rule: "FORMAT_REMOVED", claims: ["ok", claim], note: "integer → any" });
  } else {
    note(comparison, place, { rule: "FORMAT_ADDED", claims: [claim, "ok"], note: "any → integer" });
  }
}

/** A new step that is a whole number says it already. */
function sameSteps(old: Writer, next: Writer): boolean {
  const isStep = (writer: Writer): boolean => writer.range.steps.some((step) => Number.isInteger(step));
  return isStep(old) !== isStep(next);
}
