import type { CallOptions } from "./adapter-work.js";
import { type Clock, systemClock } from "./clock.js";
import { nextMicrotask } from "./turns.js";
import { WaitingSince } from "./waiting-since.js";

/**
 * Natural batching. A call goes out at once when fewer than `maxInFlight` are under way; what gathers
 * meanwhile goes in the next one. Low load pays no added latency, high load pays one trip for many items.
 * A call is told for how long its items have waited, so that their time does not begin anew when it is sent.
 * Of a long burst the first items go out while the rest is still being added, so that both sides work at once.
 *
 * Life: `add` → queue → (end of the current microtask burst, `earlyItems`, or the end of a call) → `send` → each item
 * is told.
 *
 * @see the Nagle/"natural batching" discussion in Martin Thompson, "Smart Batching", 2011
 */
export class Batcher<Item extends BatchItem<Reply>, Reply> {
  readonly #options: BatcherOptions<Item, Reply>;
  #queue: Item[] = [];
  /** Index of the first unsent item; the array is cut only now and then, so taking a batch is O(batch). */
  #head = 0;
  #queuedBytes = 0;
  #inFlight = 0;
  #scheduled = false;
  /** Items taken so far: the place of the first queued one among all. */
  #taken = 0;
  /** Of items that cannot be sent at once. */
  readonly #waiting: WaitingSince;
  /** Whether what came in this turn is noted. */
  #isNoted = false;
  readonly #endTurn = () => {
    this.#isNoted = false;
  };
  #roomWaiters: (() => void)[] = [];
  #idleWaiters: (() => void)[] = [];

  constructor(options: BatcherOptions<Item, Reply>) {
    this.#options = options;
    this.#waiting = new WaitingSince(options.clock ?? systemClock);
  }

  /** Items not sent yet. */
  get queued(): number {
    return this.#queue.length - this.#head;
  }

  add(item: Item): void {
    this.#queue.push(item);
    this.#queuedBytes += item.bytes;
    if (this.#inFlight >= this.#options.maxInFlight) {
      if (!this.#isNoted) this.#note();
    } else if (this.queued >= (this.#options.earlyItems ?? Number.POSITIVE_INFINITY)) {
      this.#pump();
    } else if (!this.#scheduled) {
      this.#scheduled = true;
      nextMicrotask(() => {
        this.#scheduled = false;
        this.#pump();
      });
    }
  }

  /** Whether a caller that can wait should. */
  get isFull(): boolean {
    return this.queued >= this.#options.highWaterItems || this.#queuedBytes >= this.#options.highWaterBytes;
  }

  /** Resolves when the queue is below its high-water mark; at once when it is now. */
  async room(): Promise<void> {
    while (this.isFull) await new Promise<void>((resolve) => this.#roomWaiters.push(resolve));
  }

  /** Whether nothing waits to be sent or answered. */
  get isIdle(): boolean {
    return this.queued === 0 && this.#inFlight === 0;
  }

  /** Resolves when everything added so far has been answered. */
  async idle(): Promise<void> {
    while (!this.isIdle) {
      await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
    }
  }

  #pump(): void {
    while (this.#inFlight < this.#options.maxInFlight && this.queued > 0) {
      const batch = this.#take();
      this.#taken += batch.length;
      this.#inFlight += 1;
      void this.#send(batch, this.#waiting.isEmpty ? 0 : this.#waiting.take(this.#taken));
    }
    if (this.queued === 0) this.#waiting.clear();
    else if (this.#waiting.isEmpty) this.#waiting.note(this.#taken);
    if (this.#roomWaiters.length > 0 && !this.isFull) wakeAll(this.#roomWaiters.splice(0));
    if (this.#idleWaiters.length > 0 && this.isIdle) {
      wakeAll(this.#idleWaiters.splice(0));
    }
  }

  #note(): void {
    this.#isNoted = true;
    nextMicrotask(this.#endTurn);
    this.#waiting.note(this.#taken + this.queued - 1);
  }

  #take(): Item[] {
    const { maxBytes, isAlike } = this.#options;
    const maxItems = Math.min(this.#options.maxItems, this.#alike);
    const isAll = this.#head === 0 && this.#queue.length <= maxItems && this.#queuedBytes <= maxBytes;
    if (isAll && isAlike === undefined) return this.#takeAll();
    const first = this.#queue[this.#head] as Item;
    let end = this.#head;
    let bytes = 0;
    while (end < this.#queue.length && end - this.#head < maxItems) {
      const item = this.#queue[end] as Item;
      if (end > this.#head && (bytes + item.bytes > maxBytes || isAlike?.(first, item) === false)) break;
      bytes += item.bytes;
      end += 1;
    }
    const batch = this.#queue.slice(this.#head, end);
    this.#queuedBytes -= bytes;
    this.#head = end;
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    } else if (this.#head > 16_384) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return batch;
  }

  /** How many may go in one call: what waits for much longer than others has less time left. */
  get #alike(): number {
    if (this.#waiting.isEmpty) return this.queued;
    return (this.#waiting.endOfAlike() ?? this.#taken + this.queued) - this.#taken;
  }

  #takeAll(): Item[] {
    const batch = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    return batch;
  }

  async #send(batch: Item[], waitedMs: number): Promise<void> {
    try {
      const replies = await this.#options.send(batch, waitedMs);
      for (let i = 0; i < batch.length; i++) batch[i]?.succeed(replies[i] as Reply);
    } catch (error) {
      for (const item of batch) item.fail(error);
    }
    this.#inFlight -= 1;
    this.#pump();
  }
}

/** One thing to send and where its answer goes. Neither function may throw. */
export interface BatchItem<Reply> {
  /** Roughly what it weighs; 0 when that does not matter. */
  readonly bytes: number;
  succeed(reply: Reply): void;
  fail(error: unknown): void;
}

export interface BatcherOptions<Item, Reply> {
  /** Answers per item, in order; a rejection fails the whole batch. All have waited for about `waitedMs`. */
  readonly send: (items: readonly Item[], waitedMs: number) => Promise<readonly Reply[]>;
  readonly maxItems: number;
  /** Whether an item may go in one call with the first of it. Default: all may. */
  readonly isAlike?: (first: Item, item: Item) => boolean;
  /** So many go out without waiting for the end of the burst. Default: none do. */
  readonly earlyItems?: number;
  readonly maxBytes: number;
  readonly maxInFlight: number;
  /** Above either, {@link Batcher.room} waits. Nothing is refused. */
  readonly highWaterItems: number;
  readonly highWaterBytes: number;
  /** Default: that of the machine. */
  readonly clock?: Pick<Clock, "monotonic">;
}

function wakeAll(waiters: readonly (() => void)[]): void {
  for (const wake of waiters) wake();
}

/** A batcher for calls whose answer is awaited one by one. */
export class CallBatcher<Request, Reply> {
  readonly #batcher: Batcher<Call<Request, Reply>, Reply>;

  constructor(
    send: (requests: readonly Request[], call: CallOptions) => Promise<readonly Reply[]>,
    maxItems = 1000,
  ) {
    this.#batcher = new Batcher({
      send: (calls, waitedMs) =>
        send(
          calls.map((call) => call.request),
          { waitedMs },
        ),
      maxItems,
      maxBytes: 1 << 20,
      maxInFlight: 2,
      highWaterItems: 10_000,
      highWaterBytes: 8 << 20,
    });
  }

  /** @param bytes roughly what the request weighs, where that matters */
  call(request: Request, bytes = 0): Promise<Reply> {
    return new Promise<Reply>((succeed, fail) => {
      this.#batcher.add({ request, bytes, succeed, fail });
    });
  }

  idle(): Promise<void> {
    return this.#batcher.idle();
  }
}

interface Call<Request, Reply> extends BatchItem<Reply> {
  readonly request: Request;
}
