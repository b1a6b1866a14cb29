import { requireFlowKey } from "./job-flow.js";
import { rejectUnknownKeys, requireInteger, requireObject } from "./options.js";

/**
 * The group a job waits in, such as a tenant. Groups of a task take turns; within one, jobs wait by priority, then in
 * order. Jobs of priority 0 without a group are a group of weight 1; other priorities without one go before or after
 * all groups.
 */
export interface GroupFlow {
  /** 1 to {@link MAX_FLOW_KEY_LENGTH} characters. */
  readonly key: string;
  /** Turns of this group for one of a group of weight 1; that of its newest job counts. Default 1. */
  readonly weight?: number;
}

/** Most turns a group may have for one of another. */
const MAX_WEIGHT = 1000;

/** What `dispatch` takes for a group: its key, or key and weight. */
export type GroupOption = string | GroupFlow;

/** @throws {OptionError} on a bad key, weight or unknown field */
export function resolveGroup(option: GroupOption): GroupFlow {
  if (typeof option === "string") return { key: requireFlowKey(option, "group") };
  requireObject(option, "group");
  rejectUnknownKeys(option, ["key", "weight"], "group");
  const key = requireFlowKey(option.key, "group.key");
  if (option.weight === undefined || option.weight === 1) return { key };
  return { key, weight: requireInteger(option.weight, { option: "group.weight", min: 1, max: MAX_WEIGHT }) };
}

/** What one turn adds to the virtual time of a group of weight 1; of a heavier one it adds less. */
export const TURN = 1_000_000;
