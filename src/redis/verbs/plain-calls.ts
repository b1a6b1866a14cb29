/** Calls of tasks whose jobs are all plain, which is most calls: their scripts are small and run few commands. */

import type { ClaimRequest } from "../../core/adapter.js";
import type { ScriptArgument } from "../script.js";
import { claimPlainScript, settlePlainScript } from "../scripts.generated.js";
import { clampInteger, MOST_MS, type Session } from "../session.js";
import { MOST_PER_CALL } from "./per-task.js";
import type { RawClaim } from "./raw-claim.js";

/** Who claims how many. */
export interface PlainClaim {
  readonly root: string;
  readonly lease: string;
  readonly leaseMs: number;
  readonly count: number;
}

/** A request as scripts take it. */
export function claimOf({ keys }: Session, { task, lease, leaseMs, count }: ClaimRequest): PlainClaim {
  return {
    root: keys.root(task),
    lease,
    leaseMs: clampInteger(leaseMs, 1, MOST_MS),
    count: clampInteger(count, 0, MOST_PER_CALL),
  };
}

/** Claims; undefined when the script that knows more must. */
export async function claimPlainly(
  session: Session,
  { root, lease, leaseMs, count }: PlainClaim,
): Promise<RawClaim | undefined> {
  if (!session.plain.isPlain(root)) return undefined;
  const [claim] = await session.runner.once(claimPlainScript, root, [lease, leaseMs, count]);
  if (claim === undefined) session.plain.noteSpecial(root);
  return claim;
}

/** What is completed, under whose claim of the next. */
export interface PlainSettling extends PlainClaim {
  /** How many completed jobs may stay. */
  readonly keep: number;
  /** What `settle` takes, of completions. */
  readonly items: readonly ScriptArgument[];
}

/** Completes jobs and claims, as `settle-plain` answers. */
export function settlePlainly(session: Session, by: PlainSettling): Promise<RawPlainSettled> {
  const args = [by.lease, by.leaseMs, by.count, by.keep, ...by.items] as const;
  return session.runner.once(settlePlainScript, by.root, args);
}

type RawPlainSettled = readonly [isDone?: number, steps?: readonly number[], claim?: RawClaim];
