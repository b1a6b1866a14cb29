import { describe, expect, it } from "vitest";
import { contradictionsIn } from "../../../../src/core/observe/contradictions.js";
import type { GateEntries, KeyEntry, TaskEntries } from "../../../../src/core/observe/task-entries.js";

const NO_INDEXES: TaskEntries["indexes"] = {
  waiting: [],
  delayed: [],
  active: [],
  completed: [],
  failed: [],
  retrying: [],
  cancelled: [],
  expired: [],
};

type Jobs = Partial<TaskEntries["indexes"]>;

/** A task with these jobs, and what a test says of it. */
function aTask(jobs: Jobs, more: Partial<TaskEntries> = {}): TaskEntries {
  return {
    jobs: Object.values(jobs).flat(),
    limits: new Map(),
    indexes: { ...NO_INDEXES, ...jobs },
    gates: [],
    keys: [],
    leases: new Map((jobs.active ?? []).map((id) => [id, "worker.1"])),
    suspects: [],
    cancels: [],
    expiring: [],
    groups: new Map(),
    collected: new Map(),
    belongings: [],
    ...more,
  };
}

const gate = (more: Partial<GateEntries>): GateEntries => ({
  name: "lk",
  running: [],
  admitted: [],
  blocked: [],
  ...more,
});
const key = (more: Partial<KeyEntry>): KeyEntry => ({
  kind: "unique",
  key: "k",
  id: "a",
  ends: false,
  ...more,
});

const ONE = { limit: { key: "k", max: 1 } };
const TWO = { limit: { key: "k", max: 2 } };
const RATE = { rate: { key: "k", limit: 5, windowMs: 1000 } };
const limits = (...each: readonly [string, object][]) => ({ limits: new Map(each) });

type Case = readonly [what: string, task: TaskEntries, said: readonly string[]];

// What is not said here is what `taskora doctor --deep` keeps silent about: jobs that wait for ever, keys that stay taken.
const CASES: readonly Case[] = [
  ["jobs that are where they belong", aTask({ waiting: ["a"], active: ["b"], completed: ["c"] }), []],
  [
    "a job in two indexes",
    aTask({ waiting: ["a"], failed: ["a"] }),
    ["a is in the indexes of waiting and failed"],
  ],
  ["a job in none", aTask({}, { jobs: ["a"] }), ["a is stored and in no index"]],
  ["a job that is gone", aTask({ delayed: ["a"] }, { jobs: [] }), ["a is delayed and not stored"]],
  [
    "what is kept of a job, and of one that is gone",
    aTask(
      { completed: ["a"] },
      {
        belongings: [
          { what: "a log", id: "a" },
          { what: "a log", id: "b" },
        ],
      },
    ),
    ["a log of b is kept and the job is not stored"],
  ],
  [
    "a full gate",
    aTask(
      { active: ["a"], waiting: ["b"] },
      { ...limits(["a", ONE], ["b", ONE]), gates: [gate({ running: ["a"], blocked: ["b"] })] },
    ),
    [],
  ],
  [
    "a place at a gate of a job that has ended",
    aTask({ completed: ["a"] }, { ...limits(["a", ONE]), gates: [gate({ running: ["a"] })] }),
    ["a runs at lk and is not active"],
  ],
  [
    "room at a gate for a job that does not wait",
    aTask({ delayed: ["a"] }, { ...limits(["a", ONE]), gates: [gate({ admitted: ["a"] })] }),
    ["a holds room at lk and is not waiting"],
  ],
  [
    "a job that is blocked and does not wait",
    aTask({ failed: ["a"] }, { ...limits(["a", ONE]), gates: [gate({ blocked: ["a"], isDue: true })] }),
    ["a is blocked at lk and is not waiting"],
  ],
  [
    "a job at a gate that is not its own",
    aTask({ waiting: ["a"] }, { ...limits(["a", ONE]), gates: [gate({ name: "lother", admitted: ["a"] })] }),
    ["a holds room at lother and has no such gate"],
  ],
  [
    "a job that is blocked where it holds room",
    aTask(
      { waiting: ["a"] },
      { ...limits(["a", ONE]), gates: [gate({ admitted: ["a"], blocked: ["a"], isDue: true })] },
    ),
    ["a is blocked at lk and holds room there", "a is blocked and holds room"],
  ],
  [
    "more jobs than a gate lets through",
    aTask(
      { active: ["a", "b"] },
      { ...limits(["a", ONE], ["b", ONE]), gates: [gate({ running: ["a", "b"] })] },
    ),
    ["2 jobs run at lk, which lets fewer"],
  ],
  [
    "as many as the most that one of them allows",
    aTask(
      { active: ["a", "b"] },
      { ...limits(["a", ONE], ["b", TWO]), gates: [gate({ running: ["a", "b"] })] },
    ),
    [],
  ],
  [
    "more jobs than numbers that were set since",
    aTask(
      { active: ["a", "b"] },
      { ...limits(["a", TWO], ["b", TWO]), gates: [gate({ running: ["a", "b"] })], override: { max: 1 } },
    ),
    [],
  ],
  [
    "a job that is kept back at a gate with room",
    aTask(
      { active: ["a"], waiting: ["b"] },
      { ...limits(["a", TWO], ["b", TWO]), gates: [gate({ running: ["a"], blocked: ["b"] })] },
    ),
    ["b is blocked at lk, which has room"],
  ],
  [
    "a job that waits for one who holds the last room",
    aTask(
      { active: ["a"], waiting: ["b", "c"] },
      {
        ...limits(["a", TWO], ["b", TWO], ["c", TWO]),
        gates: [gate({ running: ["a"], admitted: ["b"], blocked: ["c"] })],
      },
    ),
    [],
  ],
  [
    "a gate with room that the next sweep looks at",
    aTask({ waiting: ["b"] }, { ...limits(["b", ONE]), gates: [gate({ blocked: ["b"], isDue: true })] }),
    [],
  ],
  [
    "a job that waits at a rate, whose room comes with time",
    aTask({ waiting: ["b"] }, { ...limits(["b", RATE]), gates: [gate({ name: "rk", blocked: ["b"] })] }),
    [],
  ],
  [
    "a job that runs and does not count",
    aTask({ active: ["a"] }, { ...limits(["a", ONE]), gates: [gate({})] }),
    ["a runs and does not count at lk"],
  ],
  [
    "a job that runs and counts at no limit, since it has a rate alone",
    aTask({ active: ["a"] }, { ...limits(["a", RATE]), gates: [gate({ name: "rk" })] }),
    [],
  ],
  [
    "a job that is blocked at two gates",
    aTask(
      { waiting: ["a"] },
      {
        ...limits(["a", { ...ONE, ...RATE }]),
        gates: [gate({ blocked: ["a"], isDue: true }), gate({ name: "rk", blocked: ["a"] })],
      },
    ),
    ["a is blocked at 2 gates"],
  ],
  [
    "a job that is blocked at one gate and holds room at another",
    aTask(
      { waiting: ["a"] },
      {
        ...limits(["a", { ...ONE, ...RATE }]),
        gates: [gate({ admitted: ["a"] }), gate({ name: "rk", blocked: ["a"] })],
      },
    ),
    ["a is blocked and holds room"],
  ],
  [
    "keys of jobs that have not ended",
    aTask(
      { waiting: ["a"], retrying: ["b"] },
      {
        ...limits(["a", { unique: { key: "k" } }], ["b", { debounce: { key: "k", delayMs: 1 } }]),
        keys: [key({}), key({ kind: "debounced", id: "b" })],
      },
    ),
    [],
  ],
  [
    "a key of a job that has ended, or is gone",
    aTask({ failed: ["a"] }, { keys: [key({}), key({ kind: "debounced", id: "b" })] }),
    [
      "the unique key k of a is held although the job is failed",
      "the debounced key k of b is held although the job is gone",
    ],
  ],
  [
    "a key that its job does not have",
    aTask(
      { waiting: ["a", "b"] },
      {
        ...limits(["a", { unique: { key: "other" } }]),
        keys: [key({}), key({ kind: "debounced", id: "b" })],
      },
    ),
    ["the unique key k of a is not the job's own", "the debounced key k of b is not the job's own"],
  ],
  [
    "idempotency keys as they should be",
    aTask(
      { waiting: ["a", "c"], completed: ["b"] },
      {
        ...limits(["a", { idempotency: { key: "k", windowMs: 1, digest: "" } }]),
        keys: [
          key({ kind: "idempotent" }),
          key({ kind: "idempotent", id: "b", ends: true }),
          key({ kind: "idempotent", id: "c", ends: true }),
        ],
      },
    ),
    [],
  ],
  [
    "an idempotency key that ends too soon, or never",
    aTask(
      { waiting: ["a"], completed: ["b"] },
      {
        ...limits(["a", { idempotency: { key: "k", windowMs: 1, digest: "" } }]),
        keys: [key({ kind: "idempotent", ends: true }), key({ kind: "idempotent", id: "b" })],
      },
    ),
    [
      "the idempotent key k of a ends although the job has not",
      "the idempotent key k of b never ends although the job has",
    ],
  ],
  [
    "a job that runs under no lease, and a lease of one that does not run",
    aTask({ active: ["a"], waiting: ["b"] }, { leases: new Map([["b", "worker.1"]]) }),
    ["a is active under no lease", "b is under a lease and not active"],
  ],
  [
    "a job that is asked to stop",
    aTask({ active: ["a"], failed: ["b"] }, { cancels: ["a", "b"] }),
    ["b is asked to stop and not active"],
  ],
  [
    "jobs that may expire",
    aTask({ waiting: ["a"], delayed: ["b"], active: ["c"] }, { expiring: ["a", "b", "c", "d"] }),
    ["c may expire and is active", "d may expire and is gone"],
  ],
  [
    "jobs that wait apart",
    aTask(
      { waiting: ["a", "b"], failed: ["c"] },
      {
        ...limits(["b", ONE]),
        gates: [gate({ blocked: ["b"], isDue: true })],
        suspects: ["a", "b", "c", "d"],
      },
    ),
    ["b waits apart and is blocked", "c waits apart and is failed", "d waits apart and is gone"],
  ],
  ...(["group", "collect"] as const).map(
    (kind): Case => [
      `jobs and the queues of their ${kind}`,
      aTask(
        { waiting: ["a", "b", "c", "d", "e"], active: ["f"] },
        {
          ...limits(
            ["a", { [kind]: { key: "k" } }],
            ["b", { [kind]: { key: "k" } }],
            ["c", { [kind]: { key: "k" } }],
            ["d", { [kind]: { key: "k" }, ...ONE }],
            ["f", { [kind]: { key: "k" } }],
          ),
          suspects: ["c"],
          gates: [gate({ blocked: ["d"], isDue: true })],
          [kind === "group" ? "groups" : "collected"]: new Map([
            ["k", ["a", "e", "f"]],
            ["other", ["a"]],
          ]),
        },
      ),
      [
        `e is in the queue of ${kind} k and does not wait there`,
        `f is in the queue of ${kind} k and does not wait there`,
        `a is in the queue of ${kind} other and does not wait there`,
        `b waits and is not in its ${kind} k`,
      ],
    ],
  ),
];

describe("what contradicts itself in a store", () => {
  it.each(CASES)("says of %s", (_, task, said) => {
    expect(contradictionsIn(task)).toEqual(said);
  });
});
