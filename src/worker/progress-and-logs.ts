import type { Adapter, ClaimedJob, JobAnnotation } from "../core/adapter.js";
import { Batcher, type BatchItem } from "../core/batcher.js";
import type { Encoded, LogLine } from "../core/job.js";
import { MAX_LOG_LINES, MAX_MESSAGES } from "../core/job.js";

/** Called when an annotation could not be stored. */
export type AnnotationFailure = (error: unknown) => void;

/**
 * Carries progress, logs and messages to the store in batches. Progress that was not sent yet is replaced by newer
 * progress; a run's log lines beyond {@link MAX_LOG_LINES} unsent ones are dropped, as the store would, and so are the oldest
 * messages beyond {@link MAX_MESSAGES}.
 */
export class ProgressAndLogs {
  readonly #batcher: Batcher<PendingAnnotation, "applied" | "stale">;
  readonly #progress = new Map<string, PendingAnnotation>();
  readonly #unsent = new Map<string, Unsent>();
  readonly #onFailure: AnnotationFailure;

  constructor(adapter: Adapter, onFailure: AnnotationFailure) {
    this.#onFailure = onFailure;
    this.#batcher = new Batcher({
      send: (items, waitedMs) => {
        for (const item of items) item.onSent?.();
        const annotations = items.map((item) => item.annotation);
        return adapter.annotate(annotations, { waitedMs });
      },
      maxItems: 1000,
      maxBytes: 1 << 20,
      maxInFlight: 2,
      highWaterItems: 10_000,
      highWaterBytes: 8 << 20,
    });
  }

  progress(job: ClaimedJob, progress: Encoded): void {
    const key = keyOf(job);
    const pending = this.#progress.get(key);
    const annotation: JobAnnotation = { ...claimOf(job), progress };
    if (pending !== undefined) {
      pending.annotation = annotation;
      return;
    }
    const item = this.#pending(job, annotation);
    this.#progress.set(key, item);
    item.onSent = () => this.#progress.delete(key);
    this.#batcher.add(item);
  }

  log(job: ClaimedJob, log: Omit<LogLine, "at">): void {
    if ((this.#unsent.get(keyOf(job))?.count ?? 0) >= MAX_LOG_LINES) return;
    this.#batcher.add(this.#pending(job, { ...claimOf(job), log }));
  }

  /** @param nth counts the messages of the run, from 1 */
  emit(job: ClaimedJob, message: Encoded, nth: number): void {
    const { messages } = this.#unsentOf(job);
    messages.push({ message, nth });
    if (messages.length > MAX_MESSAGES) {
      messages.shift();
      return;
    }
    const item = this.#pending(job, { ...claimOf(job), message, nth });
    // One that was dropped meanwhile left its turn to the next.
    item.onSent = () => {
      const next = messages.shift();
      if (next !== undefined) item.annotation = { ...claimOf(job), ...next };
    };
    this.#batcher.add(item);
  }

  /** Whether something of this job is still on its way; a settlement must wait for it. */
  isPending(job: ClaimedJob): boolean {
    return this.#unsent.size > 0 && this.#unsent.has(keyOf(job));
  }

  /** Resolves when everything noted of this job is stored or refused, however much others write. */
  flushJob(job: ClaimedJob): Promise<void> {
    const unsent = this.#unsent.get(keyOf(job));
    if (unsent === undefined) return Promise.resolve();
    return new Promise((resolve) => unsent.waiters.push(resolve));
  }

  /** Resolves when everything noted so far is stored or refused. */
  flush(): Promise<void> {
    return this.#batcher.idle();
  }

  #unsentOf(job: ClaimedJob): Unsent {
    const key = keyOf(job);
    const unsent = this.#unsent.get(key) ?? { count: 0, waiters: [], messages: [] };
    this.#unsent.set(key, unsent);
    return unsent;
  }

  #pending(job: ClaimedJob, annotation: JobAnnotation): PendingAnnotation {
    const key = keyOf(job);
    const unsent = this.#unsentOf(job);
    unsent.count += 1;
    const done = () => {
      unsent.count -= 1;
      if (unsent.count > 0) return;
      this.#unsent.delete(key);
      for (const resolve of unsent.waiters) resolve();
    };
    return {
      annotation,
      bytes: bytesOf(annotation),
      succeed: done,
      fail: (error) => {
        done();
        this.#onFailure(error);
      },
    };
  }
}

/** Beside what an annotation carries it weighs about this much. */
const ANNOTATION_OVERHEAD_BYTES = 100;

function bytesOf(annotation: JobAnnotation): number {
  if ("progress" in annotation) return ANNOTATION_OVERHEAD_BYTES + annotation.progress.length;
  if ("message" in annotation) return ANNOTATION_OVERHEAD_BYTES + annotation.message.length;
  const { message, fields } = annotation.log;
  const fieldChars = fields === undefined ? 0 : JSON.stringify(fields).length;
  return ANNOTATION_OVERHEAD_BYTES + message.length + fieldChars;
}

/** Annotations of one run that are on their way, and who waits for them. */
interface Unsent {
  count: number;
  readonly waiters: (() => void)[];
  /** Those that are not on their way yet, oldest first. */
  readonly messages: { readonly message: Encoded; readonly nth: number }[];
}

interface PendingAnnotation extends BatchItem<"applied" | "stale"> {
  annotation: JobAnnotation;
  onSent?: () => void;
}

function claimOf({
  task,
  id,
  fence,
  lease,
}: ClaimedJob): Pick<JobAnnotation, "task" | "id" | "fence" | "lease"> {
  return { task, id, fence, lease };
}

function keyOf(job: ClaimedJob): string {
  return `${job.task}:${job.id}:${job.fence}`;
}
