import fc from "fast-check";
import type { Retention } from "taskora/adapter";
import type { JobLimits } from "../../../src/core/limits/job-limits.js";
import type { LimitOverride } from "../../../src/core/limits/limit.js";
import type { Plan } from "../../../src/core/workflow/plan.js";
import {
  anError,
  type EndEvent,
  keeping,
  LONG_MS,
  OTHER_TASK,
  TASK,
} from "../../../src/testing/conformance/stage.js";
import { type Leaf, STEP_JOBS, WORKFLOWS } from "./workflows.js";

/** A job that its workers lost more often than this fails. */
export const STALL_LIMIT = 1;

/** What somebody changes by hand. */
export type Change =
  | { readonly change: "revive" | "promote" | "remove" }
  | { readonly change: "reschedule"; readonly delayMs: number }
  | { readonly change: "prioritize"; readonly priority: number };

/** All lengths of time are so many of these, so that ends meet. */
const MINUTE_MS = 60_000;
/** Windows that pass within a sequence; others are longer than it. */
export const WINDOW_MS = 10 * MINUTE_MS;
/** Few, so that steps meet. */
export const IDS = ["a", "b", "c", "d", "e", "f"];
/** The first of them makes due jobs waiting. */
export const LEASES = ["worker-1", "worker-2", "doomed-1"] as const;
/** So few that finished jobs are pruned on the way. */
const FEW = { ageMs: LONG_MS, count: 3 };
export const RETENTION: Retention = keeping({ completed: FEW, failed: FEW, cancelled: FEW });

/** What jobs that meet share; most have none of it. Some windows pass, others never do. */
const ALL_LIMITS: readonly JobLimits[] = [
  { limit: { key: "k", max: 1 } },
  { limit: { key: "k", max: 2 } },
  { limit: { key: "k", max: 3 } },
  { limit: { key: "m", max: 2 } },
  { limit: { key: "", max: 1 } },
  { rate: { key: "k", limit: 2, windowMs: LONG_MS } },
  { rate: { key: "k", limit: 3, windowMs: LONG_MS } },
  { limit: { key: "k", max: 1 }, rate: { key: "m", limit: 3, windowMs: LONG_MS } },
  { limit: { key: "k", max: 1 }, group: { key: "g" } },
  { group: { key: "g" } },
  { group: { key: "h", weight: 2 } },
  { unique: { key: "k" } },
  { unique: { key: "k", while: ["waiting", "retrying"] }, group: { key: "g" } },
  { idempotency: { key: "k", windowMs: LONG_MS, digest: "one" } },
  { idempotency: { key: "k", windowMs: LONG_MS, digest: "two" }, unique: { key: "k", while: ["active"] } },
  { throttle: { key: "k", limit: 2, windowMs: LONG_MS } },
  { throttle: { key: "k", limit: 4, windowMs: LONG_MS }, debounce: { key: "k", delayMs: LONG_MS } },
  { debounce: { key: "k", delayMs: LONG_MS, maxWaitMs: 2 * LONG_MS }, limit: { key: "k", max: 1 } },
  { collect: { key: "c", delayMs: LONG_MS, maxSize: 2 } },
  { collect: { key: "c", delayMs: LONG_MS, maxSize: 2 } },
  { collect: { key: "d", delayMs: LONG_MS, maxSize: 3, maxWaitMs: 2 * LONG_MS } },
  { rate: { key: "s", limit: 1, windowMs: WINDOW_MS } },
  { rate: { key: "s", limit: 2, windowMs: WINDOW_MS }, limit: { key: "k", max: 2 } },
  { rate: { key: "s", limit: 2, windowMs: WINDOW_MS }, group: { key: "h" } },
  { idempotency: { key: "s", windowMs: WINDOW_MS, digest: "one" } },
  { throttle: { key: "s", limit: 1, windowMs: WINDOW_MS } },
  { throttle: { key: "s", limit: 3, windowMs: WINDOW_MS }, unique: { key: "k" } },
  { debounce: { key: "s", delayMs: 5 * MINUTE_MS, maxWaitMs: WINDOW_MS } },
  { collect: { key: "s", delayMs: 5 * MINUTE_MS, maxSize: 3, maxWaitMs: WINDOW_MS } },
];

/** Limits that have a say in one another. */
const FAMILIES: readonly (readonly JobLimits[])[] = [
  ALL_LIMITS.filter(({ group }) => group !== undefined),
  ALL_LIMITS.filter(({ limit, rate }) => limit !== undefined || rate !== undefined),
  ALL_LIMITS.filter(({ unique, idempotency }) => unique !== undefined || idempotency !== undefined),
  ALL_LIMITS.filter(({ throttle, debounce }) => throttle !== undefined || debounce !== undefined),
  ALL_LIMITS.filter(({ collect }) => collect !== undefined),
  ALL_LIMITS.filter((limits) => JSON.stringify(limits).includes('"key":"s"')),
];

/** Numbers that stand above those of the jobs. */
const OVERRIDES: readonly LimitOverride[] = [
  {},
  { max: 1 },
  { max: 2 },
  { max: 3 },
  { rate: { limit: 1, windowMs: WINDOW_MS } },
  { rate: { limit: 3, windowMs: WINDOW_MS } },
  { rate: { limit: 3, windowMs: LONG_MS } },
  { max: 2, rate: { limit: 2, windowMs: WINDOW_MS } },
];

const id = fc.constantFrom(...IDS);
/** Of a job, mostly, of a workflow or of a job of one of its steps. */
const anyId = fc.oneof(
  { weight: 4, arbitrary: id },
  { weight: 1, arbitrary: fc.constantFrom(...WORKFLOWS) },
  { weight: 1, arbitrary: fc.constantFrom(...STEP_JOBS) },
);
const lease = fc.constantFrom<string>("worker-1", "worker-1", "worker-2", "worker-2", "doomed-1");
/** Half an emoji among them, which stores keep as the replacement character. */
const reason = fc.constantFrom<string>("enough", "", "ünï 🦔", "cut \ud83d");
const priority = fc.constantFrom(0, 0, 0, 0, 0, 0, 1, -1, 1000, -1000);
const isApart = fc.constantFrom(false, false, true);
const delayMs = fc.constantFrom(0, 5 * MINUTE_MS, LONG_MS);
const passMs = fc.constantFrom(1, 5, 9, 10, 11, 60).map((minutes) => minutes * MINUTE_MS);

const ending: fc.Arbitrary<EndEvent> = fc.oneof(
  fc.constant({ event: "complete", result: "1" } as const),
  fc.constant({ event: "complete" } as const),
  delayMs.map((ms) => ({ event: "retry", error: anError(), delayMs: ms }) as const),
  reason.map((text) => ({ event: "fail", error: anError(text) }) as const),
  delayMs.map((ms) => ({ event: "release", delayMs: ms }) as const),
  reason.map((text) => ({ event: "cancel", reason: text }) as const),
);

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.constantFrom("revive", "promote", "remove").map((what) => ({ change: what }) as const),
  delayMs.map((ms) => ({ change: "reschedule", delayMs: ms }) as const),
  priority.map((value) => ({ change: "prioritize", priority: value }) as const),
);

/** Jobs are named, or the nth is meant of those that the lease holds. */
const ends = fc.array(
  fc.record({ id: fc.oneof(id, fc.nat(3)), ending, isLate: fc.constantFrom(false, false, false, true) }),
  {
    maxLength: 4,
  },
);

/** Jobs of one sequence share a few limits, so that they meet. */
export const someLimits: fc.Arbitrary<readonly JobLimits[]> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(ALL_LIMITS) },
  { weight: 4, arbitrary: fc.uniqueArray(fc.constantFrom(...ALL_LIMITS), { minLength: 1, maxLength: 2 }) },
  ...FAMILIES.map((family) => ({ weight: 1, arbitrary: fc.constant(family) })),
);

/** What is done to every store, with jobs of these limits. */
export function stepsWith(choice: readonly JobLimits[]) {
  const limits = fc.option(fc.constantFrom(...choice), { freq: 6, nil: undefined });
  const newJobs = fc.array(
    fc.record({
      id,
      priority,
      delayMs: fc.constantFrom(0, 0, 0, 0, 5 * MINUTE_MS, LONG_MS),
      limits,
      version: fc.constantFrom(1, 1, 1, 2),
      ttlMs: fc.constantFrom(undefined, undefined, LONG_MS),
      watch: fc.constantFrom(false, false, true),
    }),
    { maxLength: 4 },
  );
  return {
    insert: fc.record({ what: fc.constant("insert" as const), jobs: newJobs }),
    claim: fc.record({ what: fc.constant("claim" as const), lease, count: fc.nat(3), isApart }),
    settle: fc.record({
      what: fc.constant("settle" as const),
      lease,
      ends,
      count: fc.constantFrom(undefined, 0, 1, 3),
    }),
    renew: fc.record({ what: fc.constant("renew" as const), lease, held: fc.option(fc.subarray(IDS)) }),
    cancel: fc.record({ what: fc.constant("cancel" as const), id: anyId, reason }),
    watch: fc.record({ what: fc.constant("watch" as const), id: anyId }),
    change: fc.record({ what: fc.constant("change" as const), id: anyId, change }),
    annotate: fc.record({
      what: fc.constant("annotate" as const),
      id,
      isLate: fc.constantFrom(false, false, true),
      isForeign: fc.constantFrom(false, false, true),
    }),
    /** A worker claims and dies. */
    crash: fc.record({ what: fc.constant("crash" as const), count: fc.integer({ min: 1, max: 3 }), isApart }),
    /** A delay passes. */
    due: fc.record({ what: fc.constant("due" as const), id, priority, limits }),
    /** A TTL passes, and a verb meets the job that must not find it waiting. */
    overdue: fc.record({
      what: fc.constant("overdue" as const),
      onExpire: fc.constantFrom("fail" as const, "discard" as const),
      limits,
      next: fc.constantFrom(
        "cancel" as const,
        "watch" as const,
        "change" as const,
        "claim" as const,
        "look" as const,
      ),
    }),
    sweep: fc.record({ what: fc.constant("sweep" as const), count: fc.constantFrom(1, 1_000) }),
    control: fc.record({
      what: fc.constant("control" as const),
      control: fc.constantFrom("pause" as const, "resume" as const, "resume" as const),
    }),
    /** Time passes, and a sweep sees to what is due. */
    pass: fc.record({ what: fc.constant("pass" as const), ms: passMs }),
    /** What happens to a schedule; a fired one makes a job with `id`. */
    schedule: fc.record({
      what: fc.constant("schedule" as const),
      act: fc.constantFrom(
        "write" as const,
        "write" as const,
        "fire" as const,
        "fire" as const,
        "remove" as const,
      ),
      name: fc.constantFrom("hourly", "nightly"),
      id,
      overlap: fc.constantFrom("allow" as const, "skip" as const),
      isLate: fc.constantFrom(false, false, false, true),
      inMs: fc.constantFrom(0, 5 * MINUTE_MS),
      // Nothing decides whether the job of a slot is stored but the slot.
      limits: limits.map((given) => (given !== undefined && hasKeys(given) ? undefined : given)),
    }),
    drain: fc.record({ what: fc.constant("drain" as const), limit: fc.constantFrom(1, 1000), reason }),
    /** A worker claims and ends what it got, in one batch. */
    run: fc.record({
      what: fc.constant("run" as const),
      task: fc.constantFrom(TASK, OTHER_TASK),
      lease,
      count: fc.integer({ min: 1, max: 4 }),
      isApart,
      endings: fc.array(ending, { minLength: 1, maxLength: 3 }),
    }),
  };
}

/** Limits are set at run time, or given up again. */
export const overriding = fc.record({
  what: fc.constant("override" as const),
  override: fc.constantFrom(...OVERRIDES),
});

/** Workflows, with steps of these limits. */
export function workflowStepsWith(choice: readonly JobLimits[]) {
  const limits = fc.constantFrom(undefined, undefined, ...choice.filter((given) => !hasKeys(given)));
  return {
    /** Another workflow is defined and inserted. */
    workflow: fc.record({
      what: fc.constant("workflow" as const),
      plan: plansOf(limits),
      delayMs: fc.constantFrom(0, 0, 0, 5 * MINUTE_MS),
      ttlMs: fc.constantFrom(undefined, undefined, 10 * MINUTE_MS),
    }),
    /** The last one is defined and inserted again. */
    again: fc.record({ what: fc.constant("again" as const) }),
    /** A dead workflow is retried, or one is cancelled. */
    revive: fc.record({
      what: fc.constant("change" as const),
      id: fc.constantFrom(...WORKFLOWS),
      change: fc.constant({ change: "revive" } as const),
    }),
    abandon: fc.record({ what: fc.constant("cancel" as const), id: fc.constantFrom(...WORKFLOWS), reason }),
  };
}

/** What expires in one millisecond does so in any order, so that they differ. */
const EXPIRIES = [
  { ttlMs: 10 * MINUTE_MS, onExpire: "fail" },
  { ttlMs: 7 * MINUTE_MS, onExpire: "discard" },
] as const;

function plansOf(limits: fc.Arbitrary<JobLimits | undefined>): fc.Arbitrary<Plan<Leaf>> {
  const step = fc.record({
    input: fc.constantFrom(undefined, "1"),
    delayMs: fc.constantFrom(0, 0, 0, 5 * MINUTE_MS),
    expiry: fc.constantFrom(undefined, undefined, undefined, ...EXPIRIES),
    limits,
  });
  const onFailure = fc.constantFrom("fail-fast" as const, "continue" as const);
  return fc.letrec<{ plan: Plan<Leaf> }>((tie) => {
    const parts = fc.array(tie("plan"), { minLength: 1, maxLength: 3 });
    return {
      plan: fc.oneof(
        { depthSize: "small", maxDepth: 2 },
        step.map((leaf): Plan<Leaf> => ({ kind: "step", leaf })),
        parts.map((each): Plan<Leaf> => ({ kind: "chain", parts: each })),
        fc.record({ kind: fc.constant("group" as const), parts, onFailure }),
      ),
    };
  }).plan;
}

function hasKeys({ unique, idempotency, throttle, debounce, collect }: JobLimits): boolean {
  return [unique, idempotency, throttle, debounce, collect].some((key) => key !== undefined);
}

/** One of {@link stepsWith}. */
type Steps = ReturnType<typeof stepsWith> &
  ReturnType<typeof workflowStepsWith> & { readonly override: typeof overriding };
export type Step = {
  [What in keyof Steps]: Steps[What] extends fc.Arbitrary<infer S> ? S : never;
}[keyof Steps];
export type StepOf<What extends Step["what"]> = Extract<Step, { readonly what: What }>;

/** What is kept of finished jobs by a sweep. */
export function boundTo(count: number): Retention {
  const bound = { ageMs: LONG_MS, count };
  return keeping({ completed: bound, failed: bound, cancelled: bound });
}

/** The fields that are given. */
export function given<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
