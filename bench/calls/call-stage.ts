import type {
  Adapter,
  ClaimedJob,
  HeldClaim,
  NewJob,
  Retention,
  SettleBatch,
  Settlement,
} from "../../src/core/adapter.js";
import type { JobRef } from "../../src/core/job.js";
import type { JobLimits } from "../../src/core/limits/job-limits.js";
import { makePayload } from "../workloads/workload.js";

/** Most jobs that one call of a script handles. */
export const BATCH = 1000;
const BYTES = 100;
const HOUR_MS = 3_600_000;
const LEASE = "bench";
const ERROR = { name: "PrinterError", message: "the printer is on fire" };

/** What a new job has beside a payload of 100 bytes. */
export type JobFields = (index: number) => Partial<Omit<NewJob, "id" | "task" | "payload">>;

export function keepEverything(ageMs = HOUR_MS): Retention {
  const all = { ageMs, count: 1_000_000 };
  return { completed: all, failed: all, cancelled: all, expired: all };
}

/** A task of its own in the store, and the port's verbs in batches of {@link BATCH}. */
export class CallStage {
  readonly adapter: Adapter;
  readonly task: string;
  /** What {@link take} claimed last. */
  #taken: readonly ClaimedJob[] = [];

  constructor(adapter: Adapter, task: string) {
    this.adapter = adapter;
    this.task = task;
  }

  get taken(): readonly ClaimedJob[] {
    return this.#taken;
  }

  jobs(fields?: JobFields, count = BATCH): readonly NewJob[] {
    return Array.from({ length: count }, (_, index) => ({
      id: `${this.task}-${String(index).padStart(6, "0")}`,
      task: this.task,
      payload: JSON.stringify(makePayload(index, BYTES)),
      version: 1,
      fingerprint: "",
      priority: 0,
      ...fields?.(index),
    }));
  }

  refs(count = BATCH): readonly JobRef[] {
    return this.jobs(undefined, count).map(({ task, id }) => ({ task, id }));
  }

  insert(fields?: JobFields, count = BATCH): Promise<unknown> {
    return this.adapter.insert(this.jobs(fields, count));
  }

  insertWith(limits: (index: number) => JobLimits, count = BATCH): Promise<unknown> {
    return this.insert((index) => ({ limits: limits(index) }), count);
  }

  async take(leaseMs = HOUR_MS, count = BATCH): Promise<readonly ClaimedJob[]> {
    const [reply] = await this.adapter.claim([{ task: this.task, lease: LEASE, leaseMs, count }]);
    this.#taken = reply?.jobs ?? [];
    return this.#taken;
  }

  /** Ends what {@link take} claimed. */
  settle(how: (job: ClaimedJob) => Ending = () => ({ event: "complete" }), batch: Partial<SettleBatch> = {}) {
    const settlements = this.#taken.map(
      (job) => ({ id: job.id, fence: job.fence, ...how(job) }) as Settlement,
    );
    const { task } = this;
    return this.adapter.settle([{ task, lease: LEASE, retention: keepEverything(), settlements, ...batch }]);
  }

  /** Inserts, claims and ends jobs. */
  async finish(how?: (job: ClaimedJob) => Ending): Promise<void> {
    await this.insert();
    await this.take();
    await this.settle(how);
  }

  renew(held: readonly HeldClaim[]): Promise<unknown> {
    return this.adapter.renew([{ task: this.task, lease: LEASE, leaseMs: HOUR_MS, held }]);
  }

  cancel(count = BATCH): Promise<unknown> {
    const request = { reason: "not wanted any more", retention: keepEverything() };
    return this.adapter.cancel(this.refs(count).map((ref) => ({ ...ref, ...request })));
  }

  /** Sweeps until nothing is left. `ageMs`: how long finished jobs are kept. */
  async sweep(ageMs = HOUR_MS): Promise<void> {
    const retention = keepEverything(ageMs);
    for (let more: boolean | undefined = true; more; ) {
      const request = { task: this.task, retention, stallLimit: 1, scope: "all" } as const;
      more = (await this.adapter.sweep([request]))[0]?.more;
    }
  }

  async drain(state: "waiting" | "delayed" | "retrying" = "waiting"): Promise<void> {
    const how = { limit: BATCH, reason: "drained", retention: keepEverything() };
    for (let more: boolean | undefined = true; more; ) {
      const request = { task: this.task, control: "drain", states: [state], ...how } as const;
      more = (await this.adapter.control?.([request]))?.[0]?.more;
    }
  }

  /** Somebody wants to hear of every event of the task. */
  listen(): Promise<unknown> {
    return this.adapter.subscribe({ kind: "events", task: this.task }, () => undefined);
  }

  /** Lets short delays, leases and TTLs pass. */
  pass(ms = 20): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }
}

export type Ending = Settlement extends infer S
  ? S extends Settlement
    ? Omit<S, "id" | "fence">
    : never
  : never;

export const fails = (): Ending => ({ event: "fail", error: ERROR });
export const retries = (): Ending => ({ event: "retry", error: ERROR, delayMs: 1 });
