import { relative } from "node:path";
import { errorFinding, type Finding } from "./finding.js";
import type { ProjectContract } from "./load/load-project.js";
import type { ResolvedConfig, ResolvedOutput } from "./resolve-config.js";

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
      ...(config.configFile === undefined ? {} : { at: { file: config.configFile, line: 1, column: 1 } }),
    }),
  );
}

/** `*` is any text, dots included; everything else is literal. */
function taskPattern(pattern: string): RegExp {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`);
}
