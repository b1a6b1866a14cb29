import { integer } from "../checks.js";
import { type Check, optionSet, required } from "../options.js";
import { type JobLimit, MAX_LIMIT } from "./limit.js";
import { requireKeyed, requireLimitKey } from "./limit-key.js";

/** What `dispatch` takes for a limit of jobs at once: its key, or key and limit. */
export type ConcurrencyOption =
  | string
  | {
      /** 1 to 200 characters. */
      readonly key: string;
      /** Jobs with the key at once; that of the job that is next counts. 1 to 100 000, default 1. */
      readonly limit?: number | undefined;
    };

const CONCURRENCY = optionSet({ key: required(requireLimitKey), limit: integer(1, MAX_LIMIT) });

/** The check of an option `concurrency`: its key, or key and limit. */
export const concurrencyOption: Check<JobLimit> = (value, option) => {
  if (typeof value === "string") return { key: requireLimitKey(value, option), max: 1 };
  requireKeyed(value, option);
  const { key, limit: max = 1 } = CONCURRENCY.nested(value, option);
  return { key, max };
};
