import type { Adapter, ClaimedJob, NewJob, Settlement } from "taskora/adapter";
import type { ConformanceKit } from "taskora/testing";
import { describe, expect, it } from "vitest";
import { aJob, anError, keeping, LONG_MS, TASK } from "../../src/testing/conformance/stage.js";
import { memoryKit } from "../support/memory-kit.js";
import { redisKit } from "../support/redis-kit.js";

/** More on demand: `LIMIT_FAULT_STEPS=100000 LIMIT_FAULT_SEED=7 npx vitest run test/adapters/limit-faults.test.ts`. */
const STEPS = process.env.LIMIT_FAULT_STEPS;
const SEED = Number(process.env.LIMIT_FAULT_SEED ?? 20_260_101);
/** Every key and how many of its jobs may run at once. */
const LIMITS = new Map([
  ["one", 1],
  ["two", 2],
  ["five", 5],
]);
const RATE = { key: "calls", limit: 4 };
const LEASES = ["worker-1", "worker-2", "worker-3"];
const RETENTION = keeping({
  completed: { ageMs: LONG_MS, count: 50 },
  failed: { ageMs: LONG_MS, count: 50 },
});

interface Setting {
  readonly name: string;
  open(): Promise<ConformanceKit>;
  readonly steps: number;
  /** Longest pause between steps; leases of doomed workers end within it now and then. */
  readonly pauseMs: number;
  readonly windowMs: number;
}

/** Two and a half thousand steps of a quarter of a second are ten minutes. */
const SETTINGS: readonly Setting[] = [
  { name: "memory", open: async () => memoryKit(), steps: 2500, pauseMs: 500, windowMs: 3000 },
  { name: "Redis", open: () => redisKit(), steps: 800, pauseMs: 4, windowMs: 80 },
];

describe.each(SETTINGS)("limits under mixed faults on $name", ({ open, steps, pauseMs, windowMs }) => {
  const timeout = 60_000 + Number(STEPS ?? 0) * 20;
  it("never let a job too many run, nor keep one back that may", { timeout }, async () => {
    const faults = new Faults(await open(), { pauseMs, windowMs, random: randomFrom(SEED) });
    await faults.open();
    for (let step = 0; step < Number(STEPS ?? steps); step++) {
      await faults.step();
      await faults.expectNoneTooMany();
      if (step % 40 === 39) await faults.expectNoneKeptBack();
    }
    await faults.finish();
    await faults.close();
  });
});

/** Mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function settlementOf(
  { id, fence }: ClaimedJob,
  event: Settlement["event"] | "stale",
  delayMs: number,
): Settlement {
  switch (event) {
    case "stale":
      return { id, fence: fence - 1, event: "complete" };
    case "retry":
      return { id, fence, event, error: anError(), delayMs };
    case "fail":
      return { id, fence, event, error: anError() };
    case "release":
      return { id, fence, event, delayMs };
    case "cancel":
      return { id, fence, event, reason: "no" };
    case "complete":
      return { id, fence, event };
  }
}

interface Conditions {
  readonly pauseMs: number;
  readonly windowMs: number;
  readonly random: () => number;
}

/** Does random things to jobs with limits, and knows which claims it holds. */
class Faults {
  readonly #kit: ConformanceKit;
  readonly #adapter: Adapter;
  readonly #conditions: Conditions;
  readonly #limitsOf = new Map<string, NewJob["limits"]>();
  readonly #held = new Map<string, { readonly job: ClaimedJob; readonly lease: string }>();
  readonly #starts: number[] = [];
  #jobs = 0;
  #doomed = 0;

  constructor(kit: ConformanceKit, conditions: Conditions) {
    this.#kit = kit;
    this.#adapter = kit.open();
    this.#conditions = conditions;
  }

  open(): Promise<void> {
    return this.#adapter.connect();
  }

  close(): Promise<void> {
    return this.#adapter.close();
  }

  async step(): Promise<void> {
    const steps = [
      () => this.#insert(),
      () => this.#claim(this.#pick(LEASES), LONG_MS),
      () => this.#claim(this.#pick(LEASES), LONG_MS),
      () => this.#settle(),
      () => this.#settle(),
      () => this.#settle(),
      () => this.#crash(),
      () => this.#forget(),
      () => this.#cancel(),
      () => this.#change(),
      () => this.#pause(),
    ];
    await this.#pick(steps)();
  }

  /** Checked at every step: what runs, and when jobs with a rate were started. */
  async expectNoneTooMany(): Promise<void> {
    const active = await this.#listed("active");
    for (const [key, max] of LIMITS) expect(this.#ofKey(active, key).length).toBeLessThanOrEqual(max);
    const starts = this.#starts;
    for (let index = RATE.limit; index < starts.length; index++) {
      const span = (starts[index] ?? 0) - (starts[index - RATE.limit] ?? 0);
      // Starts are told in whole milliseconds.
      expect(span).toBeGreaterThanOrEqual(this.#conditions.windowMs - 1);
    }
    starts.splice(0, starts.length - RATE.limit);
  }

  /** When all was claimed that can be, a key with waiting jobs has no room. */
  async expectNoneKeptBack(): Promise<void> {
    await this.#claimAll();
    const [active, waiting] = [await this.#listed("active"), await this.#listed("waiting")];
    for (const [key, max] of LIMITS) {
      if (this.#ofKey(waiting, key).length > 0) expect(this.#ofKey(active, key)).toHaveLength(max);
    }
    const others = waiting.filter((id) => this.#limitsOf.get(id)?.limit === undefined);
    expect(others.filter((id) => this.#limitsOf.get(id)?.rate === undefined)).toEqual([]);
  }

  /** Lets every job end. */
  async finish(): Promise<void> {
    for (let round = 0; ; round++) {
      expect(round).toBeLessThan(10_000);
      await this.#sweep();
      await this.#claimAll();
      for (const lease of LEASES) await this.#end(lease, "complete");
      const [counts] = await this.#adapter.count([TASK]);
      if (counts === undefined) throw new Error("no counts");
      if (counts.waiting + counts.delayed + counts.retrying + counts.active === 0) return;
      await this.#kit.advance(this.#conditions.windowMs);
      await this.expectNoneTooMany();
    }
  }

  async #insert(): Promise<void> {
    const jobs = Array.from({ length: this.#below(4) + 1 }, (): NewJob => {
      const limits = this.#drawLimits();
      const id = `job-${++this.#jobs}`;
      this.#limitsOf.set(id, limits);
      const ttl = this.#below(8) === 0 ? { ttlMs: this.#below(this.#conditions.pauseMs * 8) + 1 } : {};
      const delay = this.#below(6) === 0 ? { delayMs: this.#below(this.#conditions.pauseMs * 4) } : {};
      return aJob({
        id,
        priority: this.#pick([0, 0, 0, 1, -1]),
        ...ttl,
        ...delay,
        ...(limits && { limits }),
      });
    });
    await this.#adapter.insert(jobs);
  }

  #drawLimits(): NewJob["limits"] {
    const [key, max] = this.#pick([...LIMITS]);
    const rate = { ...RATE, windowMs: this.#conditions.windowMs };
    const limit = { key, max };
    return this.#pick([
      undefined,
      { limit },
      { limit },
      { limit },
      { limit, group: { key: this.#pick(["g", "h"]) } },
      { rate },
    ]);
  }

  /** Of a suspect that is waiting one is taken, as the store asks. */
  async #claim(lease: string, leaseMs: number, count = this.#below(5) + 1): Promise<number> {
    const request = { task: TASK, lease, leaseMs, count };
    const [plain] = await this.#adapter.claim([request]);
    const [reply] = plain?.hasSuspects ? await this.#adapter.claim([{ ...request, apart: true }]) : [plain];
    for (const job of reply?.jobs ?? []) {
      this.#held.set(job.id, { job, lease });
      if (this.#limitsOf.get(job.id)?.rate !== undefined) await this.#noteStart(job);
    }
    return reply?.jobs.length ?? 0;
  }

  async #noteStart(job: ClaimedJob): Promise<void> {
    const [snapshot] = await this.#adapter.read([{ task: TASK, id: job.id }]);
    if (snapshot?.startedAt !== undefined) this.#starts.push(snapshot.startedAt);
  }

  async #claimAll(): Promise<void> {
    let empty = 0;
    while (empty < 3) empty = (await this.#claim(this.#pick(LEASES), LONG_MS, 100)) === 0 ? empty + 1 : 0;
  }

  async #settle(): Promise<void> {
    const pauseMs = this.#conditions.pauseMs;
    const delayMs = this.#pick([0, pauseMs]);
    const events = ["complete", "complete", "fail", "retry", "release", "cancel", "stale"] as const;
    await this.#end(this.#pick(LEASES), this.#pick(events), { delayMs, most: 3 });
  }

  /** Ends claims of a lease; a settlement is sometimes repeated, as after a lost answer. */
  async #end(
    lease: string,
    event: Settlement["event"] | "stale",
    { delayMs, most }: { readonly delayMs: number; readonly most: number } = { delayMs: 0, most: 1000 },
  ): Promise<void> {
    const own = [...this.#held.values()].filter((held) => held.lease === lease).slice(0, most);
    const settlements = own.map(({ job }) => settlementOf(job, event, delayMs));
    if (event !== "stale") for (const { job } of own) this.#held.delete(job.id);
    const batch = { task: TASK, lease, retention: RETENTION, settlements };
    await this.#adapter.settle([batch]);
    if (this.#below(4) === 0) await this.#adapter.settle([batch]);
  }

  /** A worker dies with its jobs; they are found when its lease has ended. */
  async #crash(): Promise<void> {
    this.#doomed += 1;
    const lease = `doomed-${this.#doomed}`;
    await this.#claim(lease, Math.max(1, this.#below(this.#conditions.pauseMs)));
    for (const [id, held] of this.#held) if (held.lease === lease) this.#held.delete(id);
  }

  /** The answer of a claim was lost: its holder does not know of some of its jobs. */
  async #forget(): Promise<void> {
    const lease = this.#pick(LEASES);
    const own = [...this.#held.values()].filter((held) => held.lease === lease);
    const kept = own.filter(() => this.#below(3) > 0);
    for (const { job } of own) this.#held.delete(job.id);
    for (const held of kept) this.#held.set(held.job.id, held);
    const held = kept.map(({ job: { id, fence } }) => ({ id, fence }));
    await this.#adapter.renew([{ task: TASK, lease, leaseMs: LONG_MS, held }]);
  }

  async #cancel(): Promise<void> {
    await this.#adapter.cancel([{ task: TASK, id: await this.#anyId(), reason: "no", retention: RETENTION }]);
  }

  async #change(): Promise<void> {
    const ref = { task: TASK, id: await this.#anyId() };
    const priority = this.#pick([0, 1, -1]);
    await this.#adapter.change([
      this.#pick([
        { ...ref, change: "promote" },
        { ...ref, change: "remove" },
        { ...ref, change: "revive" },
        { ...ref, change: "reschedule", delayMs: this.#conditions.pauseMs },
        { ...ref, change: "prioritize", priority },
        { ...ref, change: "prioritize", priority },
      ] as const),
    ]);
  }

  async #pause(): Promise<void> {
    await this.#kit.advance(this.#below(this.#conditions.pauseMs * 4));
    await this.#sweep();
  }

  async #sweep(): Promise<void> {
    await this.#adapter.sweep([{ task: TASK, retention: RETENTION, stallLimit: 2, scope: "all" }]);
  }

  async #listed(state: "active" | "waiting"): Promise<readonly string[]> {
    const ids: string[] = [];
    for (let cursor: string | undefined = ""; cursor !== undefined; ) {
      const from: object = cursor === "" ? {} : { cursor };
      const page: Awaited<ReturnType<Adapter["list"]>> = await this.#adapter.list({
        task: TASK,
        state,
        limit: 1000,
        ...from,
      });
      ids.push(...page.jobs.map((job) => job.id));
      cursor = page.cursor;
    }
    return ids;
  }

  #ofKey(ids: readonly string[], key: string): readonly string[] {
    return ids.filter((id) => this.#limitsOf.get(id)?.limit?.key === key);
  }

  /** A waiting job or one of the latest. */
  async #anyId(): Promise<string> {
    const latest = `job-${Math.max(1, this.#jobs - this.#below(60))}`;
    return this.#below(2) === 0 ? latest : (this.#pick(await this.#listed("waiting")) ?? latest);
  }

  #below(bound: number): number {
    return Math.floor(this.#conditions.random() * bound);
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)] as T;
  }
}
