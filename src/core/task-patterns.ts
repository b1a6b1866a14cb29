/** Choosing tasks by their names: in the config of the generator, and where a process starts. */
import { listOf, text } from "./checks.js";
import { OptionError } from "./errors.js";
import { type Check, didYouMean } from "./options.js";

/** Whether a name is chosen. */
export type TaskChoice = (name: string) => boolean;

/** A pattern of names: `*` is any text, dots included; everything else is literal. */
export function taskPattern(pattern: string): RegExp {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`);
}

const patterns = listOf(text);

/** Takes a list of patterns; an empty one would choose nothing, which nobody means. */
export const taskPatterns: Check<readonly string[]> = (value, option) => {
  const list = patterns(value, option);
  if (list.length > 0) return list;
  throw new OptionError(
    `expected ${option} to name tasks, such as "email.send" or "media.*", got an empty list. Leave it out for all tasks`,
    { option },
  );
};

/**
 * Makes a choice among the names there are.
 *
 * @throws {OptionError} for a pattern that chooses none of them, with the nearest that would
 */
export function chooseTasks(
  chosen: readonly string[],
  { names, option }: { readonly names: readonly string[]; readonly option: string },
): TaskChoice {
  const tests = chosen.map((pattern, index) => {
    const test = taskPattern(pattern);
    if (!names.some((name) => test.test(name))) throw choosesNone(pattern, names, `${option}[${index}]`);
    return test;
  });
  return (name) => tests.some((test) => test.test(name));
}

function choosesNone(pattern: string, names: readonly string[], option: string): OptionError {
  const families = names.flatMap((name) => prefixes(name).map((prefix) => `${prefix}.*`));
  const known = pattern.includes("*") ? [...new Set(families), ...names] : names;
  const there = names.length === 0 ? "There is none with a handler." : `Tasks: ${names.join(", ")}.`;
  return new OptionError(
    `expected ${option} to choose a task, got "${pattern}", which chooses none. ${didYouMean(pattern, known) ?? there}`,
    { option },
  );
}

/** `a.b` and `a` of `a.b.c`. */
function prefixes(name: string): readonly string[] {
  const words = name.split(".");
  return words.slice(1).map((_, index) => words.slice(0, index + 1).join("."));
}
