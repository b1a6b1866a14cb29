import { type Command, CommanderError } from "commander";
import type { FindingCode } from "../../codegen/commands.js";
import { type CommandLine, type Globals, readCommandLine } from "./globals.js";
import { envelopeText } from "./outcome.js";
import { buildProgram } from "./program.js";
import type { Terminal } from "./terminal.js";

const BUG = 1;
/** The command line itself is wrong. */
const CANNOT_RUN = 2;

/** Runs a command line and leaves its exit code in `process.exitCode`. */
export async function runCommandLine(
  given: readonly string[],
  terminalOf: (globals: Globals) => Terminal,
): Promise<void> {
  const line = readCommandLine(given);
  const terminal = terminalOf(line.globals);
  const program = buildProgram(terminal, line.globals.json === true ? "json" : "text");
  const told = { name: nameOf(program, line.words), isJson: line.globals.json === true, terminal };
  try {
    enterFolder(line, (message) => program.error(message));
    await program.parseAsync(line.args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) refuse(error, told);
    else reportBug(error, told);
  }
}

/** What a command line that fails is told with. */
interface Told {
  /** That of the command, `jobs retry` two levels down. */
  readonly name: string;
  readonly isJson: boolean;
  readonly terminal: Terminal;
}

/** The command that words name; what is none is named all the same. */
function nameOf(program: Command, words: readonly string[]): string {
  const names: string[] = [];
  for (let at: Command | undefined = program; at !== undefined; ) {
    const word: string | undefined = words[names.length];
    at = at.commands.find((command) => command.name() === word);
    if (at !== undefined && word !== undefined) names.push(word);
  }
  return names.length === 0 ? (words[0] ?? "taskora") : names.join(" ");
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
function refuse(error: CommanderError, { name, isJson, terminal }: Told): void {
  process.exitCode = error.exitCode === 0 ? 0 : CANNOT_RUN;
  if (process.exitCode === 0 || !isJson) return;
  const message = error.message.replace(/^error: /, "");
  const hint = "taskora --help lists the commands, and --help after a command its flags.";
  terminal.out(failureText(name, CANNOT_RUN, { code: "COMMAND_LINE", message, hint }));
}

function reportBug(error: unknown, { name, isJson, terminal }: Told): void {
  process.exitCode = BUG;
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const hint = "Please report it with the command line and this text.";
  if (isJson) terminal.out(failureText(name, BUG, { code: "BUG", message, hint }));
  terminal.complain(`This is a bug in taskora: ${message}\n${hint}`);
}

interface Failure {
  readonly code: FindingCode;
  readonly message: string;
  readonly hint: string;
}

function failureText(name: string, exitCode: number, failure: Failure): string {
  const findings = [{ severity: "error" as const, ...failure }];
  return envelopeText(name, { exitCode, findings }, () => "");
}
