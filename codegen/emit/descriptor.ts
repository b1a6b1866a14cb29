import { withoutMeta } from "../../src/core/ir.js";
import type { ContractData } from "../load/protocol.js";
import type { EmitTask } from "./emit-task.js";
import { printJsonExpression } from "./json-literal.js";

/** Prints, as an expression, the plain data a client carries for one task: its IR, and what a job is stamped with. */
export function printDescriptor(task: EmitTask): string {
  const { data } = task.contract;
  return printJsonExpression({
    key: task.key,
    name: data.name,
    version: data.version,
    since: data.since,
    aliases: data.aliases,
    fingerprint: task.fingerprint,
    input: data.input === undefined ? undefined : withoutMeta(data.input),
    output: data.output === undefined ? undefined : withoutMeta(data.output),
    options: producerOptions(data),
  });
}

/** Backoff and filters written as code stay in the worker, which has the contract itself. */
function producerOptions(data: ContractData): object | undefined {
  const { timeout, ttl, onExpire, priority, deprecated } = data;
  const plain = Object.entries(data.retry ?? {}).filter(
    ([key, value]) => key !== "retryOn" && key !== "noRetryOn" && typeof value !== "object",
  );
  const retry = plain.length === 0 ? undefined : Object.fromEntries(plain);
  const options = { retry, timeout, ttl, onExpire, priority, deprecated };
  return Object.values(options).every((value) => value === undefined) ? undefined : options;
}
