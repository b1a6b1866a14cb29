import { withoutMeta } from "../../src/schema/ir.js";
import type { ContractData } from "../load/protocol.js";
import type { EmitTask } from "./emitted-task.js";
import { printJsonExpression } from "./json-literal.js";
import { type ValidatorFile, type ValidatorSide, validatorObject } from "./validator-file.js";

/**
 * Prints, as an expression, what a client carries for one task: what a job is stamped with, its validators, and
 * the IR of each side that has none.
 */
export function printDescriptor(task: EmitTask, validators: ValidatorFile): string {
  const { data } = task.contract;
  const isCarried = (side: ValidatorSide) => data[side] !== undefined && !validators.sides.includes(side);
  const plain = printJsonExpression({
    key: task.key,
    name: data.name,
    version: data.version,
    since: data.since,
    aliases: data.aliases,
    fingerprint: task.fingerprint,
    input: data.input !== undefined && isCarried("input") ? withoutMeta(data.input) : undefined,
    output: data.output !== undefined && isCarried("output") ? withoutMeta(data.output) : undefined,
    options: producerOptions(data),
  });
  return validators.sides.length === 0
    ? plain
    : `{ ...${plain}, validators: ${validatorObject(validators)} }`;
}

/** Backoff and filters written as code stay in the worker, which has the contract itself. */
function producerOptions(data: ContractData): object | undefined {
  const { timeout, delay, ttl, onExpire, priority, deprecated } = data;
  const { collect, group, deduplicate, globalConcurrency, rateLimit } = data;
  const plain = Object.entries(data.retry ?? {}).filter(
    ([key, value]) => key !== "retryOn" && key !== "noRetryOn" && typeof value !== "object",
  );
  const retry = plain.length === 0 ? undefined : Object.fromEntries(plain);
  const options = {
    retry,
    timeout,
    delay,
    ttl,
    onExpire,
    priority,
    collect,
    group,
    deduplicate,
    globalConcurrency,
    rateLimit,
    deprecated,
  };
  return Object.values(options).every((value) => value === undefined) ? undefined : options;
}
