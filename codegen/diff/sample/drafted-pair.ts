import type { TaskPair } from "../compare/compare-tasks.js";
import type { Draft } from "./draft.js";

/** A pair of contracts with what the comparison of their schemas found. */
export interface DraftedPair extends TaskPair {
  readonly input: Draft | undefined;
  readonly output: Draft | undefined;
  /** Undefined also when one of the two emits nothing: that is a change of the task. */
  readonly emits: Draft | undefined;
  /** The version was raised, so queued payloads are migrated first. */
  readonly hasBump: boolean;
}
