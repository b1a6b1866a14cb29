import type { Clock, TimerHandle } from "../../core/clock.js";
import type { Feed } from "./feed.js";
import { difference } from "./merge-patch.js";
import { eventText, type LiveEvent, type Viewer } from "./viewer.js";

/** So many changes are kept for whoever connects again. */
const KEPT_EVENTS = 30;
/** A topic goes on for so long after its last viewer has gone: a page that is loaded again, or a line that broke, comes back. */
const LINGER_MS = 10_000;

/** What a topic needs of the hub. */
export interface TopicHost<T> {
  readonly name: string;
  readonly clock: Clock;
  readonly feed: Feed<T>;
  /** Begins the ids of events: those of another process are not known here. */
  readonly epoch: string;
  /** Above all numbers before, over all topics. */
  nextNumber(): number;
  lastNumber(): number;
  /** What is shown of a reading. */
  view(value: T): unknown;
  /** How it is shown that the store is away; undefined: it is not. */
  trouble?(value: unknown, error: unknown, forMs: number): unknown;
  /** Whether a topic at which nobody looks any more is kept for a while. */
  mayLinger(): boolean;
  onIdle(): void;
}

/** One thing that changes by itself, for all who look at it: made once, sent to each. */
export class LiveTopic<T> {
  readonly #host: TopicHost<T>;
  readonly #viewers = new Set<Viewer>();
  #events: LiveEvent[] = [];
  /** Events up to this number are not all kept. */
  #keptAfter: number;
  #value: unknown;
  #stop: (() => void) | undefined;
  #ending: TimerHandle | undefined;

  constructor(host: TopicHost<T>) {
    this.#host = host;
    this.#keptAfter = host.lastNumber();
  }

  /**
   * Sends a viewer how it stands, and what changes from now on.
   *
   * @param after the number of the event that it had last; undefined: none of this process
   */
  add(viewer: Viewer, after: number | undefined): void {
    this.#viewers.add(viewer);
    this.#ending?.cancel();
    const isKnown = after !== undefined && after >= this.#keptAfter && this.#value !== undefined;
    if (isKnown) {
      for (const event of this.#events) if (event.number > after) viewer.begin(event.text);
    } else if (this.#value !== undefined) viewer.begin(this.#snapshot());
    this.#stop ??= this.#host.feed.listen({
      onValue: (value) => this.#show(this.#host.view(value)),
      onTrouble: (error, forMs) => this.#showTrouble(error, forMs),
    });
    const { latest } = this.#host.feed;
    if (this.#value === undefined && latest !== undefined) this.#show(this.#host.view(latest));
  }

  remove(viewer: Viewer): void {
    if (!this.#viewers.delete(viewer) || this.#viewers.size > 0) return;
    if (this.#host.mayLinger()) this.#ending = this.#host.clock.schedule(LINGER_MS, () => this.close());
    else this.close();
  }

  /** Looks no more. */
  close(): void {
    this.#ending?.cancel();
    this.#stop?.();
    this.#stop = undefined;
    this.#host.onIdle();
  }

  #showTrouble(error: unknown, forMs: number): void {
    const shown = this.#host.trouble?.(this.#value, error, forMs);
    if (shown !== undefined) this.#show(shown);
  }

  #show(value: unknown): void {
    const isFirst = this.#value === undefined;
    const changed = isFirst ? "unfit" : difference(this.#value, value);
    this.#value = value;
    if (changed === "none") return;
    const { epoch, name: topic } = this.#host;
    const number = this.#host.nextNumber();
    const id = `${epoch}-${number}`;
    const text =
      changed === "unfit"
        ? eventText("snapshot", { id, data: { topic, value } })
        : eventText("delta", { id, data: { topic, patch: changed.patch } });
    const event = { number, text };
    this.#events.push(event);
    if (this.#events.length > KEPT_EVENTS) this.#keptAfter = this.#events.shift()?.number ?? number;
    for (const viewer of this.#viewers) viewer.send(topic, event, () => this.#snapshot());
  }

  #snapshot(): Uint8Array {
    const { epoch, name: topic } = this.#host;
    return eventText("snapshot", {
      id: `${epoch}-${this.#host.lastNumber()}`,
      data: { topic, value: this.#value },
    });
  }
}
