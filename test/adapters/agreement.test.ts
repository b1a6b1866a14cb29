import fc from "fast-check";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { redisAdapter } from "taskora/redis";
import { VirtualClock } from "taskora/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Adapter, JobChange, NewJob, Retention, Settlement } from "../../src/core/adapter.js";
import type { JobSnapshot } from "../../src/core/job.js";
import { JOB_STATES } from "../../src/core/lifecycle.js";
import { sharedRedis, uniquePrefix } from "../support/redis-server.js";

/** Runs the same random calls on both adapters and compares every answer, but for times and fences. */
const TASK = "agreement.task";
const IDS = ["a", "b", "c", "d", "e", "f"] as const;
const LEASES = ["one", "two"] as const;
const LONG_MS = 3_600_000;
const KEPT = { ageMs: LONG_MS, count: 2 };
const RETENTION: Retention = { completed: KEPT, failed: KEPT, cancelled: KEPT, expired: KEPT };

type Ending = "complete" | "retry" | "retry-later" | "fail" | "cancel" | "release" | "release-later";

type Call =
  | { readonly verb: "insert"; readonly jobs: readonly NewJob[] }
  | { readonly verb: "claim"; readonly lease: string; readonly count: number }
  | {
      readonly verb: "settle";
      readonly lease: string;
      readonly ends: readonly Ending[];
      readonly count: number;
    }
  | { readonly verb: "cancel"; readonly ids: readonly string[] }
  | { readonly verb: "change"; readonly change: JobChange }
  | { readonly verb: "note"; readonly id: string }
  | { readonly verb: "list"; readonly limit: number };

const anId = fc.constantFrom(...IDS);
const aLease = fc.constantFrom(...LEASES);
const aPriority = fc.constantFrom(0, 0, 0, 1, -1, 1000, -1000);
const aNewJob: fc.Arbitrary<NewJob> = fc
  .record({ id: anId, priority: aPriority, payload: fc.constantFrom("1", "2"), isDelayed: fc.boolean() })
  .map(({ isDelayed, ...job }) => ({
    ...job,
    task: TASK,
    version: 1,
    fingerprint: "",
    ...(isDelayed ? { delayMs: LONG_MS } : {}),
  }));
const anEnding = fc.constantFrom<Ending>(
  "complete",
  "retry",
  "retry-later",
  "fail",
  "cancel",
  "release",
  "release-later",
);
const aChange: fc.Arbitrary<JobChange> = fc
  .tuple(anId, fc.constantFrom("revive", "promote", "remove", "reschedule", "prioritize"), aPriority)
  .map(([id, change, priority]): JobChange => {
    if (change === "reschedule") return { task: TASK, id, change, delayMs: LONG_MS };
    if (change === "prioritize") return { task: TASK, id, change, priority };
    return { task: TASK, id, change };
  });
const aCount = fc.integer({ min: 0, max: 4 });
const aCall: fc.Arbitrary<Call> = fc.oneof(
  fc.array(aNewJob, { minLength: 1, maxLength: 4 }).map((jobs): Call => ({ verb: "insert", jobs })),
  fc.tuple(aLease, aCount).map(([lease, count]): Call => ({ verb: "claim", lease, count })),
  fc
    .tuple(aLease, fc.array(anEnding, { maxLength: 4 }), aCount)
    .map(([lease, ends, count]): Call => ({ verb: "settle", lease, ends, count })),
  anId.map((id): Call => ({ verb: "cancel", ids: [id] })),
  aChange.map((change): Call => ({ verb: "change", change })),
  anId.map((id): Call => ({ verb: "note", id })),
  fc.integer({ min: 1, max: 3 }).map((limit): Call => ({ verb: "list", limit })),
);

/** One adapter and the claims it has given out. */
class Player {
  readonly #adapter: Adapter;
  readonly #fences = new Map<string, number>();
  readonly #held = new Map<string, string[]>();

  /** Events and outcomes in the order in which they were told. */
  readonly told: unknown[] = [];

  constructor(adapter: Adapter) {
    this.#adapter = adapter;
  }

  async listen(): Promise<void> {
    await this.#adapter.subscribe({ kind: "events", task: TASK }, (notice) => {
      if (notice.kind === "event") this.told.push({ ...notice.event, at: 0 });
    });
  }

  /** Ends with an event that both tell last. */
  async end(): Promise<readonly unknown[]> {
    await this.#adapter.insert([
      { task: TASK, id: "last", payload: "1", version: 1, fingerprint: "", priority: 0 },
    ]);
    while (!this.told.some((event) => (event as { id?: unknown }).id === "last")) {
      await this.#adapter.count([TASK]);
    }
    return this.told;
  }

  async play(call: Call): Promise<unknown> {
    switch (call.verb) {
      case "insert":
        return this.#adapter.insert(call.jobs);
      case "claim": {
        const { lease, count } = call;
        const [reply] = await this.#adapter.claim([{ task: TASK, lease, leaseMs: LONG_MS, count }]);
        return this.#took(lease, reply?.jobs ?? []);
      }
      case "settle":
        return this.#settle(call);
      case "cancel":
        return this.#adapter.cancel(
          call.ids.map((id) => ({ task: TASK, id, reason: `no ${id}`, retention: RETENTION })),
        );
      case "change":
        return this.#adapter.change([call.change]);
      case "note": {
        const fence = this.#fences.get(call.id) ?? 1;
        return this.#adapter.note([{ task: TASK, id: call.id, fence, progress: "50" }]);
      }
      case "list":
        return this.lists(call.limit);
    }
  }

  /** Every state, page by page. */
  async lists(limit: number): Promise<unknown> {
    const found: Record<string, unknown> = {};
    for (const state of JOB_STATES) {
      const jobs: unknown[] = [];
      let cursor: string | undefined;
      do {
        const query = { task: TASK, state, limit, ...(cursor === undefined ? {} : { cursor }) };
        const page = await this.#adapter.list(query);
        jobs.push(...page.jobs.map(withoutTimes));
        cursor = page.cursor;
      } while (cursor !== undefined);
      found[state] = jobs;
    }
    const details = await this.#adapter.readDetails(IDS.map((id) => ({ task: TASK, id })));
    const history = details.map((detail) =>
      detail.history.map(({ startedAt: _s, endedAt: _e, ...run }) => run),
    );
    return { found, history, counts: await this.#adapter.count([TASK]) };
  }

  async #settle(call: Call & { readonly verb: "settle" }): Promise<unknown> {
    const held = this.#held.get(call.lease) ?? [];
    const ids = held.splice(0, call.ends.length);
    const settlements = ids.map((id, index) =>
      settlement(id, this.#fences.get(id) ?? 0, call.ends[index] ?? "complete"),
    );
    const claim = { leaseMs: LONG_MS, count: call.count };
    const batch = { task: TASK, lease: call.lease, retention: RETENTION, settlements, claim };
    const [reply] = await this.#adapter.settle([batch]);
    return { settled: reply?.settled, jobs: this.#took(call.lease, reply?.jobs ?? []) };
  }

  #took(lease: string, jobs: readonly { readonly id: string; readonly fence: number }[]): unknown {
    for (const { id, fence } of jobs) {
      this.#fences.set(id, fence);
      this.#held.set(lease, [...(this.#held.get(lease) ?? []), id]);
    }
    return jobs.map((job) => withoutTimes(job));
  }
}

function settlement(id: string, fence: number, ending: Ending): Settlement {
  const error = { name: "Error", message: `failed ${id}` };
  switch (ending) {
    case "complete":
      return { id, fence, event: "complete", result: `"${id}"` };
    case "retry":
      return { id, fence, event: "retry", error, delayMs: 0 };
    case "retry-later":
      return { id, fence, event: "retry", error, delayMs: LONG_MS };
    case "fail":
      return { id, fence, event: "fail", error };
    case "cancel":
      return { id, fence, event: "cancel", reason: "by itself" };
    case "release":
      return { id, fence, event: "release" };
    case "release-later":
      return { id, fence, event: "release", delayMs: LONG_MS };
  }
}

function withoutTimes(job: Partial<JobSnapshot> & { readonly fence?: number }): unknown {
  const { enqueuedAt: _e, startedAt, finishedAt, dueAt, fence: _f, ...rest } = job;
  const has = {
    started: startedAt !== undefined,
    finished: finishedAt !== undefined,
    due: dueAt !== undefined,
  };
  return { ...rest, ...has };
}

let url: string;
const adapters: Adapter[] = [];

beforeAll(async () => {
  url = (await sharedRedis()).url;
});

afterAll(async () => {
  await Promise.all(adapters.map((adapter) => adapter.close()));
});

async function opened(adapter: Adapter): Promise<Player> {
  adapters.push(adapter);
  await adapter.connect();
  const player = new Player(adapter);
  await player.listen();
  return player;
}

describe("the adapters", () => {
  it("answer the same calls alike", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(aCall, { minLength: 5, maxLength: 40 }), async (calls) => {
        const clock = new VirtualClock();
        const memory = await opened(memoryAdapter({ store: createMemoryStore({ clock }) }));
        const redis = await opened(redisAdapter({ url, prefix: uniquePrefix() }));
        for (const call of calls) {
          await clock.advance(1);
          expect(await redis.play(call)).toEqual(await memory.play(call));
        }
        expect(await redis.lists(2)).toEqual(await memory.lists(2));
        expect(await redis.end()).toEqual(await memory.end());
        await Promise.all(adapters.splice(0).map((adapter) => adapter.close()));
      }),
      {
        numRuns: Number(process.env.AGREEMENT_RUNS ?? 100),
        seed: Number(process.env.AGREEMENT_SEED ?? 20261124),
      },
    );
  });
});
