import type { Adapter, ClaimedJob, JobNote } from "../core/adapter.js";
import { MAX_LOG_LINES } from "../core/adapter.js";
import { Batcher, type BatchItem } from "../core/batcher.js";
import type { Encoded, LogLine } from "../core/job.js";

/** Called when a note could not be stored. */
export type NoteFailure = (error: unknown) => void;

/**
 * Carries progress and logs to the store in batches. Progress that was not sent yet is replaced by newer
 * progress; a run's log lines beyond {@link MAX_LOG_LINES} unsent ones are dropped, as the store would.
 */
export class ProgressAndLogs {
  readonly #batcher: Batcher<PendingNote, "applied" | "stale">;
  readonly #progress = new Map<string, PendingNote>();
  readonly #unsent = new Map<string, Unsent>();
  readonly #onFailure: NoteFailure;

  constructor(adapter: Adapter, onFailure: NoteFailure) {
    this.#onFailure = onFailure;
    this.#batcher = new Batcher({
      send: (items, waitedMs) => {
        for (const item of items) item.onSent?.();
        const notes = items.map((item) => item.note);
        return adapter.note(notes, { waitedMs });
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
    const note: JobNote = { ...claimOf(job), progress };
    if (pending !== undefined) {
      pending.note = note;
      return;
    }
    const item = this.#pending(job, note);
    this.#progress.set(key, item);
    item.onSent = () => this.#progress.delete(key);
    this.#batcher.add(item);
  }

  log(job: ClaimedJob, log: Omit<LogLine, "at">): void {
    if ((this.#unsent.get(keyOf(job))?.count ?? 0) >= MAX_LOG_LINES) return;
    this.#batcher.add(this.#pending(job, { ...claimOf(job), log }));
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

  #pending(job: ClaimedJob, note: JobNote): PendingNote {
    const key = keyOf(job);
    const unsent = this.#unsent.get(key) ?? { count: 0, waiters: [] };
    this.#unsent.set(key, unsent);
    unsent.count += 1;
    const done = () => {
      unsent.count -= 1;
      if (unsent.count > 0) return;
      this.#unsent.delete(key);
      for (const resolve of unsent.waiters) resolve();
    };
    return {
      note,
      bytes: bytesOf(note),
      succeed: done,
      fail: (error) => {
        done();
        this.#onFailure(error);
      },
    };
  }
}

/** Beside what a note carries it weighs about this much. */
const NOTE_OVERHEAD_BYTES = 100;

function bytesOf(note: JobNote): number {
  if ("progress" in note) return NOTE_OVERHEAD_BYTES + note.progress.length;
  const { message, fields } = note.log;
  const fieldChars = fields === undefined ? 0 : JSON.stringify(fields).length;
  return NOTE_OVERHEAD_BYTES + message.length + fieldChars;
}

/** Notes of one run that are on their way, and who waits for them. */
interface Unsent {
  count: number;
  readonly waiters: (() => void)[];
}

interface PendingNote extends BatchItem<"applied" | "stale"> {
  note: JobNote;
  onSent?: () => void;
}

function claimOf({ task, id, fence, lease }: ClaimedJob): Pick<JobNote, "task" | "id" | "fence" | "lease"> {
  return { task, id, fence, lease };
}

function keyOf(job: ClaimedJob): string {
  return `${job.task}:${job.id}:${job.fence}`;
}
