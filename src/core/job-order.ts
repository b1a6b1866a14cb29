/** The order of jobs in each state, and pages of them, for stores that sort what they have. */
import type { JobPage, ListQuery } from "./adapter.js";
import { OptionError } from "./errors.js";
import type { JobState } from "./lifecycle.js";
import { type StoredJob, seenState } from "./stored-job.js";

/** Where a job stands in a list: by the first number, then by the second. It must not change while the job is in it. */
export type Position = readonly [first: number, second: number];

/** A job with its place among those of its state, which it gets when it enters it: lower is earlier. */
export type PlacedJob = StoredJob & { readonly place: number };

/** Waiting jobs in claim order, delayed and retrying ones by due time, active ones by claim, final ones newest first. */
export function positionIn(state: JobState, job: PlacedJob): Position {
  switch (state) {
    case "waiting":
      return [-job.priority, job.place];
    case "delayed":
    case "retrying":
      return [job.dueAt ?? 0, job.place];
    case "active":
      return [job.fence, 0];
    case "expired":
      return [-(job.expiresAt ?? job.finishedAt ?? 0), -job.place];
    case "completed":
    case "failed":
    case "cancelled":
      return [-job.place, 0];
  }
}

/** The jobs that readers see in a state, in their order. */
export function jobsIn<Job extends PlacedJob>(jobs: Iterable<Job>, state: JobState, now: number): Job[] {
  const seen = [...jobs].filter((job) => seenState(job, now) === state);
  return seen.sort((a, b) => comparePositions(positionIn(state, a), positionIn(state, b)));
}

/**
 * Jobs that are given back together, in the order to give them back: each goes to the very front of its priority, so the
 * first claimed comes last.
 */
export function lastClaimedFirst<Job extends Pick<StoredJob, "fence">>(jobs: readonly Job[]): readonly Job[] {
  return [...jobs].sort((a, b) => b.fence - a.fence);
}

/** The earliest of what is due; Infinity: nothing is. */
export function soonestOf(times: Iterable<number | undefined>): number {
  let soonest = Number.POSITIVE_INFINITY;
  for (const time of times) if (time !== undefined && time < soonest) soonest = time;
  return soonest;
}

/** `nextDueInMs` of a reply. */
export function dueReply(at: number, now: number): { readonly nextDueInMs?: number } {
  return at === Number.POSITIVE_INFINITY ? {} : { nextDueInMs: Math.max(0, at - now) };
}

function comparePositions(a: Position, b: Position): number {
  return a[0] - b[0] || a[1] - b[1];
}

/**
 * One page of `jobs`, which are those of the state in order. The cursor is where the last job of a page stood, so what comes
 * and goes around it changes nothing.
 *
 * @throws {OptionError} when the cursor is none
 */
export function pageOf<Job extends PlacedJob>(
  jobs: readonly Job[],
  { state, limit, cursor, order }: ListQuery,
): Pick<JobPage, "cursor"> & { readonly jobs: readonly Job[] } {
  const after = cursor === undefined ? undefined : parseCursor(cursor);
  const [ordered, sign] = order === "oldest" ? ([[...jobs].reverse(), -1] as const) : ([jobs, 1] as const);
  const isBehind = (job: Job) =>
    after === undefined || sign * comparePositions(positionIn(state, job), after) > 0;
  const rest = ordered.filter(isBehind);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return last === undefined || page.length === rest.length
    ? { jobs: page }
    : { jobs: page, cursor: positionIn(state, last).join(":") };
}

function parseCursor(cursor: string): Position {
  const match = /^(-?[\d.]+):(-?[\d.]+)$/.exec(cursor);
  if (match !== null) return [Number(match[1]), Number(match[2])];
  throw new OptionError(`expected a cursor from a page before, got ${JSON.stringify(cursor)}`);
}
