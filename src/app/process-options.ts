/** How a process starts to work, and how it ends. */
import { trueOrFalse } from "../core/checks.js";
import { type Duration, parseDuration } from "../core/duration.js";
import { type Check, optionSet } from "../core/options.js";
import type { TaskName } from "../core/register.js";
import { taskPatterns } from "../core/task-patterns.js";

/** What a started app works on. */
export interface StartOptions {
  /**
   * Names or patterns such as `"media.*"` (`*` is any text) of the tasks that this process works on; the handlers of others
   * rest. One that chooses no task with a handler is refused. Default: every task that has a handler.
   */
  readonly tasks?: readonly TaskName[] | undefined;
}

/** How an app is closed. */
export interface CloseOptions {
  /** How long active handlers may take to end. Default `"30s"`. */
  readonly timeout?: Duration | undefined;
}

/** How an app works until it is told to end. */
export interface RunOptions extends StartOptions, CloseOptions {}

const START_SHAPE = { tasks: taskPatterns } satisfies {
  readonly [Key in keyof Required<StartOptions>]: Check<unknown>;
};
const CLOSE_SHAPE = { timeout: parseDuration } satisfies {
  readonly [Key in keyof Required<CloseOptions>]: Check<unknown>;
};

/** Reads {@link StartOptions}. */
export const START = optionSet(START_SHAPE);
/** Reads {@link CloseOptions}. */
export const CLOSE = optionSet(CLOSE_SHAPE);
/** Reads {@link RunOptions}. */
export const RUN = optionSet({ ...START_SHAPE, ...CLOSE_SHAPE });

/** Of what starts an app by itself: whether, or on what. */
export const startOption: Check<boolean | StartOptions> = (value, option) => {
  if (typeof value !== "object" || value === null) return trueOrFalse(value, option);
  START.nested(value, option);
  return value as StartOptions;
};
