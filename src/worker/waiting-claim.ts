/**
 * The one claim of a worker that waits, for all tasks that have room and no known jobs.
 *
 * Life: idle → under way → ended (answered, failed, or aborted since a task joins or may not wait) → idle when whoever was
 * told of its end says so: at once, after a pause when it failed, or when what it brought along is settled.
 */
import type { Adapter, ClaimReply, ClaimRequest } from "../core/adapter.js";
import type { Clock } from "../core/clock.js";
import { longerPauseMs } from "./pause.js";

/** How long one claim waits at most; a broken link is noticed no later. */
const WAIT_MS = 20_000;
/** How a claim that waited has ended; without replies it failed. */
export interface EndedWait {
  readonly requests: readonly ClaimRequest[];
  readonly replies: readonly ClaimReply[] | undefined;
  readonly error?: unknown;
}

export class WaitingClaim {
  readonly #adapter: Adapter;
  readonly #clock: Clock;
  readonly #ended: (end: EndedWait) => void;
  #tasks: ReadonlySet<string> = new Set();
  #controller = new AbortController();
  #pauseMs = 0;
  #begunAt = 0;
  #state: "idle" | "under way" | "ended" = "idle";
  #over: Promise<void> = Promise.resolve();

  /** @param ended is told of each end; {@link release} follows */
  constructor(adapter: Adapter, clock: Clock, ended: (end: EndedWait) => void) {
    this.#adapter = adapter;
    this.#clock = clock;
    this.#ended = ended;
  }

  /** Whether one may begin. */
  get isIdle(): boolean {
    return this.#state === "idle";
  }

  /** How long the next one is to be put off after one that failed. */
  get pauseMs(): number {
    return this.#pauseMs;
  }

  /** Whether one is under way that does not wait for all of these tasks. */
  misses(tasks: readonly string[]): boolean {
    return this.#state === "under way" && !tasks.every((task) => this.#tasks.has(task));
  }

  /** When the one under way began; by the monotonic clock, infinite when none is. */
  get underWaySince(): number {
    return this.#state === "under way" ? this.#begunAt : Number.POSITIVE_INFINITY;
  }

  begin(requests: readonly ClaimRequest[]): void {
    this.#state = "under way";
    this.#begunAt = this.#clock.monotonic();
    this.#tasks = new Set(requests.map(({ task }) => task));
    if (this.#controller.signal.aborted) this.#controller = new AbortController();
    const wait = { waitMs: WAIT_MS, signal: this.#controller.signal };
    this.#over = this.#adapter.claim(requests, wait).then(
      (replies) => {
        this.#pauseMs = 0;
        this.#end({ requests, replies });
      },
      (error: unknown) => {
        this.#pauseMs = longerPauseMs(this.#pauseMs);
        this.#end({ requests, replies: undefined, error });
      },
    );
  }

  #end(end: EndedWait): void {
    this.#state = "ended";
    this.#ended(end);
  }

  /** Ends the one under way. */
  abort(): void {
    this.#controller.abort();
  }

  /** Another may begin. */
  release(): void {
    if (this.#state === "ended") this.#state = "idle";
  }

  /** Resolves when the one under way has ended. */
  over(): Promise<void> {
    return this.#over;
  }
}
