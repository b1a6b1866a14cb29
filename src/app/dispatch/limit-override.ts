import type { ContractOptions } from "../../core/contract.js";
import { OptionError } from "../../core/errors.js";
import { type LimitOverride, resolveGlobalConcurrency, resolveRateLimit } from "../../core/limits/limit.js";

/** What a handler says of the limits of its contract, read. */
export interface HandlerLimits {
  readonly globalConcurrency?: number | undefined;
  readonly rateLimit?: { readonly limit: number; readonly window: number } | undefined;
}

/**
 * The numbers that a worker tells the store: those of its handler, else those of its contract; undefined: it has no limits.
 *
 * @throws {OptionError} when the handler limits what the contract does not: the jobs would not be counted
 */
export function limitOverride(
  { name, globalConcurrency, rateLimit }: ContractOptions & { readonly name: string },
  given: HandlerLimits,
): LimitOverride | undefined {
  if (given.globalConcurrency !== undefined && globalConcurrency === undefined)
    throw notLimited(name, "globalConcurrency");
  if (given.rateLimit !== undefined && rateLimit === undefined) throw notLimited(name, "rateLimit");
  if (globalConcurrency === undefined && rateLimit === undefined) return undefined;
  const limit = globalConcurrency === undefined ? undefined : resolveGlobalConcurrency(globalConcurrency);
  const rate = rateLimit === undefined ? undefined : resolveRateLimit(rateLimit);
  return {
    ...(limit === undefined ? {} : { max: given.globalConcurrency ?? limit.max }),
    ...(rate === undefined
      ? {}
      : {
          rate: {
            limit: given.rateLimit?.limit ?? rate.limit,
            windowMs: given.rateLimit?.window ?? rate.windowMs,
          },
        }),
  };
}

function notLimited(task: string, option: keyof HandlerLimits): OptionError {
  return new OptionError(
    `expected ${option} at the handler of ${task} only beside one of its contract, got none there: what is counted is ` +
      "stamped on each job at its dispatch. Give the contract one, with the numbers that hold until a worker says others",
    { option },
  );
}
