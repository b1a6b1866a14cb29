/** Which job of a contract is a duplicate of another: the key is in the payload. */
import type { OpenState } from "../contract-store.js";
import { optionSet, required } from "../options.js";
import { type JobUnique, openStates } from "./admission.js";
import { keyAt, parsePath } from "./payload-path.js";

/** By what jobs of a contract are deduplicated, as the dispatch option of that name does with a key. */
export interface DeduplicateByOptions<Path extends string = string> {
  /** Where in the payload the key is, such as `"order.id"`: text or a number there. */
  readonly by: Path;
  /** Some of `waiting`, `delayed`, `retrying`, `active`: the states of a job that others are duplicates of. Default: all. */
  readonly while?: readonly OpenState[] | undefined;
}

/** {@link DeduplicateByOptions} checked. */
export interface DeduplicateRule extends Omit<JobUnique, "key"> {
  readonly path: readonly string[];
}

const DEDUPLICATE_BY = optionSet({ by: required(parsePath), while: openStates });

/** @throws {OptionError} on an unknown field, a bad path or a state that there is not */
export function resolveDeduplicateBy(options: DeduplicateByOptions): DeduplicateRule {
  const { by: path, while: states } = DEDUPLICATE_BY.nested(options, "deduplicate");
  return states === undefined ? { path } : { path, while: states };
}

/**
 * The key of one job.
 *
 * @throws {OptionError} when the payload has no usable key at the rule's path
 */
export function uniqueOf({ path, ...rest }: DeduplicateRule, payload: unknown, task: string): JobUnique {
  return { key: keyAt(payload, path, `deduplicate.by of ${task}`), ...rest };
}
