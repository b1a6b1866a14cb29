/** How often somebody may try to log in: whoever guesses has to wait, longer each time. */
import type { Clock } from "../../core/clock.js";

/** Tries from one address within a minute. */
const TRIES_PER_ADDRESS = 5;
/** Tries from everywhere within a minute: guesses may come from many addresses. */
const TRIES_IN_ALL = 50;
const WINDOW_MS = 60_000;
/** Each time it is overdone the wait doubles, up to this. */
const LONGEST_WAIT_MS = 15 * 60_000;
/** Addresses that are remembered. */
const MOST_ADDRESSES = 10_000;

interface Tries {
  /** When each was, on the monotonic clock; those of the last minute. */
  at: number[];
  /** Until when nothing is tried, on the monotonic clock. */
  blockedUntil: number;
  /** How often it was overdone. */
  blocks: number;
}

/** Counts tries by address. */
export class LoginLimits {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #byAddress = new Map<string, Tries>();
  #all: number[] = [];

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /**
   * Counts a try. What is refused counts for nothing. Tries from nobody knows where have the limit of all alone: one that grew would
   * let whoever guesses lock out everybody.
   *
   * @returns how long to wait, in ms; 0: it may be tried
   */
  take(address: string | undefined): number {
    const now = this.#clock.monotonic();
    const waitMs = this.#waitOfAll(now);
    if (address === undefined) {
      if (waitMs === 0) this.#all.push(now);
      return waitMs;
    }
    const tries = this.#of(address);
    tries.at = recent(tries.at, now);
    if (now - tries.blockedUntil > LONGEST_WAIT_MS) tries.blocks = 0;
    if (tries.blockedUntil > now) return tries.blockedUntil - now;
    if (tries.at.length >= TRIES_PER_ADDRESS) {
      const blockedMs = Math.min(WINDOW_MS * 2 ** tries.blocks, LONGEST_WAIT_MS);
      tries.blocks += 1;
      tries.blockedUntil = now + blockedMs;
      return blockedMs;
    }
    if (waitMs > 0) return waitMs;
    tries.at.push(now);
    this.#all.push(now);
    return 0;
  }

  /** How long an address has to wait before anything is looked at, in ms. */
  waitOf(address: string | undefined): number {
    const now = this.#clock.monotonic();
    if (address === undefined) return this.#waitOfAll(now);
    const tries = this.#byAddress.get(keyOf(address));
    return Math.max(0, (tries?.blockedUntil ?? 0) - now);
  }

  /** Somebody there knew what to say: that was no guess. Guesses before it stay what they are, whoever made them. */
  takeBack(address: string | undefined): void {
    if (address !== undefined) this.#byAddress.get(keyOf(address))?.at.pop();
    this.#all.pop();
  }

  #waitOfAll(now: number): number {
    this.#all = recent(this.#all, now);
    const [first = now] = this.#all;
    return this.#all.length >= TRIES_IN_ALL ? first + WINDOW_MS - now : 0;
  }

  #of(address: string): Tries {
    const key = keyOf(address);
    const tries = this.#byAddress.get(key) ?? { at: [], blockedUntil: 0, blocks: 0 };
    // The one that was used last stands last.
    this.#byAddress.delete(key);
    this.#byAddress.set(key, tries);
    if (this.#byAddress.size > MOST_ADDRESSES) {
      const [oldest = key] = this.#byAddress.keys();
      this.#byAddress.delete(oldest);
    }
    return tries;
  }
}

function recent(at: readonly number[], now: number): number[] {
  return at.filter((each) => each > now - WINDOW_MS);
}

/** Of IPv6 the network: whoever has one has 2^64 addresses of it. */
function keyOf(address: string): string {
  if (!address.includes(":") || address.startsWith("::ffff:")) return address.replace("::ffff:", "");
  return expanded(address).slice(0, 4).join(":");
}

function expanded(address: string): readonly string[] {
  const [head = "", tail] = address.split("%")[0]?.split("::") ?? [];
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  return [...first, ...Array<string>(Math.max(0, 8 - first.length - last.length)).fill("0"), ...last];
}
