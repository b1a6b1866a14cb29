import assert from "node:assert/strict";
import type {
  Adapter,
  CancelReply,
  ChangeReply,
  ClaimedJob,
  ClaimReply,
  CollectedKey,
  CollectedQuery,
  ControlReply,
  ControlRequest,
  JobChange,
  JobDetails,
  NewJob,
  Retention,
  SettleBatch,
  Settlement,
  SettleReply,
  StateCounts,
  SweepReply,
  SweepRequest,
} from "../../core/adapter.js";
import type { StoredError } from "../../core/errors.js";
import { type Feature, hasFeature } from "../../core/features.js";
import type { JobSnapshot } from "../../core/job.js";
import { JOB_STATES, type JobState } from "../../core/lifecycle.js";
import type { LimitOverride } from "../../core/limits/limit.js";
import type { ConformanceCase, ConformanceKit } from "./kit.js";

/** The task most cases use. */
export const TASK = "conformance.task";
/** The task of cases with two. */
export const OTHER_TASK = "conformance.other";
/** Long enough to never pass within a case. */
export const LONG_MS = 3_600_000;
/** The lease name most claims use. */
export const LEASE = "worker-1";

/** Retention that keeps everything, but for the states given. */
export function keeping(bounds: Partial<Retention> = {}): Retention {
  const all = { ageMs: LONG_MS, count: 1_000_000 };
  return { completed: all, failed: all, cancelled: all, expired: all, ...bounds };
}

/** The error of a failed attempt. */
export function anError(message = "the printer is on fire"): StoredError {
  return {
    ...{ name: "PrinterError", message, stack: `PrinterError: ${message}\n    at print`, code: "PRINTER" },
    cause: { name: "HeatError", message: "231 °C", code: 231, cause: { name: "NonError", message: '"sun"' } },
    errors: [{ name: "TrayError", message: "tray 1", stack: "TrayError: tray 1\n    at feed" }],
  };
}

/** A new job; its id and payload follow from `id` when only that is given. */
export function aJob(fields: string | (Partial<NewJob> & { readonly id: string })): NewJob {
  const given = typeof fields === "string" ? { id: fields } : fields;
  return {
    task: TASK,
    payload: JSON.stringify({ id: given.id }),
    version: 1,
    fingerprint: "",
    priority: 0,
    ...given,
  };
}

/** How a case claims: ten jobs of {@link TASK} for an hour under {@link LEASE} unless told otherwise. */
export interface TakeOptions {
  readonly by?: Adapter;
  readonly task?: string;
  readonly lease?: string;
  readonly leaseMs?: number;
  readonly count?: number;
  /** Takes suspects. */
  readonly apart?: true;
}

/** How a case settles. */
export interface EndOptions {
  readonly by?: Adapter;
  readonly lease?: string;
  readonly retention?: Retention;
  readonly claim?: SettleBatch["claim"];
}

/** A settlement of a claimed job by `event`. */
export type EndEvent = Settlement extends infer S
  ? S extends Settlement
    ? Omit<S, "id" | "fence">
    : never
  : never;

/**
 * What a case works with: a connected adapter over an empty store, and the port's verbs with everything filled
 * in that the case does not care about.
 */
export class Stage {
  readonly adapter: Adapter;
  readonly #kit: ConformanceKit;
  readonly #opened: Adapter[];

  private constructor(kit: ConformanceKit, adapter: Adapter) {
    this.#kit = kit;
    this.adapter = adapter;
    this.#opened = [adapter];
  }

  static async open(kit: ConformanceKit): Promise<Stage> {
    const adapter = kit.open();
    await adapter.connect();
    return new Stage(kit, adapter);
  }

  /** Closes every adapter the case opened. */
  async close(): Promise<void> {
    await Promise.all(this.#opened.map((adapter) => adapter.close()));
  }

  /** A connected adapter over the same store, like another process. */
  async another(): Promise<Adapter> {
    const adapter = this.#kit.open();
    this.#opened.push(adapter);
    await adapter.connect();
    return adapter;
  }

  advance(ms: number): Promise<void> {
    return this.#kit.advance(ms);
  }

  /** Notices of what was done before have come, wherever they do. */
  async noticesCome(): Promise<void> {
    const { noticesLagMs = 0 } = this.#kit;
    if (noticesLagMs > 0) await this.advance(noticesLagMs);
  }

  /** What the store keeps although all jobs have ended. */
  async leftovers(): Promise<readonly string[]> {
    return this.#kit.leftovers?.() ?? [];
  }

  corrupt(id: string): Promise<void> {
    return this.#kit.corrupt({ task: TASK, id });
  }

  /** Whether the kit's store can be emptied. */
  get canBeEmptied(): boolean {
    return this.#kit.empty !== undefined;
  }

  async empty(): Promise<void> {
    await this.#kit.empty?.();
  }

  /** Inserts and expects every job to be accepted. */
  async insert(...jobs: readonly (string | (Partial<NewJob> & { readonly id: string }))[]): Promise<void> {
    const replies = await this.adapter.insert(jobs.map(aJob));
    assert.deepEqual(
      replies.map((reply) => reply.status),
      jobs.map(() => "inserted"),
    );
  }

  async claim(options: TakeOptions = {}): Promise<ClaimReply> {
    const { by = this.adapter, task = TASK, lease = LEASE, leaseMs = LONG_MS, count = 10 } = options;
    // Where none is tried apart, jobs that were lost come with the others.
    const apart = options.apart && hasFeature(by, "suspects") ? { apart: options.apart } : {};
    return only(await by.claim([{ task, lease, leaseMs, count, ...apart }]));
  }

  /** Claims and gives the jobs. */
  async take(options: TakeOptions = {}): Promise<readonly ClaimedJob[]> {
    const reply = await this.claim(options);
    assert.equal(reply.lost, false, "the lease was not lost");
    return reply.jobs;
  }

  /** Claims as a process that runs nothing else: suspects, when the store asks for one. */
  async takeAny(options: TakeOptions = {}): Promise<readonly ClaimedJob[]> {
    const reply = await this.claim(options);
    return reply.hasSuspects ? this.take({ ...options, apart: true }) : reply.jobs;
  }

  /** Claims and gives the ids, in order. */
  async takeIds(options: TakeOptions = {}): Promise<readonly string[]> {
    return (await this.take(options)).map((job) => job.id);
  }

  /** Inserts one job and claims it. */
  async takeNew(job: Parameters<typeof aJob>[0], options: TakeOptions = {}): Promise<ClaimedJob> {
    await this.insert(job);
    return only(await this.take(options));
  }

  /** Ends one claim. */
  async end(
    job: { readonly id: string; readonly fence: number },
    event: EndEvent,
    options: EndOptions = {},
  ): Promise<SettleReply> {
    return this.settle([{ id: job.id, fence: job.fence, ...event }], options);
  }

  async settle(settlements: readonly Settlement[], options: EndOptions = {}): Promise<SettleReply> {
    const { by = this.adapter, lease = LEASE, retention = keeping(), claim } = options;
    const batch = { task: TASK, lease, retention, settlements };
    return only(await by.settle([claim === undefined ? batch : { ...batch, claim }]));
  }

  async sweep(options: Partial<SweepRequest> & { readonly by?: Adapter } = {}): Promise<SweepReply> {
    const { by = this.adapter, ...request } = options;
    return only(
      await by.sweep([{ task: TASK, retention: keeping(), stallLimit: 1, scope: "all", ...request }]),
    );
  }

  /** Sweeps until nothing is left to do; gives the sums. */
  async sweepAll(options: Partial<SweepRequest> = {}): Promise<SweepReply> {
    const sum = { promoted: 0, reclaimed: 0, expired: 0, pruned: 0 };
    for (;;) {
      const reply = await this.sweep(options);
      for (const key of ["promoted", "reclaimed", "expired", "pruned"] as const) sum[key] += reply[key];
      if (!reply.more) return { ...reply, ...sum };
    }
  }

  async cancel(
    id: string,
    options: { readonly reason?: string; readonly by?: Adapter; readonly retention?: Retention } = {},
  ): Promise<CancelReply> {
    const { reason = "not wanted any more", by = this.adapter, retention = keeping() } = options;
    return only(await by.cancel([{ task: TASK, id, reason, retention }]));
  }

  async change(id: string, change: DistributiveOmit<JobChange, "id" | "task">): Promise<ChangeReply> {
    return only(await this.adapter.change([{ task: TASK, id, ...change }]));
  }

  /** Pauses, resumes or drains {@link TASK}; drains what is waiting unless told otherwise. */
  async control(
    control: Exclude<ControlRequest["control"], "limits">,
    options: Partial<Extract<ControlRequest, { control: "drain" }>> & { readonly by?: Adapter } = {},
  ): Promise<ControlReply> {
    const { by = this.adapter, ...given } = options;
    const drain = { states: ["waiting"], limit: 1000, reason: "drained", retention: keeping() } as const;
    const request = control === "drain" ? { ...drain, ...given, control } : { control };
    return only((await by.control?.([{ task: TASK, ...request }])) ?? []);
  }

  /** Says numbers that stand above those of the jobs of {@link TASK}. */
  async override(override: LimitOverride, by: Adapter = this.adapter): Promise<ControlReply> {
    return only((await by.control?.([{ task: TASK, control: "limits", override }])) ?? []);
  }

  /** As `Adapter.collected`, of an adapter that has it. */
  async collected(query: Partial<CollectedQuery> = {}): Promise<readonly CollectedKey[]> {
    const found = this.adapter.collected?.({ task: TASK, limit: 9, jobs: 9, ...query });
    assert.ok(found, "the adapter tells what is collected");
    return found;
  }

  async read(id: string): Promise<JobSnapshot> {
    const snapshot = await this.find(id);
    assert.ok(snapshot, `job ${id} is stored`);
    return snapshot;
  }

  async find(id: string): Promise<JobSnapshot | undefined> {
    return (await this.adapter.read([{ task: TASK, id }]))[0];
  }

  async state(id: string): Promise<JobState | "none"> {
    return (await this.find(id))?.state ?? "none";
  }

  async details(id: string): Promise<JobDetails> {
    const { history = [], logs = [] } =
      only(await this.adapter.read([{ task: TASK, id }], { details: true })) ?? {};
    return { history, logs };
  }

  async counts(task: string = TASK): Promise<Omit<StateCounts, "nextPriority">> {
    const { nextPriority: _next, ...counts } = only(await this.adapter.count([task]));
    return counts;
  }

  /** Priority of the job that is next; undefined: there is none, or the store does not say. */
  async nextPriority(): Promise<number | undefined> {
    return only(await this.adapter.count([TASK])).nextPriority;
  }

  /** Ids of a state over all pages. */
  async listIds(state: JobState, limit = 100, from?: string): Promise<readonly string[]> {
    const ids: string[] = [];
    let cursor = from;
    do {
      const page = await this.adapter.list({ task: TASK, state, limit, ...(cursor ? { cursor } : {}) });
      ids.push(...page.jobs.map((job) => job.id));
      cursor = page.cursor;
    } while (cursor !== undefined);
    return ids;
  }

  /** Checks that each job is in one index, the one of its state, and that the counts say the same. */
  async verifyBooks(ids: readonly string[]): Promise<void> {
    const counts = await this.counts();
    for (const state of JOB_STATES) {
      const listed = await this.listIds(state, 2);
      assert.equal(new Set(listed).size, listed.length, `no job is listed twice as ${state}`);
      assert.equal(counts[state], listed.length, `the count of ${state} is right`);
      for (const id of listed)
        assert.equal(await this.state(id), state, `${id}, listed as ${state}, reads so`);
    }
    const stored = (await this.adapter.read(ids.map((id) => ({ task: TASK, id })))).filter(Boolean).length;
    const total = JOB_STATES.reduce((sum, state) => sum + counts[state], 0);
    assert.equal(total, stored, "the counts add up to the stored jobs");
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** The one element of a list. */
export function only<T>(items: readonly T[]): T {
  assert.equal(items.length, 1, `expected one item, got ${items.length}`);
  return items[0] as T;
}

/** A case whose stage is opened and closed around it, for adapters that can do what it needs. */
export function defineCase(
  name: string,
  body: (stage: Stage) => Promise<void>,
  needs: readonly Feature[] = [],
): ConformanceCase {
  return {
    name,
    needs,
    async run(kit) {
      const stage = await Stage.open(kit);
      try {
        await body(stage);
      } finally {
        await stage.close();
      }
    },
  };
}

/** One case per item, which may say what its case `needs`. */
export function defineCases<T>(
  items: readonly T[],
  name: (item: T) => string,
  body: (stage: Stage, item: T) => Promise<void>,
): ConformanceCase[] {
  return items.map((item) => defineCase(name(item), (stage) => body(stage, item), needsOf(item)));
}

function needsOf(item: unknown): readonly Feature[] {
  const isObject = typeof item === "object" && item !== null;
  return isObject && "needs" in item ? (item.needs as readonly Feature[]) : [];
}

/** Counts with everything zero but what is given. */
export function countsOf(given: Partial<StateCounts>): StateCounts {
  return { ...(Object.fromEntries(JOB_STATES.map((state) => [state, 0])) as StateCounts), ...given };
}
