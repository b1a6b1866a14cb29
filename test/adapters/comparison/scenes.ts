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

/** Names of a scene's own: nothing that was before stands in its way. */
const ownNames = fc.nat(999_999).map((nth) => (name: string) => `${name}${nth}`);

/** What waited before runs, so that the next claims find what the scene brings. */
const CLEARED: readonly Step[] = [{ what: "control", control: "resume" }, claim("worker-2", 20)];

function pass(ms: number): Step {
  return { what: "pass", ms };
}

function complete(lease: string, ...ids: readonly string[]): Step {
  const ends = ids.map((id) => ({ id, ending: { event: "complete" } as const, isLate: false }));
  return { what: "settle", lease, ends, count: undefined };
}

/** One of two starts leaves the window, or is about to, while the other is within. */
const slidingWindows: Scene = fc
  .record({ name: ownNames, isThrottle: fc.boolean(), beforeMs: fc.constantFrom(0, 0, 60_000) })
  .map(({ name, isThrottle, beforeMs }) => {
    const window = { key: name("w"), limit: 2, windowMs: WINDOW_MS };
    const start = (id: string) => [
      insert([jobOf(name(id), isThrottle ? { throttle: window } : { rate: window })]),
      claim("worker-1", 20),
    ];
    return [
      ...CLEARED,
      ...start("s1-"),
      pass(WINDOW_MS / 2),
      ...start("s2-"),
      ...start("s3-"),
      pass(WINDOW_MS / 2 - beforeMs),
      ...start("s4-"),
    ];
  });

/** A job has room at one gate when it is stopped at another: whoever waits for the room has it in the same claim. */
const heldRoom: Scene = fc.record({ name: ownNames, isAtRate: fc.boolean() }).map(({ name, isAtRate }) => {
  const limit = { key: name("k"), max: 1 };
  const rate = { key: name("r"), limit: 1, windowMs: WINDOW_MS };
  const job = (id: string, limits: JobLimits) => jobOf(name(id), limits);
  const [first, between] = isAtRate
    ? [job("h1-", { limit, rate }), []]
    : [job("h1-", { rate }), [job("h2-", { limit })]];
  return [
    ...CLEARED,
    insert([first]),
    claim("worker-1", 20),
    insert([job("h3-", { limit, rate }), ...between]),
    claim("worker-1", 20),
    insert([job("h4-", isAtRate ? { limit } : { rate })]),
    claim("worker-1", 20),
    isAtRate ? complete("worker-1", first.id) : pass(WINDOW_MS),
    // One by one: what a store has in hand already keeps its turn.
    ...[1, 1, 1].map((count) => claim("worker-1", count)),
  ];
});

/** A job that waits at a gate goes, and the place comes free. */
const goneFromGate: Scene = fc
  .record({ name: ownNames, how: fc.constantFrom("cancel", "remove", "prioritize", "nothing") })
  .map(({ name, how }) => {
    const limit = { key: name("k"), max: 1 };
    const ids = ["g1-", "g2-", "g3-"].map(name);
    const gone = name("g2-");
    const going: readonly Step[] =
      how === "cancel"
        ? [{ what: "cancel", id: gone, reason: "enough" }]
        : how === "remove"
          ? [{ what: "change", id: gone, change: { change: "remove" } }]
          : how === "prioritize"
            ? [{ what: "change", id: gone, change: { change: "prioritize", priority: -1 } }]
            : [];
    return [
      ...CLEARED,
      insert(ids.map((id) => jobOf(id, { limit }))),
      claim("worker-1", 20),
      ...going,
      complete("worker-1", name("g1-")),
      claim("worker-1", 20),
      complete("worker-1", ...ids),
      claim("worker-1", 20),
    ];
  });

/** Batches are full, or as old as they may become. */
const batches: Scene = fc
  .record({ name: ownNames, isOld: fc.boolean(), count: fc.integer({ min: 3, max: 5 }) })
  .map(({ name, isOld, count }) => {
    const collect = isOld
      ? { key: name("c"), delayMs: WINDOW_MS / 2, maxSize: 9, maxWaitMs: WINDOW_MS }
      : { key: name("c"), delayMs: 10 * WINDOW_MS, maxSize: 2 };
    const jobs = Array.from({ length: count }, (_, nth) => jobOf(name(`c${nth}-`), { collect }));
    if (!isOld) return [...CLEARED, insert(jobs), ...jobs.map(() => claim("worker-1", 1))];
    const stepMs = WINDOW_MS / 4;
    const coming = jobs.slice(0, 3).flatMap((job) => [insert([job]), pass(stepMs), claim("worker-1", 20)]);
    return [...CLEARED, ...coming, pass(WINDOW_MS - 3 * stepMs), claim("worker-1", 20)];
  });

/** One of those that are longer: jobs wait for a window, for room or for each other. */
export const atGates: Scene = fc.oneof(slidingWindows, heldRoom, goneFromGate, batches);

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
