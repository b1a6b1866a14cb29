/**
 * Looks whether anybody works on what this process dispatches: first dispatch of a contract → a while later one look
 * at the live workers → all is well: the next dispatch after a long while looks again; or nobody: one warning, and
 * never again for this contract.
 */
import type { Clock, TimerHandle } from "../core/clock.js";
import { type ContractGap, type ContractStore, contractGap } from "../core/contract-store.js";
import { formatDuration } from "../core/duration.js";
import { isLeaving } from "../core/observe/vitals.js";
import { inRootContext } from "../worker/async-context.js";

/** A worker that is deployed shortly after its producer is no news. */
const GRACE_MS = 60_000;
/** Contracts that are first dispatched within this time are looked at together. */
const TOGETHER_MS = 10_000;
/** What was fine is not looked at again for this long. */
const AGAIN_MS = 600_000;

/** A contract as a producer stamps jobs with it. */
export interface StampedContract {
  readonly name: string;
  readonly version: number;
  readonly fingerprint: string;
}

/** One contract of this process. While `isOpen`, the next dispatch should be told to {@link ImplementerWatch.see}. */
export interface Sighting {
  readonly contract: StampedContract;
  isOpen: boolean;
}

/** What it asks of its app. */
export interface ImplementerWatchHost {
  readonly clock: Clock;
  readonly contracts: ContractStore | undefined;
  /** Whether the store can be asked now. */
  isConnected(): boolean;
  warn(message: string, gap: ContractGap, contract: StampedContract): void;
  reportError(error: unknown): void;
}

export class ImplementerWatch {
  readonly #host: ImplementerWatchHost;
  readonly #sightings = new Map<string, Sighting>();
  readonly #timers = new Set<TimerHandle>();
  readonly #waiting = new Map<number, Sighting[]>();

  constructor(host: ImplementerWatchHost) {
    this.#host = host;
  }

  /** The sighting of a contract; the same for every client of it. */
  sightingOf(contract: StampedContract): Sighting {
    const key = `${contract.name} ${contract.version} ${contract.fingerprint}`;
    const known = this.#sightings.get(key);
    if (known !== undefined) return known;
    const sighting = { contract, isOpen: this.#host.contracts !== undefined };
    this.#sightings.set(key, sighting);
    return sighting;
  }

  /** A job of this contract is being dispatched. */
  see(sighting: Sighting): void {
    sighting.isOpen = false;
    const dueAt = Math.ceil((this.#host.clock.monotonic() + GRACE_MS) / TOGETHER_MS) * TOGETHER_MS;
    const others = this.#waiting.get(dueAt);
    if (others !== undefined) {
      others.push(sighting);
      return;
    }
    this.#waiting.set(dueAt, [sighting]);
    this.#after(dueAt - this.#host.clock.monotonic(), () => void this.#look(dueAt));
  }

  /** The app is being closed. What nobody was warned of may be seen again. */
  stop(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    for (const sighting of [...this.#waiting.values()].flat()) sighting.isOpen = true;
    this.#waiting.clear();
  }

  async #look(dueAt: number): Promise<void> {
    const sightings = this.#waiting.get(dueAt) ?? [];
    this.#waiting.delete(dueAt);
    const { contracts } = this.#host;
    if (contracts === undefined || !this.#host.isConnected()) {
      for (const sighting of sightings) sighting.isOpen = true;
      return;
    }
    try {
      const workers = (await contracts.workers()).filter(({ vitals }) => !isLeaving(vitals));
      for (const sighting of sightings) {
        const { contract } = sighting;
        const gap = contractGap({ ...contract, task: contract.name }, workers);
        if (gap === undefined) this.#lookAgain(sighting);
        else this.#host.warn(describeGap(gap, contract), gap, contract);
      }
    } catch (error) {
      this.#host.reportError(error);
      for (const sighting of sightings) this.#lookAgain(sighting);
    }
  }

  #lookAgain(sighting: Sighting): void {
    this.#after(AGAIN_MS, () => {
      sighting.isOpen = true;
    });
  }

  #after(delayMs: number, act: () => void): void {
    const fire = () => {
      this.#timers.delete(timer);
      act();
    };
    const timer = inRootContext(() => this.#host.clock.schedule(delayMs, fire));
    this.#timers.add(timer);
  }
}

function describeGap(gap: ContractGap, contract: StampedContract): string {
  const mark = contract.fingerprint === "" ? "" : `, fingerprint ${contract.fingerprint}`;
  const since = `was dispatched ${formatDuration(GRACE_MS)} ago or more`;
  return `${contract.name} version ${contract.version}${mark} ${since} and ${REASONS[gap]}`;
}

const REASONS: Readonly<Record<ContractGap, string>> = {
  "no-worker":
    "no live worker has a handler for this task, so its jobs wait. Start a worker that implements it, or check that " +
    "both use the same store and prefix.",
  "older-workers":
    "every live worker implements an older version, so its jobs wait for a newer worker. Deploy the workers.",
  "newer-workers":
    "every live worker has raised since above this version, so its jobs will fail. Deploy this producer with the " +
    "newer contract, or lower since and add a migration.",
  "other-fingerprint":
    "every live worker implements this version with other schemas, so payloads or results may be refused. Run " +
    "taskora diff; when it finds no break, this is a deploy under way and nothing is wrong.",
};
