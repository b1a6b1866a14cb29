import type { Clock } from "../core/clock.js";
import type { JobAdmission, JobDebounce, JobIdempotency, JobThrottle } from "../core/limits/admission.js";
import { type KeyHolders, keysToFree, keysToHold, type PastStarts } from "../core/limits/keys.js";
import { type DueEntry, DueHeap } from "./due-heap.js";
import type { JobRecord } from "./job-record.js";

/** A key that stands for a job beyond its end. */
interface IdempotentKey {
  readonly id: string;
  readonly digest: string;
  /** Set once the job has ended. */
  expiry: DueEntry<() => void> | undefined;
}

/** A key that stands for a job. */
interface KeyEntry {
  readonly kind: "unique" | "idempotent" | "debounced";
  readonly key: string;
  readonly id: string;
  readonly ends: boolean;
}

/** Jobs that a throttle let through, oldest first. */
interface Throttle {
  readonly times: Map<string, number>;
  readonly expiry: DueEntry<() => void>;
}

/** Expired keys that each new one takes away: more than one, so that they get fewer. */
const FORGOTTEN_PER_KEY = 2;

const NOBODY: PastStarts = { size: 0, times: [] };

/** The keys of a task that stand for jobs. What they decide is said in `core/limits/keys`. */
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

  /** Keys that stand for a job, and whether they end by themselves. */
  *entries(): Iterable<KeyEntry> {
    for (const [key, id] of this.#unique) yield { kind: "unique", key, id, ends: false };
    for (const [key, { id }] of this.#debounced) yield { kind: "debounced", key, id, ends: false };
    for (const [key, { id, expiry }] of this.#idempotent)
      yield { kind: "idempotent", key, id, ends: expiry !== undefined };
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

  /** When jobs passed a throttle; undefined: this one did. */
  throttled(id: string, throttle: JobThrottle): PastStarts | undefined {
    const times = this.#throttles.get(nameOf(throttle))?.times;
    if (times === undefined) return NOBODY;
    return times.has(id) ? undefined : { size: times.size, times: times.values() };
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
    if (limits === undefined || (unique === undefined && idempotency === undefined)) return;
    const held = keysToHold(limits, this.#holders(limits), id);
    if (unique !== undefined && held.unique) this.takeUnique(unique.key, id);
    if (idempotency === undefined) return;
    if (held.idempotent === "take") this.takeIdempotent(idempotency, id);
    else if (held.idempotent === "keep") this.#keepIdempotent(idempotency.key);
  }

  /** The job is over. */
  free({ id, limits }: JobRecord): void {
    const { unique, idempotency, debounce } = limits ?? {};
    if (limits === undefined || (unique ?? idempotency ?? debounce) === undefined) return;
    const free = keysToFree(limits, this.#holders(limits), id);
    if (unique !== undefined && free.unique) this.#unique.delete(unique.key);
    if (debounce !== undefined && free.debounced) this.#debounced.delete(debounce.key);
    if (idempotency !== undefined && free.idempotentInMs !== undefined)
      this.#expireIdempotent(idempotency.key, free.idempotentInMs);
  }

  #holders({ unique, idempotency, debounce }: JobAdmission): KeyHolders {
    return {
      unique: unique && this.#unique.get(unique.key),
      idempotent: idempotency && this.idempotentHolder(idempotency.key)?.id,
      debounced: debounce && this.#debounced.get(debounce.key)?.id,
    };
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

  #expireIdempotent(key: string, inMs: number): void {
    const held = this.#idempotent.get(key);
    if (held === undefined) return;
    this.#keepIdempotent(key);
    held.expiry = this.#expiries.add(this.#clock.now() + inMs, () => this.#idempotent.delete(key));
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
