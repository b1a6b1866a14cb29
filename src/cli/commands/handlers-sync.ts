import type { SyncHandlersOptions, SyncHandlersResult } from "taskora/codegen";
import { type Codegen, count, printJson, shortPath, talkFindings } from "../report.js";
import type { Terminal } from "../terminal.js";

/** Options of `taskora handlers sync`. */
export interface HandlersSyncFlags {
  readonly config?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Runs `taskora handlers sync` and returns the exit code: 4 when a handler file follows no task. */
export async function runHandlersSync(flags: HandlersSyncFlags, terminal: Terminal): Promise<number> {
  const codegen = await import("taskora/codegen");
  const options: SyncHandlersOptions = {
    ...(flags.config === undefined ? {} : { configFile: flags.config }),
    dryRun: flags.dryRun === true,
    onPrint: (text) => terminal.talk(terminal.talkColors.dim(text.trimEnd())),
  };
  const result = await sync(options, codegen);
  const exitCode = codegen.exitCodeFor(result.findings);
  if (flags.json === true) {
    printJson({ exitCode, tasks: [], changes: result.changes, findings: result.findings }, terminal, codegen);
    return exitCode;
  }
  show(result, terminal);
  talkFindings(result.findings, terminal, codegen);
  if (exitCode === 0) {
    const verb = flags.dryRun === true ? "would change" : "changed";
    terminal.talk(`${terminal.talkColors.green("✔")} ${count(result.changes.length, "file")} ${verb}`);
  }
  return exitCode;
}

async function sync(options: SyncHandlersOptions, codegen: Codegen): Promise<SyncHandlersResult> {
  try {
    return await codegen.syncHandlers(options);
  } catch (error) {
    if (!(error instanceof codegen.CodegenError)) throw error;
    return { changes: [], renamed: [], findings: error.findings };
  }
}

function show({ changes, renamed }: SyncHandlersResult, terminal: Terminal): void {
  const names = new Map(renamed.map(({ file, from, to }) => [file, ` (${from}Handler is ${to}Handler now)`]));
  for (const { action, path } of changes) {
    terminal.out(`${action} ${shortPath(path)}${names.get(path) ?? ""}`);
  }
}
