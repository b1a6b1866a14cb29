import type { Adapter, Notice } from "../../core/adapter.js";
import type { Clock, TimerHandle } from "../../core/clock.js";
import type { JobRef } from "../../core/job.js";
import { AppClosedError } from "../../core/job-errors.js";
import { endSubscription } from "../../core/subscription.js";
import { KeepAlive } from "./keep-alive.js";

/** What the hub needs from its app. */
export interface MessageHubHost {
  readonly adapter: Adapter;
  readonly clock: Clock;
  connect(): Promise<void>;
  reportError(error: unknown): void;
}

/** A job whose TTL passes is told by nobody where no worker runs, so it is looked at this often all the same. */
const LOOK_AGAIN_MS = 5000;

/** Everybody here who listens to messages of jobs of one task. */
interface TaskEars {
  readonly byJob: Map<string, Set<Ear>>;
  readonly subscribed: Promise<() => Promise<void>>;
}

/**
 * Wakes those who listen to messages of a job when there may be more, or when it has ended. One subscription serves all
 * listeners of a task; what they hear they read from the store.
 */
export class MessageHub {
  readonly #host: MessageHubHost;
  readonly #tasks = new Map<string, TaskEars>();
  readonly #keepAlive = new KeepAlive();

  constructor(host: MessageHubHost) {
    this.#host = host;
  }

  /** Resolves when nothing later can be missed. `signal` wakes the ear too. */
  async listen(ref: JobRef, signal: AbortSignal | undefined): Promise<Ear> {
    await this.#host.connect();
    const task = this.#tasks.get(ref.task) ?? this.#subscribe(ref.task);
    const ear: Ear = new Ear(this.#host.clock, { signal, ended: () => this.#remove(ref, ear) });
    const ears = task.byJob.get(ref.id) ?? new Set();
    task.byJob.set(ref.id, ears.add(ear));
    this.#keepAlive.hold();
    try {
      await task.subscribed;
    } catch (error) {
      ear.stop();
      ear.throwIfClosed();
      throw error;
    }
    return ear;
  }

  /** Ends all listening; the app is closing. */
  closeAll(): void {
    const all = [...this.#tasks.values()].flatMap(({ byJob }) =>
      [...byJob.values()].flatMap((ears) => [...ears]),
    );
    this.#tasks.clear();
    this.#keepAlive.end();
    for (const ear of all) ear.close();
  }

  #subscribe(task: string): TaskEars {
    const byJob: TaskEars["byJob"] = new Map();
    const hear = (notice: Notice): void => {
      if (notice.kind === "event") for (const ear of byJob.get(notice.event.id) ?? []) ear.ring();
      else if (notice.kind === "lost") for (const ears of byJob.values()) for (const ear of ears) ear.ring();
    };
    const subscribed = this.#host.adapter.subscribe({ kind: "events", task }, hear);
    const added = { byJob, subscribed };
    this.#tasks.set(task, added);
    return added;
  }

  #remove(ref: JobRef, ear: Ear): void {
    const task = this.#tasks.get(ref.task);
    const ears = task?.byJob.get(ref.id);
    if (task === undefined || ears?.delete(ear) !== true) return;
    if (ears.size > 0) return;
    task.byJob.delete(ref.id);
    if (task.byJob.size > 0) return;
    this.#tasks.delete(ref.task);
    if (this.#tasks.size === 0) this.#keepAlive.letGo();
    endSubscription(task.subscribed).catch((error: unknown) => this.#host.reportError(error));
  }
}

/** One who listens: told that there may be something new since {@link listen}. */
export class Ear {
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  readonly #ended: () => void;
  #hasHeard = false;
  #isClosed = false;
  #wake: (() => void) | undefined;
  readonly #ring = (): void => this.ring();

  constructor(clock: Clock, how: { readonly signal: AbortSignal | undefined; readonly ended: () => void }) {
    this.#clock = clock;
    this.#signal = how.signal;
    this.#ended = how.ended;
    this.#signal?.addEventListener("abort", this.#ring, { once: true });
  }

  /** What was heard before is of no interest: everything is about to be read. */
  listen(): void {
    this.#hasHeard = false;
  }

  ring(): void {
    this.#hasHeard = true;
    this.#wake?.();
  }

  /** The app is closing. */
  close(): void {
    this.#isClosed = true;
    this.ring();
  }

  /**
   * Resolves at the first ring since {@link listen}, or after a while.
   *
   * @throws {AppClosedError} when the app has closed
   */
  async heard(): Promise<void> {
    let timer: TimerHandle | undefined;
    if (!this.#hasHeard && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = this.#clock.schedule(LOOK_AGAIN_MS, resolve);
      });
    }
    timer?.cancel();
    this.#wake = undefined;
    this.throwIfClosed();
  }

  /** @throws {AppClosedError} when the app has closed */
  throwIfClosed(): void {
    if (this.#isClosed) throw new AppClosedError("read the messages of a job");
  }

  stop(): void {
    this.#signal?.removeEventListener("abort", this.#ring);
    this.#ended();
  }
}
