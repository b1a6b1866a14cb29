/** What a job did and waited for, one after another, from what the store keeps of it. */
import type { StoredError } from "../../../src/core/errors.js";
import type { AttemptRecord } from "../../../src/core/job.js";
import type { JobState } from "../../../src/core/lifecycle.js";

/** What is looked at of a job. Times are ms since the epoch on the store's clock. */
export interface TimedJob {
  readonly state: JobState;
  readonly attempt: number;
  readonly enqueuedAt: number;
  readonly dueAt?: number;
  readonly startedAt?: number;
  readonly finishedAt?: number;
  readonly worker?: string;
  readonly history: readonly AttemptRecord[];
}

/** One stretch of a job's life. */
export interface Stretch {
  /** `unknown`: runs of that time are not kept any more. */
  readonly kind: "waiting" | "delayed" | "retrying" | "run" | "unknown";
  readonly from: number;
  readonly to: number;
  /** Whether it goes on. */
  readonly isOpen: boolean;
  /** Of a run. */
  readonly attempt?: number;
  /** Of a run: the lease. */
  readonly worker?: string;
  /** Of a run: how it ended; `running`: it has not. */
  readonly outcome?: AttemptRecord["outcome"] | "running";
  readonly error?: StoredError;
}

/** The stretches of a job, one after another, up to its end or to now. */
export function jobTimeline(job: TimedJob, now: number): readonly Stretch[] {
  const runs = [...job.history].sort((a, b) => a.startedAt - b.startedAt);
  const stretches: Stretch[] = [];
  let at = job.enqueuedAt;
  let before: AttemptRecord | undefined;
  for (const run of runs) {
    stretches.push(...waitOf(kindBefore(run.attempt, before), at, run.startedAt), runOf(run));
    at = Math.max(at, run.endedAt);
    before = run;
  }
  return [...stretches, ...restOf(job, { at, before, now })];
}

function runOf({ attempt, startedAt, endedAt, worker, outcome, error }: AttemptRecord): Stretch {
  const said = error === undefined ? {} : { error };
  const to = Math.max(startedAt, endedAt);
  return { kind: "run", from: startedAt, to, isOpen: false, attempt, worker, outcome, ...said };
}

/** After a failed run a job waits for its backoff; before the first that is kept others may have been. */
function kindBefore(attempt: number, before: AttemptRecord | undefined): Stretch["kind"] {
  if (before === undefined) return attempt > 1 ? "unknown" : "waiting";
  if (attempt > before.attempt + 1) return "unknown";
  return before.outcome === "failed" && attempt > before.attempt ? "retrying" : "waiting";
}

function waitOf(kind: Stretch["kind"], from: number, to: number): readonly Stretch[] {
  return to > from ? [{ kind, from, to, isOpen: false }] : [];
}

interface Rest {
  readonly at: number;
  readonly before: AttemptRecord | undefined;
  readonly now: number;
}

/** What came after the last run that is kept. */
function restOf(job: TimedJob, { at, before, now }: Rest): readonly Stretch[] {
  const { state, attempt, startedAt, finishedAt, dueAt, worker } = job;
  switch (state) {
    case "active": {
      const from = Math.max(startedAt ?? at, at);
      const lease = worker === undefined ? {} : { worker };
      const run: Stretch = {
        kind: "run",
        from,
        to: Math.max(now, from),
        isOpen: true,
        attempt,
        outcome: "running",
        ...lease,
      };
      return [...waitOf(kindBefore(attempt, before), at, from), run];
    }
    case "waiting":
      return [{ kind: state, from: at, to: Math.max(now, at), isOpen: true }];
    case "delayed":
    case "retrying":
      return [{ kind: state, from: at, to: Math.max(dueAt ?? now, now, at), isOpen: true }];
    default:
      return waitOf(kindBefore(attempt + 1, before), at, finishedAt ?? at).filter(isWorthALook(before));
  }
}

/** The end of a job is told a moment after that of its last run. */
function isWorthALook(before: AttemptRecord | undefined): (stretch: Stretch) => boolean {
  return ({ from, to }) => before === undefined || to - from > 1000;
}

/** A stretch with its place on a line of length 1. */
export interface PlacedStretch extends Stretch {
  readonly left: number;
  readonly width: number;
}

/** Puts stretches on one line: as wide as they are long, but wide enough to be seen. */
export function placeStretches(stretches: readonly Stretch[], least = 0.02): readonly PlacedStretch[] {
  const lengths = stretches.map(({ from, to }) => Math.max(to - from, 0));
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const floor = Math.min(least, 1 / Math.max(stretches.length, 1));
  const wide = lengths.map((length) => Math.max(total === 0 ? floor : length / total, floor));
  const sum = wide.reduce((all, width) => all + width, 0);
  let left = 0;
  return stretches.map((stretch, at) => {
    const width = (wide[at] ?? 0) / sum;
    const placed = { ...stretch, left, width };
    left += width;
    return placed;
  });
}
