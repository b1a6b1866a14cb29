import type { SyncHandlersResult } from "../../../codegen/commands.js";
import type { Context, Outcome } from "../outcome.js";
import { count, shortPath, talkFindings } from "../report.js";
import type { Terminal } from "../terminal.js";
import { type ConfigFlags, projectOptions } from "./project.js";

/** Options of `taskora sync`. */
export interface SyncFlags extends ConfigFlags {
  readonly dryRun?: boolean;
}

/** Runs `taskora sync`: 4 when a handler file follows no task. */
export async function runSync(flags: SyncFlags, { terminal, codegen }: Context): Promise<Outcome> {
  const isDry = flags.dryRun === true;
  const result = await codegen.syncHandlers({ ...projectOptions(flags, terminal), dryRun: isDry });
  const { changes, renamed, findings } = result;
  const exitCode = codegen.exitCodeFor(findings);
  return {
    exitCode,
    data: { changes, renamed },
    findings,
    show: () => {
      showChanges(result, terminal);
      talkFindings(findings, terminal, codegen);
      if (exitCode !== 0) return;
      const verb = isDry ? "would change" : "changed";
      terminal.talk(`${terminal.talkColors.green("✔")} ${count(changes.length, "file")} ${verb}`);
    },
  };
}

function showChanges({ changes, renamed }: SyncHandlersResult, terminal: Terminal): void {
  const names = new Map(renamed.map(({ file, from, to }) => [file, ` (${from}Handler is ${to}Handler now)`]));
  for (const { action, path } of changes) {
    terminal.out(`${action} ${shortPath(path)}${names.get(path) ?? ""}`);
  }
}
