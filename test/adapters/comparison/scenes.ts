/** Steps that belong together: what single steps seldom come to by chance. */
import fc from "fast-check";
import type { JobLimits } from "../../../src/core/limits/job-limits.js";
import { anError, OTHER_TASK, TASK } from "../../../src/testing/conformance/stage.js";
import { IDS, overriding, type Step, type StepOf, WINDOW_MS } from "./steps.js";
import { WORKFLOWS } from "./workflows.js";

type NewJob = StepOf<"insert">["jobs"][number];
type Scene = fc.Arbitrary<readonly Step[]>;

const GROUPS: readonly (JobLimits | undefined)[] = [
  undefined,
  { group: { key: "g" } },
  { group: { key: "h", weight: 2 } },
  { group: { key: "h", weight: 3 } },
];

const WINDOWED: readonly JobLimits[] = [
  { rate: { key: "s", limit: 1, windowMs: WINDOW_MS } },
  { rate: { key: "s", limit: 2, windowMs: WINDOW_MS }, limit: { key: "k", max: 1 } },
  { throttle: { key: "s", limit: 1, windowMs: WINDOW_MS } },
  { throttle: { key: "s", limit: 3, windowMs: WINDOW_MS } },
];

function insert(jobs: readonly NewJob[]): Step {
  return { what: "insert", jobs: [...jobs] };
}

function claim(lease: string, count: number): Step {
  return { what: "claim", lease, count, isApart: false };
}

function jobOf(id: string, limits: JobLimits | undefined): NewJob {
  return { id, priority: 0, delayMs: 0, limits, version: 1, ttlMs: undefined, watch: false };
}

/** Many jobs of several groups wait, and are claimed by and by. */
export const turns: Scene = fc
  .record({
    limits: fc.array(fc.constantFrom(...GROUPS), { minLength: IDS.length, maxLength: IDS.length }),
    counts: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 4 }),
  })
  .map(({ limits, counts }) => [
    insert(IDS.map((id, nth) => jobOf(id, limits[nth]))),
    ...counts.map((count) => claim("worker-1", count)),
  ]);

/** A window is over to the millisecond, or not yet. */
export const windows: Scene = fc
  .record({ limits: fc.constantFrom(...WINDOWED), beforeMs: fc.constantFrom(0, 0, 60_000) })
  .map(({ limits, beforeMs }) => [
    insert(["a", "b", "c"].map((id) => jobOf(id, limits))),
    claim("worker-1", 3),
    { what: "pass", ms: WINDOW_MS - beforeMs },
    insert(["d", "e", "f"].map((id) => jobOf(id, limits))),
    claim("worker-2", 3),
  ]);

const LIMITED: readonly JobLimits[] = [
  { limit: { key: "k", max: 1 } },
  { limit: { key: "k", max: 2 }, group: { key: "g" } },
  { rate: { key: "s", limit: 1, windowMs: WINDOW_MS } },
  { rate: { key: "s", limit: 2, windowMs: WINDOW_MS }, limit: { key: "k", max: 1 } },
];

/** Some jobs run and some are blocked when other numbers begin to hold. */
export const overrides: Scene = fc
  .record({ limits: fc.constantFrom(...LIMITED), before: overriding, after: overriding })
  .map(({ limits, before, after }) => [
    before,
    insert(["a", "b", "c", "d"].map((id) => jobOf(id, limits))),
    claim("worker-1", 3),
    after,
    claim("worker-2", 3),
    insert(["e", "f"].map((id) => jobOf(id, limits))),
    claim("worker-2", 3),
  ]);

function run(task: StepOf<"run">["task"], ending: StepOf<"run">["endings"][number]): Step {
  return { what: "run", task, lease: "worker-2", count: 4, isApart: false, endings: [ending] };
}

/** Workflows fail while a step of them runs, and are resumed before that ends. */
export const resumption: Scene = fc
  .record({ held: fc.nat(2), result: fc.constantFrom("1", "2") })
  .map(({ held, result }) => [
    run(TASK, { event: "complete", result }),
    claim("worker-1", held),
    run(TASK, { event: "fail", error: anError() }),
    run(OTHER_TASK, { event: "fail", error: anError() }),
    ...WORKFLOWS.map((id): Step => ({ what: "change", id, change: { change: "revive" } })),
    {
      what: "settle",
      lease: "worker-1",
      ends: [0, 1].map((id) => ({ id, ending: { event: "complete", result }, isLate: false })),
      count: undefined,
    },
    run(TASK, { event: "complete", result }),
    run(OTHER_TASK, { event: "complete", result }),
  ]);
