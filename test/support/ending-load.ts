import { FINAL_STATES, type FinalState } from "taskora";
import type { Adapter, NewJob, Settlement } from "taskora/adapter";
import type { JobLimits } from "../../src/core/limits/job-limits.js";
import { anError, keeping, LONG_MS } from "../../src/testing/conformance/stage.js";

/** The task whose jobs come and go. */
export const BUSY_TASK = "busy.task";
/** Kept of each final state. */
export const KEPT = 25;
const KEEP = { ageMs: LONG_MS, count: KEPT };
const RETENTION = keeping({ completed: KEEP, failed: KEEP, cancelled: KEEP, expired: KEEP });
const LEASE = "worker-1";

/**
 * Jobs that leave everything behind that a job can: limits, keys that stand for it, a watcher, progress, log lines, past attempts, a result, an
 * error, a reason. Some of each round end in every final state.
 */
export class EndingLoad {
  readonly #adapter: Adapter;
  readonly #advance: (ms: number) => Promise<void>;
  #made = 0;

  constructor(adapter: Adapter, advance: (ms: number) => Promise<void>) {
    this.#adapter = adapter;
    this.#advance = advance;
  }

  /** Makes `count` jobs per final state and ends them so. */
  async round(count: number): Promise<void> {
    for (const state of FINAL_STATES) {
      if (state === "expired") await this.#expire(count);
      else await this.#run(count, state);
    }
    await this.#advance(2);
    await this.#adapter.sweep([{ task: BUSY_TASK, retention: RETENTION, stallLimit: 1, scope: "all" }]);
  }

  async #run(count: number, state: Exclude<FinalState, "expired">): Promise<void> {
    const ids = await this.#insert(count, (id) => ({
      unique: { key: id },
      idempotency: { key: id, windowMs: 1, digest: "d" },
      throttle: { key: id, limit: 5, windowMs: 1 },
    }));
    await this.#attempt(count, (job) => ({ ...job, event: "retry", error: anError(), delayMs: 0 }));
    await this.#advance(1);
    if (state === "cancelled") {
      await this.#adapter.cancel(
        ids.map((id) => ({ task: BUSY_TASK, id, reason: "no", retention: RETENTION })),
      );
      return;
    }
    await this.#attempt(count, (job) =>
      state === "completed"
        ? { ...job, event: "complete", result: '"a result"' }
        : { ...job, event: "fail", error: anError() },
    );
  }

  async #expire(count: number): Promise<void> {
    const keys = (id: string) => ({ unique: { key: id }, debounce: { key: id, delayMs: LONG_MS } });
    await this.#insert(count, keys, { delayMs: LONG_MS, ttlMs: 1 });
  }

  async #insert(
    count: number,
    keys: (id: string) => JobLimits,
    fields: Partial<NewJob> = {},
  ): Promise<readonly string[]> {
    const first = this.#made;
    this.#made += count;
    const ids = Array.from({ length: count }, (_, index) => `job-${first + index}`);
    await this.#adapter.insert(
      ids.map((id, index) => ({
        task: BUSY_TASK,
        id,
        payload: JSON.stringify({ text: "x".repeat(100) }),
        version: 1,
        fingerprint: "",
        priority: index % 3 === 0 ? 1 : 0,
        watch: true,
        ...(index % 2 === 0 ? { limits: { ...keys(id), group: { key: `group-${index % 10}` } } } : {}),
        ...fields,
      })),
    );
    return ids;
  }

  /** Runs everything that waits once. */
  async #attempt(
    count: number,
    end: (job: { readonly id: string; readonly fence: number }) => Settlement,
  ): Promise<void> {
    const [reply] = await this.#adapter.claim([{ task: BUSY_TASK, lease: LEASE, leaseMs: LONG_MS, count }]);
    const jobs = (reply?.jobs ?? []).map(({ id, fence, lease }) => ({ id, fence, lease }));
    if (jobs.length !== count) throw new Error(`expected to claim ${count} jobs, got ${jobs.length}`);
    await this.#adapter.annotate(
      jobs.flatMap((job) => [
        { task: BUSY_TASK, ...job, progress: "50" },
        { task: BUSY_TASK, ...job, log: { level: "info" as const, message: "half of it is done" } },
      ]),
    );
    const settlements = jobs.map(end);
    await this.#adapter.settle([{ task: BUSY_TASK, lease: LEASE, retention: RETENTION, settlements }]);
  }
}
