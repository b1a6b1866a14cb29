import type * as z from "zod";
import { DIRECTIONS, type Direction } from "../../../codegen/diff/change.js";
import { breaks, type SchemaFinding, settleDraft } from "../../../codegen/diff/judge/settle.js";
import { draftSchemas } from "../../../codegen/diff/sample/draft.js";
import { irOf } from "../from-zod-support.js";
import type { Expected } from "./pairs.js";

/** Compares two schemas as `taskora diff` does: the new one is there and is asked, the old one is recorded. */
export function compareLive(old: z.ZodType, next: z.ZodType): readonly SchemaFinding[] {
  const sides = { old: irOf(old), new: irOf(next) };
  const issuesOf = (value: unknown) => {
    const { error } = next.safeParse(value);
    return (error?.issues ?? []).map(({ path, message }) => ({ path: path as (string | number)[], message }));
  };
  return settleDraft(draftSchemas(sides.old, sides.new), { ...sides, live: { issuesOf } });
}

/** The verdict of a direction as a whole: the worst of its changes. */
export function overall(findings: readonly SchemaFinding[], direction: Direction): Expected {
  const verdicts = findings.map((finding) => finding.verdicts[direction].verdict);
  if (verdicts.includes("break")) return "break";
  return verdicts.includes("unknown") ? "unknown" : "ok";
}

/** Both directions, the old one first: `["break", "ok"]`. */
export function bothWays(findings: readonly SchemaFinding[]): readonly Expected[] {
  return DIRECTIONS.map((direction) => overall(findings, direction));
}

/** Whether the policy would stop a change in a direction. */
export function stops(findings: readonly SchemaFinding[], direction: Direction): boolean {
  return findings.some((finding) => breaks(finding.verdicts[direction]));
}

/** Verdicts that contradict their own payloads. */
export function checkerBugs(findings: readonly SchemaFinding[]): readonly string[] {
  return findings
    .filter(({ verdicts }) => DIRECTIONS.some((way) => verdicts[way].isCheckerBug === true))
    .map(({ change }) => change.rule);
}
