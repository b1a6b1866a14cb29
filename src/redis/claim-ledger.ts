/**
 * Remembers the highest fence each lease has been told. When the connection is lost while a claim is on its
 * way, jobs may be held that nobody runs; the next claim then asks for everything above that fence.
 */
import { isLinkLost } from "./store-errors.js";

interface LeaseState {
  highestFence: number;
  /** A claim's answer was lost: jobs above `highestFence` may be held unseen. */
  uncertain: boolean;
  recovering: Promise<void> | undefined;
}

/** What a claim learned. */
export interface ClaimOutcome<T> {
  readonly reply: T;
  readonly highestFence: number;
  /** Jobs above it that the claim had no room for. */
  readonly unseen: number;
}

const MOST_LEASES = 1000;

/** One per adapter instance: its calls go over one connection, so answers are lost in order. */
export class ClaimLedger {
  readonly #leases = new Map<string, LeaseState>();

  /**
   * Runs a claim. `send` gets the fence to recover from, or −1.
   *
   * @param key task and lease
   */
  async claim<T>(key: string, send: (seen: number) => Promise<ClaimOutcome<T>>): Promise<T> {
    const state = this.#stateOf(key);
    while (state.recovering !== undefined) await state.recovering;
    if (!state.uncertain) return this.#plainClaim(state, send);
    const recovery = this.#recover(state, send);
    state.recovering = recovery.then(
      () => this.#endRecovery(state),
      () => this.#endRecovery(state),
    );
    return recovery;
  }

  async #plainClaim<T>(state: LeaseState, send: (seen: number) => Promise<ClaimOutcome<T>>): Promise<T> {
    try {
      const { reply, highestFence } = await send(-1);
      if (highestFence > state.highestFence) state.highestFence = highestFence;
      return reply;
    } catch (error) {
      if (isLinkLost(error)) state.uncertain = true;
      throw error;
    }
  }

  async #recover<T>(state: LeaseState, send: (seen: number) => Promise<ClaimOutcome<T>>): Promise<T> {
    const { reply, highestFence, unseen } = await send(state.highestFence);
    state.highestFence = Math.max(state.highestFence, highestFence);
    state.uncertain = unseen > 0;
    return reply;
  }

  #endRecovery(state: LeaseState): void {
    state.recovering = undefined;
  }

  #stateOf(key: string): LeaseState {
    const known = this.#leases.get(key);
    if (known !== undefined) return known;
    if (this.#leases.size >= MOST_LEASES) this.#dropOldest();
    const state: LeaseState = { highestFence: 0, uncertain: false, recovering: undefined };
    this.#leases.set(key, state);
    return state;
  }

  #dropOldest(): void {
    const oldest = this.#leases.keys().next();
    if (!oldest.done) this.#leases.delete(oldest.value);
  }
}
