import { MAX_DRAINED, type UnstartedState } from "../core/adapter.js";
import { OptionError } from "../core/errors.js";
import { describe, rejectUnknownKeys } from "../core/options.js";
import type { ProducerContext } from "./producer-context.js";

/** What pausing or resuming did. `unchanged`: the task was so already. */
export interface PauseResult {
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
  readonly name: string;
  /**
   * From now on no job of the task is started, anywhere, until {@link resume}. Active ones go on, dispatching goes on,
   * due jobs become waiting and TTLs run. Survives restarts.
   */
  pause(): Promise<PauseResult>;
  /** Undoes {@link pause}; workers go on at once. */
  resume(): Promise<PauseResult>;
  isPaused(): Promise<boolean>;
  /**
   * Ends what has not started as cancelled; its handles are told. Active jobs go on, and what is dispatched meanwhile
   * may stay.
   *
   * @returns how many jobs were ended
   */
  drain(options?: DrainOptions): Promise<number>;
}

const UNSTARTED: readonly UnstartedState[] = ["waiting", "delayed", "retrying"];

/** The operations of a task. */
export function createTaskOperations(name: string, context: ProducerContext): TaskOperations {
  const control = async (what: "pause" | "resume"): Promise<PauseResult> => {
    const { changed } = await context.control({ task: name, control: what });
    return { status: changed > 0 ? "applied" : "unchanged" };
  };
  return {
    name,
    pause: () => control("pause"),
    resume: () => control("resume"),
    isPaused: async () => (await context.count(name)).pausedAt !== undefined,
    drain: async (options = {}) => drainTask(name, context, options),
  };
}

/** In steps, and no more than there were at first: producers that go on must not keep it going for ever. */
async function drainTask(task: string, context: ProducerContext, options: DrainOptions): Promise<number> {
  rejectUnknownKeys(options, ["states", "reason"], "drain()");
  const states = requireStates(options.states ?? ["waiting"]);
  const reason = options.reason ?? "drained";
  const counts = await context.count(task);
  const atFirst = states.reduce((sum, state) => sum + counts[state], 0);
  const { retention } = context;
  for (let drained = 0; ; ) {
    const limit = Math.min(atFirst - drained, MAX_DRAINED);
    if (limit <= 0) return drained;
    const reply = await context.control({ task, control: "drain", states, limit, reason, retention });
    drained += reply.changed;
    if (!reply.more) return drained;
  }
}

function requireStates(states: readonly UnstartedState[]): readonly UnstartedState[] {
  if (Array.isArray(states) && states.every((state) => UNSTARTED.includes(state))) return states;
  throw new OptionError(
    `expected states of drain() to be some of ${UNSTARTED.join(", ")}, got ${describe(states)}`,
  );
}
