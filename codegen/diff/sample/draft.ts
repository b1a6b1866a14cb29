import type { IrSchema } from "../../../src/schema/ir.js";
import {
  type Change,
  DIRECTIONS,
  type Direction,
  type Echo,
  foldPath,
  isChoice,
  isInSameUnion,
  relate,
} from "../change.js";
import { findChanges } from "../compare/compare-schemas.js";
import { choiceProofs } from "../compare/union-choice.js";
import { createTrial, type Proof, shortestFirst, type TrialResult } from "../judge/trial.js";
import { issuesNear } from "./issues-near.js";
import { createSampler } from "./sample.js";

/** A difference with payloads that may prove what it breaks, per direction, the best first. */
export interface DraftChange {
  readonly change: Change;
  readonly candidates: Readonly<Record<Direction, readonly Proof[]>>;
  /** Directions in which no payload at all could be made. */
  readonly untried: ReadonlySet<Direction>;
}

/** What the comparison of two schemas found, before the live schema had its say. */
export interface Draft {
  readonly changes: readonly DraftChange[];
  /** Payloads that fail although no change explains it: an error of the checker. */
  readonly unexplained: Readonly<Record<Direction, readonly Proof[]>>;
  /** Wire forms of payloads the old schema accepts and the recorded new one accepts as well. */
  readonly fitting: readonly unknown[];
  readonly echoes: readonly Echo[];
}

/**
 * Payloads kept per change and direction, so that another can step in when the live schema refuses one. Where a
 * whole contract was rewritten, one has to do: payloads are as large as the contract.
 */
const MAX_CANDIDATES = 4;
const MANY_CHANGES = 60;
const FEW_TELLING = 2;
/** What is wrong with a payload, cut: the rest says nothing more. */
const MAX_ISSUES = 5;
/** Payloads that are run through code of the contract, in general and for each place where code was changed. */
const MAX_FITTING = 40;

/** Compares two schemas and looks for payloads that prove each difference. */
export function draftSchemas(old: IrSchema, next: IrSchema): Draft {
  const { changes, echoes } = findChanges(old, next);
  const forward = tryDirection("oldToNew", { old, next, changes, echoes });
  const backward = tryDirection("newToOld", { old, next, changes, echoes });
  const untried = new Set(
    DIRECTIONS.filter((direction) => (direction === "oldToNew" ? forward : backward).made === 0),
  );
  return {
    changes: changes.map((change) => ({
      change,
      candidates: {
        oldToNew: forward.byChange.get(change) ?? [],
        newToOld: backward.byChange.get(change) ?? [],
      },
      untried,
    })),
    unexplained: { oldToNew: forward.unexplained, newToOld: backward.unexplained },
    fitting: forward.fitting,
    echoes,
  };
}

interface Both {
  readonly old: IrSchema;
  readonly next: IrSchema;
  readonly changes: readonly Change[];
  readonly echoes: readonly Echo[];
}

interface Tried {
  readonly byChange: ReadonlyMap<Change, readonly Proof[]>;
  readonly unexplained: readonly Proof[];
  readonly fitting: readonly unknown[];
  /** Payloads that the writer accepts. */
  readonly made: number;
}

function tryDirection(direction: Direction, { old, next, changes, echoes }: Both): Tried {
  const isForward = direction === DIRECTIONS[0];
  const [from, to] = isForward ? [old, next] : [next, old];
  const fromSide = isForward ? "old" : "new";
  if (changes.every((change) => change.rule === "META_CHANGED")) {
    return { byChange: new Map(), unexplained: [], fitting: [], made: 0 };
  }
  const attempt = createTrial(from, to);
  const open = changes.filter((change) => change.claims[direction] !== "ok" && change.choice === undefined);
  const isMany = open.length > MANY_CHANGES;
  const sample = createSampler({ from, to, fromSide, ...(isMany ? { telling: FEW_TELLING } : {}) });
  const general = sample().map(attempt);
  let made = general.filter(({ status }) => status !== "refused").length;
  const generalFailures = shortestFirst(failures(general));
  const fitting = general.flatMap(fittingWire).slice(0, MAX_FITTING);
  const byChange = new Map<Change, readonly Proof[]>(
    open.map((change): [Change, readonly Proof[]] => {
      const known = { open, echoes, direction, limit: isMany ? 1 : MAX_CANDIDATES };
      const shared =
        isMany && change.claims[direction] !== "unknown" ? proofsOf(change, known, generalFailures) : [];
      if (shared.length > 0) return [change, shared];
      const focused = tryUntilProven(change, sample(change.path), { attempt, ...known });
      made += focused.filter(({ status }) => status !== "refused").length;
      if (change.claims[direction] === "unknown") {
        fitting.push(...focused.flatMap(fittingWire).slice(0, MAX_FITTING));
      }
      const proofs = proofsOf(change, known, shortestFirst(failures(focused)));
      return [change, proofs.length > 0 ? proofs : proofsOf(change, known, generalFailures)];
    }),
  );
  for (const change of changes) {
    if (!isChoice(change)) continue;
    const read = choiceProofs(change, { old, new: next });
    const found = sample(change.path)
      .map(attempt)
      .flatMap((result) => (result.status === "fits" ? read(result) : []));
    byChange.set(change, shortestFirst(found).slice(0, MAX_CANDIDATES));
  }
  const unexplained = generalFailures.filter((proof) => !isExplained(proof, { open, echoes }));
  return { byChange, unexplained, fitting, made };
}

/** Payloads that tell the sides apart come first, so a few tries are enough; code is given all of them. */
function tryUntilProven(
  change: Change,
  payloads: readonly unknown[],
  by: Known & { readonly attempt: (payload: unknown) => TrialResult },
): readonly TrialResult[] {
  const results: TrialResult[] = [];
  let proven = 0;
  for (const payload of payloads) {
    const result = by.attempt(payload);
    results.push(result);
    if (result.status !== "fails") continue;
    if (relation(change, result, by.echoes) === "at") proven += 1;
    if (proven === by.limit && change.claims[by.direction] !== "unknown") break;
  }
  return results;
}

function fittingWire(result: TrialResult): readonly unknown[] {
  return result.status === "fits" ? [result.wire] : [];
}

function failures(results: readonly TrialResult[]): readonly Proof[] {
  return results.flatMap((result) => {
    if (result.status !== "fails") return [];
    const { payload, wire, issues } = result;
    return [{ payload, wire, issues }];
  });
}

/**
 * Failures that belong to a change: at its place, or above it (a union reports its own place, whatever is wrong
 * inside). Above, a change further up may be at fault instead, which matters unless this one must break anyway.
 *
 * @param failed the best first
 */
function proofsOf(change: Change, known: Known, failed: readonly Proof[]): readonly Proof[] {
  const direct = takeFirst(failed, known.limit, (proof) => relation(change, proof, known.echoes) === "at");
  if (direct.length > 0) return direct.map((proof) => ownIssuesFirst(change, proof, known.echoes));
  const claim = change.claims[known.direction];
  const isSure = claim === "break" || claim === "always";
  const others = isSure ? [] : known.open.filter((other) => other !== change && other.path.length > 0);
  const isNobodys = (proof: Proof): boolean =>
    !others.some((other) => relation(other, proof, known.echoes) === "at");
  const above = takeFirst(
    failed,
    known.limit,
    (proof) => relation(change, proof, known.echoes) === "above" && isNobodys(proof),
  );
  if (above.length > 0 || isSure) return above;
  return takeFirst(failed, known.limit, (proof) => isBeside(change, proof) && isNobodys(proof));
}

/** Another variant of the same union reports what fits none. */
export function isBeside(change: Change, { issues }: Pick<Proof, "issues">): boolean {
  return issues.some((issue) => isInSameUnion(change.path, issue.path));
}

function takeFirst(
  proofs: readonly Proof[],
  limit: number,
  accepts: (proof: Proof) => boolean,
): readonly Proof[] {
  const taken: Proof[] = [];
  for (const proof of proofs) {
    if (taken.length === limit) break;
    if (accepts(proof)) taken.push(proof);
  }
  return taken;
}

/** What is wrong at the place of the change is what a reader wants to see. */
function ownIssuesFirst(change: Change, proof: Proof, echoes: readonly Echo[]): Proof {
  const near = issuesNear(change, proof.issues, echoes);
  const own = near.filter((issue) => relation(change, { issues: [issue] }, echoes) === "at");
  const others = proof.issues.slice(0, MAX_ISSUES + own.length).filter((issue) => !own.includes(issue));
  return { ...proof, issues: [...own, ...others].slice(0, MAX_ISSUES) };
}

interface Known {
  readonly open: readonly Change[];
  readonly echoes: readonly Echo[];
  readonly direction: Direction;
  /** Payloads wanted per change. */
  readonly limit: number;
}

function isExplained(proof: Proof, { open, echoes }: Pick<Known, "open" | "echoes">): boolean {
  return open.some((change) => relation(change, proof, echoes) !== "other" || isBeside(change, proof));
}

/** How the place of the first fitting issue relates to the place of a change. */
export function relation(
  change: Change,
  proof: Pick<Proof, "issues">,
  echoes: readonly Echo[],
): "at" | "above" | "other" {
  const places = [change.path, ...(change.also === undefined ? [] : [change.also])];
  let best: "above" | "other" = "other";
  for (const issue of issuesNear(change, proof.issues, echoes)) {
    const folded = echoes.length === 0 ? issue.path : foldPath(issue.path, echoes);
    for (const path of places) {
      const found = [relate(path, issue.path), relate(path, folded)];
      if (found.includes("at")) return "at";
      if (found.includes("above")) best = "above";
    }
  }
  return best;
}
