import { createHash } from "node:crypto";
import { canonicalJson } from "../canonical-json.js";
import type { Change } from "./change.js";
import { shapeText } from "./compare/view.js";

/** What an approval is pinned to: ten hex characters that change with any part of the change. */
export function changeId(parts: {
  readonly task: string;
  readonly rule: string;
  readonly path: string;
  readonly note: string;
  readonly change?: Change;
}): string {
  const { change, ...words } = parts;
  const nodes =
    change === undefined ? [] : [change.old, change.new, change.pin].map((part) => shapeText(part ?? null));
  return createHash("sha256")
    .update(canonicalJson([words, nodes]))
    .digest("hex")
    .slice(0, 10);
}
