import { hasOpaqueParts, type IrSchema } from "../../src/core/ir.js";
import { type Change, type Claim, DIRECTIONS, type Direction } from "./change.js";
import { type Draft, type DraftChange, draftSchemas, relation } from "./draft.js";
import { type Proof, shortestFirst, type TrialIssue } from "./trial.js";

/** What is known about one direction of a change. */
export interface Verdict {
  readonly verdict: "ok" | "break" | "unknown";
  /** There for every break: a payload that was executed. */
  readonly proof?: Proof;
  /** The checker was wrong: its rule and the payloads contradict each other. */
  readonly isCheckerBug?: true;
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
  return settleDraft(draftSchemas(old, next), { old });
}

/** Turns claims into verdicts, keeping only the payloads that hold against the live schema. */
export function settleDraft(
  draft: Draft,
  context: { readonly old: IrSchema; readonly live?: LiveAnswers },
): readonly SchemaFinding[] {
  const { live } = context;
  const findings = draft.changes.map((entry) => {
    const proofs = confirm(entry, live);
    if (live !== undefined && !hasOpaqueParts(context.old)) {
      proofs.oldToNew.push(...failingSamples(entry.change, draft, live));
    }
    return { change: entry.change, verdicts: verdictsOf(entry.change, proofs) };
  });
  return [...findings, ...unexplainedFindings(draft, live)];
}

type Proofs = Record<Direction, Proof[]>;

/** The new side is always the live one: it accepts what it writes, and refuses what it reads. */
function confirm({ candidates }: DraftChange, live: LiveAnswers | undefined): Proofs {
  return {
    oldToNew: candidates.oldToNew.filter((proof) => live?.issuesOf(proof.wire)?.length !== 0),
    newToOld: candidates.newToOld.filter((proof) => (live?.issuesOf(proof.payload)?.length ?? 0) === 0),
  };
}

/** Code of the new contract may refuse what the recorded schema lets through. */
function failingSamples(change: Change, draft: Draft, live: LiveAnswers): readonly Proof[] {
  if (change.claims.oldToNew === "ok") return [];
  const failing = draft.fitting.flatMap((wire) => {
    const issues = live.issuesOf(wire) ?? [];
    return issues.length > 0 && relation(change, { issues }, draft.echoes) !== "other"
      ? [{ payload: wire, wire, issues }]
      : [];
  });
  return shortestFirst(failing);
}

function verdictsOf(change: Change, proofs: Proofs): Record<Direction, Verdict> {
  return {
    oldToNew: decide(change.claims.oldToNew, proofs.oldToNew[0]),
    newToOld: decide(change.claims.newToOld, proofs.newToOld[0]),
  };
}

function decide(claim: Claim, proof: Proof | undefined): Verdict {
  switch (claim) {
    case "ok":
      return { verdict: "ok" };
    case "likely":
      return proof === undefined ? { verdict: "ok" } : { verdict: "break", proof };
    case "suspect":
    case "unknown":
      return proof === undefined ? { verdict: "unknown" } : { verdict: "break", proof };
    case "break":
      return proof === undefined ? { verdict: "unknown", isCheckerBug: true } : { verdict: "break", proof };
  }
}

/** A payload that fails without a rule is a break all the same, and an error of the checker. */
function unexplainedFindings(draft: Draft, live: LiveAnswers | undefined): readonly SchemaFinding[] {
  const found = confirm({ change: SAMPLE_FAILS, candidates: draft.unexplained }, live);
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
