import { OptionError } from "./errors.js";
import { describe } from "./options.js";

const TASK_NAME = /^[a-z][a-z0-9]*([.-][a-z0-9]+)*$/;
const MAX_TASK_NAME = 100;

/**
 * Refuses names outside `^[a-z][a-z0-9]*([.-][a-z0-9]+)*$` or longer than 100 characters.
 *
 * @throws {OptionError} `NAME_INVALID`, with a name that would do
 */
export function requireTaskName(name: unknown, option = "name"): string {
  if (typeof name === "string" && name.length <= MAX_TASK_NAME && TASK_NAME.test(name)) return name;
  const better = typeof name === "string" ? repairTaskName(name) : "";
  const hint = better === "" ? 'Use a name such as "email.send".' : `Use "${better}".`;
  throw new OptionError(
    `expected ${option === "name" ? "" : `${option} to be `}a task name of lower-case words joined by "." or "-", at most ${MAX_TASK_NAME} characters; ` +
      `got ${describe(name)}. ${hint}`,
    { option, code: "NAME_INVALID" },
  );
}

/** What any name looks like that a task of this store has, or had under another library. */
const FORMER_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.:/-]*$/;

/**
 * Refuses former names that a queue of another library could not have had, and what no store should be asked to write in a key.
 *
 * @throws {OptionError} `NAME_INVALID`
 */
export function requireFormerName(name: unknown, option: string): string {
  if (isFormerName(name)) return name;
  throw new OptionError(
    `expected ${option} to be a former name of letters, digits, ".", "-", "_", ":" and "/", not beginning with a mark but "_", at ` +
      `most ${MAX_TASK_NAME} characters; got ${describe(name)}. Jobs under another name cannot be taken over: dispatch them again.`,
    { option, code: "NAME_INVALID" },
  );
}

/** Whether a task may have had this name; one that it may have today is one too. */
export function isFormerName(name: unknown): name is string {
  return typeof name === "string" && name.length <= MAX_TASK_NAME && FORMER_NAME.test(name);
}

/** The nearest valid name, or `""` when nothing usable is left. */
export function repairTaskName(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, "-")
    .replace(/[.-]*\.[.-]*/g, ".")
    .replace(/^[^a-z]+|[.-]+$/g, "")
    .slice(0, MAX_TASK_NAME);
}
