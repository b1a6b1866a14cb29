import type { ContractOptions } from "../../core/contract.js";
import { OptionError } from "../../core/errors.js";
import { type JobCollect, jobCollect, resolveCollect } from "../../core/limits/collect.js";
import { resolveDeduplicateBy, uniqueOf } from "../../core/limits/deduplicate.js";
import { groupOf, resolveGroupBy } from "../../core/limits/group.js";
import type { JobLimits } from "../../core/limits/job-limits.js";
import { limitOf, rateOf, resolveGlobalConcurrency, resolveRateLimit } from "../../core/limits/limit.js";

/** Completes the limits of a job by what its contract says, with its payload at hand. */
export type LimitsOf = (payload: unknown, given: JobLimits | undefined) => JobLimits;

type Contract = ContractOptions & { readonly name: string };

/** What a contract adds to the limits of its jobs; undefined: nothing, so that its jobs pay nothing. */
export function contractLimits(contract: Contract): LimitsOf | undefined {
  const parts = [
    collectPart(contract),
    groupPart(contract),
    uniquePart(contract),
    limitPart(contract),
    ratePart(contract),
  ].filter((part) => part !== undefined);
  if (parts.length === 0) return undefined;
  return (payload, given) => parts.reduce<JobLimits>((limits, part) => part(payload, limits), given ?? {});
}

function collectPart({ collect, name }: Contract): LimitsOf | undefined {
  if (collect === undefined) return undefined;
  const bounds = resolveCollect(collect);
  return (payload, given) => ({
    ...given,
    collect: collected(jobCollect(bounds, payload, name), given, name),
  });
}

function collected(collect: JobCollect, given: JobLimits | undefined, task: string): JobCollect {
  for (const [kind, option] of [
    ["group", "group"],
    ["limit", "concurrency"],
  ] as const) {
    if (given?.[kind] === undefined) continue;
    throw new OptionError(
      `expected no ${option} for a job of ${task}, which is collected: it waits for its batch alone. Leave it out`,
    );
  }
  return collect;
}

/** The group that a dispatch names wins. */
function groupPart({ group, name }: Contract): LimitsOf | undefined {
  if (group === undefined) return undefined;
  const rule = resolveGroupBy(group);
  return (payload, given) =>
    given?.group === undefined ? { ...given, group: groupOf(rule, payload, name) } : given;
}

/** What a dispatch says of its key wins; one that is debounced has another answer to the same question. */
function uniquePart({ deduplicate, name }: Contract): LimitsOf | undefined {
  if (deduplicate === undefined) return undefined;
  const rule = resolveDeduplicateBy(deduplicate);
  return (payload, given) =>
    given?.unique === undefined && given?.debounce === undefined
      ? { ...given, unique: uniqueOf(rule, payload, name) }
      : given;
}

/** A job has one limit: a task that runs one job at a time needs no other, any other task's stands for itself. */
function limitPart({ globalConcurrency, name }: Contract): LimitsOf | undefined {
  if (globalConcurrency === undefined) return undefined;
  const rule = resolveGlobalConcurrency(globalConcurrency);
  const isAlone = rule.max === 1 && rule.path.length === 0;
  return (payload, given) => {
    if (given?.limit !== undefined && !isAlone) throw twoLimits(name);
    return { ...given, limit: limitOf(rule, payload, name) };
  };
}

function twoLimits(task: string): OptionError {
  return new OptionError(
    `expected no concurrency for a job of ${task}, whose contract limits it by globalConcurrency: a job has one limit. ` +
      "Leave one of them out",
    { option: "concurrency" },
  );
}

function ratePart({ rateLimit, name }: Contract): LimitsOf | undefined {
  if (rateLimit === undefined) return undefined;
  const rule = resolveRateLimit(rateLimit);
  return (payload, given) => ({ ...given, rate: rateOf(rule, payload, name) });
}
