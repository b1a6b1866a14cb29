import type { Context, Outcome } from "../outcome.js";
import { count, talkFindings } from "../report.js";
import { type ConfigFlags, projectOptions } from "./project.js";

/** Runs `taskora check`: 4 when anything is stale, missing or orphaned. */
export async function runCheck(flags: ConfigFlags, context: Context): Promise<Outcome> {
  const { terminal, codegen } = context;
  const { tasks, stale, findings } = await codegen.check(projectOptions(flags, terminal));
  const exitCode = codegen.exitCodeFor(findings);
  return {
    exitCode,
    data: { tasks, stale },
    findings,
    show: () => {
      talkFindings(findings, terminal, codegen);
      if (exitCode !== 0) return;
      const { green } = terminal.talkColors;
      terminal.talk(`${green("✔")} ${count(tasks.length, "task")}: everything is up to date`);
    },
  };
}
