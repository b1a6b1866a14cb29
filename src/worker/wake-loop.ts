import type { Adapter, ClaimRequest, WaitReply } from "../core/adapter.js";
import type { Clock } from "../core/clock.js";
import { nextTurn } from "../core/turns.js";

/** How long one blocking call lasts at most; a broken link is noticed no later. */
const WAIT_MS = 20_000;
/** Pause after a failed wait, growing to the second. */
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 1000;

/** What the loop asks of its worker. */
export interface WakeLoopHost {
  readonly clock: Clock;
  /** Tasks that should be waited for now. */
  wantedTasks(): readonly string[];
  /** Versions that are worked on, of tasks where that is not 1. */
  versions(): ReadonlyMap<string, number>;
  /** What one of these tasks may take in the moment it is woken; {@link waited} follows. */
  claimWith(tasks: readonly string[]): ClaimRequest | undefined;
  /** Whether something that may not wait for a wake waits for the claim of the current wait. */
  isHeldUp(): boolean;
  /** Whether the store has been told of jobs that ended and has not answered yet. */
  isAwaitingAnswer(): boolean;
  /** A wait has ended; without `reply` it failed. */
  waited(claim: ClaimRequest | undefined, reply: WaitReply | undefined): void;
  reportWaitError(error: unknown): void;
}

/**
 * Keeps one blocking wait under way for all tasks that have room and no known jobs. When a task joins that is not
 * in the current wait, the wait is ended and begun again with it; one that leaves stays until the wait ends.
 */
export class WakeLoop {
  readonly #adapter: Adapter;
  readonly #host: WakeLoopHost;
  #current: Set<string> | undefined;
  #controller = new AbortController();
  #pauseMs = 0;
  /** The last wait brought jobs along, whose ends may be on their way. */
  #isHolding = false;
  #isStopped = false;
  #ended: Promise<void> = Promise.resolve();

  constructor(adapter: Adapter, host: WakeLoopHost) {
    this.#adapter = adapter;
    this.#host = host;
  }

  /** Looks again at what should be waited for. */
  update(): void {
    if (this.#isStopped || this.#isHolding) return;
    const wanted = this.#host.wantedTasks();
    if (this.#current === undefined) {
      if (wanted.length > 0) this.#begin(wanted);
      return;
    }
    const current = this.#current;
    if (wanted.some((task) => !current.has(task)) || this.#host.isHeldUp()) this.#controller.abort();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.interrupt();
    await this.#ended;
  }

  /** Ends the wait that is under way; another begins when there is something to wait for. */
  interrupt(): void {
    this.#controller.abort();
  }

  #begin(tasks: readonly string[]): void {
    this.#current = new Set(tasks);
    if (this.#controller.signal.aborted) this.#controller = new AbortController();
    this.#ended = this.#wait(tasks, this.#controller.signal);
  }

  async #wait(tasks: readonly string[], signal: AbortSignal): Promise<void> {
    const claim = this.#host.claimWith(tasks);
    // A wait that is made anyway hears of due times too; of those that come while all lanes are busy a survey tells.
    const versions = this.#host.versions();
    const request = {
      tasks,
      timeoutMs: WAIT_MS,
      signal,
      due: true as const,
      ...(versions.size > 0 && { versions }),
      ...(claim !== undefined && { claim }),
    };
    try {
      const reply = await this.#adapter.wait(request);
      this.#pauseMs = 0;
      this.#host.waited(claim, reply);
      if ((reply.claimed?.jobs.length ?? 0) > 0) this.#hold();
    } catch (error) {
      this.#host.waited(claim, undefined);
      this.#pauseMs = Math.min(Math.max(this.#pauseMs * 2, FIRST_PAUSE_MS), MAX_PAUSE_MS);
      if (!this.#isStopped) this.#host.reportWaitError(error);
    }
    if (this.#pauseMs > 0 && !this.#isStopped) {
      this.#host.clock.schedule(this.#pauseMs, () => this.#next());
      return;
    }
    this.#next();
  }

  #next(): void {
    this.#current = undefined;
    this.update();
  }

  /**
   * Handlers that end at once are settled, and answered, before the next wait is sent: their callers wait, nobody else
   * does. Where the store shares a core with this process it would not even begin until the wait is on its way.
   */
  #hold(): void {
    this.#isHolding = true;
    nextTurn(() => {
      if (!this.#host.isAwaitingAnswer()) this.answered();
    });
  }

  /** A call that was under way has ended, in whatever way. */
  answered(): void {
    if (!this.#isHolding) return;
    this.#isHolding = false;
    this.update();
  }
}
