import { runCommandLine } from "../../src/cli/run.js";
import type { CommandResult } from "../codegen/support/temp-project.js";

/** Runs a command line in this process, without colours and without a terminal. */
export async function runCommand(...args: readonly string[]): Promise<CommandResult> {
  const [out, talked]: [string[], string[]] = [[], []];
  const colors = { bold: String, dim: String, red: String, green: String, yellow: String, cyan: String };
  const before = process.exitCode;
  try {
    await runCommandLine(args, ({ quiet }) => ({
      out: (line) => void out.push(`${line}\n`),
      talk: (line) => void (quiet === true || talked.push(`${line}\n`)),
      complain: (line) => void talked.push(`${line}\n`),
      ...{ outColors: colors, talkColors: colors, columns: 80, tableColumns: 80, isInteractive: false },
    }));
    return { code: Number(process.exitCode ?? 0), stdout: out.join(""), stderr: talked.join("") };
  } finally {
    process.exitCode = before;
  }
}
