import { relative } from "node:path";
import { taskPattern } from "../src/core/task-patterns.js";
import { errorFinding, type Finding } from "./finding.js";
import type { ProjectContract } from "./load/load-project.js";
import type { ResolvedConfig, ResolvedOutput } from "./resolved-config.js";
import { firstMatch, literalPattern } from "./source/find-text.js";

/** The contracts an output asks for, in their order. */
export function selectTasks(
  contracts: readonly ProjectContract[],
  patterns: readonly string[],
): readonly ProjectContract[] {
  const tests = patterns.map(taskPattern);
  return contracts.filter(({ data }) => tests.some((test) => test.test(data.name)));
}

/** A pattern of an output that selects nothing is a typing mistake. */
export function unmatchedPatterns(
  config: ResolvedConfig,
  output: ResolvedOutput,
  contracts: readonly ProjectContract[],
): Finding[] {
  const unmatched = output.tasks.filter((pattern) => selectTasks(contracts, [pattern]).length === 0);
  return unmatched.map((pattern) =>
    errorFinding("CONFIG_NO_TASKS", {
      message: `The pattern "${pattern}" of the output ${relative(config.root, output.dir)} selects no task.`,
      hint: "Correct tasks in the config and run taskora generate again.",
      details: `tasks\n${contracts.map(({ data }) => data.name).join("\n")}`,
      ...patternPlace(config.configFile, pattern),
    }),
  );
}

function patternPlace(file: string | undefined, pattern: string): Pick<Finding, "at"> {
  const quoted = new RegExp(`(?<=["'\`])${literalPattern(pattern)}(?=["'\`])`);
  const at = file === undefined ? undefined : firstMatch(file, quoted);
  return at === undefined ? {} : { at };
}
