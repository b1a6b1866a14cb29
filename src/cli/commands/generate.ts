import type { GenerateOptions, GenerateResult } from "../../../codegen/commands.js";
import { type Context, failure, type Outcome } from "../outcome.js";
import { count, shortPath, talkFindings } from "../report.js";
import type { Terminal } from "../terminal.js";
import { type ConfigFlags, projectOptions } from "./project.js";

/** Options of `taskora generate`. */
export interface GenerateFlags extends ConfigFlags {
  readonly watch?: boolean;
  readonly dryRun?: boolean;
  readonly overwrite?: boolean;
}

/** Runs `taskora generate`; with `--watch` until a signal ends the process. */
export async function runGenerate(flags: GenerateFlags, context: Context): Promise<Outcome> {
  const { terminal, codegen } = context;
  const options: GenerateOptions = {
    ...projectOptions(flags, terminal),
    dryRun: flags.dryRun === true,
    overwrite: flags.overwrite === true,
  };
  const run = { flags, context };
  if (flags.watch === true) return await watchForEver(options, run);
  const startedAt = performance.now();
  const result = await codegen.generate(options);
  return outcomeOf(result, run, performance.now() - startedAt);
}

interface Run {
  readonly flags: GenerateFlags;
  readonly context: Context;
}

/** Shows each run; the last good output stays when one fails. */
async function watchForEver({ dryRun: _, ...options }: GenerateOptions, run: Run): Promise<never> {
  const { terminal, codegen, report } = run.context;
  codegen.watch({
    ...options,
    onResult: (result, ms) => report(outcomeOf(result, run, ms)),
    onError: (error) => {
      if (!(error instanceof codegen.CodegenError)) throw error;
      report(failure(error.findings, run.context));
    },
    onIdle: () => terminal.talk(terminal.talkColors.dim("Watching for changes. Stop with Ctrl+C.")),
  });
  return await new Promise<never>(() => undefined);
}

function outcomeOf(result: GenerateResult, run: Run, ms: number): Outcome {
  const { tasks, changes, unchanged, newHandlers, warnings } = result;
  return {
    exitCode: 0,
    data: { tasks, changes, unchanged, newHandlers: newHandlers.map(shortPath) },
    findings: warnings,
    show: () => showResult(result, run, ms),
  };
}

function showResult(result: GenerateResult, { flags, context }: Run, ms: number): void {
  const { terminal, codegen } = context;
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
  if (flags.dryRun !== true) showNewHandlers(result.newHandlers, terminal);
}

/** More than these are not listed one by one. */
const MAX_LISTED = 8;

function showNewHandlers(paths: readonly string[], terminal: Terminal): void {
  if (paths.length === 0) return;
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
