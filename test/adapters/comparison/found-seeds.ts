import type { JobLimits } from "../../../src/core/limits/job-limits.js";
import type { Plan } from "../../../src/core/workflow/plan.js";
import { anError, LONG_MS, OTHER_TASK, TASK } from "../../../src/testing/conformance/stage.js";
import type { Step, StepOf } from "./steps.js";
import type { Leaf } from "./workflows.js";

/** A sequence that once was answered wrongly, as it was shrunk. */
export interface FoundSeed {
  /** What the stores did differently. */
  readonly found: string;
  /** With which it was found; the steps stay valid when the generator changes. */
  readonly seed: number;
  readonly steps: readonly Step[];
}

type NewJobOfSeed = StepOf<"insert">["jobs"][number];

const HOUR_MS = 3_600_000;
const WINDOW_MS = 600_000;
const EXPIRES_MS = 600_000;
const LEAF = { input: undefined, delayMs: 0, expiry: undefined, limits: undefined } as const;
const A_STEP: Plan<Leaf> = { kind: "step", leaf: LEAF };
const AN_EXPIRING_STEP: Plan<Leaf> = {
  kind: "step",
  leaf: { ...LEAF, expiry: { ttlMs: EXPIRES_MS, onExpire: "fail" } },
};

function groupOf(...parts: readonly Plan<Leaf>[]): Plan<Leaf> {
  return { kind: "group", parts, onFailure: "fail-fast" };
}

function workflowOf(plan: Plan<Leaf>, delayMs = 0): Step {
  return { what: "workflow", plan, delayMs, ttlMs: undefined };
}

function aSeedJob(id: string, limits: JobLimits | undefined = undefined): NewJobOfSeed {
  return { id, priority: 0, delayMs: 0, limits, version: 1, ttlMs: undefined, watch: false };
}

/** Played before anything else. */
export const FOUND_SEEDS: readonly FoundSeed[] = [
  {
    found: "Postgres failed where two jobs of one call held a key after each other",
    seed: 20_260_120,
    steps: [
      {
        what: "insert",
        jobs: [
          aSeedJob("a", { unique: { key: "k" } }),
          aSeedJob("c", {
            idempotency: { key: "k", windowMs: HOUR_MS, digest: "two" },
            unique: { key: "k", while: ["active"] },
          }),
        ],
      },
    ],
  },
  {
    found: "memory took a collected job and one that is not for the same",
    seed: 20_260_101,
    steps: [
      {
        what: "insert",
        jobs: [
          {
            id: "d",
            priority: 0,
            delayMs: 0,
            limits: { collect: { key: "d", delayMs: LONG_MS, maxSize: 3 } },
            version: 1,
            ttlMs: undefined,
            watch: false,
          },
          { id: "d", priority: 0, delayMs: 0, limits: undefined, version: 1, ttlMs: undefined, watch: false },
        ],
      },
    ],
  },
  {
    found: "Redis did not say what is due to a lease that is lost",
    seed: 20_260_101,
    steps: [
      { what: "due", id: "a", priority: 0, limits: undefined },
      { what: "crash", count: 1, isApart: false },
      { what: "sweep", count: 1 },
      { what: "settle", lease: "worker-1", ends: [], count: 1 },
      { what: "settle", lease: "doomed-1", ends: [], count: undefined },
    ],
  },
  {
    found: "Redis drained no job whose room was freed by another one's end",
    seed: 1,
    steps: [
      {
        what: "insert",
        jobs: ["a", "f"].map((id) => ({
          id,
          priority: 0,
          delayMs: 0,
          limits: { limit: { key: "k", max: 1 } },
          version: 1,
          ttlMs: undefined,
          watch: false,
        })),
      },
      { what: "crash", count: 2, isApart: false },
      { what: "overdue", onExpire: "fail", limits: undefined, next: "cancel" },
      { what: "drain", limit: 1000, reason: "drained" },
    ],
  },
  {
    found: "Redis listed a plain job of a batch behind one with limits",
    seed: 5,
    steps: [
      { what: "due", id: "c", priority: 0, limits: undefined },
      {
        what: "insert",
        jobs: [
          {
            id: "e",
            priority: 0,
            delayMs: 0,
            limits: { limit: { key: "k", max: 1 } },
            version: 1,
            ttlMs: undefined,
            watch: false,
          },
        ],
      },
      { what: "claim", lease: "worker-2", count: 3, isApart: false },
      {
        what: "settle",
        lease: "worker-2",
        ends: ["c", "e"].map((id) => ({ id, ending: { event: "complete" }, isLate: false })),
        count: undefined,
      },
    ],
  },
  {
    found: "Redis told the error of an attempt before the end of a cancelled job",
    seed: 13,
    steps: [
      {
        what: "insert",
        jobs: [
          { id: "f", priority: 0, delayMs: 0, limits: undefined, version: 1, ttlMs: undefined, watch: false },
        ],
      },
      { what: "claim", lease: "worker-2", count: 1, isApart: false },
      {
        what: "settle",
        lease: "worker-2",
        ends: [{ id: "f", ending: { event: "retry", error: anError(), delayMs: 0 }, isLate: false }],
        count: 1,
      },
      {
        what: "settle",
        lease: "worker-2",
        ends: [{ id: "f", ending: { event: "cancel", reason: "no" }, isLate: false }],
        count: undefined,
      },
      {
        what: "insert",
        jobs: [
          { id: "f", priority: 0, delayMs: 0, limits: undefined, version: 1, ttlMs: undefined, watch: true },
        ],
      },
    ],
  },
  {
    found: "Redis forgot the graph of a workflow that was delayed for an hour",
    seed: 20_262_101,
    steps: [workflowOf({ kind: "chain", parts: [A_STEP] }, HOUR_MS), { what: "pass", ms: HOUR_MS }],
  },
  {
    found: "Redis said of steps beside a failed one that the workflow failed",
    seed: 20_261_101,
    steps: [
      workflowOf(groupOf(groupOf(A_STEP), groupOf(A_STEP, A_STEP), A_STEP)),
      {
        what: "run",
        task: OTHER_TASK,
        lease: "worker-1",
        count: 1,
        isApart: false,
        endings: [{ event: "fail", error: anError() }],
      },
    ],
  },
  {
    found: "Redis cancelled a step that was overdue",
    seed: 20_261_101,
    steps: [workflowOf(groupOf(AN_EXPIRING_STEP, AN_EXPIRING_STEP)), { what: "pass", ms: 2 * EXPIRES_MS }],
  },
  {
    found: "Redis found a job whose rate had room again behind one that came later",
    seed: 20_260_110,
    steps: [
      {
        what: "insert",
        jobs: [
          aSeedJob("b", { rate: { key: "s", limit: 2, windowMs: WINDOW_MS }, group: { key: "h" } }),
          aSeedJob("e"),
        ],
      },
      { what: "claim", lease: "worker-1", count: 3, isApart: false },
      { what: "insert", jobs: [aSeedJob("a")] },
      { what: "renew", lease: "worker-1", held: [] },
      { what: "pass", ms: 11 * 60_000 },
      {
        what: "insert",
        jobs: [{ ...aSeedJob("d", { rate: { key: "s", limit: 1, windowMs: WINDOW_MS } }), priority: 1000 }],
      },
      { what: "claim", lease: "worker-2", count: 3, isApart: false },
    ],
  },
  {
    found: "Redis cancelled a group around one that failed before that one",
    seed: 20_264_110,
    steps: [
      workflowOf(groupOf(groupOf(A_STEP, A_STEP, A_STEP), groupOf(A_STEP, AN_EXPIRING_STEP, A_STEP))),
      { what: "due", id: "a", priority: 0, limits: undefined },
      { what: "pass", ms: 540_000 },
      workflowOf({ kind: "chain", parts: [A_STEP] }),
    ],
  },
  {
    found: "Redis told nobody that a workflow whose start was put off went on when its steps ended",
    seed: 20_260_110,
    steps: [
      workflowOf(A_STEP),
      { what: "change", id: "w1", change: { change: "reschedule", delayMs: 300_000 } },
      {
        what: "run",
        task: TASK,
        lease: "worker-1",
        count: 1,
        isApart: false,
        endings: [{ event: "complete", result: "1" }],
      },
    ],
  },
  {
    found: "Postgres did not extend a lease by a claim while most of it was left",
    seed: 20_261_120,
    steps: [
      { what: "insert", jobs: [aSeedJob("a")] },
      { what: "claim", lease: "worker-1", count: 1, isApart: false },
      { what: "pass", ms: 600_000 },
      { what: "claim", lease: "worker-1", count: 1, isApart: false },
      { what: "pass", ms: 3_300_000 },
    ],
  },
  {
    found: "Postgres parked a job of the queue before one of a group that was next before it",
    seed: 20_263_120,
    steps: [
      {
        what: "insert",
        jobs: [aSeedJob("a", { limit: { key: "k", max: 1 }, group: { key: "g" } })],
      },
      {
        what: "insert",
        jobs: ["b", "c"].map((id) => aSeedJob(id, { limit: { key: "k", max: 1 } })),
      },
      { what: "claim", lease: "worker-1", count: 3, isApart: false },
    ],
  },
  {
    found: "Postgres cancelled what a renewal gives back in the order of claims",
    seed: 20_262_120,
    steps: [
      { what: "insert", jobs: [aSeedJob("a"), aSeedJob("b"), aSeedJob("c")] },
      { what: "claim", lease: "worker-1", count: 3, isApart: false },
      { what: "cancel", id: "a", reason: "" },
      { what: "cancel", id: "c", reason: "" },
      { what: "renew", lease: "worker-1", held: ["b"] },
    ],
  },
];
