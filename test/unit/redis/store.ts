import type { Adapter, ClaimedJob, NewJob, Retention } from "../../../src/core/adapter.js";

/** What the tests of this folder need to use a Redis adapter directly. */
export const TASK = "redis.test";
export const LEASE = "worker-1";
const KEPT = { ageMs: 3_600_000, count: 1000 };
export const RETENTION: Retention = { completed: KEPT, failed: KEPT, cancelled: KEPT, expired: KEPT };

/** A job with defaults. */
export function aJob(job: Partial<NewJob> & { readonly id: string }): NewJob {
  return { task: TASK, payload: "{}", version: 1, fingerprint: "", priority: 0, ...job };
}

/** Jobs `<prefix>-0` to `<prefix>-<count - 1>`. */
export function someJobs(count: number, prefix = "job"): readonly NewJob[] {
  return Array.from({ length: count }, (_, index) => aJob({ id: `${prefix}-${index}` }));
}

export async function take(adapter: Adapter, count: number, lease = LEASE): Promise<readonly ClaimedJob[]> {
  const [reply] = await adapter.claim([{ task: TASK, lease, leaseMs: 60_000, count }]);
  return reply?.jobs ?? [];
}

export async function complete(adapter: Adapter, jobs: readonly ClaimedJob[], lease = LEASE) {
  const settlements = jobs.map(({ id, fence }) => ({ id, fence, event: "complete" }) as const);
  const [reply] = await adapter.settle([{ task: TASK, lease, retention: RETENTION, settlements }]);
  return reply?.settled ?? [];
}

export async function countsOf(adapter: Adapter): Promise<Record<string, number>> {
  const [counts] = await adapter.count([TASK]);
  return Object.fromEntries(Object.entries(counts ?? {}).filter(([, count]) => count > 0));
}

/** The error a promise rejects with; fails when it resolves. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  const resolved = Symbol("resolved");
  const outcome = await promise.then(
    () => resolved,
    (error: unknown) => error,
  );
  if (outcome === resolved) throw new Error("expected a rejection");
  return outcome;
}
