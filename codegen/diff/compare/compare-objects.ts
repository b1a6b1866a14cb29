import type { IrNode, IrObject, IrProperty, IrSchema } from "../../../src/schema/ir.js";
import { type Claim, type Comparison, inside, note, type Place } from "../change.js";
import { describeNode } from "../report/describe-node.js";
import type { RuleId } from "../rules/rules.js";
import { sentAs, takesAbsent } from "./presence.js";
import { isNothing, shapeText, viewOf } from "./view.js";

interface ObjectPair {
  readonly old: IrObject;
  readonly new: IrObject;
}

/** Compares two objects key by key, and what becomes of keys they do not know. */
export function compareObjects(comparison: Comparison, place: Place, pair: ObjectPair): void {
  const old = new Map(pair.old.properties.map((property) => [property.key, property]));
  const next = new Map(pair.new.properties.map((property) => [property.key, property]));
  const removed = pair.old.properties.filter((property) => !next.has(property.key));
  const added = pair.new.properties.filter((property) => !old.has(property.key));
  const renamed = findRenames(removed, added);
  for (const property of pair.new.properties) {
    const before = old.get(property.key);
    const at = inside(place, { kind: "key", key: property.key });
    if (before !== undefined) compareProperties(comparison, at, { old: before, new: property });
    else if (!renamed.some((rename) => rename.new === property))
      noteAdded(comparison, at, { pair, property });
  }
  for (const property of removed) {
    const at = inside(place, { kind: "key", key: property.key });
    const rename = renamed.find((candidate) => candidate.old === property);
    if (rename === undefined) noteRemoved(comparison, at, { pair, property });
    else noteRenamed(comparison, place, { pair, rename });
  }
  compareModes(comparison, place, pair);
}

interface PropertyPair {
  readonly old: IrProperty;
  readonly new: IrProperty;
}

/** A required field that is gone and a required one of the same form that appeared. */
function findRenames(removed: readonly IrProperty[], added: readonly IrProperty[]): PropertyPair[] {
  const free = added.filter((property) => property.in === undefined);
  return removed
    .filter((property) => property.in === undefined)
    .flatMap((old) => {
      const index = free.findIndex((candidate) => shapeText(candidate.node) === shapeText(old.node));
      const [found] = index === -1 ? [] : free.splice(index, 1);
      return found === undefined ? [] : [{ old, new: found }];
    });
}

function noteRenamed(
  comparison: Comparison,
  place: Place,
  { pair, rename }: { readonly pair: ObjectPair; readonly rename: PropertyPair },
): void {
  const at = inside(place, { kind: "key", key: rename.old.key });
  note(comparison, at, {
    rule: "FIELD_RENAME",
    claims: [lacks(pair.old), lacks(pair.new)],
    note: `${rename.old.key} → ${rename.new.key}`,
    also: [...place.path, { kind: "key", key: rename.new.key }],
    old: rename.old.node,
    new: rename.new.node,
  });
}

function noteAdded(
  comparison: Comparison,
  place: Place,
  { pair, property }: { readonly pair: ObjectPair; readonly property: IrProperty },
): void {
  const isRequired = !takesAbsent(property);
  const rule: RuleId = isRequired
    ? "FIELD_ADD_REQUIRED"
    : property.in === "defaulted"
      ? "FIELD_ADD_DEFAULT"
      : "FIELD_ADD_OPTIONAL";
  note(comparison, place, {
    rule,
    claims: [
      isRequired ? lacks(pair.old) : strayKey(pair.old, property.node),
      refusedKey(pair.old, { sent: property.node, schema: comparison.new }),
    ],
    note: describeNode(property.node),
    new: property.node,
  });
}

function noteRemoved(
  comparison: Comparison,
  place: Place,
  { pair, property }: { readonly pair: ObjectPair; readonly property: IrProperty },
): void {
  const isNeeded = !takesAbsent(property);
  note(comparison, place, {
    rule: isNeeded ? "FIELD_REMOVE_REQUIRED" : "FIELD_REMOVE_OPTIONAL",
    claims: [
      refusedKey(pair.new, { sent: property.node, schema: comparison.old }),
      isNeeded ? lacks(pair.new) : strayKey(pair.new, property.node),
    ],
    note: describeNode(property.node),
    old: property.node,
  });
}

/** Nothing has a key that its writer does not know, unless unknown keys are kept. */
function lacks(writer: IrObject): Claim {
  return keepsKeys(writer) ? "break" : "always";
}

function keepsKeys(object: IrObject): boolean {
  const mode = modeOf(object);
  return mode === "loose" || mode === "catchall";
}

/** What becomes of unknown keys, whatever it is spelled like. */
function modeOf({ mode, catchall }: IrObject): IrObject["mode"] {
  if (mode !== "catchall" || catchall === undefined || (catchall.checks ?? []).length > 0) return mode;
  if (catchall.kind === "unknown" || catchall.kind === "any") return "loose";
  return catchall.kind === "never" ? "strict" : mode;
}

/** A writer that keeps unknown keys may send this one with any value to a reader that knows it. */
function strayKey(writer: IrObject, known: IrNode): Claim {
  if (!keepsKeys(writer)) return "ok";
  return shapeText(writer.catchall ?? { kind: "unknown" }) === shapeText(known) ? "ok" : "suspect";
}

/** A reader that does not know a key may refuse it. */
function refusedKey(
  reader: IrObject,
  { sent, schema }: { readonly sent: IrNode; readonly schema: IrSchema },
): Claim {
  if (isNothing(viewOf(sent, schema), schema)) return "ok";
  switch (modeOf(reader)) {
    case "strip":
    case "loose":
      return "ok";
    case "strict":
      return "break";
    case "catchall":
      return shapeText(reader.catchall) === shapeText(sent) ? "ok" : "suspect";
  }
}

function compareProperties(comparison: Comparison, place: Place, pair: PropertyPair): void {
  if (isNullForAbsent(comparison, pair)) {
    note(comparison, place, {
      rule: "OPTIONAL_TO_NULLABLE",
      claims: ["break", "break"],
      note: "absent → null",
      old: pair.old.node,
      new: pair.new.node,
    });
    return;
  }
  comparePresence(comparison, place, pair);
  comparison.compareNodes(place, { old: pair.old.node, new: pair.new.node });
}

function isNullForAbsent(comparison: Comparison, pair: PropertyPair): boolean {
  if (pair.old.in !== "optional" || pair.new.in !== undefined) return false;
  const old = viewOf(pair.old.node, comparison.old);
  const next = viewOf(pair.new.node, comparison.new);
  return !old.nullable && next.nullable && shapeText(old.core) === shapeText(next.core);
}

const PRESENCE_RULES: Readonly<Record<string, RuleId>> = {
  "required optional": "REQUIRED_TO_OPTIONAL",
  "required defaulted": "REQUIRED_TO_DEFAULT",
  "optional required": "OPTIONAL_TO_REQUIRED",
  "optional defaulted": "OPTIONAL_TO_DEFAULT",
  "defaulted required": "DEFAULT_TO_REQUIRED",
  "defaulted optional": "DEFAULT_TO_OPTIONAL",
};

function comparePresence(comparison: Comparison, place: Place, pair: PropertyPair): void {
  const rule = PRESENCE_RULES[`${pair.old.in ?? "required"} ${pair.new.in ?? "required"}`];
  if (rule === undefined) return;
  const oldSent = sentAs(pair.old, comparison.old);
  const newSent = sentAs(pair.new, comparison.new);
  note(comparison, place, {
    rule,
    claims: [
      oldSent === "maybe" && !takesAbsent(pair.new) ? "break" : "ok",
      newSent === "maybe" && !takesAbsent(pair.old) ? "break" : "ok",
    ],
    note: `${pair.old.in ?? "required"} → ${pair.new.in ?? "required"}`,
  });
}

/** Old mode, new mode: the rule and its claims. */
const MODE_RULES: Readonly<Record<string, readonly [RuleId, Claim, Claim]>> = {
  "strip strict": ["OBJECT_STRIP_TO_STRICT", "ok", "ok"],
  "strict strip": ["OBJECT_STRICT_TO_STRIP", "ok", "ok"],
  "strip loose": ["OBJECT_STRIP_TO_LOOSE", "ok", "ok"],
  "strict loose": ["OBJECT_STRICT_TO_LOOSE", "ok", "break"],
  "loose strip": ["OBJECT_LOOSE_TO_STRIP", "ok", "ok"],
  "loose strict": ["OBJECT_LOOSE_TO_STRICT", "break", "ok"],
  "loose catchall": ["CATCHALL_NARROWED", "suspect", "ok"],
  "catchall loose": ["CATCHALL_WIDENED", "ok", "suspect"],
};

function compareModes(comparison: Comparison, place: Place, pair: ObjectPair): void {
  const { old, new: next } = pair;
  const [oldMode, newMode] = [modeOf(old), modeOf(next)];
  if (oldMode === newMode) {
    if (oldMode !== "catchall" || old.catchall === undefined || next.catchall === undefined) return;
    comparison.compareNodes(inside(place, { kind: "catchall" }), { old: old.catchall, new: next.catchall });
    return;
  }
  const row = MODE_RULES[`${oldMode} ${newMode}`];
  const [rule, oldToNew, newToOld] = row ?? (["CATCHALL_CHANGED", "suspect", "suspect"] as const);
  const isSafe = rule === "CATCHALL_CHANGED";
  note(comparison, place, {
    rule,
    claims: [isSafe ? keyClaim(old, next) : oldToNew, isSafe ? keyClaim(next, old) : newToOld],
    note: `unknown keys: ${oldMode} → ${newMode}`,
  });
}

/** Whether unknown keys that a writer sends may be refused. */
function keyClaim(writer: IrObject, reader: IrObject): Claim {
  if (!keepsKeys(writer)) return "ok";
  return modeOf(reader) === "strip" || modeOf(reader) === "loose" ? "ok" : "suspect";
}
