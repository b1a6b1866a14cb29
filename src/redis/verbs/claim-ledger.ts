/**
 * Remembers the highest fence each lease has been told. When the connection is lost while a claim is on its
 * way, jobs may be held that nobody runs; the next claim then asks for everything above that fence.
 */
import { isLinkLost } from "../connection/store-errors.js";
import type { Answer } from "../connection/wire.js";

/** What is known of the claims under one lease. */
class LeaseState {
  highestFence = 0;
  /** A claim's answer was lost: jobs above `highestFence` may be held unseen. */
  uncertain = false;
  recovering: Promise<void> | undefined;
  standing: StandingClaim | undefined;

  /** A claim was answered. Fences of one lease rise, and begin anew only in a store that was emptied. */
  answered(highestFence: number): void {
    if (highestFence > 0) this.highestFence = highestFence;
  }

  /** A claim failed. */
  failed(error: unknown): void {
    if (isLinkLost(error)) this.uncertain = true;
  }
}

/** Where a claim that is sent at once says how it went. */
export type ClaimNote = Pick<LeaseState, "answered" | "failed">;

/** A claim that waits in the store, on another connection, for the wake before it. */
interface StandingClaim {
  readonly whenEnded: (() => void)[];
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

/** How a standing claim is sent, how its end is brought about, and who is told of that. */
export interface StandingCall<T> {
  send(answer: Answer<ClaimOutcome<T>>): void;
  hurry(): void;
  /**
   * @param reply undefined when it was not carried out, when its answer was lost (the next claim recovers it), or when such
   * a loss is still to be recovered
   */
  ended(reply: T | undefined): void;
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
      const { standing } = state;
      standing.hurry();
      await new Promise<void>((resolve) => standing.whenEnded.push(resolve));
    }
    if (!state.uncertain) return this.#plainClaim(state, send);
    const recovery = this.#recover(state, send);
    state.recovering = recovery.then(
      () => this.#endRecovery(state),
      () => this.#endRecovery(state),
    );
    return recovery;
  }

  /** Where a claim that is sent at once is noted; undefined: the next has to be {@link claim}, which recovers one. */
  noteOf(key: string): ClaimNote | undefined {
    const state = this.#stateOf(key);
    return state.uncertain || state.recovering !== undefined ? undefined : state;
  }

  /** Runs a claim that is carried out when the store wakes its connection. */
  standingClaim<T>(key: string, { send, hurry, ended }: StandingCall<T>): void {
    const state = this.#stateOf(key);
    if (state.uncertain || state.recovering !== undefined || state.standing !== undefined) {
      ended(undefined);
      return;
    }
    const standing: StandingClaim = { whenEnded: [], hurry };
    state.standing = standing;
    const end = (reply: T | undefined) => {
      state.standing = undefined;
      ended(reply);
      for (const goOn of standing.whenEnded) goOn();
    };
    const resolve = ({ reply, highestFence }: ClaimOutcome<T>) => {
      state.answered(highestFence);
      end(reply);
    };
    const reject = (error: unknown) => {
      state.failed(error);
      end(undefined);
    };
    send({ resolve, reject });
  }

  async #plainClaim<T>(state: LeaseState, send: (seen: number) => Promise<ClaimOutcome<T>>): Promise<T> {
    try {
      const { reply, highestFence } = await send(-1);
      state.answered(highestFence);
      return reply;
    } catch (error) {
      state.failed(error);
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
    const state = new LeaseState();
    this.#leases.set(key, state);
    return state;
  }

  #dropOldest(): void {
    const oldest = this.#leases.keys().next();
    if (!oldest.done) this.#leases.delete(oldest.value);
  }
}
