#!/usr/bin/env node
import { CommanderError } from "commander";
import type { FindingCode } from "../../codegen/commands.js";
import { type CommandLine, readCommandLine } from "./globals.js";
import { envelopeText } from "./outcome.js";
import { buildProgram } from "./program.js";
import { exitOnSignals } from "./signals.js";
import { processTerminal, type Terminal } from "./terminal.js";

const BUG = 1;
/** The command line itself is wrong. */
const CANNOT_RUN = 2;

/** Runs the command line and leaves its exit code in `process.exitCode`. */
async function main(): Promise<void> {
  const line = readCommandLine(process.argv.slice(2));
  const terminal = processTerminal(line.globals);
  exitOnSignals();
  try {
    const program = buildProgram(terminal, line.globals.json === true ? "json" : "text");
    enterFolder(line, (message) => program.error(message));
    await program.parseAsync(line.args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) refuse(error, line, terminal);
    else reportBug(error, line, terminal);
  }
}

function enterFolder({ globals }: CommandLine, refuse: (message: string) => never): void {
  if (globals.cwd === undefined) return;
  try {
    process.chdir(globals.cwd);
  } catch {
    refuse(`error: --cwd: there is no folder ${globals.cwd}`);
  }
}

/** Commander has told people already. */
function refuse(error: CommanderError, line: CommandLine, terminal: Terminal): void {
  process.exitCode = error.exitCode === 0 ? 0 : CANNOT_RUN;
  if (process.exitCode === 0 || line.globals.json !== true) return;
  const message = error.message.replace(/^error: /, "");
  const hint = "taskora --help lists the commands, and --help after a command its flags.";
  terminal.out(failureText(line, CANNOT_RUN, { code: "COMMAND_LINE", message, hint }));
}

function reportBug(error: unknown, line: CommandLine, terminal: Terminal): void {
  process.exitCode = BUG;
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const hint = "Please report it with the command line and this text.";
  if (line.globals.json === true) terminal.out(failureText(line, BUG, { code: "BUG", message, hint }));
  terminal.complain(`This is a bug in taskora: ${message}\n${hint}`);
}

interface Failure {
  readonly code: FindingCode;
  readonly message: string;
  readonly hint: string;
}

function failureText({ word }: CommandLine, exitCode: number, failure: Failure): string {
  const findings = [{ severity: "error" as const, ...failure }];
  return envelopeText(word ?? "taskora", { exitCode, findings }, () => "");
}

await main();
