import type { Command } from "commander";
import { asLine, type Context, envelopeText, failure, type Outcome, type Run } from "./outcome.js";
import type { Terminal } from "./terminal.js";

/** What the commands of one command line share. */
export interface Session {
  readonly terminal: Terminal;
  readonly format: "text" | "json";
  /** The whole program, for its help. */
  readonly program: Command;
}

/** Lets a command run `load`'s function, which is loaded then; what it comes to is shown and becomes the exit code. */
export function runs<Flags extends object>(
  command: Command,
  session: Session,
  load: () => Promise<Run<Flags>>,
): void {
  command.action(async (...given: readonly unknown[]) => {
    const values = command.registeredArguments.map((argument, index) => [argument.name(), given[index]]);
    // The command declares its flags beside its name: this is the one place where their type is taken on trust.
    const flags = { ...command.opts(), ...Object.fromEntries(values) } as Flags;
    process.exitCode = await execute(flags, { command, session, load });
  });
}

interface Execution<Flags> {
  readonly command: Command;
  readonly session: Session;
  readonly load: () => Promise<Run<Flags>>;
}

async function execute<Flags>(flags: Flags, { command, session, load }: Execution<Flags>): Promise<number> {
  const { terminal, format, program } = session;
  const [run, codegen] = await Promise.all([load(), import("../../codegen/commands.js")]);
  const textOf = (outcome: Outcome): string => envelopeText(commandPath(command), outcome, codegen.codeFrame);
  const context: Context = {
    terminal,
    codegen,
    isJson: format === "json",
    showHelp: () => program.outputHelp(),
    report: (outcome) => (format === "json" ? terminal.out(asLine(textOf(outcome))) : outcome.show()),
  };
  const outcome = await outcomeOf(run, flags, context);
  if (format === "json") terminal.out(outcome.isLine === true ? asLine(textOf(outcome)) : textOf(outcome));
  else outcome.show();
  return outcome.exitCode;
}

async function outcomeOf<Flags>(run: Run<Flags>, flags: Flags, context: Context): Promise<Outcome> {
  try {
    return await run(flags, context);
  } catch (error) {
    if (!(error instanceof context.codegen.CodegenError)) throw error;
    return failure(error.findings, context);
  }
}

/** `jobs retry` for `taskora jobs retry`; `taskora` for the program itself. */
export function commandPath(command: Command): string {
  const names: string[] = [];
  for (let at: Command | null = command; at?.parent != null; at = at.parent) names.unshift(at.name());
  return names.length === 0 ? command.name() : names.join(" ");
}
