import type { Adapter } from "../../core/adapter.js";
import { limitArguments } from "../../core/arguments.js";
import { integer, text } from "../../core/checks.js";
import type { Clock } from "../../core/clock.js";
import { laneParts } from "../../core/lane-name.js";
import type { FinalState, JobState } from "../../core/lifecycle.js";
import type { TaskGauges } from "../../core/observe/gauges.js";
import { isLeaving } from "../../core/observe/vitals.js";
import { optionSet } from "../../core/options.js";
import type { ProducerContext } from "../dispatch/producer-context.js";
import type { TaskData } from "../task-types.js";
import { readBacklog, type TaskBacklog } from "./backlog.js";
import { type KnownTasks, type TaskRef, taskName } from "./known-tasks.js";
import {
  type MeasuresQuery,
  readMeasures,
  readSeries,
  type SeriesOptions,
  type TaskMeasures,
  type TaskMeasuresStep,
} from "./measures.js";
import { type Listing, listing, pageOf } from "./page.js";
import { BoundTaskHandle, type TaskHandle } from "./task-handle.js";

/** A task as it stands. */
export interface TaskInfo {
  /** Of a lane as its jobs are stored, such as `"email.send/secondary"`. */
  readonly name: string;
  /** The contract's name. */
  readonly contract: string;
  /** The lane of it; undefined: this is the task itself. */
  readonly lane?: string;
  /** Its jobs per state. */
  readonly counts: Readonly<Record<JobState, number>>;
  /** Since when it is paused, ms since the epoch on the store's clock; undefined: it is not. */
  readonly pausedAt?: number;
  /** Live processes that have a handler for it, those that close left out; undefined: the adapter keeps no list of workers. */
  readonly workers?: number;
  /**
   * Since when the job waits that has waited longest, ms since the epoch on the store's clock; undefined: none waits, or the
   * adapter does not say. Of jobs of more than ten priorities those of the highest ten are looked at.
   */
  readonly oldestWaitingSince?: number;
  /** When the next delayed or retrying job is due, ms since the epoch on the store's clock; undefined as above. */
  readonly nextDueAt?: number;
  /** What came and ended so far; undefined: the adapter does not count it. */
  readonly totals?: TaskTotals;
}

/**
 * What came and ended, whoever did it, ever since the store was made. It outlives the jobs, whatever their retention. The
 * difference of two readings is what happened between them: divide by the time between them for a rate.
 */
export interface TaskTotals {
  /** When it was read, ms since the epoch on the store's clock. */
  readonly at: number;
  /** Jobs that were stored; one that is retried by hand comes once more. */
  readonly in: number;
  /**
   * Jobs that ended, per state. One that is retried by hand ends once more. Removed before its end, or replaced by a debounced
   * one, counts as cancelled; discarded by its TTL as expired. What is left of `in` has not ended yet.
   */
  readonly out: Readonly<Record<FinalState, number>>;
}

/** Which tasks are listed. */
export interface TaskListQuery {
  /** Of a page before. */
  readonly cursor?: string | undefined;
  /** Most tasks of a page, 1 to 1 000. Default 100. */
  readonly limit?: number | undefined;
}

/** All tasks: those that this app declares, and those that the store has met, whoever dispatched or worked on them. */
export interface Tasks {
  /** In the order of names, with their counts. */
  list(query?: TaskListQuery): Listing<TaskInfo>;
  /** `undefined` when neither the app nor the store knows it. */
  get(task: TaskRef): Promise<TaskInfo | undefined>;
  /**
   * Pauses, resumes and drains a task, and looks into it. Does not look whether there is one: its calls do.
   *
   * @throws {TaskoraError} `NAME_INVALID`
   */
  handle<const Task extends TaskRef>(task: Task): TaskHandle<TaskData<Task>>;
  /**
   * How the jobs of a task went in some time: how long they waited and ran, and how runs ended. Workers tell what they counted
   * every 10 s; one that is killed takes at most that with it.
   *
   * @throws {TaskoraError} `NOT_SUPPORTED` when the adapter keeps nothing for operators, `TASK_NOT_FOUND`
   */
  measures(task: TaskRef, query?: MeasuresQuery): Promise<TaskMeasures>;
  /**
   * How long the task needs for what waits: the figure for an autoscaler. See docs/scaling.md.
   *
   * @throws {TaskoraError} `NOT_SUPPORTED` when the adapter keeps nothing for operators, `TASK_NOT_FOUND`
   */
  backlog(task: TaskRef): Promise<TaskBacklog>;
  /**
   * {@link measures} of each step of some time, the oldest first; steps in which nothing ran are there too.
   *
   * @throws {OptionError} when step does not fit, or there are more than 1 500 of them
   * @throws {TaskoraError} `NOT_SUPPORTED`, `TASK_NOT_FOUND`
   */
  series(task: TaskRef, options?: SeriesOptions): Promise<readonly TaskMeasuresStep[]>;
}

/** What the tasks of a store need from their app. */
export interface TasksHost {
  readonly adapter: Adapter;
  readonly clock: Clock;
  readonly context: ProducerContext;
  readonly tasks: KnownTasks;
  connect(): Promise<void>;
}

const LIST = optionSet({ cursor: text, limit: integer(1, 1000) });

/** Makes the tasks of an app. */
export function createTasks(host: TasksHost): Tasks {
  const tasks: Tasks = {
    list: (query = {}) => {
      const { cursor, limit = 100 } = LIST.read(query, "list()");
      return listing(async (after) => {
        await host.connect();
        const names = (await host.tasks.all()).filter((name) => after === undefined || name > after);
        const some = names.slice(0, limit);
        return pageOf(await readInfos(host, some), names.length > limit ? some.at(-1) : undefined);
      }, cursor);
    },
    async get(task) {
      const name = taskName(task, "task");
      await host.connect();
      if (!(await host.tasks.all()).includes(name)) return undefined;
      return (await readInfos(host, [name]))[0];
    },
    handle: (task) => new BoundTaskHandle(taskName(task, "task"), host.context),
    measures: async (task, query = {}) => {
      const name = await knownName(host, task);
      return readMeasures(host, name, query);
    },
    backlog: async (task) => {
      const name = await knownName(host, task);
      const [counts] = await host.adapter.count([name]);
      return readBacklog(host, name, counts?.waiting ?? 0);
    },
    series: async (task, options = {}) => {
      const name = await knownName(host, task);
      return readSeries(host, name, options);
    },
  };
  return limitArguments(tasks, "tasks.", {
    throws: { list: 1, handle: 1 },
    rejects: { get: 1, measures: 2, series: 2, backlog: 1 },
  });
}

async function knownName({ connect, tasks }: TasksHost, task: TaskRef): Promise<string> {
  const name = taskName(task, "task");
  await connect();
  await tasks.require(name);
  return name;
}

async function readInfos({ adapter }: TasksHost, names: readonly string[]): Promise<readonly TaskInfo[]> {
  const [standings, workers] = await Promise.all([
    readStandings(adapter, names),
    adapter.contracts?.workers(),
  ]);
  const staying = workers?.filter(({ vitals }) => !isLeaving(vitals));
  return names.map((name, index) => {
    const working = staying?.filter(({ tasks }) => tasks.some(({ task }) => task === name)).length;
    const { contract, lane } = laneParts(name);
    return {
      name,
      contract,
      ...(lane === undefined ? {} : { lane }),
      ...(standings[index] as Standing),
      ...(working === undefined ? {} : { workers: working }),
    };
  });
}

/** What the store says of a task. */
export type Standing = Omit<TaskInfo, "name" | "contract" | "lane" | "workers">;

/** Cheap numbers where the store has them, else its counts alone. */
async function readStandings(adapter: Adapter, names: readonly string[]): Promise<readonly Standing[]> {
  const { observe } = adapter;
  if (observe !== undefined) return (await observe.gauges(names)).map(standingOf);
  return (await adapter.count(names)).map(({ pausedAt, nextPriority: _next, ...counts }) => ({
    counts,
    ...(pausedAt === undefined ? {} : { pausedAt }),
  }));
}

/** Gauges as users read them. */
export function standingOf({ now, in: came, out, ...standing }: TaskGauges): Standing {
  return { ...standing, totals: { at: now, in: came, out } };
}
