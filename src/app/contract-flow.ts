import { type CollectFlow, collectFlow, resolveCollect } from "../core/collect-flow.js";
import type { ContractOptions } from "../core/contract.js";
import { OptionError } from "../core/errors.js";
import type { JobFlow } from "../core/job-flow.js";

/** Completes the flow of a job by what its contract says, with its payload at hand. */
export type FlowOf = (payload: unknown, given: JobFlow | undefined) => JobFlow;

/** What a contract adds to the flow of its jobs; undefined: nothing, so that its jobs pay nothing. */
export function contractFlow(contract: ContractOptions & { readonly name: string }): FlowOf | undefined {
  const { collect: options, name } = contract;
  if (options === undefined) return undefined;
  const bounds = resolveCollect(options);
  return (payload, given) => ({
    ...given,
    collect: collected(collectFlow(bounds, payload, name), given, name),
  });
}

function collected(collect: CollectFlow, given: JobFlow | undefined, task: string): CollectFlow {
  for (const kind of ["group", "limit", "rate"] as const) {
    if (given?.[kind] === undefined) continue;
    throw new OptionError(
      `expected no ${kind} for a job of ${task}, which is collected: it waits for its batch alone. Leave it out`,
    );
  }
  return collect;
}
