import type { IrCheck } from "../../../src/schema/ir.js";
import { areRepeatable } from "../../../src/schema/ir-checks.js";
import { canonicalJson } from "../../canonical-json.js";
import { type Claim, type Comparison, note, type Place, type ViewPair } from "../change.js";
import { describeCheck } from "../report/describe-node.js";
import { lengthsOf } from "../sample/sample-leaves.js";
import { compareRanges } from "./compare-ranges.js";
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
  compareRanges(comparison, within, views);
  compareUnits(comparison, within, pair);
  compareFormats(comparison, within, pair);
  compareTextChanges(comparison, within, pair);
  compareCode(comparison, within, views);
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

const FORMAT_CHECKS: ReadonlySet<IrCheck["check"]> = new Set([
  "format",
  "includes",
  "starts_with",
  "ends_with",
]);

function compareFormats(comparison: Comparison, place: Place, pair: CheckPair): void {
  const { onlyOld, onlyNew } = split(pair, (check) => FORMAT_CHECKS.has(check.check));
  if (onlyOld.length === 0 && onlyNew.length === 0) return;
  const text = `${listText(onlyOld)} → ${listText(onlyNew)}`;
  if (onlyOld.length > 0 && onlyNew.length > 0) {
    const claims = [
      isWider(onlyOld, onlyNew) ? "ok" : "suspect",
      isWider(onlyNew, onlyOld) ? "ok" : "suspect",
    ] as const;
    note(comparison, place, { rule: "PATTERN_CHANGED", claims, note: text });
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

/** One pattern with more flags matches more, as long as nothing in it says what may not stand there. */
function isWider(narrow: readonly IrCheck[], wide: readonly IrCheck[]): boolean {
  const [a, b] = [narrow[0], wide[0]];
  if (narrow.length !== 1 || wide.length !== 1 || a?.check !== "format" || b?.check !== "format")
    return false;
  if (a.pattern === undefined || a.pattern !== b.pattern || /\[\^|\(\?<?!|\\[A-Zb]/.test(a.pattern))
    return false;
  const before = new Set(a.flags);
  const added = [...(b.flags ?? "")].filter((flag) => !before.has(flag));
  return (
    [...before].every((flag) => b.flags?.includes(flag)) && added.every((flag) => "imsgd".includes(flag))
  );
}

/** A pattern may match everything, and other checks may ask for the same already. */
function refuses(formats: readonly IrCheck[], others: readonly IrCheck[]): Claim {
  const isNamed = formats.some((check) => check.check === "format" && check.format !== "regex");
  return others.length === 0 && isNamed ? "break" : "suspect";
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
export function compareCode(comparison: Comparison, place: Place, views: ViewPair): void {
  const pair: CheckPair = { old: views.old.checks, new: views.new.checks };
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
  const texts = (checks: readonly IrCheck[]): Set<string> => new Set(checks.map(checkText));
  const old = texts(pair.old);
  const next = texts(pair.new);
  return {
    onlyOld: pair.old.filter((check) => includes(check) && !next.has(checkText(check))),
    onlyNew: pair.new.filter((check) => includes(check) && !old.has(checkText(check))),
  };
}

/** A pattern is what it matches, whatever the format is called; `g` and `d` decide nothing about that. */
function checkText(check: IrCheck): string {
  if (
    check.check !== "format" ||
    check.pattern === undefined ||
    check.format === "url" ||
    check.format === "jwt"
  ) {
    return shapeText(check);
  }
  const flags = [...(check.flags ?? "")].filter((flag) => !"gd".includes(flag)).sort();
  return canonicalJson({ pattern: check.pattern, flags });
}
