import * as codegen from "../../../codegen/commands.js";
import type { Context, Outcome } from "../../../src/cli/outcome.js";
import type { Terminal } from "../../../src/cli/terminal.js";
import type { CommandResult } from "./temp-project.js";

/** Runs a command in this process, as the command line does, and gives what people would have seen. */
export async function runHere(run: (context: Context) => Promise<Outcome>): Promise<CommandResult> {
  const [outLines, talkLines]: [string[], string[]] = [[], []];
  const talk = (line: string): void => void talkLines.push(line);
  const colors = { bold: String, dim: String, red: String, green: String, yellow: String, cyan: String };
  const terminal: Terminal = {
    out: (line) => void outLines.push(line),
    talk,
    complain: talk,
    outColors: colors,
    talkColors: colors,
    columns: 100,
    tableColumns: 80,
    isInteractive: false,
  };
  const context: Context = {
    ...{ terminal, codegen, isJson: false },
    report: (shown) => shown.show(),
    showHelp: () => undefined,
  };
  const code = await outcomeOf(run, context);
  return { code, stdout: outLines.join("\n"), stderr: talkLines.join("\n") };
}

async function outcomeOf(run: (context: Context) => Promise<Outcome>, context: Context): Promise<number> {
  try {
    const outcome = await run(context);
    outcome.show();
    return outcome.exitCode;
  } catch (error) {
    if (!(error instanceof codegen.CodegenError)) throw error;
    context.terminal.talk(error.message);
    return codegen.exitCodeFor(error.findings);
  }
}
