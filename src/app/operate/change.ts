/** What every change by hand takes and says. */
import type { CancelReply } from "../../core/adapter.js";
import { text } from "../../core/checks.js";
import type { JobState } from "../../core/lifecycle.js";
import { type Check, optionSet } from "../../core/options.js";

/** Who changes something and why: told to `audit` listeners, and where a job is cancelled kept with it as its reason. */
export interface ChangeOptions {
  /** Why, for people. Default `""`. */
  readonly reason?: string | undefined;
  /** Who, as the application names its people or programs. Default: not told. */
  readonly by?: string | undefined;
  /** From where, such as the address of who asked for it; a board says it. Default: not told. */
  readonly address?: string | undefined;
}

/**
 * What one change did.
 *
 * - `applied`: it is done. `unchanged`: it was so before. `missing`: there is nothing of that name.
 * - `requested`: of a cancel; the job is active, its worker has been told and will end it as cancelled. Of a worker: it has been
 *   told, or will read it.
 * - `refused`: the job is in a state that does not allow it; nothing was changed.
 */
export type ChangeResult =
  | { readonly status: "applied" | "unchanged" | "requested" | "missing" }
  | { readonly status: "refused"; readonly state: JobState };

/** What a change of many did. */
export interface BulkResult {
  /** Jobs that were chosen. */
  readonly matched: number;
  /** Those of them that were changed, or whose worker was told; 0 of a dry run. */
  readonly applied: number;
  /** Those whose state did not allow it any more. */
  readonly refused: number;
  /** Those that were gone. */
  readonly missing: number;
  /** Where the next call goes on; undefined: everything was looked at. */
  readonly cursor?: string;
}

/** What was changed by hand in this process, for an audit list: told once the store has answered that it was. */
export interface AuditEvent {
  readonly type: "audit";
  /** What was done, as `job.cancel`. */
  readonly action: AuditAction;
  /** When, ms since the epoch on this process's clock. */
  readonly at: number;
  /** `requested`: of the cancel of an active job, and of what a worker is told; the worker carries it out. What changed nothing is not told. */
  readonly status: "applied" | "requested";
  /** The task it was done to, or of whose job. */
  readonly task?: string;
  /** The job it was done to. */
  readonly jobId?: string;
  /** The id of the workflow it was done to. */
  readonly workflow?: string;
  /** The name of the schedule it was done to. */
  readonly schedule?: string;
  /** The id of the worker that was told. */
  readonly worker?: string;
  /** The name of the pool of this process whose size was set. */
  readonly pool?: string;
  /** The size that the pool has now. */
  readonly size?: number;
  /** Of a change of many: how many jobs were changed. */
  readonly count?: number;
  /** As it was given. */
  readonly reason?: string;
  /** As it was given. */
  readonly by?: string;
  /** As it was given; of a change that a board made, where whoever asked it is, as far as it knows. */
  readonly address?: string;
}

/** What can be done by hand. `job.dispatch` and `job.reveal`, which shows what is hidden, are told by a board alone. */
export type AuditAction =
  | `job.${"cancel" | "promote" | "reschedule" | "prioritize" | "remove" | "retry" | "dispatch" | "reveal"}`
  | `task.${"pause" | "resume" | "drain"}`
  | `schedule.${"upsert" | "pause" | "resume" | "update" | "remove" | "trigger"}`
  | `workflow.${"cancel" | "resume"}`
  | `worker.${"quiet" | "resume" | "close"}`
  | "pool.set";

/** An {@link AuditEvent} as whoever makes the change tells it. */
export type ToldChange = Omit<AuditEvent, "type" | "at" | "status"> & Pick<ChangeResult, "status">;

/** The options of a change, for sets that have others beside. */
export const CHANGE_SHAPE = { reason: text, by: text, address: text } satisfies {
  readonly [Key in keyof Required<ChangeOptions>]: Check<unknown>;
};

/** The options of a change that has no others. */
export const CHANGE = optionSet(CHANGE_SHAPE);

/** Whether something was changed, or is about to be by a worker that was told. */
export function isDone(status: ChangeResult["status"]): status is "applied" | "requested" {
  return status === "applied" || status === "requested";
}

/** What a store says of a cancel, in the words of every change. */
export function cancelResult(reply: CancelReply): ChangeResult {
  if (reply.status === "finished") return { status: "refused", state: reply.state };
  return { status: reply.status === "cancelled" ? "applied" : reply.status };
}

/** What an audit event says of who and why. */
export function saidBy({
  reason,
  by,
  address,
}: ChangeOptions): Pick<AuditEvent, "reason" | "by" | "address"> {
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(by === undefined ? {} : { by }),
    ...(address === undefined ? {} : { address }),
  };
}
