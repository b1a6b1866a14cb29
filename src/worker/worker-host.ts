import type { Clock } from "../core/clock.js";
import type { StoredError } from "../core/errors.js";
import type { JobRef } from "../core/job.js";
import type { WorkerCommand } from "../core/observe/vitals.js";
import type { Telemetry } from "../core/telemetry/telemetry.js";
import type { KeptTask } from "./caretaker.js";
import type { Pools } from "./pool.js";

/** A job that something is said about. */
export interface AboutJob {
  readonly task: string;
  readonly jobId: string;
}

/** What a worker may say of a job. */
export type JobWarningCode = "LEASE_LOST" | "JOB_GONE" | "HANDLER_OVERSTAYS";

/** What a worker asks of its app, and tells it. */
export interface WorkerHost {
  readonly clock: Clock;
  /** Who is told how jobs go. */
  readonly telemetry: Telemetry;
  /** Unique per process. */
  readonly workerId: string;
  /** Name of the machine and id of the process, for whoever looks at the workers. */
  readonly place: { readonly host: string; readonly pid: number };
  /** Whether is counted how jobs go. */
  readonly isMeasured: boolean;
  /** Which build of the application this is, as it calls it; undefined: it does not say. */
  readonly release: string | undefined;
  /** What it runs on. */
  readonly versions: { readonly node?: string; readonly taskora: string };
  /** An operator told this worker to do something. */
  obey(command: WorkerCommand): void;
  /** What is swept beside the tasks worked on. */
  readonly keptBeside: readonly KeptTask[];
  readonly pools: Pools;
  /** The store has answered: what it holds; another name than before says that it was emptied or replaced. */
  surveyed(data: string): void;
  /** @throws `NOT_SUPPORTED` where the store has no transactions */
  requireTransactions(asked: string): void;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  warn(message: string, about: AboutJob & { readonly code: JobWarningCode }): void;
  /** `code`: what threw is a function of the application. */
  reportError(error: unknown, about?: AboutJob & { readonly code?: "HOOK_FAILED" }): void;
  /** A run ended its job as failed, and the store has taken it. */
  jobFailed(error: StoredError, about: AboutJob): void;
}

/** Once per job: it is either still running here, or its end is, or was, on its way. */
export function warnLost(host: WorkerHost, { task, id }: JobRef): void {
  host.telemetry.lost(task);
  host.warn(
    `Job ${id} (${task}) was lost: its lease had ended and the job was given to another worker. How it ends here is ` +
      "discarded. Raise lease above the longest pause of the event loop.",
    { task, jobId: id, code: "LEASE_LOST" },
  );
}
