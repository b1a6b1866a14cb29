#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { exitOnSignals } from "./signals.js";
import { processTerminal, type Terminal } from "./terminal.js";

/** Exit code when the command line itself is wrong. */
const CANNOT_RUN = 2;
const BUG = 1;

function packageVersion(): string {
  const file = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { readonly version: string }).version;
}

/** Builds the command line. Commands are loaded when they run, so that `--help` answers at once. */
function buildProgram(terminal: Terminal): Command {
  const program = new Command("taskora")
    .description("Compiles Zod contracts into typed task clients and worker handlers.")
    .version(packageVersion(), "-v, --version")
    .showSuggestionAfterError()
    .showHelpAfterError("(taskora --help lists the commands)")
    .configureOutput({ writeErr: (text) => process.stderr.write(text) });
  program
    .command("init")
    .description("create taskora.config.ts and a sample contract")
    .option("-y, --yes", "take the suggested answers without asking")
    .action(async (options) => {
      const { runInit } = await import("./commands/init.js");
      process.exitCode = await runInit(options, terminal);
    });
  program
    .command("generate")
    .description("write clients, handler types and new handler files from the contracts")
    .option("-c, --config <file>", "the config file (default: the nearest taskora.config.ts)")
    .option("-w, --watch", "generate again whenever a contract or the config changes")
    .option("--dry-run", "say what would be written, and write nothing")
    .option("--overwrite", "overwrite generated files that were edited by hand")
    .option("--json", "print one JSON object to stdout")
    .action(async (options) => {
      const { runGenerate } = await import("./commands/generate.js");
      process.exitCode = await runGenerate(options, terminal);
    });
  program
    .command("check")
    .description("say what is stale, and which handlers are missing or orphaned")
    .option("-c, --config <file>", "the config file (default: the nearest taskora.config.ts)")
    .option("--json", "print one JSON object to stdout")
    .action(async (options) => {
      const { runCheck } = await import("./commands/check.js");
      process.exitCode = await runCheck(options, terminal);
    });
  addDiff(program, terminal);
  program
    .command("handlers")
    .description("keep handler files in step with the contracts")
    .command("sync")
    .description("rename what a renamed task left behind, create what is missing, report orphans")
    .option("-c, --config <file>", "the config file (default: the nearest taskora.config.ts)")
    .option("--dry-run", "say what would be written, and write nothing")
    .option("--json", "print one JSON object to stdout")
    .action(async (options) => {
      const { runHandlersSync } = await import("./commands/handlers-sync.js");
      process.exitCode = await runHandlersSync(options, terminal);
    });
  program.addHelpText(
    "after",
    "\nExit codes: 0 fine, 1 a bug, 2 cannot run, 3 declined, 4 stale or findings, 5 breaking change.",
  );
  for (const command of [program, ...program.commands]) command.exitOverride();
  return program;
}

function addDiff(program: Command, terminal: Terminal): void {
  program
    .command("diff")
    .description("say what a change of contracts breaks, and in which order to roll it out")
    .option("-c, --config <file>", "the config file (default: the nearest taskora.config.ts)")
    .option("--against <source>", "git:REVISION, or a folder with lock files (default: the lock)")
    .option("--format <format>", "text, json, github, sarif, junit or markdown", "text")
    .option("--json", "the same as --format json")
    .option("--accept <id...>", "accept changes, by the ids that diff shows; needs --reason")
    .option("--reason <text>", "why the changes are accepted")
    .option("--live <url>", "parse jobs in the store (redis://…) with the contracts, read-only")
    .option("--prefix <text>", "with --live: the prefix of the keys (default: taskora)")
    .option("--limit <jobs>", "with --live: jobs sampled per task and state, 1 to 1000", "200")
    .option("--show-payloads", "with --live: show the payloads that fail")
    .action(async (options) => {
      const { runDiff } = await import("./commands/diff.js");
      process.exitCode = await runDiff(options, terminal);
    });
  program
    .command("rules")
    .description("list the rules of diff")
    .option("--json", "print one JSON object to stdout")
    .action(async (options) => {
      const { runRules } = await import("./commands/rules.js");
      process.exitCode = await runRules(options, terminal);
    });
  program
    .command("explain")
    .argument("<rule>", "the id of a rule, such as FIELD_RENAME")
    .description("explain a rule of diff")
    .option("--json", "print one JSON object to stdout")
    .action(async (rule, options) => {
      const { runExplain } = await import("./commands/rules.js");
      process.exitCode = await runExplain(rule, options, terminal);
    });
}

/** Runs the command line and leaves its exit code in `process.exitCode`. */
async function main(): Promise<void> {
  const terminal = processTerminal();
  exitOnSignals();
  try {
    await buildProgram(terminal).parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : CANNOT_RUN;
      return;
    }
    process.exitCode = BUG;
    terminal.talk(
      `This is a bug in taskora: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    terminal.talk("Please report it with the command line and this text.");
  }
}

await main();
