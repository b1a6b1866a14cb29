import type { CollectedKey } from "../../core/adapter.js";
import { integer } from "../../core/checks.js";
import { EVERYTHING } from "../../core/limits/collect.js";
import { requireLimitKey } from "../../core/limits/job-limits.js";
import { optionSet } from "../../core/options.js";
import type { ProducerContext } from "../dispatch/producer-context.js";

/** Jobs that are collected under one key and wait for their batch. Times are on the store's clock. */
export interface CollectedInfo {
  /** The value of `collect.key`, as text; `"all"` where a task has none. */
  readonly key: string;
  /** Jobs that wait for the batch; at most `collect.maxSize` of them run in one. */
  readonly count: number;
  /** When its first job came, ms since the epoch. */
  readonly firstAt: number;
  /** When its batch runs by time, ms since the epoch. It is ready when that is past, or when it is full. */
  readonly dueAt: number;
}

/** {@link CollectedInfo} with payloads. */
export interface CollectedPeek<Input> extends CollectedInfo {
  /** Next first, `limit` at most. What cannot be read is `undefined`. */
  readonly items: readonly (Input | undefined)[];
}

/** Looks at what a task collects, without changing it. */
export interface CollectedReader<Input> {
  /**
   * What is collected under one key; undefined: nothing is.
   *
   * @param options `key`: default `"all"`, that of a task without `collect.key`; `limit`: most items, 1 to 1 000,
   * default 100
   */
  peekCollect(options?: {
    readonly key?: string;
    readonly limit?: number;
  }): Promise<CollectedPeek<Input> | undefined>;
  /** Up to 1 000 keys under which something is collected, in no order. */
  inspectCollect(): Promise<readonly CollectedInfo[]>;
}

const PEEK = optionSet({ key: requireLimitKey, limit: integer(1, 1000) });

/** The reader of one task. */
export function createCollectedReader<Input>(
  task: string,
  context: Pick<ProducerContext, "collected" | "decodeInput">,
): CollectedReader<Input> {
  return {
    async peekCollect(options = {}) {
      const { key = EVERYTHING, limit: jobs = 100 } = PEEK.read(options, "peekCollect()");
      const [found] = await context.collected({ task, key, limit: 1, jobs });
      if (found === undefined) return undefined;
      const items = found.jobs.map((job) => context.decodeInput(job) as Input | undefined);
      return { ...infoOf(found), items };
    },
    async inspectCollect() {
      return (await context.collected({ task, limit: 1000, jobs: 0 })).map(infoOf);
    },
  };
}

function infoOf({ key, count, firstAt, dueAt }: CollectedKey): CollectedInfo {
  return { key, count, firstAt, dueAt };
}
