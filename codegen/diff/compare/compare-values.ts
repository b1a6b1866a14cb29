import { type Comparison, note, type Place, type ViewPair } from "../change.js";
import { finiteValues } from "./view.js";

/** Compares two lists of allowed values. */
export function compareValueSets(comparison: Comparison, place: Place, pair: ViewPair): void {
  const old = new Set(finiteValues(pair.old.core));
  const next = new Set(finiteValues(pair.new.core));
  const added = [...next].filter((value) => !old.has(value));
  const removed = [...old].filter((value) => !next.has(value));
  const nodes = { old: pair.old.core, new: pair.new.core };
  if (removed.length > 0) {
    const claims = ["break", "ok"] as const;
    note(comparison, place, {
      rule: "ENUM_VALUE_REMOVED",
      claims,
      note: `without ${list(removed)}`,
      ...nodes,
    });
  }
  if (added.length > 0) {
    const claims = ["ok", "break"] as const;
    note(comparison, place, { rule: "ENUM_VALUE_ADDED", claims, note: `with ${list(added)}`, ...nodes });
  }
}

const MAX_LISTED = 8;

function list(values: readonly unknown[]): string {
  const shown = values.slice(0, MAX_LISTED).map((value) => JSON.stringify(value));
  if (values.length > shown.length) shown.push(`${values.length - shown.length} more`);
  return shown.join(", ");
}
