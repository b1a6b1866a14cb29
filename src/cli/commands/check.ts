import type { CheckOptions } from "taskora/codegen";
import { count, printJson, talkFindings } from "../report.js";
import type { Terminal } from "../terminal.js";

/** Options of `taskora check`. */
export interface CheckFlags {
  readonly config?: string;
  readonly json?: boolean;
}

/** Runs `taskora check` and returns the exit code: 4 when anything is stale, missing or orphaned. */
export async function runCheck(flags: CheckFlags, terminal: Terminal): Promise<number> {
  const codegen = await import("taskora/codegen");
  const options: CheckOptions = {
    ...(flags.config === undefined ? {} : { configFile: flags.config }),
    onPrint: (text) => terminal.talk(terminal.talkColors.dim(text.trimEnd())),
  };
  const { tasks, stale, findings } = await codegen.check(options);
  const exitCode = codegen.exitCodeFor(findings);
  if (flags.json === true) {
    printJson({ exitCode, tasks, changes: stale, findings }, terminal, codegen);
    return exitCode;
  }
  talkFindings(findings, terminal, codegen);
  if (exitCode === 0) {
    terminal.talk(
      `${terminal.talkColors.green("✔")} ${count(tasks.length, "task")}: everything is up to date`,
    );
  }
  return exitCode;
}
