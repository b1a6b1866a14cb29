import type { Notice } from "./adapter.js";
import type { FinalState } from "./lifecycle.js";
import { outcomeOf, type StoredJob } from "./stored-job.js";
import { nextMicrotask } from "./turns.js";

/**
 * Delivers notices to one listener: in order, each from a microtask, never from inside the verb that caused
 * it. Life: open from the start; after `end` nothing more is delivered, not even what was queued.
 */
export interface Subscription {
  /** Queues a notice for the listener. */
  publish(notice: Notice): void;
  /** Nothing more is delivered, not even what is queued. */
  end(): void;
}

/** See {@link Subscription}, where its members are described. */
class QueuedSubscription implements Subscription {
  readonly #listener: (notice: Notice) => void;
  #queue: Notice[] = [];
  #ended = false;

  constructor(listener: (notice: Notice) => void) {
    this.#listener = listener;
  }

  publish(notice: Notice): void {
    if (this.#ended) return;
    this.#queue.push(notice);
    if (this.#queue.length === 1) nextMicrotask(() => this.#deliver());
  }

  end(): void {
    this.#ended = true;
    this.#queue = [];
  }

  #deliver(): void {
    const notices = this.#queue;
    this.#queue = [];
    for (const notice of notices) {
      if (this.#ended) return;
      this.#call(notice);
    }
  }

  /** A listener that throws must not cost others their notices; its error surfaces as uncaught. */
  #call(notice: Notice): void {
    try {
      this.#listener(notice);
    } catch (error) {
      nextMicrotask(() => {
        throw error;
      });
    }
  }
}

export const Subscription: new (listener: (notice: Notice) => void) => Subscription = QueuedSubscription;

/** Those who listen to one topic. */
export type Listeners = Set<Subscription>;

/** Hands a notice to everybody who listens. */
export function publishTo(listeners: ReadonlySet<Subscription>, notice: Notice): void {
  for (const listener of listeners) listener.publish(notice);
}

/** Ends what `Adapter.subscribe` began, once it has; one that failed has ended. */
export async function endSubscription(subscribed: Promise<() => Promise<void>>): Promise<void> {
  const stop = await subscribed.catch(() => undefined);
  await stop?.();
}

/** The subscriptions of one adapter, which end with it. */
export interface Subscriptions {
  /** Starts telling `listener` what is published to `listeners`; the returned function stops it. */
  open(listeners: Listeners, listener: (notice: Notice) => void): () => Promise<void>;
  /** Ends all of them. */
  endAll(): void;
}

/** See {@link Subscriptions}, where its members are described. */
class OpenSubscriptions implements Subscriptions {
  readonly #open = new Map<Subscription, Listeners>();

  open(listeners: Listeners, listener: (notice: Notice) => void): () => Promise<void> {
    const subscription = new Subscription(listener);
    listeners.add(subscription);
    this.#open.set(subscription, listeners);
    return async () => this.#end(subscription);
  }

  endAll(): void {
    for (const subscription of this.#open.keys()) this.#end(subscription);
  }

  #end(subscription: Subscription): void {
    this.#open.get(subscription)?.delete(subscription);
    this.#open.delete(subscription);
    subscription.end();
  }
}

export const Subscriptions: new () => Subscriptions = OpenSubscriptions;

/** Who waits for the end of which jobs, for stores that tell it within this process. */
export interface OutcomeWatchers<Job extends StoredJob> {
  /** Tells `listeners` how `job` ends. */
  watch(job: Job, listeners: Listeners): void;
  /** Whether anybody waits for its end. */
  isWatched(job: Job): boolean;
  /** A job has ended: everybody who waits for it is told, once. */
  tell(task: string, job: Job, state: FinalState): void;
}

/** See {@link OutcomeWatchers}, where its members are described. */
class JobWatchers<Job extends StoredJob> implements OutcomeWatchers<Job> {
  readonly #listeners = new WeakMap<Job, Set<Listeners>>();

  watch(job: Job, listeners: Listeners): void {
    const known = this.#listeners.get(job) ?? new Set();
    this.#listeners.set(job, known.add(listeners));
  }

  isWatched(job: Job): boolean {
    return this.#listeners.has(job);
  }

  tell(task: string, job: Job, state: FinalState): void {
    const known = this.#listeners.get(job);
    if (known === undefined) return;
    this.#listeners.delete(job);
    const outcome = outcomeOf(task, job, state);
    for (const listeners of known) publishTo(listeners, { kind: "outcome", outcome });
  }
}

export const OutcomeWatchers: new <Job extends StoredJob>() => OutcomeWatchers<Job> = JobWatchers;
