import type { IrSchema } from "../../../src/schema/ir.js";
import {
  type Change,
  type Claim,
  DIRECTIONS,
  type Direction,
  isChoice,
  pathText,
  type Step,
} from "../change.js";
import { codePlaces, isBesides } from "../code-places.js";
import { type Draft, type DraftChange, draftSchemas, isBeside, relation } from "../sample/draft.js";
import { type Proof, shortestFirst, type TrialIssue } from "./trial.js";

/** What is known about one direction of a change. */
export interface Verdict {
  readonly verdict: "ok" | "break" | "unknown";
  /** A payload that was executed. A break without one is certain by its rule. */
  readonly proof?: Proof;
  /** Why nothing is known, or why a certain break shows no payload. */
  readonly reason?: string;
  /** Nothing could be tried, so the policy treats it as a break. */
  readonly countsAsBreak?: true;
  /** The checker was wrong: its rule and the payloads contradict each other. */
  readonly isCheckerBug?: true;
}

/** Whether the policy has to treat a verdict as a break. */
export function breaks(verdict: Verdict | undefined): boolean {
  return verdict?.verdict === "break" || verdict?.countsAsBreak === true;
}

/** A difference between two schemas with a verdict for each direction. */
export interface SchemaFinding {
  readonly change: Change;
  readonly verdicts: Readonly<Record<Direction, Verdict>>;
}

/** What the live schema of the new contract said. */
export interface LiveAnswers {
  /** What it finds wrong with a value; empty: it parses, undefined: it was not asked. */
  readonly issuesOf: (value: unknown) => readonly TrialIssue[] | undefined;
}

/** Compares two recorded schemas. Both sides are run by the interpreter. */
export function compareSchemas(old: IrSchema, next: IrSchema): readonly SchemaFinding[] {
  return settleDraft(draftSchemas(old, next), { old, new: next });
}

/** Turns claims into verdicts, keeping only the payloads that hold against the live schema. */
export function settleDraft(draft: Draft, context: Context): readonly SchemaFinding[] {
  const findings = draft.changes
    .map((entry) => ({ change: entry.change, verdicts: verdictsOf(entry, draft, context) }))
    .filter(
      ({ change, verdicts }) => !isChoice(change) || DIRECTIONS.some((way) => verdicts[way].verdict !== "ok"),
    );
  return [...findings, ...unexplainedFindings(draft, context.live)];
}

interface Context {
  readonly old: IrSchema;
  /** Needed to tell where code of the new contract decides. */
  readonly new?: IrSchema;
  readonly live?: LiveAnswers;
}

/** What became of the payloads of one change and direction. */
interface Confirmed {
  readonly proofs: readonly Proof[];
  /** What the live schema finds wrong with a payload that it should have sent, or: it accepts what should fail. */
  readonly refuted: "accepted" | "refused" | undefined;
}

function verdictsOf(entry: DraftChange, draft: Draft, context: Context): Record<Direction, Verdict> {
  const forward = confirmRead(entry, draft, context.live);
  const failing = failingSamples(entry.change, draft, context);
  return {
    oldToNew: decide(entry, "oldToNew", { ...forward, proofs: [...forward.proofs, ...failing] }),
    newToOld: decide(entry, "newToOld", confirmWritten(entry, context)),
  };
}

/** The new side is always the live one, and refuses what it reads, at the place of the change. */
function confirmRead(
  { change, candidates }: DraftChange,
  { echoes }: Draft,
  live: LiveAnswers | undefined,
): Confirmed {
  const proofs = candidates.oldToNew.filter((proof) => {
    const issues = live?.issuesOf(proof.wire);
    if (issues === undefined) return true;
    if (proof.reads !== undefined) return issues.length === 0;
    return relation(change, { issues }, echoes) !== "other" || isBeside(change, { issues });
  });
  return { proofs, refuted: proofs.length === 0 && candidates.oldToNew.length > 0 ? "accepted" : undefined };
}

/** It accepts what it writes; code elsewhere may want other values than those that were tried. */
function confirmWritten({ change, candidates }: DraftChange, { live, new: next }: Context): Confirmed {
  const places = next === undefined ? [] : codePlaces(next);
  const proofs = candidates.newToOld.filter((proof) => {
    const issues = live?.issuesOf(proof.payload) ?? [];
    if (issues.length === 0) return true;
    return (
      change.code?.newToOld === undefined && issues.every(({ path }) => isBesides(path, change.path, places))
    );
  });
  return { proofs, refuted: proofs.length === 0 && candidates.newToOld.length > 0 ? "refused" : undefined };
}

/** Code of the new contract may refuse what the recorded schema lets through, and code of the old one did not. */
function failingSamples(change: Change, draft: Draft, { live, old }: Context): readonly Proof[] {
  if (live === undefined || change.claims.oldToNew === "ok" || isChoice(change)) return [];
  if (change.code?.oldToNew !== undefined) return [];
  const places = codePlaces(old);
  const isOwn = (issues: readonly TrialIssue[]): boolean => {
    const found = relation(change, { issues }, draft.echoes);
    return places.length === 0 ? found !== "other" : found === "at";
  };
  const failing = draft.fitting.flatMap((wire) => {
    const all = live.issuesOf(wire) ?? [];
    const issues = all.filter(({ path }) => !isBesides(path, change.path, places));
    return issues.length > 0 && isOwn(issues) ? [{ payload: wire, wire, issues }] : [];
  });
  return shortestFirst(failing);
}

function decide({ change, untried }: DraftChange, direction: Direction, found: Confirmed): Verdict {
  const claim = change.claims[direction];
  const [proof] = found.proofs;
  if (claim === "ok") return { verdict: "ok" };
  if (proof !== undefined) return { verdict: "break", proof };
  if (claim === "likely") return { verdict: "ok" };
  const code = change.code?.[direction];
  if (claim === "unknown")
    return { verdict: "unknown", reason: "code decides, and no sampled payload fails" };
  if (found.refuted !== undefined && code === undefined) return contradiction(claim);
  const reason = untried.has(direction) ? "no payload of that contract could be made" : change.untried;
  if (claim === "always") return { verdict: "break", ...(reason === undefined ? {} : { reason }) };
  if (code !== undefined)
    return { verdict: "unknown", reason: `code decides at ${placeText(code)}`, countsAsBreak: true };
  if (claim === "break") return { verdict: "break", ...(reason === undefined ? {} : { reason }) };
  if (reason !== undefined) return { verdict: "unknown", reason, countsAsBreak: true };
  return { verdict: "unknown", reason: "no sampled payload fails" };
}

function placeText(path: readonly Step[]): string {
  const text = pathText("", path).replace(/^\./, "");
  return text === "" ? "the whole value" : text;
}

/** The live schema disagrees with the recorded one where no code decides. */
function contradiction(claim: Claim): Verdict {
  const isSure = claim === "break" || claim === "always";
  const reason = "the live schema contradicts what was recorded";
  return { verdict: "unknown", reason, countsAsBreak: true, ...(isSure ? { isCheckerBug: true } : {}) };
}

/** A payload that fails without a rule is a break all the same, and an error of the checker. */
function unexplainedFindings(draft: Draft, live: LiveAnswers | undefined): readonly SchemaFinding[] {
  const oldToNew = draft.unexplained.oldToNew.filter((proof) => live?.issuesOf(proof.wire)?.length !== 0);
  const newToOld = draft.unexplained.newToOld.filter(
    (proof) => (live?.issuesOf(proof.payload)?.length ?? 0) === 0,
  );
  const found = { oldToNew, newToOld };
  if (DIRECTIONS.every((direction) => found[direction].length === 0)) return [];
  const verdict = (proof: Proof | undefined): Verdict =>
    proof === undefined ? { verdict: "ok" } : { verdict: "break", proof, isCheckerBug: true };
  const verdicts = { oldToNew: verdict(found.oldToNew[0]), newToOld: verdict(found.newToOld[0]) };
  return [{ change: SAMPLE_FAILS, verdicts }];
}

const SAMPLE_FAILS: Change = {
  rule: "SAMPLE_FAILS",
  path: [],
  claims: { oldToNew: "ok", newToOld: "ok" },
  note: "no rule foresaw this payload",
};
