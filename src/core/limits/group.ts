import { integer } from "../checks.js";
import { type Check, optionSet, required } from "../options.js";
import { requireLimitKey } from "./limit-key.js";

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
  const { key, weight } = GROUP.nested(value, option);
  return weight === undefined || weight === 1 ? { key } : { key, weight };
};
