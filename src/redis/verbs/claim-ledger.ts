/**
 * Remembers the highest fence each lease has been told. When the connection is lost while a claim is on its
 * way, jobs may be held that nobody runs; the next claim then asks for everything above that fence.
 */
import { isLinkLost } from "../connection/store-errors.js";

interface LeaseState {
  highestFence: number;
  /** A claim's answer was lost: jobs above `highestFence` may be held unseen. */
  uncertain: boolean;
  recovering: Promise<void> | undefined;
  standing: StandingClaim | undefined;
}

/** A claim that waits in the store, on another connection, for the wake before it. */
interface StandingClaim {
  readonly ended: Promise<unknown>;
  /** Makes the store carry it out or drop it now. */
  hurry(): void;
}

/** What a claim learned. */
export interface ClaimOutcome<T> {
  readonly reply: T;
  readonly highestFence: number;
  /** Jobs above it that the claim had no room for. */
  readonly unseen: number;
}

/** How a standing claim is sent, and how its end is brought about. */
export interface StandingCall<T> {
  send(): Promise<ClaimOutcome<T>>;
  hurry(): void;
}

const MOST_LEASES = 1000;

/**
 * One per adapter instance: its calls go over one connection, so answers are lost in order. A standing claim goes over
 * another one; its lease has no other claim of jobs under way, and a recovery first waits for its end.
 */
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
    while (state.uncertain && state.standing !== undefined) {
      state.standing.hurry();
      await state.standing.ended;
    }
    if (!state.uncertain) return this.#plainClaim(state, send);
    const recovery = this.#recover(state, send);
    state.recovering = recovery.then(
      () => this.#endRecovery(state),
      () => this.#endRecovery(state),
    );
    return recovery;
  }

  /**
   * Runs a claim that is carried out when the store wakes its connection.
   *
   * @returns undefined when it was not carried out, when its answer was lost (the next {@link claim} recovers it), or
   * when such a loss is still to be recovered
   */
  async standingClaim<T>(key: string, how: StandingCall<T>): Promise<T | undefined> {
    const state = this.#stateOf(key);
    if (state.uncertain || state.recovering !== undefined || state.standing !== undefined) return undefined;
    const answer = this.#plainClaim(state, how.send).catch(() => undefined);
    const standing = { ended: answer, hurry: how.hurry };
    state.standing = standing;
    try {
      return await answer;
    } finally {
      state.standing = undefined;
    }
  }

  async #plainClaim<T>(state: LeaseState, send: (seen: number) => Promise<ClaimOutcome<T>>): Promise<T> {
    try {
      const { reply, highestFence } = await send(-1);
      // Fences of one lease rise from answer to answer, and begin anew only in a store that was emptied.
      if (highestFence > 0) state.highestFence = highestFence;
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
    const state: LeaseState = {
      highestFence: 0,
      uncertain: false,
      recovering: undefined,
      standing: undefined,
    };
    this.#leases.set(key, state);
    return state;
  }

  #dropOldest(): void {
    const oldest = this.#leases.keys().next();
    if (!oldest.done) this.#leases.delete(oldest.value);
  }
}
