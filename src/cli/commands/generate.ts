import type { Finding, GenerateOptions, GenerateResult } from "taskora/codegen";
import { type Codegen, count, printJson, shortPath, talkFindings } from "../report.js";
import type { Terminal } from "../terminal.js";

/** Options of `taskora generate`. */
export interface GenerateFlags {
  readonly config?: string;
  readonly watch?: boolean;
  readonly dryRun?: boolean;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

/** Runs `taskora generate` and returns the exit code. */
export async function runGenerate(flags: GenerateFlags, terminal: Terminal): Promise<number> {
  const codegen = await import("taskora/codegen");
  const options: GenerateOptions = {
    ...(flags.config === undefined ? {} : { configFile: flags.config }),
    dryRun: flags.dryRun === true,
    overwrite: flags.overwrite === true,
    onPrint: (text) => terminal.talk(terminal.talkColors.dim(text.trimEnd())),
  };
  if (flags.watch === true && flags.dryRun === true) {
    terminal.talk("--watch writes after each change, and --dry-run writes nothing: leave one of them out.");
    return CANNOT_RUN;
  }
  if (flags.watch === true) return await runWatch({ options, flags, terminal, codegen });
  return await runOnce({ options, flags, terminal, codegen });
}

interface Run {
  readonly options: GenerateOptions;
  readonly flags: GenerateFlags;
  readonly terminal: Terminal;
  readonly codegen: Codegen;
}

const CANNOT_RUN = 2;

async function runOnce(run: Run): Promise<number> {
  const startedAt = performance.now();
  try {
    const result = await run.codegen.generate(run.options);
    showResult(result, run, performance.now() - startedAt);
    return 0;
  } catch (error) {
    return showError(error, run);
  }
}

/** Runs until a signal ends the process; the last good output stays when a run fails. */
async function runWatch(run: Run): Promise<number> {
  const { terminal, codegen } = run;
  const { dryRun: _, ...options } = run.options;
  codegen.watch({
    ...options,
    onResult: (result, ms) => showResult(result, run, ms),
    onError: (error) => void showError(error, run),
    onIdle: () => terminal.talk(terminal.talkColors.dim("Watching for changes. Stop with Ctrl+C.")),
  });
  return await new Promise<never>(() => undefined);
}

function showError(error: unknown, run: Run): number {
  const { codegen, terminal, flags } = run;
  if (!(error instanceof codegen.CodegenError)) throw error;
  const exitCode = codegen.exitCodeFor(error.findings);
  if (flags.json === true) {
    printJson({ exitCode, tasks: [], changes: [], findings: error.findings }, terminal, codegen);
  } else {
    talkFindings(error.findings, terminal, codegen);
  }
  return exitCode;
}

function showResult(result: GenerateResult, run: Run, ms: number): void {
  const { terminal, flags, codegen } = run;
  if (flags.json === true) {
    const findings: readonly Finding[] = result.warnings;
    printJson({ exitCode: 0, tasks: result.tasks, changes: result.changes, findings }, terminal, codegen);
    return;
  }
  talkFindings(result.warnings, terminal, codegen);
  for (const { action, path } of result.changes) {
    terminal.out(`${paintAction(action, terminal)} ${shortPath(path)}`);
  }
  const verb = flags.dryRun === true ? "would change" : "written";
  const seconds = `${(ms / 1000).toFixed(1)} s`;
  const files = `${count(result.changes.length, "file")} ${verb}, ${result.unchanged} unchanged`;
  terminal.talk(
    `${terminal.talkColors.green("✔")} ${count(result.tasks.length, "task")}: ${files} (${seconds})`,
  );
  showNewHandlers(result.newHandlers, run);
}

/** More than these are not listed one by one. */
const MAX_LISTED = 8;

function showNewHandlers(paths: readonly string[], { terminal, flags }: Run): void {
  if (paths.length === 0 || flags.dryRun === true) return;
  const list = paths.slice(0, MAX_LISTED).map((path) => `  ${shortPath(path)}`);
  if (paths.length > list.length) list.push(`  and ${paths.length - list.length} more`);
  terminal.talk(["", "Fill in the new handlers; they are yours now:", ...list].join("\n"));
}

function paintAction(action: "create" | "update" | "delete", terminal: Terminal): string {
  const { green, yellow, red } = terminal.outColors;
  switch (action) {
    case "create":
      return green("create");
    case "update":
      return yellow("update");
    case "delete":
      return red("delete");
  }
}
