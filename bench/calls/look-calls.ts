import type { JobState } from "../../src/core/lifecycle.js";
import { BATCH, type CallStage, fails } from "./call-stage.js";
import { FLOWS } from "./insert-calls.js";
import type { Situation } from "./situation.js";

const LIMIT = BATCH;

const STATES: Readonly<Partial<Record<JobState, (stage: CallStage) => Promise<unknown>>>> = {
  waiting: (stage) => stage.insert(undefined, 5 * BATCH),
  delayed: (stage) => stage.insert(() => ({ delayMs: 3_600_000 }), 5 * BATCH),
  active: async (stage) => {
    await stage.insert();
    await stage.take();
  },
  completed: (stage) => stage.finish(),
  failed: (stage) => stage.finish(fails),
};

/** Each job has run three times and has log lines. */
async function withDetails(stage: CallStage): Promise<void> {
  await stage.insert();
  await stage.take();
  const log = { level: "info", message: "x".repeat(100) } as const;
  for (let line = 0; line < 20; line++) {
    await stage.adapter.annotate(
      stage.taken.map(({ task, id, fence, lease }) => ({ task, id, fence, lease, log })),
    );
  }
  await stage.settle(fails);
}

export const lookCalls: readonly Situation[] = [
  ...Object.entries(STATES).map(
    ([state, arrange]) =>
      ({
        name: `list-${state}`,
        title: `list: a page of 1 000 ${state}`,
        arrange,
        act: ({ adapter, task }) => adapter.list({ task, state: state as JobState, limit: LIMIT }),
      }) satisfies Situation,
  ),
  {
    name: "read",
    title: "read: 1 000 failed jobs",
    arrange: (stage) => stage.finish(fails),
    act: (stage) => stage.adapter.read(stage.refs()),
  },
  {
    name: "read-details",
    title: "details: 1 000 jobs with 20 log lines each",
    arrange: withDetails,
    act: (stage) => stage.adapter.read(stage.refs(), { details: true }),
  },
  {
    name: "watch-unfinished",
    title: "watch: 1 000 waiting jobs",
    arrange: (stage) => stage.insert(),
    act: (stage) => stage.adapter.watch(stage.refs()),
  },
  {
    name: "watch-finished",
    title: "watch: 1 000 failed jobs",
    arrange: (stage) => stage.finish(fails),
    act: (stage) => stage.adapter.watch(stage.refs()),
  },
  {
    name: "count",
    title: "count: a task with 1 000 jobs",
    arrange: (stage) => stage.insert(),
    act: (stage) => stage.adapter.count([stage.task]),
  },
  {
    name: "gauges",
    title: "gauges: 200 tasks with jobs, of which one call looks at 25",
    arrange: async (stage) => {
      const jobs = stage.jobs(undefined, 20);
      for (let at = 0; at < 200; at++)
        await stage.adapter.insert(jobs.map((job) => ({ ...job, task: `${stage.task}${at}` })));
    },
    act: ({ adapter, task }) =>
      adapter.observe?.gauges(Array.from({ length: 200 }, (_, at) => `${task}${at}`)) ?? Promise.resolve(),
  },
  {
    name: "count-versions",
    title: "count-versions: a task with 10 000 jobs",
    arrange: (stage) => stage.insert(undefined, 10 * BATCH),
    act: async ({ adapter, task }) => {
      let cursor: string | undefined;
      do {
        const page = await adapter.contracts?.countVersions({
          task,
          ...(cursor === undefined ? {} : { cursor }),
        });
        cursor = page?.cursor;
      } while (cursor !== undefined);
    },
  },
  {
    name: "collected-keys",
    title: "collected: 1 000 keys",
    arrange: (stage) =>
      stage.insertWith((index) => ({ collect: { key: `k${index}`, delayMs: 3_600_000, maxSize: BATCH } })),
    act: async ({ adapter, task }) => adapter.collected?.({ task, limit: 1000, jobs: 10 }),
  },
  {
    name: "collected-jobs",
    title: "collected: the 1 000 jobs of a key",
    arrange: (stage) => stage.insertWith(FLOWS.collect ?? (() => ({}))),
    act: async ({ adapter, task }) => adapter.collected?.({ task, key: "k", limit: 1, jobs: 1000 }),
  },
  {
    name: "peek",
    title: "peek: which of 100 tasks need a sweep",
    arrange: (stage) => stage.insert(),
    act: ({ adapter, task }) => {
      const about = { retention: KEPT, stallLimit: 1, scope: "due" } as const;
      return adapter.sweep(
        Array.from({ length: 100 }, (_, index) => ({
          task: index === 0 ? task : `${task}${index}`,
          ...about,
        })),
      );
    },
  },
];

const all = { ageMs: 3_600_000, count: 1_000_000 };
const KEPT = { completed: all, failed: all, cancelled: all, expired: all };
