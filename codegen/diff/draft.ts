import type { IrSchema } from "../../src/core/ir.js";
import { type Change, DIRECTIONS, type Direction, type Echo, foldPath, relate } from "./change.js";
import { findChanges } from "./compare-schemas.js";
import { createSampler } from "./sample.js";
import { createTrial, type Proof, shortestFirst, type TrialResult } from "./trial.js";

/** A difference with payloads that may prove what it breaks, per direction, the best first. */
export interface DraftChange {
  readonly change: Change;
  readonly candidates: Readonly<Record<Direction, readonly Proof[]>>;
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

/** Payloads kept per change and direction, so that another can step in when the live schema refuses one. */
const MAX_CANDIDATES = 6;
/** Payloads that are run through code of the contract. */
const MAX_FITTING = 60;

/** Compares two schemas and looks for payloads that prove each difference. */
export function draftSchemas(old: IrSchema, next: IrSchema): Draft {
  const { changes, echoes } = findChanges(old, next);
  const forward = tryDirection("oldToNew", { old, next, changes, echoes });
  const backward = tryDirection("newToOld", { old, next, changes, echoes });
  return {
    changes: changes.map((change) => ({
      change,
      candidates: {
        oldToNew: forward.byChange.get(change) ?? [],
        newToOld: backward.byChange.get(change) ?? [],
      },
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
}

function tryDirection(direction: Direction, { old, next, changes, echoes }: Both): Tried {
  const isForward = direction === DIRECTIONS[0];
  const [from, to] = isForward ? [old, next] : [next, old];
  const fromSide = isForward ? "old" : "new";
  if (changes.every((change) => change.rule === "META_CHANGED")) {
    return { byChange: new Map(), unexplained: [], fitting: [] };
  }
  const attempt = createTrial(from, to);
  const sample = createSampler({ from, to, fromSide });
  const general = sample().map(attempt);
  const open = changes.filter((change) => change.claims[direction] !== "ok");
  const byChange = new Map(
    open.map((change) => {
      const known = { open, echoes, direction };
      const focused = proofsOf(change, known, sample(change.path).map(attempt));
      return [change, focused.length > 0 ? focused : proofsOf(change, known, general)];
    }),
  );
  const unexplained = failures(general).filter((proof) => !isExplained(proof, { open, echoes }));
  const fitting = general.flatMap((result) => (result.status === "fits" ? [result.wire] : []));
  return { byChange, unexplained: shortestFirst(unexplained), fitting: fitting.slice(0, MAX_FITTING) };
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
 */
function proofsOf(
  change: Change,
  known: Known & { readonly direction: Direction },
  results: readonly TrialResult[],
): readonly Proof[] {
  const failed = shortestFirst(failures(results));
  const direct = takeFirst(failed, (proof) => relation(change, proof, known.echoes) === "at");
  if (direct.length > 0) return direct;
  const isSure = change.claims[known.direction] === "break";
  const others = isSure ? [] : known.open.filter((other) => other !== change && other.path.length > 0);
  return takeFirst(
    failed,
    (proof) =>
      relation(change, proof, known.echoes) === "above" &&
      !others.some((other) => relation(other, proof, known.echoes) === "at"),
  );
}

function takeFirst(proofs: readonly Proof[], accepts: (proof: Proof) => boolean): readonly Proof[] {
  const taken: Proof[] = [];
  for (const proof of proofs) {
    if (taken.length === MAX_CANDIDATES) break;
    if (accepts(proof)) taken.push(proof);
  }
  return taken;
}

interface Known {
  readonly open: readonly Change[];
  readonly echoes: readonly Echo[];
}

function isExplained(proof: Proof, { open, echoes }: Known): boolean {
  return open.some((change) => relation(change, proof, echoes) !== "other");
}

/** How the place of the first fitting issue relates to the place of a change. */
export function relation(
  change: Change,
  proof: Pick<Proof, "issues">,
  echoes: readonly Echo[],
): "at" | "above" | "other" {
  const places = [change.path, ...(change.also === undefined ? [] : [change.also])];
  const found = proof.issues.flatMap((issue) => {
    const folded = foldPath(issue.path, echoes);
    return places.flatMap((path) => [relate(path, issue.path), relate(path, folded)]);
  });
  if (found.includes("at")) return "at";
  return found.includes("above") ? "above" : "other";
}
