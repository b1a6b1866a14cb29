import type { CollectedKey } from "../../core/adapter.js";
import { integer } from "../../core/checks.js";
import { EVERYTHING } from "../../core/limits/collect.js";
import { requireLimitKey } from "../../core/limits/limit-key.js";
import { optionSet } from "../../core/options.js";
import type { ProducerContext } from "../dispatch/producer-context.js";

/** Jobs that are collected under one key and wait for their batch. Times are on the store's clock. */
export interface CollectedInfo {
  /** The value they are collected by, as text; `"all"` where a task collects everything together. */
  readonly key: string;
  /** Jobs that wait for the batch; at most `collect.maxSize` of them run in one. */
  readonly count: number;
  /** When its first job came, ms since the epoch. */
  readonly firstAt: number;
  /** When its batch runs by time, ms since the epoch. It is ready when that is past, or when it is full. */
  readonly dueAt: number;
}

/** {@link CollectedInfo} with what was dispatched. */
export interface CollectedBatch<Input = unknown> extends CollectedInfo {
  /** Next first, `limit` at most. What cannot be read is `undefined`. */
  readonly items: readonly (Input | undefined)[];
}

/** What is looked at of one key. */
export interface CollectedOptions {
  /** Default `"all"`, that of a task which collects everything together. */
  readonly key?: string | undefined;
  /** Most items, 1 to 1 000. Default 100. */
  readonly limit?: number | undefined;
}

const ONE = optionSet({ key: requireLimitKey, limit: integer(1, 1000) });

/** Up to 1 000 keys under which something of a task is collected, in no order. */
export async function listCollected(
  task: string,
  context: Pick<ProducerContext, "collected">,
): Promise<readonly CollectedInfo[]> {
  return (await context.collected({ task, limit: 1000, jobs: 0 })).map(infoOf);
}

/** What is collected under one key; undefined: nothing is. */
export async function readCollected<Input>(
  task: string,
  context: Pick<ProducerContext, "collected" | "decodeInput">,
  options: CollectedOptions = {},
): Promise<CollectedBatch<Input> | undefined> {
  const { key = EVERYTHING, limit: jobs = 100 } = ONE.read(options, "getCollected()");
  const [found] = await context.collected({ task, key, limit: 1, jobs });
  if (found === undefined) return undefined;
  const items = found.jobs.map((job) => context.decodeInput(job) as Input | undefined);
  return { ...infoOf(found), items };
}

function infoOf({ key, count, firstAt, dueAt }: CollectedKey): CollectedInfo {
  return { key, count, firstAt, dueAt };
}
