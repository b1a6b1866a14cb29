/** What holds data of users in an answer, known by its shape. */
import type { Job, JobDetails } from "../../app/operate/job.js";
import type { StoredError } from "../../core/errors.js";

/** A job of a list, or with its details. */
export type JobLike = Job | JobDetails;

/** A schedule. */
export interface ScheduleLike {
  readonly name: string;
  readonly task: string;
  readonly fingerprint?: string;
  readonly data: unknown;
  readonly corrupt?: string;
}

/** A step of a workflow. */
export interface StepLike {
  readonly node: number;
  readonly task?: string;
  readonly fingerprint?: string;
  readonly jobId?: string;
  readonly error?: StoredError;
}

/** A workflow. */
export interface WorkflowLike {
  readonly id: string;
  readonly result?: unknown;
  readonly error?: StoredError;
  readonly reason?: string;
  readonly steps?: readonly StepLike[];
}

/** A group of errors. */
export interface ErrorGroupLike {
  readonly task: string;
  readonly name?: string;
  readonly message: string;
  readonly code?: string | number;
  readonly first: { readonly jobId: string };
  readonly last: { readonly jobId: string };
}

/** What was found, each wherever it stood. */
export interface Shapes {
  readonly jobs: readonly JobLike[];
  readonly schedules: readonly ScheduleLike[];
  readonly workflows: readonly WorkflowLike[];
  readonly steps: readonly StepLike[];
  readonly groups: readonly ErrorGroupLike[];
  readonly count: number;
}

/** What takes the place of each. */
export interface Replacements {
  job(job: JobLike): unknown;
  schedule(schedule: ScheduleLike): unknown;
  workflow(workflow: WorkflowLike): WorkflowLike;
  step(step: StepLike): unknown;
  group(group: ErrorGroupLike): unknown;
  /** Of the audit list, or of a list of operations: what people wrote. */
  entry(entry: object): unknown;
}

type Plain = Readonly<Record<string, unknown>>;
type Kind = "job" | "schedule" | "workflow" | "step" | "group" | "entry";

function kindOf(value: Plain): Kind | undefined {
  const has = (...keys: readonly string[]) => keys.every((key) => key in value);
  if (has("id", "task", "fingerprint", "headers", "attempt")) return "job";
  if (has("name", "task", "overlap", "onMissed")) return "schedule";
  if (has("id", "state", "enqueuedAt") && !("task" in value)) return "workflow";
  if (has("node", "state")) return "step";
  if (has("fingerprint", "message", "first", "last")) return "group";
  if (has("action") && ["reason", "error", "filter"].some((key) => key in value)) return "entry";
  return undefined;
}

/** Looks through an answer; what is in a job is not looked at. */
export function findShapes(value: unknown): Shapes {
  const found: { readonly [K in Kind]: unknown[] } = {
    ...{ job: [], schedule: [], workflow: [], step: [], group: [], entry: [] },
  };
  const visit = (part: unknown): void => {
    if (Array.isArray(part)) {
      for (const item of part) visit(item);
      return;
    }
    if (!isPlain(part)) return;
    const kind = kindOf(part);
    if (kind !== undefined) found[kind].push(part);
    if (kind === undefined) for (const inner of Object.values(part)) visit(inner);
    if (kind === "workflow") visit(part.steps);
  };
  visit(value);
  return {
    jobs: found.job as JobLike[],
    schedules: found.schedule as ScheduleLike[],
    workflows: found.workflow as WorkflowLike[],
    steps: found.step as StepLike[],
    groups: found.group as ErrorGroupLike[],
    count: Object.values(found).reduce((sum, list) => sum + list.length, 0),
  };
}

/** The same answer with other things in their places. */
export function replaceShapes(value: unknown, replace: Replacements): unknown {
  const visit = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(visit);
    if (!isPlain(part)) return part;
    const kind = kindOf(part);
    if (kind === "workflow") {
      const workflow = replace.workflow(part as unknown as WorkflowLike);
      return workflow.steps === undefined ? workflow : { ...workflow, steps: workflow.steps.map(visit) };
    }
    if (kind !== undefined) return replace[kind](part as never);
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, visit(inner)]));
  };
  return visit(value);
}

function isPlain(value: unknown): value is Plain {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
