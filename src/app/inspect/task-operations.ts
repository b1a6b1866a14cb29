import { MAX_DRAINED, type UnstartedState } from "../../core/adapter.js";
import { limitArguments } from "../../core/arguments.js";
import { listOf, oneOf, text } from "../../core/checks.js";
import { type Check, optionSet } from "../../core/options.js";
import type { ProducerContext } from "../dispatch/producer-context.js";

/** What pausing or resuming did. `unchanged`: the task was so already. */
export interface PauseResult {
  /** `"unchanged"`: the task was so before, and nothing was told. */
  readonly status: "applied" | "unchanged";
}

/** What {@link TaskOperations.drain} ends. */
export interface DrainOptions {
  /** States to empty. Default: `["waiting"]`. */
  readonly states?: readonly UnstartedState[];
  /** What handles are told, as of a cancel. Default `"drained"`. */
  readonly reason?: string;
}

/** Operations on a whole task. They hold for every process, whether or not it runs. */
export interface TaskOperations {
  /** The task's. */
  readonly name: string;
  /**
   * From now on no job of the task is started, anywhere, until {@link resume}. Active ones go on, dispatching goes on,
   * due jobs become waiting and TTLs run. Survives restarts.
   */
  pause(): Promise<PauseResult>;
  /** Undoes {@link pause}; workers go on at once. */
  resume(): Promise<PauseResult>;
  /** Whether nothing of the task is claimed now, by any worker. */
  isPaused(): Promise<boolean>;
  /**
   * Ends what has not started as cancelled; its handles are told. Active jobs go on, and what is dispatched meanwhile
   * may stay.
   *
   * @returns how many jobs were ended
   */
  drain(options?: DrainOptions): Promise<number>;
}

const UNSTARTED = ["waiting", "delayed", "retrying"] as const satisfies readonly UnstartedState[];

const DRAIN = optionSet({ states: listOf(oneOf(UNSTARTED)), reason: text } satisfies {
  readonly [Key in keyof Required<DrainOptions>]: Check<unknown>;
});

/** The operations of a task. */
export function createTaskOperations(name: string, context: ProducerContext): TaskOperations {
  const control = async (what: "pause" | "resume"): Promise<PauseResult> => {
    await context.requireTask(name);
    const { changed } = await context.control({ task: name, control: what });
    return { status: changed > 0 ? "applied" : "unchanged" };
  };
  const operations: TaskOperations = {
    name,
    pause: () => control("pause"),
    resume: () => control("resume"),
    isPaused: async () => {
      const { pausedAt } = await context.count(name);
      if (pausedAt === undefined) await context.requireTask(name);
      return pausedAt !== undefined;
    },
    drain: async (options = {}) => drainTask(name, context, options),
  };
  return limitArguments(operations, "", { rejects: TASK_OPERATION_ARGUMENTS });
}

/** How many arguments operations take. */
export const TASK_OPERATION_ARGUMENTS = { pause: 0, resume: 0, isPaused: 0, drain: 1 };

/** In steps, and no more than there were at first: producers that go on must not keep it going for ever. */
async function drainTask(task: string, context: ProducerContext, options: DrainOptions): Promise<number> {
  const { states = ["waiting"], reason = "drained" } = DRAIN.read(options, "drain()");
  const counts = await context.count(task);
  const atFirst = states.reduce((sum, state) => sum + counts[state], 0);
  if (atFirst === 0) await context.requireTask(task);
  const { retention } = context;
  for (let drained = 0; ; ) {
    const limit = Math.min(atFirst - drained, MAX_DRAINED);
    if (limit <= 0) return drained;
    const reply = await context.control({ task, control: "drain", states, limit, reason, retention });
    drained += reply.changed;
    if (!reply.more) return drained;
  }
}
