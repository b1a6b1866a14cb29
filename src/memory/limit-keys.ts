import type { Clock } from "../core/clock.js";
import type { JobDebounce, JobIdempotency, JobThrottle } from "../core/limits/admission.js";
import { type DueEntry, DueHeap } from "./due-heap.js";
import type { JobRecord } from "./job-record.js";

/** A key that stands for a job beyond its end. */
interface IdempotentKey {
  readonly id: string;
  readonly digest: string;
  /** Set once the job has ended. */
  expiry: DueEntry<() => void> | undefined;
}

/** Jobs that a throttle let through, oldest first. */
interface Throttle {
  readonly times: Map<string, number>;
  readonly expiry: DueEntry<() => void>;
}

/** Expired keys that each new one takes away: more than one, so that they get fewer. */
const FORGOTTEN_PER_KEY = 2;

/**
 * Keys that stand for a job: whoever brings the same key later is told of it, or replaces it. A key is given back by
 * the job that holds it, never by one that held it before.
 */
export class LimitKeys {
  readonly #clock: Clock;
  readonly #unique = new Map<string, string>();
  readonly #idempotent = new Map<string, IdempotentKey>();
  readonly #debounced = new Map<string, { readonly first: number; readonly id: string }>();
  readonly #throttles = new Map<string, Throttle>();
  readonly #expiries = new DueHeap<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Keys that are remembered. */
  get size(): number {
    return this.#unique.size + this.#idempotent.size + this.#debounced.size + this.#throttles.size;
  }

  /** The job that holds a key of `deduplicate`. */
  uniqueHolder(key: string): string | undefined {
    return this.#unique.get(key);
  }

  takeUnique(key: string, id: string): void {
    this.#unique.set(key, id);
  }

  /** The job that stands for an idempotency key. */
  idempotentHolder(key: string): { readonly id: string; readonly digest: string } | undefined {
    const held = this.#idempotent.get(key);
    return held?.expiry !== undefined && held.expiry.at <= this.#clock.now() ? undefined : held;
  }

  takeIdempotent({ key, digest }: JobIdempotency, id: string): void {
    this.#forgetSome();
    this.#keepIdempotent(key);
    this.#idempotent.set(key, { id, digest, expiry: undefined });
  }

  /** The last job of a debounced key, and when the first of them was dispatched. */
  debounced(key: string): { readonly first: number; readonly id: string } | undefined {
    return this.#debounced.get(key);
  }

  takeDebounced({ key }: JobDebounce, entry: { readonly first: number; readonly id: string }): void {
    this.#debounced.set(key, entry);
  }

  /** Ms until a throttle has room for the job; undefined: it has. */
  throttledForMs(limits: JobThrottle, id: string): number | undefined {
    const times = this.#throttles.get(nameOf(limits))?.times;
    const now = this.#clock.now();
    if (times === undefined || times.has(id)) return undefined;
    const since = now - limits.windowMs;
    const ats = times.values();
    let next = ats.next();
    let excess = times.size - limits.limit;
    for (; next.done !== true && next.value <= since; next = ats.next()) excess -= 1;
    if (excess < 0) return undefined;
    for (; next.done !== true && excess > 0; next = ats.next()) excess -= 1;
    return next.done === true ? undefined : next.value + limits.windowMs - now;
  }

  passThrottle(limits: JobThrottle, id: string): void {
    this.#forgetSome();
    const now = this.#clock.now();
    const { times, expiry } = this.#throttle(nameOf(limits), now);
    for (const [past, at] of times) {
      if (at > now - limits.windowMs) break;
      times.delete(past);
    }
    if (!times.has(id)) times.set(id, now);
    this.#expiries.move(expiry, now + limits.windowMs);
  }

  /** The job is waiting, perhaps for another time: keys that were freed in between are its own again. */
  hold({ id, limits }: JobRecord): void {
    const { unique, idempotency } = limits ?? {};
    if (unique !== undefined && !this.#unique.has(unique.key)) this.#unique.set(unique.key, id);
    if (idempotency === undefined) return;
    const held = this.idempotentHolder(idempotency.key);
    if (held === undefined) this.takeIdempotent(idempotency, id);
    else if (held.id === id) this.#keepIdempotent(idempotency.key);
  }

  /** The job is over. */
  free({ id, limits }: JobRecord): void {
    const { unique, idempotency, debounce } = limits ?? {};
    if (unique !== undefined && this.#unique.get(unique.key) === id) this.#unique.delete(unique.key);
    if (debounce !== undefined && this.#debounced.get(debounce.key)?.id === id) {
      this.#debounced.delete(debounce.key);
    }
    if (idempotency !== undefined) this.#expireIdempotent(idempotency, id);
  }

  /** Takes away what has expired, at most so much. */
  forgetExpired(most: number): void {
    const now = this.#clock.now();
    for (let count = 0; count < most; count++) {
      const { first } = this.#expiries;
      if (first === undefined || first.at > now) return;
      this.#expiries.remove(first);
      first.value();
    }
  }

  #forgetSome(): void {
    this.forgetExpired(FORGOTTEN_PER_KEY);
  }

  #keepIdempotent(key: string): void {
    const held = this.#idempotent.get(key);
    if (held?.expiry === undefined) return;
    this.#expiries.remove(held.expiry);
    held.expiry = undefined;
  }

  #expireIdempotent({ key, windowMs }: JobIdempotency, id: string): void {
    const held = this.#idempotent.get(key);
    if (held?.id !== id) return;
    this.#keepIdempotent(key);
    held.expiry = this.#expiries.add(this.#clock.now() + windowMs, () => this.#idempotent.delete(key));
  }

  #throttle(name: string, now: number): Throttle {
    const known = this.#throttles.get(name);
    if (known !== undefined) return known;
    const expiry = this.#expiries.add(now, () => this.#throttles.delete(name));
    const made = { times: new Map<string, number>(), expiry };
    this.#throttles.set(name, made);
    return made;
  }
}

function nameOf({ key, windowMs }: JobThrottle): string {
  return `${windowMs}:${key}`;
}
