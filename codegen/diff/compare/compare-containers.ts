import type { IrArray, IrRecord, IrSlot, IrTuple } from "../../../src/schema/ir.js";
import { type Claim, type Comparison, inside, note, type Place } from "../change.js";
import { describeNode } from "../report/describe-node.js";
import { shapeText } from "./view.js";

interface Pair<Node> {
  readonly old: Node;
  readonly new: Node;
}

/** Compares the elements of two lists. */
export function compareArrays(comparison: Comparison, place: Place, pair: Pair<IrArray>): void {
  comparison.compareNodes(inside(place, { kind: "element" }), {
    old: pair.old.element,
    new: pair.new.element,
  });
}

/** Compares two tuples slot by slot, their lengths and what may follow. */
export function compareTuples(comparison: Comparison, place: Place, pair: Pair<IrTuple>): void {
  const shared = Math.min(pair.old.items.length, pair.new.items.length);
  for (let index = 0; index < shared; index++) {
    const old = pair.old.items[index];
    const next = pair.new.items[index];
    if (old === undefined || next === undefined) continue;
    const at = inside(place, { kind: "slot", index });
    compareSlotPresence(comparison, at, { old, new: next });
    comparison.compareNodes(at, { old: old.node, new: next.node });
  }
  compareLengths(comparison, place, pair);
  compareRests(comparison, place, pair);
}

function compareSlotPresence(comparison: Comparison, place: Place, pair: Pair<IrSlot>): void {
  if (pair.old.in === pair.new.in) return;
  note(comparison, place, {
    rule: pair.new.in === undefined ? "OPTIONAL_TO_REQUIRED" : "REQUIRED_TO_OPTIONAL",
    claims: [pair.new.in === undefined ? "suspect" : "ok", pair.old.in === undefined ? "suspect" : "ok"],
    note: "whether the item may be left out was changed",
  });
}

function compareLengths(comparison: Comparison, place: Place, pair: Pair<IrTuple>): void {
  const { old, new: next } = pair;
  if (old.items.length === next.items.length) return;
  const isLonger = next.items.length > old.items.length;
  const [short, long] = isLonger ? [old, next] : [next, old];
  const extra = long.items.slice(short.items.length);
  const toLong: Claim = extra.some((item) => item.in === undefined)
    ? short.rest === undefined
      ? "break"
      : "suspect"
    : short.rest === undefined
      ? "ok"
      : "suspect";
  const toShort: Claim = short.rest === undefined ? "break" : "suspect";
  note(comparison, place, {
    rule: isLonger ? "TUPLE_ITEM_ADDED" : "TUPLE_ITEM_REMOVED",
    claims: isLonger ? [toLong, toShort] : [toShort, toLong],
    note: `${old.items.length} items → ${next.items.length} items`,
  });
}

function compareRests(comparison: Comparison, place: Place, pair: Pair<IrTuple>): void {
  const { old, new: next } = pair;
  if (old.rest !== undefined && next.rest !== undefined && old.items.length === next.items.length) {
    comparison.compareNodes(inside(place, { kind: "rest" }), { old: old.rest, new: next.rest });
    return;
  }
  if (old.rest === undefined && next.rest === undefined) return;
  note(comparison, place, {
    rule: "TUPLE_REST_CHANGED",
    claims: [old.rest === undefined ? "ok" : "suspect", next.rest === undefined ? "ok" : "suspect"],
    note: `more items: ${describeNode(old.rest)} → ${describeNode(next.rest)}`,
  });
}

/** Compares the values of two records, and which keys they have. */
export function compareRecords(comparison: Comparison, place: Place, pair: Pair<IrRecord>): void {
  comparison.compareNodes(inside(place, { kind: "value" }), {
    old: pair.old.values,
    new: pair.new.values,
  });
  if (pair.old.known !== undefined && pair.new.known !== undefined) compareKnownKeys(comparison, place, pair);
  else if (shapeText(keyParts(pair.old)) !== shapeText(keyParts(pair.new))) {
    note(comparison, place, {
      rule: "RECORD_KEYS_CHANGED",
      claims: [keyRisk(pair.old, pair.new), keyRisk(pair.new, pair.old)],
      note: `keys: ${describeNode(pair.old.keys)} → ${describeNode(pair.new.keys)}`,
    });
  }
}

function keyParts(record: IrRecord): unknown {
  return { keys: record.keys, loose: record.loose === true, partial: record.partial === true };
}

/** A reader whose keys are any text takes all keys. */
function keyRisk(_writer: IrRecord, reader: IrRecord): Claim {
  const isFree = reader.keys.kind === "string" && (reader.keys.checks ?? []).length === 0;
  return isFree && reader.known === undefined ? "ok" : "suspect";
}

function compareKnownKeys(comparison: Comparison, place: Place, pair: Pair<IrRecord>): void {
  const old = new Set((pair.old.known ?? []).map(String));
  const next = new Set((pair.new.known ?? []).map(String));
  const added = [...next].filter((key) => !old.has(key));
  const removed = [...old].filter((key) => !next.has(key));
  if (added.length > 0) {
    const claims = [lacksKey(pair.new), extraKey(pair.old)] as const;
    note(comparison, place, { rule: "RECORD_ENUM_KEY_ADDED", claims, note: `with ${added.join(", ")}` });
  }
  if (removed.length > 0) {
    const claims = [extraKey(pair.new), lacksKey(pair.old)] as const;
    note(comparison, place, {
      rule: "RECORD_ENUM_KEY_REMOVED",
      claims,
      note: `without ${removed.join(", ")}`,
    });
  }
  const isPartialChanged = (pair.old.partial === true) !== (pair.new.partial === true);
  const isLooseChanged = (pair.old.loose === true) !== (pair.new.loose === true);
  if (!isPartialChanged && !isLooseChanged) return;
  note(comparison, place, {
    rule: "RECORD_KEYS_CHANGED",
    claims: ["suspect", "suspect"],
    note: "which keys must be there, or what becomes of others, was changed",
  });
}

/** A value under every key may be optional, so a payload has to show it. */
function lacksKey(reader: IrRecord): Claim {
  return reader.partial === true ? "ok" : "suspect";
}

function extraKey(reader: IrRecord): Claim {
  return reader.loose === true ? "ok" : "suspect";
}
