import { type CollectFlow, collectFlow, resolveCollect } from "../core/collect-flow.js";
import type { ContractOptions } from "../core/contract.js";
import { OptionError } from "../core/errors.js";
import type { JobFlow } from "../core/job-flow.js";
import { rateOf, resolveRateLimit, SINGLETON } from "../core/limit-flow.js";

/** Completes the flow of a job by what its contract says, with its payload at hand. */
export type FlowOf = (payload: unknown, given: JobFlow | undefined) => JobFlow;

type Contract = ContractOptions & { readonly name: string };

/** What a contract adds to the flow of its jobs; undefined: nothing, so that its jobs pay nothing. */
export function contractFlow(contract: Contract): FlowOf | undefined {
  const parts = [collectPart(contract), limitPart(contract), ratePart(contract)].filter(
    (part) => part !== undefined,
  );
  if (parts.length === 0) return undefined;
  return (payload, given) => parts.reduce<JobFlow>((flow, part) => part(payload, flow), given ?? {});
}

function collectPart({ collect, name }: Contract): FlowOf | undefined {
  if (collect === undefined) return undefined;
  const bounds = resolveCollect(collect);
  return (payload, given) => ({
    ...given,
    collect: collected(collectFlow(bounds, payload, name), given, name),
  });
}

function collected(collect: CollectFlow, given: JobFlow | undefined, task: string): CollectFlow {
  for (const [kind, option] of [
    ["group", "group"],
    ["limit", "concurrencyKey"],
  ] as const) {
    if (given?.[kind] === undefined) continue;
    throw new OptionError(
      `expected no ${option} for a job of ${task}, which is collected: it waits for its batch alone. Leave it out`,
    );
  }
  return collect;
}

/** A singleton runs alone whatever key a dispatch gives. */
function limitPart({ singleton }: Contract): FlowOf | undefined {
  return singleton === true ? (_payload, given) => ({ ...given, limit: SINGLETON }) : undefined;
}

function ratePart({ rateLimit, name }: Contract): FlowOf | undefined {
  if (rateLimit === undefined) return undefined;
  const rule = resolveRateLimit(rateLimit);
  return (payload, given) => ({ ...given, rate: rateOf(rule, payload, name) });
}
