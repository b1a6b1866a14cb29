import {
  BATCH,
  type CallStage,
  type Ending,
  fails,
  type JobFields,
  keepEverything,
  retries,
} from "./call-stage.js";
import { everyLimit, FLOWS, nameOf } from "./insert-calls.js";
import type { Situation } from "./situation.js";

const HOUR_MS = 3_600_000;
const MANY = 5 * BATCH;
const RESULT = JSON.stringify({ text: "x".repeat(89) });

const JOBS: Readonly<Record<string, JobFields>> = {
  "plain jobs": () => ({}),
  "jobs with priorities": (index) => ({ priority: index % 10 }),
  "jobs with a TTL": () => ({ ttlMs: HOUR_MS }),
  "jobs that are due": () => ({ delayMs: 1 }),
  "overdue jobs": () => ({ ttlMs: 1 }),
  "jobs of a group": (index) => ({ limits: FLOWS.group?.(index) ?? {} }),
  "jobs of a limit": (index) => ({ limits: FLOWS.limit?.(index) ?? {} }),
  "jobs of a rate": (index) => ({ limits: FLOWS.rate?.(index) ?? {} }),
  "jobs with every limits": (index) => ({ limits: everyLimit(index) }),
  "one collected batch": () => ({ limits: { collect: { key: "k", delayMs: 1, maxSize: BATCH } } }),
  "jobs behind a full limit": () => ({ limits: { limit: { key: "k", max: 10 } } }),
};

const ENDS: Readonly<Record<string, () => Ending>> = {
  complete: () => ({ event: "complete" }),
  "complete with results": () => ({ event: "complete", result: RESULT }),
  fail: fails,
  retry: retries,
  cancel: () => ({ event: "cancel", reason: "not wanted any more" }),
  release: () => ({ event: "release" }),
};

const take = async (stage: CallStage): Promise<void> => {
  await stage.pass();
  await stage.take();
};

export const runCalls: readonly Situation[] = [
  ...Object.entries(JOBS).map(
    ([what, fields]) =>
      ({
        name: `claim-${nameOf(what)}`,
        title: `claim: 1 000, ${what}`,
        arrange: async (stage) => {
          await stage.insert(fields, MANY);
          await stage.pass();
        },
        act: (stage) => stage.take(),
      }) satisfies Situation,
  ),
  {
    name: "claim-listened",
    title: "claim: 1 000, somebody listens",
    arrange: async (stage) => {
      await stage.listen();
      await stage.insert();
    },
    act: (stage) => stage.take(),
  },
  ...Object.entries(ENDS).map(
    ([what, end]) =>
      ({
        name: `settle-${nameOf(what)}`,
        title: `settle: 1 000, ${what}`,
        arrange: async (stage) => {
          await stage.insert();
          await stage.take();
        },
        act: (stage) => stage.settle(end),
      }) satisfies Situation,
  ),
  ...Object.entries(JOBS)
    .slice(1)
    .filter(([what]) => what !== "overdue jobs")
    .map(
      ([what, fields]) =>
        ({
          name: `settle-${nameOf(what)}`,
          title: `settle: 1 000 complete with results and 1 000 claimed, ${what}`,
          arrange: async (stage) => {
            await stage.insert(fields, MANY);
            await take(stage);
          },
          act: (stage) =>
            stage.settle(ENDS["complete with results"], { claim: { leaseMs: HOUR_MS, count: BATCH } }),
        }) satisfies Situation,
    ),
  {
    name: "settle-watched",
    title: "settle: 1 000 complete with results that are awaited and 1 000 claimed, somebody listens",
    arrange: async (stage) => {
      await stage.listen();
      await stage.insert(() => ({ watch: true }), MANY);
      await stage.take();
    },
    act: (stage) =>
      stage.settle(ENDS["complete with results"], { claim: { leaseMs: HOUR_MS, count: BATCH } }),
  },
  {
    name: "settle-full-retention",
    title: "settle: 1 000 complete where 1 000 are kept already, 1 000 claimed",
    arrange: async (stage) => {
      await stage.insert(undefined, MANY);
      await stage.take();
      await stage.settle();
      await stage.take();
    },
    act: (stage) => {
      const bound = { ageMs: HOUR_MS, count: BATCH };
      const retention = { ...keepEverything(), completed: bound };
      return stage.settle(ENDS.complete, { retention, claim: { leaseMs: HOUR_MS, count: BATCH } });
    },
  },
  {
    name: "settle-watched-fail",
    title: "settle: 1 000 with every limits fail, awaited, somebody listens",
    arrange: async (stage) => {
      await stage.listen();
      await stage.insert((index) => ({ watch: true, limits: everyLimit(index) }));
      await stage.take();
    },
    act: (stage) => stage.settle(fails),
  },
  {
    name: "renew-held",
    title: "renew: 1 000 held, 1 000 cancels asked",
    arrange: async (stage) => {
      await stage.insert();
      await stage.take();
      await stage.cancel();
    },
    act: (stage) => stage.renew(stage.taken.map(({ id, fence }) => ({ id, fence }))),
  },
  {
    name: "renew-unknown",
    title: "renew: 1 000 given back that the holder does not know",
    arrange: async (stage) => {
      await stage.insert();
      await stage.take();
    },
    act: (stage) => stage.renew([]),
  },
  {
    name: "note-progress",
    title: "note: progress of 1 000 jobs",
    arrange: async (stage) => {
      await stage.insert();
      await stage.take();
    },
    act: (stage) =>
      stage.adapter.annotate(
        stage.taken.map(({ task, id, fence, lease }) => ({ task, id, fence, lease, progress: RESULT })),
      ),
  },
  {
    name: "note-logs",
    title: "note: 1 000 log lines of 1 000 jobs, somebody listens",
    arrange: async (stage) => {
      await stage.listen();
      await stage.insert();
      await stage.take();
    },
    act: (stage) => {
      const log = { level: "info", message: "x".repeat(100) } as const;
      return stage.adapter.annotate(
        stage.taken.map(({ task, id, fence, lease }) => ({ task, id, fence, lease, log })),
      );
    },
  },
];
