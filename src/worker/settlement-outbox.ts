/**
 * How the jobs of one task ended, until the store has taken it.
 *
 * Life of a settlement: added (or held back until the job's progress and logs are stored) → taken for a call → answered;
 * a call that failed puts back what it had taken, before what was added since. With a lost lease what waits is dropped.
 */
import type { HeldClaim, Settlement } from "../core/adapter.js";
import { MAX_PER_CALL } from "./prefetch.js";

export class SettlementOutbox {
  #settlements: Settlement[] = [];
  /** In calls under way. */
  #sending = 0;
  /** Jobs whose settlement is held back. */
  readonly #heldBack = new Set<HeldClaim>();

  /** Jobs whose end the store does not know yet. */
  get size(): number {
    return this.#settlements.length + this.#sending + this.#heldBack.size;
  }

  get isEmpty(): boolean {
    return this.#settlements.length === 0;
  }

  /** Claims that are to be settled, but for those in a call. */
  get claims(): readonly HeldClaim[] {
    return [...this.#settlements, ...this.#heldBack];
  }

  add(settlement: Settlement): void {
    this.#settlements.push(settlement);
  }

  /** A job has ended, and its settlement comes later. */
  holdBack(claim: HeldClaim): void {
    this.#heldBack.add(claim);
  }

  /** The settlement of `claim` was held back. */
  addHeldBack(claim: HeldClaim, settlement: Settlement): void {
    this.#heldBack.delete(claim);
    this.add(settlement);
  }

  /** What goes in the next call: {@link MAX_PER_CALL} at most. */
  take(): readonly Settlement[] {
    const taken = this.#settlements.splice(0, MAX_PER_CALL);
    this.#sending += taken.length;
    return taken;
  }

  answered(settlements: readonly Settlement[]): void {
    this.#sending -= settlements.length;
  }

  failed(settlements: readonly Settlement[]): void {
    this.#sending -= settlements.length;
    this.#settlements.unshift(...settlements);
  }

  /** The jobs belong to others. Returns what waited to be sent. */
  forget(): readonly Settlement[] {
    return this.#settlements.splice(0);
  }

  /** Forgets those of these jobs. */
  drop(ids: ReadonlySet<string>): void {
    this.#settlements = this.#settlements.filter(({ id }) => !ids.has(id));
  }
}
