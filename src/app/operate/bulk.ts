/** Changes many jobs by a filter, page by page: one engine for code and tools. */
import {
  aFunction,
  anAbortSignal,
  integer,
  numberBetween,
  oneOf,
  oneOrMany,
  text,
  trueOrFalse,
} from "../../core/checks.js";
import type { Clock } from "../../core/clock.js";
import { OptionError } from "../../core/errors.js";
import type { JobRef } from "../../core/job.js";
import { JOB_STATES, type JobState } from "../../core/lifecycle.js";
import { type Check, optionSet } from "../../core/options.js";
import type { TaskData, TaskResult } from "../task-types.js";
import { type BulkResult, CHANGE_SHAPE, type ChangeOptions, type ChangeResult, isDone } from "./change.js";
import { type ChoosingHost, chooseJobs, type JobWhere, jobWhere, saysNothing } from "./chosen-jobs.js";
import type { Job } from "./job.js";
import { firstCursor, type JobWalkQuery, walkJobs } from "./job-walk.js";
import { type TaskRef, taskName } from "./known-tasks.js";
import { pauseFor, RestingReader } from "./rest.js";

/** Which jobs a change of many is about: `task`, `where` or `all` has to be given. */
export interface JobFilter<Task extends TaskRef = TaskRef> {
  /** Those of a task, or of some. */
  readonly task?: Task | readonly Task[] | undefined;
  /**
   * Those that a filter such as `'error:"SMTP 421" age>1h'` chooses (see docs/operations.md), or a function says true to. A job
   * whose record or data cannot be read comes with `corrupt`.
   */
  readonly where?: JobWhere<Job<TaskData<Task>, TaskResult<Task>>> | undefined;
  /** Those of every task that the store has met, when nothing else is given. */
  readonly all?: true | undefined;
}

/** How a change of many is made. */
export interface BulkOptions<Task extends TaskRef = TaskRef> extends JobFilter<Task>, ChangeOptions {
  /** Stops after so many that fit. Default: none. */
  readonly limit?: number | undefined;
  /** Changes no more than so many each second. Default: as fast as the store takes them. */
  readonly perSecond?: number | undefined;
  /** Counts what fits and changes nothing. Default false. */
  readonly dryRun?: boolean | undefined;
  /** Does not rest between the pages of a search, which takes at most a third of the store's time otherwise. Default false. */
  readonly fast?: boolean | undefined;
  /** Stops within a page; the result then has the cursor to go on from. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each page, and with a pace after each step, with what has been done so far. */
  readonly onProgress?: ((progress: BulkResult) => void) | undefined;
  /** Of a result before that was not the last. */
  readonly cursor?: string | undefined;
}

/** {@link BulkOptions} that name states. */
export interface StatesOption {
  /** Those in a state, or in some. */
  readonly state?: JobState | readonly JobState[] | undefined;
}

/** What a change of many does to one page. */
export interface BulkChange {
  /** The name of the call, for messages. */
  readonly call: string;
  /** States whose jobs it is about. */
  readonly states: readonly JobState[];
  /** Whether a job is as the change would leave it: it is passed over, also where the walk meets it again behind itself. */
  readonly isDone?: ((job: Job) => boolean) | undefined;
  apply(refs: readonly JobRef[], reason: string): Promise<readonly ChangeResult["status"][]>;
}

/** What the engine needs from its app. */
export interface BulkHost extends ChoosingHost {
  connect(): Promise<void>;
}

const PAGE = 500;
/** Of a change with a pace: so many pauses are made in a second at most. */
const STEPS_PER_SECOND = 10;

/** One task, or a list of some. */
export const taskNames = oneOrMany(taskName);

/** One state, or a list of some. */
export const jobStates = oneOrMany<JobState>(oneOf(JOB_STATES));

const trueAlone: Check<true> = (value, option) => {
  if (value === true) return value;
  throw new OptionError(`expected ${option} to be true or left out`, { option });
};

/** The options of a change of many that has no others. */
export const BULK_SHAPE = {
  ...CHANGE_SHAPE,
  task: taskNames,
  where: jobWhere,
  all: trueAlone,
  limit: integer(1, 2 ** 31),
  perSecond: numberBetween(0.01, 1_000_000),
  dryRun: trueOrFalse,
  fast: trueOrFalse,
  signal: anAbortSignal,
  onProgress: aFunction<NonNullable<BulkOptions["onProgress"]>>(),
  cursor: text,
} satisfies { readonly [Key in keyof Required<BulkOptions>]: Check<unknown> };

export const BULK = optionSet(BULK_SHAPE);
export const BULK_OF_STATES_SHAPE = { ...BULK_SHAPE, state: jobStates };
export const BULK_OF_STATES = optionSet(BULK_OF_STATES_SHAPE);

type Given = Partial<ReturnType<typeof BULK.nested>>;

/**
 * Refuses a change of many that says nothing of which: a variable that is undefined must not mean everything.
 *
 * @throws {OptionError}
 */
function requireFilter({ task, where, all }: Given, call: string): void {
  if (task === undefined && saysNothing(where) && all === undefined) {
    throw new OptionError(
      `expected ${call} to be given task or where, or all: true for every job; got none`,
      {
        option: "task",
      },
    );
  }
  if (all !== undefined && task !== undefined) {
    throw new OptionError(`expected task or all in ${call}, got both`, { option: "all" });
  }
}

/**
 * What fails again, or comes, meanwhile stands where the walk has been, so that it is not met twice. One that is stopped
 * within a page goes on from the beginning of that page: what was changed there has left its state.
 */
export async function changeMany(host: BulkHost, change: BulkChange, given: Given): Promise<BulkResult> {
  requireFilter(given, change.call);
  const { limit = Number.POSITIVE_INFINITY, signal, onProgress } = given;
  await host.connect();
  const { task, where } = given;
  const chosen = await chooseJobs(host, { task, states: change.states, where });
  const rests = chosen.where !== undefined && given.fast !== true;
  const reader = rests ? new RestingReader(host.clock, signal) : undefined;
  const search = { ...chosen, ...undone(change, chosen.where), reader, signal };
  const isStopped = () => signal?.aborted === true;
  let done: BulkResult = { matched: 0, applied: 0, refused: 0, missing: 0 };
  let cursor = given.cursor;
  do {
    const begun = cursor ?? firstCursor(chosen);
    if (isStopped()) return resultOf(done, begun);
    const most = Math.min(PAGE, limit - done.matched);
    const page = await walkJobs(host, { ...search, limit: most, cursor });
    for (const step of stepsOf(page.items, given)) {
      if (isStopped()) return resultOf(done, begun);
      const begunAt = host.clock.monotonic();
      const statuses =
        given.dryRun === true || step.length === 0 ? [] : await change.apply(step, given.reason ?? "");
      done = addUp(done, step.length, statuses);
      onProgress?.(done);
      const isLast = page.cursor === undefined && step.at(-1) === page.items.at(-1);
      if (!isLast) await keepPace(host.clock, { begunAt, changed: statuses.length, given });
    }
    cursor = page.cursor;
  } while (cursor !== undefined && done.matched < limit);
  if (done.matched === 0 && given.task !== undefined) await host.tasks.require(given.task);
  return resultOf(done, cursor);
}

function undone(
  { isDone }: BulkChange,
  where: ((job: Job) => boolean) | undefined,
): Pick<JobWalkQuery, "where"> {
  if (isDone === undefined) return { where };
  return { where: (job) => !isDone(job) && (where === undefined || where(job)) };
}

function resultOf(done: BulkResult, cursor: string | undefined): BulkResult {
  return cursor === undefined ? done : { ...done, cursor };
}

/** What is changed at once: a page, or as much of it as fits in a step of the pace. One step when there is nothing. */
function stepsOf(items: readonly Job[], { perSecond, dryRun }: Given): readonly (readonly Job[])[] {
  const isPaced = perSecond !== undefined && dryRun !== true;
  const size = isPaced ? Math.max(1, Math.floor(perSecond / STEPS_PER_SECOND)) : PAGE;
  const steps = Array.from({ length: Math.ceil(items.length / size) }, (_, nth) =>
    items.slice(nth * size, (nth + 1) * size),
  );
  return steps.length === 0 ? [[]] : steps;
}

/** Waits until a step has taken as long as its jobs may take. */
async function keepPace(
  clock: Clock,
  step: { readonly begunAt: number; readonly changed: number; readonly given: Given },
): Promise<void> {
  const { perSecond, signal } = step.given;
  if (perSecond === undefined || step.changed === 0) return;
  const restMs = (step.changed / perSecond) * 1000 - (clock.monotonic() - step.begunAt);
  if (restMs > 0) await pauseFor(clock, restMs, signal);
}

function addUp(done: BulkResult, matched: number, statuses: readonly ChangeResult["status"][]): BulkResult {
  const applied = statuses.filter(isDone).length;
  const missing = statuses.filter((status) => status === "missing").length;
  return {
    matched: done.matched + matched,
    applied: done.applied + applied,
    refused: done.refused + statuses.length - applied - missing,
    missing: done.missing + missing,
  };
}
