/**
 * What one worker counts of its jobs: how long they waited and ran, how they ended, and which kinds of errors they had. Counting
 * costs no command: what was counted is told to the store every now and then, and begins anew.
 */
import type { ClaimedJob } from "../core/adapter.js";
import type { StoredError } from "../core/errors.js";
import { errorFingerprint, messagePattern } from "../core/observe/error-fingerprint.js";
import { Histogram } from "../core/observe/histogram.js";
import {
  addCounts,
  type ErrorCount,
  type ErrorSample,
  MOST_ERROR_GROUPS,
  OTHER_ERRORS,
  OTHER_KIND,
  type TaskCounts,
} from "../core/observe/measure-store.js";
import { type MeasuredOutcome, toCounts } from "../core/observe/measures.js";

/** The job of an error. */
type FailedJob = Pick<ClaimedJob, "task" | "id" | "version">;

/** What is counted of one task. */
class TaskMeasures {
  readonly wait = new Histogram();
  readonly run = new Histogram();
  readonly errors = new Map<string, ErrorCount>();
  outcomes = noOutcomes();
  isTouched = false;
}

function noOutcomes(): Record<MeasuredOutcome, number> {
  return { completed: 0, failed: 0, retried: 0, cancelled: 0, released: 0, stalled: 0 };
}

/** Counts, until it is {@link take taken}. */
export class WorkerMeasures {
  readonly #tasks = new Map<string, TaskMeasures>();
  readonly #release: string | undefined;
  /** What the store did not take. */
  #unsent: readonly TaskCounts[] = [];

  constructor(release: string | undefined) {
    this.#release = release;
  }

  /** A handler begins. */
  started(task: string, waitedMs: number): void {
    this.#of(task).wait.record(waitedMs / 1000);
  }

  /** A run has ended. Called for every job: it makes no object. */
  ended(name: string, outcome: MeasuredOutcome, ranMs: number): void {
    const task = this.#of(name);
    task.outcomes[outcome] += 1;
    if (outcome !== "released") task.run.record(ranMs / 1000);
  }

  /** Jobs were taken from a lease that is lost. */
  stalled(task: string, count: number): void {
    this.#of(task).outcomes.stalled += count;
  }

  /** Gives what was counted since, and begins anew. Tasks of which nothing was are not among it. */
  take(): readonly TaskCounts[] {
    const taken: TaskCounts[] = [];
    for (const [task, measures] of this.#tasks) {
      if (!measures.isTouched) continue;
      const { wait, run, outcomes, errors } = measures;
      const counts = toCounts({ wait: wait.take(), run: run.take(), outcomes });
      taken.push({ task, counts, errors: [...errors.values()] });
      errors.clear();
      measures.outcomes = noOutcomes();
      measures.isTouched = false;
    }
    const unsent = this.#unsent;
    this.#unsent = [];
    return unsent.length === 0 ? taken : together([...unsent, ...taken]);
  }

  /** The store did not take it: it goes with what is counted next. */
  putBack(counts: readonly TaskCounts[]): void {
    this.#unsent = counts;
  }

  #of(name: string): TaskMeasures {
    let task = this.#tasks.get(name);
    if (task === undefined) {
      task = new TaskMeasures();
      this.#tasks.set(name, task);
    }
    task.isTouched = true;
    return task;
  }

  /** A run has ended with an error. */
  failed(job: FailedJob, error: StoredError): void {
    const task = this.#of(job.task);
    const sample = this.#sampleOf(job);
    const { name, code, message } = error;
    const fingerprint = errorFingerprint(error);
    const known = task.errors.get(fingerprint);
    if (known !== undefined || task.errors.size < MOST_ERROR_GROUPS) {
      const kind = known?.kind ?? {
        name,
        ...(code === undefined ? {} : { code }),
        message: messagePattern(message),
      };
      task.errors.set(fingerprint, { fingerprint, kind, count: (known?.count ?? 0) + 1, sample });
      return;
    }
    const count = (task.errors.get(OTHER_ERRORS)?.count ?? 0) + 1;
    task.errors.set(OTHER_ERRORS, { fingerprint: OTHER_ERRORS, kind: OTHER_KIND, count, sample });
  }

  #sampleOf({ id, version }: FailedJob): ErrorSample {
    return { jobId: id, version, ...(this.#release === undefined ? {} : { release: this.#release }) };
  }
}

/** One entry per task. */
function together(parts: readonly TaskCounts[]): readonly TaskCounts[] {
  const merged = new Map<string, TaskCounts>();
  for (const part of parts) {
    const { task, counts, errors } = merged.get(part.task) ?? { ...part, counts: {}, errors: [] };
    const sums = addCounts([counts, part.counts]);
    merged.set(task, { task, counts: sums, errors: errorsTogether([...errors, ...part.errors]) });
  }
  return [...merged.values()];
}

function errorsTogether(errors: readonly ErrorCount[]): readonly ErrorCount[] {
  const merged = new Map<string, ErrorCount>();
  for (const error of errors) {
    const { count = 0 } = merged.get(error.fingerprint) ?? {};
    merged.set(error.fingerprint, { ...error, count: error.count + count });
  }
  return [...merged.values()];
}
