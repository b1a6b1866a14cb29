import type { Adapter, ClaimReply, ClaimRequest } from "../core/adapter.js";
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
  /** What these tasks may take when they are woken; {@link waited} follows. */
  claimsFor(tasks: readonly string[]): readonly ClaimRequest[];
  /** Whether something that may not wait for a wake waits for the claim of the current wait. */
  isHeldUp(): boolean;
  /** Whether the store has been told of jobs that ended and has not answered yet. */
  isAwaitingAnswer(): boolean;
  /** A wait has ended; without `reply` it failed. */
  waited(claims: readonly ClaimRequest[], replies: readonly ClaimReply[] | undefined): void;
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
    const claims = this.#host.claimsFor(tasks);
    try {
      const replies = await this.#adapter.claim(claims, { waitMs: WAIT_MS, signal });
      this.#pauseMs = 0;
      this.#host.waited(claims, replies);
      if (replies.some(({ jobs }) => jobs.length > 0)) this.#hold();
    } catch (error) {
      this.#host.waited(claims, undefined);
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
