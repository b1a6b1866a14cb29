import type { SchemaSide } from "../../src/schema/wire-types.js";
import { pathText, type Step } from "../diff/change.js";
import type { SourcePosition } from "../finding.js";
import type { SourceIndex } from "./source-index.js";

/** A part of a contract's schema; the path is that of a `SchemaProblem`. */
export interface SchemaPart {
  readonly side: SchemaSide;
  readonly path: readonly (string | number)[];
}

/** Says where a part of a schema is: in the value, as people read it, and in the source that defines it. */
export function placeInSchema(
  { side, path }: SchemaPart,
  { definedAt, sources }: { readonly definedAt: SourcePosition | undefined; readonly sources: SourceIndex },
): { readonly path: string; readonly at?: SourcePosition } {
  const call = definedAt === undefined ? undefined : sources.callAt(definedAt);
  const keys = path.filter((key) => key !== "[]" && key !== "{}");
  const at = call === undefined ? definedAt : sources.locate(call, [side, ...keys]);
  return { path: pathText(side, path.map(stepOf)), ...(at === undefined ? {} : { at }) };
}

function stepOf(key: string | number): Step {
  if (typeof key === "number") return { kind: "slot", index: key };
  if (key === "[]") return { kind: "element" };
  return key === "{}" ? { kind: "value" } : { kind: "key", key };
}
