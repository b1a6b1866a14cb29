/** What is told of a job while a process of this library has to do with it. */

/** How a dispatch ended: a duplicate found its key taken. */
export type DispatchOutcome = "stored" | "duplicate" | "refused";
/** How an attempt ended; of `lost` its lease was given to another worker, so nothing is settled. */
export type RunOutcome = "completed" | "failed" | "retried" | "cancelled" | "released" | "lost";

/**
 * A job on its way. One object tells of its dispatch, another of each attempt, from the claim to the answer to its settlement:
 * who is told at the beginning may keep something by it until the end. Every field is always there.
 */
export interface JobTelemetry {
  readonly task: string;
  readonly id: string;
  /** Number of the run, from 1; 0: it is dispatched. */
  readonly attempt: number;
  /** Most runs of the job; 0: it is dispatched and says nothing of its own. */
  maxAttempts: number;
  /** Of the contract it was dispatched with. */
  readonly version: number;
  /** Of the contract it was dispatched with; `""`: it was not generated. */
  readonly fingerprint: string;
  /** When a dispatch starts, whoever is told may add to them: they travel with the job. */
  readonly headers: Record<string, string>;
  /** Length of the encoded payload; 0 until it is encoded. */
  bytes: number;
  /** Of a run: the worker; undefined: it is dispatched. */
  readonly worker: string | undefined;
  /** Of a dispatch: the group that it waits in; undefined until it is encoded, and where there is none. */
  group: string | undefined;
  /** Of a run: how long the job waited for it, in ms; undefined until it begins, and where the store has not said the time. */
  waitMs: number | undefined;
  /** Of a run: how long it took, in ms; undefined until it has ended. */
  runMs: number | undefined;
  /** How long the job waits now, in ms: of a dispatch with a delay, a retry or a release; 0: not at all. */
  delayMs: number;
  /** Undefined until it has ended. */
  outcome: DispatchOutcome | RunOutcome | undefined;
  /** What refused the dispatch, or the attempt threw. */
  error: unknown;
  /** What the store said to the settlement; undefined until it has. */
  settled: "applied" | "cancelled" | "stale" | "missing" | undefined;
  /** `traceparent` of the attempt, where somebody traces it: it is kept with the error of an attempt that failed. */
  trace: string | undefined;
}

/**
 * Fields that nobody else sees. A map by message would keep every job until the next full garbage collection, and a weak map of as many
 * costs that collection more than all the rest.
 */
export const SPAN = Symbol("span");
export const BEGUN = Symbol("begun");

/** What listeners of this library keep by a message, until its end. */
export interface KeptByListeners {
  /** Its span, where it is traced. */
  [SPAN]: unknown;
  /** When its operation under way began, by `performance.now()`, where it is measured. */
  [BEGUN]: number | undefined;
}

export function keptBy(message: JobTelemetry): KeptByListeners {
  return message as JobTelemetry & KeptByListeners;
}

/** Jobs that are dispatched by one call. */
export interface DispatchGroup {
  readonly task: string;
  /** Jobs so far. */
  count: number;
  /** Of them, those that were refused. */
  refused: number;
}

/** What is known of a job that is dispatched, or claimed. */
type ToldJob = Pick<
  JobTelemetry,
  "task" | "id" | "attempt" | "version" | "fingerprint" | "headers" | "bytes" | "worker"
>;

/** Made in one place, so that all have one shape. */
export function jobTelemetry(job: ToldJob): JobTelemetry & KeptByListeners {
  return {
    task: job.task,
    id: job.id,
    attempt: job.attempt,
    maxAttempts: 0,
    version: job.version,
    fingerprint: job.fingerprint,
    headers: job.headers,
    bytes: job.bytes,
    worker: job.worker,
    group: undefined,
    waitMs: undefined,
    runMs: undefined,
    delayMs: 0,
    outcome: undefined,
    error: undefined,
    settled: undefined,
    trace: undefined,
    [SPAN]: undefined,
    [BEGUN]: undefined,
  };
}
