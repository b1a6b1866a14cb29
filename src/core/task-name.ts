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
