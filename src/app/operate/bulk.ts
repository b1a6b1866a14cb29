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
import { KeepAlive } from "../handles/keep-alive.js";
import type { TaskData, TaskResult } from "../task-types.js";
import { type BulkResult, CHANGE_SHAPE, type ChangeOptions, type ChangeResult, isDone } from "./change.js";
import type { Job } from "./job.js";
import { type JobWalkHost, walkJobs } from "./job-walk.js";
import { type KnownTasks, type TaskRef, taskName } from "./known-tasks.js";

/** Which jobs a change of many is about: `task`, `where` or `all` has to be given. */
export interface JobFilter<Task extends TaskRef = TaskRef> {
  /** Those of a task, or of some. */
  readonly task?: Task | readonly Task[] | undefined;
  /** Those it says true to. A job whose record or data cannot be read comes with `corrupt`. */
  readonly where?: ((job: Job<TaskData<Task>, TaskResult<Task>>) => boolean) | undefined;
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
  /** Stops between two pages; the result then has the cursor to go on from. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each page with what has been done so far. */
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
  apply(refs: readonly JobRef[], reason: string): Promise<readonly ChangeResult["status"][]>;
}

/** What the engine needs from its app. */
export interface BulkHost extends JobWalkHost {
  readonly clock: Clock;
  readonly tasks: KnownTasks;
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

const BULK_SHAPE = {
  ...CHANGE_SHAPE,
  task: taskNames,
  where: aFunction<NonNullable<JobFilter["where"]>>(),
  all: trueAlone,
  limit: integer(1, 2 ** 31),
  perSecond: numberBetween(0.01, 1_000_000),
  dryRun: trueOrFalse,
  signal: anAbortSignal,
  onProgress: aFunction<NonNullable<BulkOptions["onProgress"]>>(),
  cursor: text,
} satisfies { readonly [Key in keyof Required<BulkOptions>]: Check<unknown> };

export const BULK = optionSet(BULK_SHAPE);
export const BULK_OF_STATES = optionSet({ ...BULK_SHAPE, state: jobStates });

type Given = Partial<ReturnType<typeof BULK.nested>>;

/**
 * Refuses a change of many that says nothing of which: a variable that is undefined must not mean everything.
 *
 * @throws {OptionError}
 */
function requireFilter({ task, where, all }: Given, call: string): void {
  if (task === undefined && where === undefined && all === undefined) {
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

/** What fails again, or comes, meanwhile stands where the walk has been, so that it is not met twice. */
export async function changeMany(host: BulkHost, change: BulkChange, given: Given): Promise<BulkResult> {
  requireFilter(given, change.call);
  const { limit = Number.POSITIVE_INFINITY, dryRun = false, perSecond, signal, where, onProgress } = given;
  await host.connect();
  const tasks = given.task ?? (await host.tasks.all());
  const pace = perSecond === undefined ? PAGE : Math.max(1, Math.floor(perSecond / STEPS_PER_SECOND));
  let done: BulkResult = { matched: 0, applied: 0, refused: 0, missing: 0 };
  let cursor = given.cursor;
  do {
    if (signal?.aborted === true) return { ...done, ...(cursor === undefined ? {} : { cursor }) };
    const most = Math.min(PAGE, pace, limit - done.matched);
    const page = await walkJobs(host, { tasks, states: change.states, where, limit: most, cursor });
    const statuses =
      dryRun || page.items.length === 0 ? [] : await change.apply(page.items, given.reason ?? "");
    done = addUp(done, page.items.length, statuses);
    onProgress?.(done);
    cursor = page.cursor;
    if (perSecond !== undefined && cursor !== undefined && statuses.length > 0)
      await pauseFor(host.clock, (statuses.length / perSecond) * 1000, signal);
  } while (cursor !== undefined && done.matched < limit);
  if (done.matched === 0 && given.task !== undefined) await host.tasks.require(given.task);
  return { ...done, ...(cursor === undefined ? {} : { cursor }) };
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

/** Somebody awaits it, so the process goes on meanwhile, which the clock's timers and the links to a store do not care for. */
function pauseFor(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const keepAlive = new KeepAlive();
    keepAlive.hold();
    const end = () => {
      keepAlive.end();
      timer.cancel();
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = clock.schedule(ms, end);
    signal?.addEventListener("abort", end, { once: true });
  });
}
