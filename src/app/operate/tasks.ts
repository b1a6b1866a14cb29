import type { Adapter, StateCounts } from "../../core/adapter.js";
import { limitArguments } from "../../core/arguments.js";
import { integer, text } from "../../core/checks.js";
import { laneParts } from "../../core/lane-name.js";
import { optionSet } from "../../core/options.js";
import type { ProducerContext } from "../dispatch/producer-context.js";
import type { TaskData } from "../task-types.js";
import { type KnownTasks, type TaskRef, taskName } from "./known-tasks.js";
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
  readonly counts: Omit<StateCounts, "pausedAt" | "nextPriority">;
  /** Since when it is paused, ms since the epoch on the store's clock; undefined: it is not. */
  readonly pausedAt?: number;
  /** Live processes that have a handler for it; undefined: the adapter keeps no list of workers. */
  readonly workers?: number;
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
}

/** What the tasks of a store need from their app. */
export interface TasksHost {
  readonly adapter: Adapter;
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
  };
  return limitArguments(tasks, "tasks.", { throws: { list: 1, handle: 1 }, rejects: { get: 1 } });
}

async function readInfos({ adapter }: TasksHost, names: readonly string[]): Promise<readonly TaskInfo[]> {
  const [counts, workers] = await Promise.all([adapter.count(names), adapter.contracts?.workers()]);
  return names.map((name, index) => {
    const { pausedAt, nextPriority: _next, ...states } = counts[index] as StateCounts;
    const working = workers?.filter(({ tasks }) => tasks.some(({ task }) => task === name)).length;
    const { contract, lane } = laneParts(name);
    return {
      name,
      contract,
      ...(lane === undefined ? {} : { lane }),
      counts: states,
      ...(pausedAt === undefined ? {} : { pausedAt }),
      ...(working === undefined ? {} : { workers: working }),
    };
  });
}
