import type { Clock } from "../core/clock.js";
import type { ContractStore } from "../core/contract-store.js";
import { isLeaving } from "../core/observe/vitals.js";

/** Who lives is asked again after this time. */
const KNOWN_MS = 1000;

/** Knows which versions of a task live workers run, for jobs that are newer than the worker here. */
export class NewerWorkers {
  readonly #contracts: ContractStore | undefined;
  readonly #clock: Clock;
  #versions: Promise<ReadonlyMap<string, readonly number[]>> | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(contracts: ContractStore | undefined, clock: Clock) {
    this.#contracts = contracts;
    this.#clock = clock;
  }

  /**
   * The lowest version of live workers that run jobs of `version`; undefined: none is known. A store that does not
   * answer knows none.
   */
  async reach(task: string, version: number): Promise<number | undefined> {
    const now = this.#clock.monotonic();
    if (this.#versions === undefined || now - this.#askedAt >= KNOWN_MS) {
      this.#askedAt = now;
      this.#versions = this.#ask();
    }
    return (await this.#versions).get(task)?.find((known) => known >= version);
  }

  async #ask(): Promise<ReadonlyMap<string, readonly number[]>> {
    const versions = new Map<string, readonly number[]>();
    try {
      for (const worker of (await this.#contracts?.workers()) ?? []) {
        if (isLeaving(worker.vitals)) continue;
        for (const { task, version } of worker.tasks) {
          versions.set(
            task,
            [...(versions.get(task) ?? []), version].sort((a, b) => a - b),
          );
        }
      }
    } catch {
      // The store is away, which calls that matter more report; the job is put back as if nobody ran it.
      this.#versions = undefined;
    }
    return versions;
  }
}
