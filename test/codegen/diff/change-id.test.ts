import { describe, expect, it } from "vitest";
import * as z from "zod";
import { pathText } from "../../../codegen/diff/change.js";
import { changeId } from "../../../codegen/diff/change-id.js";
import { findChanges } from "../../../codegen/diff/compare/compare-schemas.js";
import { irOf } from "../from-zod-support.js";

/** The ids of the changes between two schemas. */
function idsOf(old: z.ZodType, next: z.ZodType): readonly string[] {
  return findChanges(irOf(old), irOf(next)).changes.map((change) =>
    changeId({
      task: "a.b",
      rule: change.rule,
      path: pathText("input", change.path),
      note: change.note,
      change,
    }),
  );
}

const text = z.string();
const OLD = z.object({ a: text, b: z.number() });

describe("the id of a change", () => {
  it("is the same for the same change", () => {
    const next = () => z.object({ a: text, b: z.string() });
    expect(idsOf(OLD, next())).toEqual(idsOf(OLD, next()));
  });

  it.each<[string, z.ZodType, z.ZodType]>([
    ["another type", z.object({ a: text, b: z.string() }), z.object({ a: text, b: z.boolean() })],
    [
      "another bound",
      z.object({ a: text.max(3), b: z.number() }),
      z.object({ a: text.max(2), b: z.number() }),
    ],
    [
      "other code",
      z.object({ a: text.refine((value) => value !== "x"), b: z.number() }),
      z.object({ a: text.refine((value) => value !== "y"), b: z.number() }),
    ],
    ["another field", z.object({ a: text }), z.object({ b: z.number() })],
  ])("is another for %s", (_title, first, second) => {
    const ids = [...idsOf(OLD, first), ...idsOf(OLD, second)];
    expect(ids.length).toBeGreaterThanOrEqual(2);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("stays while something else changes, and while words do", () => {
    const [id] = idsOf(OLD, z.object({ a: text, b: z.string() }));
    expect(idsOf(OLD, z.object({ a: text.max(2), b: z.string().describe("words") }))).toContain(id);
  });
});
