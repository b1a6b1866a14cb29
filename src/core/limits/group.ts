import { integer } from "../checks.js";
import { type Check, optionSet, required } from "../options.js";
import { requireKeyed, requireLimitKey } from "./limit-key.js";
import { keyAt, parsePath } from "./payload-path.js";

/**
 * The group a job waits in, such as a tenant. Groups of a task take turns; within one, jobs wait by priority, then in
 * order. Jobs of priority 0 without a group are a group of weight 1; other priorities without one go before or after
 * all groups.
 */
export interface JobGroup {
  /** 1 to {@link MAX_LIMIT_KEY_LENGTH} characters. */
  readonly key: string;
  /** Turns of this group for one of a group of weight 1; that of its newest job counts. Default 1. */
  readonly weight?: number | undefined;
}

/** Most turns a group may have for one of another. */
const MAX_WEIGHT = 1000;

/** What `dispatch` takes for a group: its key, or key and weight. */
export type GroupOption = string | JobGroup;

const GROUP = optionSet({ key: required(requireLimitKey), weight: integer(1, MAX_WEIGHT) });

/** The check of an option `group`: its key, or key and weight. */
export const groupOption: Check<JobGroup> = (value, option) => {
  if (typeof value === "string") return { key: requireLimitKey(value, option) };
  requireKeyed(value, option);
  const { key, weight } = GROUP.nested(value, option);
  return weight === undefined || weight === 1 ? { key } : { key, weight };
};

/** In which group the jobs of a contract wait. */
export interface GroupByOptions<Path extends string = string> {
  /** Where in the payload the key of the group is, such as `"customer.id"`: text or a number there. */
  readonly by: Path;
  /** Turns of each group for one of a group of weight 1. 1 to 1 000, default 1. */
  readonly weight?: number | undefined;
}

/** {@link GroupByOptions} checked. */
export interface GroupRule {
  readonly path: readonly string[];
  /** Undefined: 1. */
  readonly weight: number | undefined;
}

const GROUP_BY = optionSet({ by: required(parsePath), weight: integer(1, MAX_WEIGHT) });

/** @throws {OptionError} on an unknown field, a bad path or a bad range */
export function resolveGroupBy(options: GroupByOptions): GroupRule {
  const { by: path, weight } = GROUP_BY.nested(options, "group");
  return { path, weight: weight === 1 ? undefined : weight };
}

/**
 * The group of one job.
 *
 * @throws {OptionError} when the payload has no usable key at the rule's path
 */
export function groupOf({ path, weight }: GroupRule, payload: unknown, task: string): JobGroup {
  const key = keyAt(payload, path, `group.by of ${task}`);
  return weight === undefined ? { key } : { key, weight };
}
