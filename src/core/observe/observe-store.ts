import type { CallOptions } from "../adapter-work.js";
import type { TaskGauges } from "./gauges.js";

/**
 * What operators see of a store: a small store beside the port. An adapter may do without it; numbers then come from `count`
 * alone. Its reads change nothing and take a bounded time for each task, so that they may be asked every second.
 */
export interface ObserveStore {
  /** How each of these tasks stands; of a task that the store does not know all numbers are 0. */
  gauges(tasks: readonly string[], call?: CallOptions): Promise<readonly TaskGauges[]>;
}
