import { describe, expect, it } from "vitest";
import * as z from "zod";
import * as codegen from "../../../codegen/commands.js";
import { DIFF_FORMATS, type DiffFormat, formatDiff } from "../../../codegen/diff/formats/format.js";
import { POLICIES } from "../../../codegen/diff/judge/policy.js";
import type { DiffReport } from "../../../codegen/diff/report/report.js";
import { renderDiff } from "../../../src/cli/render-diff.js";
import { irOf } from "../from-zod-support.js";
import { aContract, aDraftedPair, aLock, judged, judgedSchemas } from "./judged.js";
import { PAIRS } from "./pairs.js";

const plain = { bold: String, dim: String, red: String, green: String, yellow: String, cyan: String };

const FORMATS = ["text", ...DIFF_FORMATS] as const;

function print(report: DiffReport, format: "text" | DiffFormat): string {
  if (format === "text") return renderDiff(report, { cwd: "/", colors: plain, columns: 200, codegen });
  return formatDiff(report, format, "/");
}

/** Each report with each policy: what is asked of every format. */
const REPORTS: readonly DiffReport[] = POLICIES.flatMap((policy) =>
  PAIRS.flatMap((pair) => {
    const [old, next] = [irOf(pair.old), irOf(pair.new)];
    return [
      judgedSchemas({ input: old }, { input: next }, policy),
      judgedSchemas({ input: old, output: old }, { input: next, output: next }, policy),
    ];
  }),
);

describe("the conclusion of a report", () => {
  it.each(FORMATS)("is the same in %s as in the report and its exit code", (format) => {
    for (const report of REPORTS) {
      const { kind, text } = report.conclusion;
      expect(report.exitCode).toBe(kind === "breaking" ? 5 : 0);
      const printed = print(report, format);
      expect(printed.toLowerCase()).toContain(text.toLowerCase());
      expect(/nothing breaks/i.test(printed)).toBe(kind === "fine");
      if (kind === "fine") expect(printed).not.toMatch(/breaks (jobs|a rolling|result|stored)/i);
    }
  });

  it("covers every kind of report", () => {
    const kinds = new Set(REPORTS.map(({ conclusion }) => conclusion.kind));
    expect([...kinds].sort()).toEqual(["breaking", "fine", "order", "unknown"]);
  });

  it("marks as failures in JUnit, and as errors in SARIF, exactly what ends with 5", () => {
    for (const report of REPORTS) {
      const failures = Number(/failures="(\d+)"/.exec(print(report, "junit"))?.[1]);
      const sarif = JSON.parse(print(report, "sarif")) as {
        runs: { results: { level: string }[]; invocations: object[] }[];
      };
      const errors = sarif.runs[0]?.results.filter(({ level }) => level === "error") ?? [];
      expect([failures > 0, errors.length > 0]).toEqual([report.exitCode === 5, report.exitCode === 5]);
      expect(sarif.runs[0]?.invocations).toEqual([{ executionSuccessful: true, exitCode: report.exitCode }]);
    }
  });

  it("says that the policy allows for what only needs an order", () => {
    const [few, many] = [irOf(z.enum(["x"])), irOf(z.enum(["x", "y"]))];
    const report = judgedSchemas({ input: few }, { input: many });
    expect(report.conclusion).toEqual({
      kind: "order",
      text: "breaks a rolling deploy, which the policy workers-first allows",
    });
  });

  it("calls what an unstable task breaks accepted, and not nothing", () => {
    const [text, number] = [irOf(z.string()), irOf(z.number())];
    const next = aContract({ input: number, unstable: true });
    const report = judged([aDraftedPair(aLock({ input: text, options: { unstable: true } }), next)]);
    expect(report).toMatchObject({
      exitCode: 0,
      conclusion: {
        kind: "accepted",
        text: "breaks jobs already queued and a rolling deploy, which was accepted",
      },
    });
  });

  it("ends with 5 where nothing could be tried, as a break would", () => {
    const text = (max: number) =>
      irOf(
        z
          .string()
          .regex(/^[a-z]+$/)
          .max(max),
      );
    const report = judgedSchemas({ input: text(60_000) }, { input: text(50_000) });
    expect(report).toMatchObject({ exitCode: 5, plan: { kind: "drain-or-migrate" } });
    expect(print(report, "text")).toContain(
      "unknown for jobs already queued because no text longer than 20000 is made, which counts as a break",
    );
    const allowed = judgedSchemas({ input: text(60_000) }, { input: text(50_000) }, "producers-first");
    expect(allowed).toMatchObject({ exitCode: 0, conclusion: { kind: "order" } });
  });
});
