import type { JobChange } from "../../src/core/adapter.js";
import { BATCH, type CallStage, fails, type JobFields, retries } from "./call-stage.js";
import { everyLimit, FLOWS, nameOf } from "./insert-calls.js";
import type { Situation } from "./situation.js";

const HOUR_MS = 3_600_000;
const FULL_LIMIT = { limit: { key: "k", max: 1 } };

const UNSTARTED: Readonly<Record<string, JobFields>> = {
  "plain jobs": () => ({}),
  "jobs with priorities": (index) => ({ priority: index % 10 }),
  "delayed jobs": () => ({ delayMs: HOUR_MS }),
  "jobs of a group": (index) => ({ limits: FLOWS.group?.(index) ?? {} }),
  "collected jobs": (index) => ({ limits: FLOWS.collect?.(index) ?? {} }),
  "blocked jobs": () => ({ limits: FULL_LIMIT }),
  "jobs with every limits": (index) => ({ limits: everyLimit(index), ttlMs: HOUR_MS }),
};

/** Stores jobs; those of a full limit are parked by claims. */
async function store(stage: CallStage, fields: JobFields, count = BATCH): Promise<void> {
  await stage.insert(fields, count);
  if (fields(0).limits?.limit?.max !== 1) return;
  for (let claim = 0; claim < count / 100; claim++) await stage.take();
}

type How = JobChange extends infer C ? (C extends JobChange ? Omit<C, "id" | "task"> : never) : never;

function change(stage: CallStage, how: How): Promise<unknown> {
  return stage.adapter.change(stage.refs().map((ref) => ({ ...ref, ...how }) as JobChange));
}

const CHANGES: readonly {
  readonly what: string;
  readonly how: How;
  readonly of: (stage: CallStage) => Promise<unknown>;
}[] = [
  {
    what: "promote delayed",
    how: { change: "promote" },
    of: (stage) => stage.insert(() => ({ delayMs: HOUR_MS })),
  },
  {
    what: "reschedule waiting",
    how: { change: "reschedule", delayMs: HOUR_MS },
    of: (stage) => stage.insert(),
  },
  { what: "prioritize waiting", how: { change: "prioritize", priority: 5 }, of: (stage) => stage.insert() },
  { what: "remove waiting", how: { change: "remove" }, of: (stage) => stage.insert(undefined, 2 * BATCH) },
  {
    what: "remove with every limits",
    how: { change: "remove" },
    of: (stage) => stage.insertWith(everyLimit),
  },
  { what: "remove completed", how: { change: "remove" }, of: (stage) => stage.finish() },
  { what: "revive failed", how: { change: "revive" }, of: (stage) => stage.finish(fails) },
];

export const keepCalls: readonly Situation[] = [
  ...Object.entries(UNSTARTED).map(
    ([what, fields]) =>
      ({
        name: `cancel-${nameOf(what)}`,
        title: `cancel: 1 000 ${what}`,
        arrange: (stage) => store(stage, fields),
        act: (stage) => stage.cancel(),
      }) satisfies Situation,
  ),
  {
    name: "cancel-last-of-list",
    title: "cancel: the last 1 000 of 2 000 waiting jobs",
    arrange: (stage) => stage.insert(undefined, 2 * BATCH),
    act: (stage) =>
      stage.adapter.cancel(
        stage
          .refs(2 * BATCH)
          .slice(BATCH)
          .map((ref) => ({ ...ref, reason: "", retention: KEPT })),
      ),
  },
  {
    name: "cancel-active",
    title: "cancel: 1 000 active jobs",
    arrange: async (stage) => {
      await stage.insert();
      await stage.take();
    },
    act: (stage) => stage.cancel(),
  },
  ...CHANGES.map(
    ({ what, how, of }) =>
      ({
        name: `change-${nameOf(what)}`,
        title: `change: ${what}, 1 000`,
        arrange: of,
        act: (stage) => change(stage, how),
      }) satisfies Situation,
  ),
  ...Object.entries(UNSTARTED).map(
    ([what, fields]) =>
      ({
        name: `drain-${nameOf(what)}`,
        title: `drain: 1 000 ${what}`,
        arrange: (stage) => store(stage, fields),
        act: async (stage) => {
          await stage.drain();
          await stage.drain("delayed");
        },
      }) satisfies Situation,
  ),
  {
    name: "sweep-due",
    title: "sweep: 1 000 delayed and 1 000 retrying that are due",
    arrange: async (stage) => {
      await stage.insert();
      await stage.take();
      await stage.settle(retries);
      await stage.adapter.insert(stage.jobs(() => ({ delayMs: 1 }), 2 * BATCH).slice(BATCH));
      await stage.pass();
    },
    act: (stage) => stage.sweep(),
  },
  {
    name: "sweep-overdue",
    title: "sweep: 1 000 overdue",
    arrange: async (stage) => {
      await stage.insert(() => ({ ttlMs: 1 }));
      await stage.pass();
    },
    act: (stage) => stage.sweep(),
  },
  {
    name: "sweep-overdue-every-limits",
    title: "sweep: 1 000 overdue with every limits",
    arrange: async (stage) => {
      await stage.insert((index) => ({ ttlMs: 1, limits: everyLimit(index) }));
      await stage.pass();
    },
    act: (stage) => stage.sweep(),
  },
  {
    name: "sweep-orphans",
    title: "sweep: 1 000 jobs of a lost lease",
    arrange: async (stage) => {
      await stage.insert();
      await stage.take(1);
      await stage.pass();
    },
    act: (stage) => stage.sweep(),
  },
  {
    name: "sweep-orphans-every-limits",
    title: "sweep: 1 000 jobs with every limits of a lost lease",
    arrange: async (stage) => {
      await stage.insertWith(everyLimit);
      await stage.take(1);
      await stage.pass();
    },
    act: (stage) => stage.sweep(),
  },
  {
    name: "sweep-timers",
    title: "sweep: 1 000 collected batches whose time has come",
    arrange: async (stage) => {
      await stage.insertWith((index) => ({ collect: { key: `k${index}`, delayMs: 1, maxSize: BATCH } }));
      await stage.pass();
    },
    act: (stage) => stage.sweep(),
  },
  {
    name: "sweep-prune",
    title: "sweep: 1 000 completed, 1 000 failed and 1 000 cancelled pruned by age",
    arrange: pruneable,
    act: (stage) => stage.sweep(0),
  },
  {
    name: "pause-resume",
    title: "pause: pause and resume, 1 000 waiting",
    arrange: (stage) => stage.insert(),
    act: async ({ adapter, task }) => {
      await adapter.control?.([{ task, control: "pause" }]);
      await adapter.control?.([{ task, control: "resume" }]);
    },
  },
];

const all = { ageMs: HOUR_MS, count: 1_000_000 };
const KEPT = { completed: all, failed: all, cancelled: all, expired: all };

async function pruneable(stage: CallStage): Promise<void> {
  await stage.finish();
  for (const end of [fails, retries]) {
    await stage.adapter.insert(stage.jobs(undefined, 3 * BATCH).slice(end === fails ? BATCH : 2 * BATCH));
    await stage.take();
    await stage.settle(end);
    if (end === retries) await stage.drain("retrying");
  }
  await stage.pass();
}
