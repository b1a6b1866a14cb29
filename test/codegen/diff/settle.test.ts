import { describe, expect, it } from "vitest";
import * as z from "zod";
import { compareSchemas, settleDraft } from "../../../codegen/diff/judge/settle.js";
import { type Draft, draftSchemas } from "../../../codegen/diff/sample/draft.js";
import type { IrSchema } from "../../../src/schema/ir.js";
import { irOf } from "../from-zod-support.js";

const OLD = irOf(z.object({ a: z.string() }));
const NEW = irOf(z.object({ a: z.number() }));

function withoutCandidates(draft: Draft): Draft {
  const candidates = { oldToNew: [], newToOld: [] };
  return { ...draft, changes: draft.changes.map((entry) => ({ ...entry, candidates })) };
}

describe("the verdicts of the change checker", () => {
  it("keeps a break that is certain though no payload shows it", () => {
    const [finding] = settleDraft(withoutCandidates(draftSchemas(OLD, NEW)), { old: OLD });
    expect(finding?.verdicts.oldToNew).toEqual({ verdict: "break" });
  });

  it("drops a payload that the live schema accepts after all", () => {
    const live = { issuesOf: () => [] };
    const [finding] = settleDraft(draftSchemas(OLD, NEW), { old: OLD, live });
    expect(finding?.verdicts.oldToNew).toMatchObject({
      verdict: "unknown",
      countsAsBreak: true,
      isCheckerBug: true,
    });
    expect(finding?.verdicts.newToOld.verdict).toBe("break");
  });

  it("drops a payload that the live schema would never send", () => {
    const live = { issuesOf: () => [{ path: ["a"], message: "refused" }] };
    const [finding] = settleDraft(draftSchemas(OLD, NEW), { old: OLD, live });
    expect(finding?.verdicts).toMatchObject({
      oldToNew: { verdict: "break" },
      newToOld: { verdict: "unknown" },
    });
  });

  it("keeps what both recorded schemas show where the live one was not asked", () => {
    const live = { issuesOf: () => undefined };
    const [finding] = settleDraft(draftSchemas(OLD, NEW), { old: OLD, live });
    expect(finding?.verdicts).toMatchObject({
      oldToNew: { verdict: "break" },
      newToOld: { verdict: "break" },
    });
  });

  it("lets code of the new contract turn unknown into a break", () => {
    const refined = irOf(z.object({ a: z.string().refine((text) => text !== "") }));
    const live = {
      issuesOf: (value: unknown) =>
        (value as { a: string }).a === "" ? [{ path: ["a"], message: "empty" }] : [],
    };
    const [finding] = settleDraft(draftSchemas(OLD, refined), { old: OLD, live });
    expect(finding?.verdicts.oldToNew).toMatchObject({ verdict: "break", proof: { wire: { a: "" } } });
  });

  it("blames no change for what code refused before as well", () => {
    const check = (text: string): boolean => text !== "";
    const old = irOf(z.object({ a: z.string().refine(check) }));
    const next = irOf(
      z.object({
        a: z
          .string()
          .refine(check)
          .refine((text) => text.length < 9_999),
      }),
    );
    const live = {
      issuesOf: (value: unknown) =>
        (value as { a: string }).a === "" ? [{ path: ["a"], message: "empty" }] : [],
    };
    const [finding] = settleDraft(draftSchemas(old, next), { old, live });
    expect(finding).toMatchObject({
      change: { rule: "REFINE_ADDED" },
      verdicts: { oldToNew: { verdict: "unknown" } },
    });
  });

  it("reports a payload that no rule foresaw as a break and an error of its own", () => {
    const proof = { payload: {}, wire: {}, issues: [{ path: ["z"], message: "is required" }] };
    const draft: Draft = { ...draftSchemas(OLD, OLD), unexplained: { oldToNew: [proof], newToOld: [] } };
    expect(settleDraft(draft, { old: OLD })).toMatchObject([
      {
        change: { rule: "SAMPLE_FAILS" },
        verdicts: { oldToNew: { verdict: "break", isCheckerBug: true }, newToOld: { verdict: "ok" } },
      },
    ]);
  });

  it("knows that two versions of zod count the length of texts differently", () => {
    const units = (value: number): IrSchema => ({
      root: { kind: "string", checks: [{ check: "max_length", value, units: true }] },
      definitions: {},
    });
    const [finding] = compareSchemas(irOf(z.string().max(4)), units(4));
    expect(finding).toMatchObject({
      change: { rule: "PATTERN_CHANGED" },
      verdicts: { oldToNew: { verdict: "break" }, newToOld: { verdict: "unknown" } },
    });
  });

  it("reads the default a function makes as something the producer leaves out", () => {
    const old = irOf(z.object({ a: z.string() }));
    const next = irOf(z.object({ a: z.string().default(() => String(Math.random())) }));
    const [finding] = compareSchemas(old, next);
    expect(finding).toMatchObject({
      change: { rule: "REQUIRED_TO_DEFAULT" },
      verdicts: { oldToNew: { verdict: "ok" }, newToOld: { verdict: "break", proof: { wire: {} } } },
    });
  });
});
