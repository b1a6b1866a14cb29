/** What the verbs of a connected adapter share. */

import type { Retention } from "../core/adapter.js";
import type { FinalState } from "../core/lifecycle.js";
import { keptCount } from "../core/retention.js";
import type { Keys } from "./keys.js";
import type { ScriptRunner } from "./runner.js";
import type { ClaimLedger } from "./verbs/claim-ledger.js";
import type { DueTimes } from "./verbs/due-times.js";
import type { EventMarks } from "./verbs/event-marks.js";
import type { InsertOrder } from "./verbs/insert-order.js";
import type { PlainTasks } from "./verbs/plain-tasks.js";
import type { Surveyor } from "./verbs/surveyor.js";
import type { WorkflowCourier } from "./verbs/workflow-courier.js";

export interface Session {
  readonly keys: Keys;
  readonly runner: ScriptRunner;
  readonly ledger: ClaimLedger;
  readonly surveyor: Surveyor;
  readonly plain: PlainTasks;
  readonly due: DueTimes;
  /** Keeps inserts in their order. */
  readonly inserts: InsertOrder;
  /** Say who listens to events. */
  readonly marks: EventMarks;
  /** Moves workflows on. */
  readonly courier: WorkflowCourier;
  /** Channel on which this adapter instance hears outcomes. */
  readonly outcomes: string;
  /** What says in a record that they are wanted there. */
  readonly watchers: string | Buffer;
}

/** More than this many finished jobs are never kept; stands for "all". */
const MOST_KEPT = Number.MAX_SAFE_INTEGER;

/** How many finished jobs of a state stay, as scripts take it. */
export function mostKept(retention: Retention, state: FinalState): number {
  return clampInteger(keptCount(retention, state), 0, MOST_KEPT);
}

/** A whole number in range; endless ones become the bound. */
export function clampInteger(value: number, min: number, max: number): number {
  return Math.round(Math.min(Math.max(value, min), max));
}

/** The longest time scripts reckon with, about 75 years in ms: due times stay exact in microseconds. */
export const MOST_MS = 75 * 365 * 86_400_000;
