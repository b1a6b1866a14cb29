/**
 * Claims that wait. Each looks once which of its tasks have jobs, then is woken by what {@link Signals} tells, and looks by
 * itself now and then, for what was told while nobody heard: a commit of somebody else's transaction, a process that died
 * before it could tell.
 */
import type { ClaimReply, ClaimRequest, ClaimWait } from "../core/adapter.js";
import { repliesTo, tellingDue } from "../core/waiting-replies.js";
import type { Signals } from "./signals.js";

export interface WaitingParts {
  readonly signals: Signals;
  /** Claims at once. */
  readonly claim: (request: ClaimRequest) => Promise<ClaimReply>;
  /** Which of these tasks have jobs that a claim would find. */
  readonly peek: (tasks: readonly string[]) => Promise<readonly string[]>;
  /** How long to wait until the next look at these tasks, after so many that found nothing, in ms. */
  readonly lookMs: (looks: number, tasks: readonly string[]) => number;
}

export class WaitingClaims {
  readonly #parts: WaitingParts;
  /** End the waits under way. */
  readonly #ends = new Set<() => void>();
  readonly #underWay = new Set<Promise<unknown>>();
  /** The task that was served last: the next look begins behind it. */
  #lastTask = "";

  constructor(parts: WaitingParts) {
    this.#parts = parts;
  }

  claim(requests: readonly ClaimRequest[], wait: ClaimWait): Promise<readonly ClaimReply[]> {
    const claiming = this.#claim(requests, wait);
    this.#underWay.add(claiming);
    const done = () => this.#underWay.delete(claiming);
    claiming.then(done, done);
    return claiming;
  }

  /** Ends all waits; resolves when they have. */
  async close(): Promise<void> {
    for (const end of this.#ends) end();
    await Promise.allSettled(this.#underWay);
  }

  async #claim(
    requests: readonly ClaimRequest[],
    { waitMs, signal }: ClaimWait,
  ): Promise<readonly ClaimReply[]> {
    const { signals, peek, lookMs } = this.#parts;
    if (requests.length === 0 || signal?.aborted) return repliesTo(requests);
    const wanted = requests.filter(({ count }) => count > 0);
    const tasks = wanted.map(({ task }) => task);
    const wait = new Wait(signals, waitMs, signal);
    this.#ends.add(wait.end);
    try {
      for (let looks = 0; !wait.isOver; looks++) {
        for (const task of wanted.length === 0 ? [] : await peek(tasks)) signals.work.add(task);
        do {
          const replies = await this.#serve(requests, wanted, wait);
          if (replies !== undefined) return replies;
        } while ((await wait.told(lookMs(looks, tasks))) === "told");
      }
      return repliesTo(requests);
    } finally {
      this.#ends.delete(wait.end);
      wait.stop();
    }
  }

  /** Takes what was told of these tasks; undefined: there is nothing to say. */
  async #serve(
    requests: readonly ClaimRequest[],
    wanted: readonly ClaimRequest[],
    wait: Wait,
  ): Promise<readonly ClaimReply[] | undefined> {
    const { signals } = this.#parts;
    for (const request of this.#inTurn(wanted)) {
      if (wait.isOver) return undefined;
      const hasWork = signals.work.delete(request.task);
      const hasDue = signals.due.delete(request.task);
      if (!hasWork && !hasDue) continue;
      const reply = await this.#claimTold(request, hasDue);
      if (reply === undefined) continue;
      this.#lastTask = request.task;
      return this.#withDue(repliesTo(requests, new Map([[request, reply]])));
    }
    return signals.anyDue ? this.#withDue(repliesTo(requests)) : undefined;
  }

  /** Somebody else may wait for the rest, or for what a lost lease was refused. */
  async #claimTold(request: ClaimRequest, hasDue: boolean): Promise<ClaimReply | undefined> {
    const { signals, claim } = this.#parts;
    const { nextDueInMs, ...reply } = await claim(request);
    if (reply.lost || reply.jobs.length >= request.count) {
      signals.work.add(request.task);
      signals.wakeAll();
    }
    const isNews = reply.lost || reply.jobs.length > 0 || reply.hasSuspects === true;
    const isDueNews = hasDue && nextDueInMs !== undefined;
    if (!isNews && !isDueNews) return undefined;
    return nextDueInMs === undefined ? reply : { ...reply, nextDueInMs };
  }

  #withDue(replies: readonly ClaimReply[]): readonly ClaimReply[] {
    const { signals } = this.#parts;
    if (!signals.anyDue) return replies;
    signals.anyDue = false;
    return tellingDue(replies);
  }

  #inTurn(requests: readonly ClaimRequest[]): readonly ClaimRequest[] {
    const at = requests.findIndex(({ task }) => task === this.#lastTask) + 1;
    return [...requests.slice(at), ...requests.slice(0, at)];
  }
}

/** One wait: until it is told something, its time is over, or somebody ends it. */
class Wait {
  readonly end = () => {
    this.#isEnded = true;
    this.#wake();
  };
  readonly #endsAt: number;
  readonly #signal: AbortSignal | undefined;
  readonly #stopHearing: () => void;
  #isEnded = false;
  #isTold = false;
  #wake: () => void = () => undefined;

  constructor(signals: Signals, waitMs: number, signal: AbortSignal | undefined) {
    this.#endsAt = performance.now() + waitMs;
    this.#signal = signal;
    this.#stopHearing = signals.onTold(() => {
      this.#isTold = true;
      this.#wake();
    });
    signal?.addEventListener("abort", this.end, { once: true });
  }

  get isOver(): boolean {
    return this.#isEnded || performance.now() >= this.#endsAt;
  }

  /** @param ms at most so long */
  async told(ms: number): Promise<"told" | "look"> {
    if (!this.#isTold && !this.isOver) {
      const restMs = Math.min(ms, this.#endsAt - performance.now());
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.ceil(restMs));
        timer.unref();
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const wasTold = this.#isTold;
    this.#isTold = false;
    return wasTold && !this.isOver ? "told" : "look";
  }

  stop(): void {
    this.#stopHearing();
    this.#signal?.removeEventListener("abort", this.end);
  }
}
