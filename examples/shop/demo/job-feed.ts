import type { JobEvent, Taskora } from "taskora";
import { applyEvent, type BoardJob, type TaskView } from "./job-board.js";

/** Called after each event, in order, with the job as it now is. */
export type FeedListener = (job: BoardJob, event: JobEvent) => void;

const HEARD = [
  ...["waiting", "delayed", "active", "retrying", "completed", "failed", "cancelled", "expired"],
  ...["progress", "stalled"],
] as JobEvent["type"][];

/**
 * Follows every job of an app through its events, from whichever process they come. What a job is about is read from
 * the store once, when the first event of it arrives; later events wait for that, so that listeners hear all in order.
 */
export class JobFeed {
  readonly jobs = new Map<string, BoardJob>();
  readonly #taskora: Taskora;
  readonly #views: ReadonlyMap<string, TaskView>;
  readonly #listeners = new Set<FeedListener>();
  #turn: Promise<void> = Promise.resolve();

  constructor(taskora: Taskora, views: readonly TaskView[]) {
    this.#taskora = taskora;
    this.#views = new Map(views.map((view) => [view.task, view]));
    for (const type of HEARD) taskora.on(type, (event) => this.#receive(event));
  }

  /** Adds a listener; returns what removes it, and says whether it was still there. */
  listen(listener: FeedListener): () => boolean {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when everything received so far was handed on. */
  idle(): Promise<void> {
    return this.#turn;
  }

  #receive(event: JobEvent): void {
    this.#turn = this.#turn.then(() => this.#handOn(event));
  }

  async #handOn(event: JobEvent): Promise<void> {
    const view = this.#views.get(event.task);
    if (view === undefined) return;
    const job = this.jobs.get(event.id) ?? (await this.#newJob(event, view));
    applyEvent(job, event, view);
    for (const listener of this.#listeners) listener(job, event);
  }

  async #newJob({ task, id }: JobEvent, view: TaskView): Promise<BoardJob> {
    const stored = await this.#taskora.jobs.get({ task, id });
    const { maxAttempts } = view;
    const subject = stored === undefined ? id : view.subject(stored.data);
    const rest = { state: "waiting", attempt: 0, starts: 0, progress: 0, note: "" } as const;
    const job: BoardJob = { id, task, subject, maxAttempts, failures: [], ...rest };
    this.jobs.set(id, job);
    return job;
  }
}
