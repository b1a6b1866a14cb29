import { byPlace, drop, inState, type Model, type ModelJob } from "./model.js";

/** A job is collected; its batch is ready when it is full, when its time has come, or when one comes back to it. */
export function joinBatch(model: Model, job: ModelJob, end: "front" | "back"): void {
  const limits = job.limits?.collect;
  if (limits === undefined) return;
  const known = model.collectors.find(({ key }) => key === limits.key);
  const collector = known ?? { key: limits.key, firstAt: model.now, dueAt: model.now };
  if (known === undefined) model.collectors.push(collector);
  const latest = collector.firstAt + (limits.maxWaitMs ?? Number.POSITIVE_INFINITY);
  collector.dueAt = Math.min(model.now + limits.delayMs, latest);
  const isFull = jobsOf(model, limits.key).length >= limits.maxSize;
  if (isFull || end === "front" || job.attempt > 0 || collector.dueAt <= model.now)
    makeReady(model, collector);
}

/** Batches whose time has come are ready. */
export function fireBatches(model: Model): void {
  const due = model.collectors.filter(({ dueAt, ready }) => ready === undefined && dueAt <= model.now);
  for (const collector of due.sort((a, b) => a.dueAt - b.dueAt)) makeReady(model, collector);
}

/** Whether a batch waits for its time. */
export function hasTimedBatches(model: Model): boolean {
  return model.collectors.some(({ ready }) => ready === undefined);
}

/** A key that has no jobs any more begins anew. */
export function forgetEmpty(model: Model): void {
  drop(model.collectors, ({ key }) => jobsOf(model, key).length === 0);
}

/** The jobs of the batch that is ready first; what stays behind is ready when it is a batch, or by time. */
export function nextBatch(model: Model): ModelJob[] | undefined {
  const [collector] = model.collectors
    .filter(({ ready }) => ready !== undefined)
    .sort((a, b) => (a.ready ?? 0) - (b.ready ?? 0));
  if (collector === undefined) return undefined;
  const jobs = jobsOf(model, collector.key);
  const maxSize = jobs[0]?.limits?.collect?.maxSize ?? 1;
  collector.firstAt = model.now;
  if (jobs.length - maxSize < maxSize && collector.dueAt > model.now) delete collector.ready;
  return jobs.slice(0, maxSize);
}

function makeReady(model: Model, collector: Model["collectors"][number]): void {
  if (collector.ready !== undefined) return;
  model.order += 1;
  collector.ready = model.order;
}

function jobsOf(model: Model, key: string): ModelJob[] {
  return inState(model, "waiting")
    .filter((job) => job.limits?.collect?.key === key && !job.isSuspect)
    .sort(byPlace);
}
