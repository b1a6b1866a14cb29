import type { Adapter } from "../../core/adapter.js";
import type { Feature } from "../../core/features.js";
import type { JobRef } from "../../core/job.js";
import type { TaskEntries } from "../../core/observe/task-entries.js";

/**
 * What the author of an adapter provides to run the conformance cases: one store that is empty at first, and
 * the few things a case cannot do through the port. Make a new kit for every case.
 */
export interface ConformanceKit {
  /** Makes another adapter over the kit's store, as another process would; the case connects and closes it. */
  open(): Adapter;
  /**
   * Lets at least `ms` pass on the store's clock. A store with a clock of its own is simply waited for; cases
   * use lengths of milliseconds and never assert that something was fast.
   */
  advance(ms: number): Promise<void>;
  /** Damages the stored record of a job so that it cannot be read, as a bug or a disk would. */
  corrupt(ref: JobRef): Promise<void>;
  /**
   * What the store keeps although all jobs have ended: entries that no stored job and no window of time accounts for,
   * each as a text. Without it the cases about that pass.
   */
  readonly leftovers?: (() => Promise<readonly string[]>) | undefined;
  /**
   * How late a notice may come, in ms, also to one who began to listen after what it tells: where stores pass notices on to
   * each other. Default 0.
   */
  readonly noticesLagMs?: number | undefined;
  /** What the store keeps of a task beneath the port, for `findContradictions`. Without it only the port is looked at. */
  readonly inspect?: ((task: string) => Promise<TaskEntries>) | undefined;
  /** Deletes everything in the store, while adapters are connected. Without it the cases about that pass. */
  readonly empty?: (() => Promise<void>) | undefined;
}

/** One thing every adapter does. `run` rejects with an `AssertionError` where this one does not. */
export interface ConformanceCase {
  /** `topic: statement`, unique. */
  readonly name: string;
  /** What an adapter must be able to do for the case to say something of it; one that declines any of it skips the case. */
  readonly needs: readonly Feature[];
  /** Opens adapters of the kit, and closes them whatever happens. */
  run(kit: ConformanceKit): Promise<void>;
}

/** Cases that say nothing of an adapter which declines one of `features`. */
export function needing(
  features: readonly Feature[],
  cases: readonly ConformanceCase[],
): readonly ConformanceCase[] {
  return cases.map((each) => ({ ...each, needs: [...new Set([...each.needs, ...features])] }));
}
