import { JOB_STATES, type JobEvent, type JobState } from "taskora";

/** One job as the demo shows it, folded from its events. */
export interface BoardJob {
  readonly id: string;
  readonly task: string;
  /** What it is about, such as the name of a picture. */
  readonly subject: string;
  readonly maxAttempts: number;
  state: JobState;
  attempt: number;
  /** How often a worker started it: more often than `attempt` says when a worker was lost. */
  starts: number;
  /** 0 to 1. */
  progress: number;
  /** The result, the error or the reason in a few words. */
  note: string;
  /** Why earlier tries failed, in order. */
  readonly failures: string[];
}

/** What the demo says of one task. */
export interface TaskView {
  readonly task: string;
  readonly maxAttempts: number;
  /** A payload in a few words. */
  subject(payload: unknown): string;
  /** A result in a few words. */
  summary(result: unknown): string;
}

/** Changes a job by one event of it. */
export function applyEvent(job: BoardJob, event: JobEvent, view: TaskView): void {
  job.attempt = event.attempt;
  switch (event.type) {
    case "waiting":
      job.state = event.type;
      job.note = "";
      break;
    case "delayed":
      job.state = event.type;
      job.note = `for ${formatWait(event.delayMs)}`;
      break;
    case "active":
      job.state = event.type;
      job.starts += 1;
      job.progress = 0;
      job.note = "";
      break;
    case "retrying":
      job.state = event.type;
      job.failures.push(event.error?.message ?? "");
      job.note = `in ${formatWait(event.delayMs)}: ${event.error?.message ?? ""}`;
      break;
    case "completed":
      job.state = event.type;
      job.progress = 1;
      job.note = [view.summary(event.result), ...describeFailures(job)].join(", ");
      break;
    case "failed":
      job.state = event.type;
      job.note = event.error?.message ?? "";
      break;
    case "cancelled":
      job.state = event.type;
      job.note = event.reason ?? "";
      break;
    case "expired":
      job.state = event.type;
      job.note = "no worker started it in time";
      break;
    case "progress":
      job.progress = typeof event.progress === "number" ? event.progress : job.progress;
      break;
    case "stalled":
      job.failures.push("its worker was lost");
      job.note = "its worker was lost";
      break;
    case "log":
    case "removed":
      break;
  }
}

/** `after 2 failed tries: the server is busy`, or nothing where none failed. */
export function describeFailures({ failures }: Pick<BoardJob, "failures">): string[] {
  if (failures.length === 0) return [];
  const tries = failures.length === 1 ? "a failed try" : `${failures.length} failed tries`;
  return [`after ${tries}: ${[...new Set(failures)].join("; ")}`];
}

/** How many jobs are in which state, of those the demo has heard of. */
export function countStates(jobs: Iterable<BoardJob>): ReadonlyMap<JobState, number> {
  const counts = new Map<JobState, number>(JOB_STATES.map((state) => [state, 0]));
  for (const { state } of jobs) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}

function formatWait(ms = 0): string {
  if (ms >= 3_600_000) return `${Math.round(ms / 3_600_000)} h`;
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}
