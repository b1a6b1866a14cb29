import fc from "fast-check";
import type {
  Adapter,
  ClaimReply,
  JobChange,
  JobPage,
  JobState,
  Notice,
  Retention,
  Settlement,
  SweepReply,
} from "taskora";
import type { ConformanceKit } from "taskora/testing";
import { describe, it } from "vitest";
import type { JobFlow } from "../../src/core/job-flow.js";
import { JOB_STATES } from "../../src/core/lifecycle.js";
import { Listener } from "../../src/testing/conformance/patience.js";
import { aJob, anError, type EndEvent, keeping, LONG_MS, TASK } from "../../src/testing/conformance/stage.js";
import { memoryKit } from "../support/memory-kit.js";
import { redisKit } from "../support/redis-kit.js";

/** Few, so that steps meet. */
const IDS = ["a", "b", "c", "d", "e", "f"];
/** The job whose end says that everything before was told. */
const LAST = "last";
const LEASES = ["worker-1", "worker-2"];
/** So few that finished jobs are pruned on the way. */
const FEW = { ageMs: LONG_MS, count: 3 };
const RETENTION = keeping({ completed: FEW, failed: FEW, cancelled: FEW });
const DELAYS = [0, LONG_MS];
/** More runs on demand: `PARITY_RUNS=5000 PARITY_SEED=7 npx vitest run test/adapters/parity.test.ts`. */
const RUNS = Number(process.env.PARITY_RUNS ?? 100);
const SEED = Number(process.env.PARITY_SEED ?? 20_260_101);

const id = fc.constantFrom(...IDS);
const lease = fc.constantFrom(...LEASES);
const priority = fc.constantFrom(0, 0, 0, 1, -1, 1000, -1000);
const delayMs = fc.constantFrom(...DELAYS);

/** What jobs that meet share; most have none of it. */
const FLOWS: readonly JobFlow[] = [
  { limit: { key: "k", max: 1 } },
  { limit: { key: "k", max: 2 } },
  { limit: { key: "", max: 1 } },
  { rate: { key: "k", limit: 2, windowMs: LONG_MS } },
  { limit: { key: "k", max: 1 }, rate: { key: "k", limit: 3, windowMs: LONG_MS } },
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
];
const flow = fc.option(fc.constantFrom(...FLOWS), { freq: 2, nil: undefined });

const ending: fc.Arbitrary<EndEvent> = fc.oneof(
  fc.constant({ event: "complete", result: "1" } as const),
  fc.constant({ event: "complete" } as const),
  delayMs.map((ms) => ({ event: "retry", error: anError(), delayMs: ms }) as const),
  fc.constant({ event: "fail", error: anError() } as const),
  delayMs.map((ms) => ({ event: "release", delayMs: ms }) as const),
  fc.constant({ event: "cancel", reason: "no" } as const),
);

type Change = JobChange extends infer C ? (C extends JobChange ? Omit<C, "id" | "task"> : never) : never;

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.constantFrom("revive", "promote", "remove").map((what) => ({ change: what }) as const),
  delayMs.map((ms) => ({ change: "reschedule", delayMs: ms }) as const),
  priority.map((value) => ({ change: "prioritize", priority: value }) as const),
);

const step = fc.oneof(
  fc.record({
    what: fc.constant("insert" as const),
    jobs: fc.array(fc.record({ id, priority, delayMs, flow, version: fc.constantFrom(1, 1, 1, 2) }), {
      maxLength: 4,
    }),
  }),
  fc.record({ what: fc.constant("claim" as const), lease, count: fc.nat(3) }),
  fc.record({
    what: fc.constant("settle" as const),
    lease,
    ends: fc.array(fc.record({ id, ending, isLate: fc.constantFrom(false, false, false, true) }), {
      maxLength: 4,
    }),
    count: fc.constantFrom(undefined, 0, 1, 3),
  }),
  fc.record({ what: fc.constant("renew" as const), lease, held: fc.option(fc.subarray(IDS)) }),
  fc.record({ what: fc.constant("cancel" as const), id }),
  fc.record({ what: fc.constant("watch" as const), id }),
  fc.record({ what: fc.constant("change" as const), id, change }),
  fc.record({ what: fc.constant("note" as const), id, isLate: fc.boolean() }),
  fc.record({ what: fc.constant("crash" as const), count: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ what: fc.constant("due" as const), id, priority }),
  fc.record({
    what: fc.constant("overdue" as const),
    onExpire: fc.constantFrom("fail", "discard"),
    next: fc.constantFrom("cancel", "watch", "change", "claim"),
  }),
  fc.record({ what: fc.constant("sweep" as const), count: fc.constantFrom(1, 1_000) }),
  fc.record({ what: fc.constant("control" as const), control: fc.constantFrom("pause", "resume", "resume") }),
  fc.record({ what: fc.constant("drain" as const), limit: fc.constantFrom(1, 1000) }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** One adapter under the steps. Fences differ between adapters, so each run keeps its own. */
class Run {
  readonly #adapter: Adapter;
  readonly #fences = new Map<string, number>();
  readonly #leases = new Map<string, string>();

  readonly #kit: ConformanceKit;
  readonly #listeners: Listener[] = [];
  #crashes = 0;
  #overdues = 0;

  constructor(kit: ConformanceKit) {
    this.#kit = kit;
    this.#adapter = kit.open();
  }

  async open(): Promise<this> {
    await this.#adapter.connect();
    this.#listeners.push(await Listener.on(this.#adapter, { kind: "events", task: TASK }));
    this.#listeners.push(await Listener.on(this.#adapter, { kind: "outcomes" }));
    return this;
  }

  close(): Promise<void> {
    return this.#adapter.close();
  }

  /** What was told, job by job, up to now: a last job is watched and cancelled, and its notices awaited. */
  async heard(): Promise<unknown> {
    await this.#adapter.insert([aJob({ id: LAST, watch: true })]);
    await this.#adapter.cancel([{ task: TASK, id: LAST, reason: "", retention: keeping() }]);
    return Promise.all(
      this.#listeners.map(async (listener) => {
        const isLast = (notice: Notice) => JSON.stringify(notice).includes(`"id":"${LAST}"`);
        const isDone = (notice: Notice) => isLast(notice) && JSON.stringify(notice).includes("cancelled");
        for (let count = 1; !listener.notices.some(isDone); count++) await listener.received(count);
        const told = listener.notices.map((notice) => {
          const { at, ...subject } = { at: 0, ...("event" in notice ? notice.event : {}) };
          return "outcome" in notice ? notice.outcome : subject;
        });
        return IDS.map((id) => told.filter((each) => "id" in each && each.id === id));
      }),
    );
  }

  /** Does one step; gives what every adapter must answer alike. */
  async do(step: Step): Promise<unknown> {
    const adapter = this.#adapter;
    switch (step.what) {
      case "insert": {
        const replies = await adapter.insert(
          step.jobs.map(({ flow: given, ...job }) =>
            aJob(given === undefined ? job : { ...job, flow: given }),
          ),
        );
        // The next call that knows the retention trims what was replaced, and which that is differs.
        if (step.jobs.some((job) => job.flow?.debounce !== undefined)) await this.#sweep(RETENTION);
        return replies.map((reply) => (reply.status === "throttled" ? { status: reply.status } : reply));
      }
      case "claim": {
        const [reply] = await adapter.claim([
          { task: TASK, lease: step.lease, leaseMs: LONG_MS, count: step.count },
        ]);
        return this.#claimed(step.lease, reply);
      }
      case "settle":
        return this.#settle(step);
      case "renew": {
        const held = step.held === null ? {} : { held: step.held };
        const [reply] = await adapter.renew([{ task: TASK, lease: step.lease, leaseMs: LONG_MS, ...held }]);
        return { lost: reply?.lost, cancelled: reply?.cancelled.map((job) => job.id).sort() };
      }
      case "cancel":
        return adapter.cancel([{ task: TASK, id: step.id, reason: "enough", retention: RETENTION }]);
      case "watch":
        return adapter.watch([{ task: TASK, id: step.id }]);
      case "change":
        return adapter.change([{ task: TASK, id: step.id, ...step.change }]);
      case "note":
        return adapter.note([
          { task: TASK, id: step.id, fence: this.#fence(step.id, step.isLate), progress: "5" },
          {
            task: TASK,
            id: step.id,
            fence: this.#fence(step.id, step.isLate),
            log: { level: "info", message: "x" },
          },
        ]);
      case "crash": {
        this.#crashes += 1;
        const lease = `doomed-${this.#crashes}`;
        const [reply] = await adapter.claim([{ task: TASK, lease, leaseMs: 1, count: step.count }]);
        await this.#kit.advance(2);
        return this.#claimed(lease, reply);
      }
      case "due": {
        const reply = await adapter.insert([aJob({ id: step.id, priority: step.priority, delayMs: 1 })]);
        await this.#kit.advance(2);
        // When a due job is promoted decides its place, so it is done here and now.
        await adapter.claim([{ task: TASK, lease: LEASES[0] ?? "", leaseMs: LONG_MS, count: 0 }]);
        return reply;
      }
      case "overdue":
        return this.#overdue(step);
      case "sweep": {
        const bound = { ageMs: LONG_MS, count: step.count };
        const retention = keeping({ completed: bound, failed: bound, cancelled: bound });
        const reply = await this.#sweep(retention);
        // How many expired says who came across an overdue job first, which is the adapter's affair.
        return { ...reply, expired: 0, nextDueInMs: reply?.nextDueInMs !== undefined };
      }
      case "control":
        return adapter.control([{ task: TASK, control: step.control }]);
      case "drain": {
        const drain = {
          control: "drain",
          states: ["waiting"],
          reason: "drained",
          retention: RETENTION,
        } as const;
        return adapter.control([{ task: TASK, limit: step.limit, ...drain }]);
      }
    }
  }

  /** Everything the port shows of the stored jobs, but times. */
  async look(): Promise<unknown> {
    const refs = IDS.map((id) => ({ task: TASK, id }));
    const [counts] = await this.#adapter.count([TASK]);
    const lists = await Promise.all(JOB_STATES.map((state) => this.#listed(state)));
    const jobs = (await this.#adapter.read(refs)).map(
      (job) =>
        job && {
          ...job,
          enqueuedAt: 0,
          dueAt: job.dueAt !== undefined,
          startedAt: job.startedAt !== undefined,
          finishedAt: job.finishedAt !== undefined,
          headers: { ...job.headers },
        },
    );
    const details = (await this.#adapter.readDetails(refs)).map(({ history, logs }) => ({
      history: history.map(({ startedAt, endedAt, ...record }) => record),
      logs: logs.map(({ at, ...line }) => line),
    }));
    return { counts: { ...counts, pausedAt: counts?.pausedAt !== undefined }, lists, jobs, details };
  }

  async #sweep(retention: Retention): Promise<SweepReply | undefined> {
    const [reply] = await this.#adapter.sweep([{ task: TASK, retention, stallLimit: 1, scope: "all" }]);
    return reply;
  }

  /** A state page by page. */
  async #listed(state: JobState): Promise<readonly string[]> {
    const ids: string[] = [state];
    for (let cursor: string | undefined = ""; cursor !== undefined; ) {
      const after: object = cursor === "" ? {} : { cursor };
      const page: JobPage = await this.#adapter.list({ task: TASK, state, limit: 2, ...after });
      ids.push(...page.jobs.map((job) => job.id));
      cursor = page.cursor;
    }
    return ids;
  }

  /** A job that is named after its TTL has passed, by a verb that must not find it waiting. */
  async #overdue(step: Step & { readonly what: "overdue" }): Promise<unknown> {
    this.#overdues += 1;
    const id = `overdue-${this.#overdues}`;
    await this.#adapter.insert([aJob({ id, ttlMs: 1, onExpire: step.onExpire, watch: true })]);
    await this.#kit.advance(2);
    if (step.next === "claim") await this.do({ what: "claim", lease: LEASES[0] ?? "", count: 0 });
    else if (step.next === "change") await this.do({ what: "change", id, change: { change: "promote" } });
    else await this.do({ what: step.next, id });
    await this.do({ what: "sweep", count: 1000 });
    return this.#adapter.read([{ task: TASK, id }]).then(([job]) => job?.state ?? "none");
  }

  async #settle(step: Step & { readonly what: "settle" }): Promise<unknown> {
    const settlements = step.ends
      .filter(({ id }) => (this.#leases.get(id) ?? step.lease) === step.lease)
      .map(({ id, ending, isLate }): Settlement => ({ id, fence: this.#fence(id, isLate), ...ending }));
    const claim = step.count === undefined ? {} : { claim: { leaseMs: LONG_MS, count: step.count } };
    const [reply] = await this.#adapter.settle([
      { task: TASK, lease: step.lease, retention: RETENTION, settlements, ...claim },
    ]);
    return { settled: reply?.settled, ...this.#claimed(step.lease, reply) };
  }

  #claimed(lease: string, reply: ClaimReply | undefined): object {
    for (const job of reply?.jobs ?? []) {
      this.#fences.set(job.id, job.fence);
      this.#leases.set(job.id, lease);
    }
    return {
      lost: reply?.lost,
      isAnythingDue: reply?.nextDueInMs !== undefined,
      jobs: reply?.jobs.map(({ fence, enqueuedAt, ...job }) => ({ ...job, headers: { ...job.headers } })),
    };
  }

  #fence(id: string, isLate: boolean): number {
    return Math.max(0, (this.#fences.get(id) ?? 0) - (isLate ? 1 : 0));
  }
}

describe("the memory and the Redis adapter", () => {
  it("answer any sequence of calls alike", { timeout: 30_000 + RUNS * 500 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const kits = [memoryKit(), await redisKit()];
        const runs = await Promise.all(kits.map((kit) => new Run(kit).open()));
        const [memory, redis] = runs;
        try {
          for (const [index, each] of steps.entries()) {
            const label = `step ${index + 1}: ${JSON.stringify(each)}`;
            compare(label, await memory?.do(each), await redis?.do(each));
            compare(`after ${label}`, await memory?.look(), await redis?.look());
          }
          compare("what was told", await memory?.heard(), await redis?.heard());
        } finally {
          await Promise.all(runs.map((run) => run.close()));
        }
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });
});

function compare(label: string, memory: unknown, redis: unknown): void {
  const [expected = [], actual = []] = [memory, redis].map((value) =>
    JSON.stringify(value, sortKeys, 1).split("\n"),
  );
  const at = actual.findIndex((line, index) => line !== expected[index]);
  if (at < 0 && expected.length === actual.length) return;
  const excerpt = (lines: readonly string[]) => lines.slice(Math.max(0, at - 8), at + 8).join("\n");
  throw new Error(`${label}\nmemory:\n${excerpt(expected)}\nredis:\n${excerpt(actual)}`);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
