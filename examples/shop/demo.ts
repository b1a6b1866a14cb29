/** `npm run demo`: contracts, generated code, a producer and a worker, on real mail, real pictures and real requests. */
import { parseFlags, USAGE, UsageError } from "./demo/flags.js";
import { InterruptedError } from "./demo/interrupt.js";
import { runDemo } from "./demo/run-demo.js";
import { processTerminal } from "./demo/terminal.js";

const FAILED = 1;
const CANNOT_RUN = 2;
const INTERRUPTED = 130;

/** Resolves with the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const terminal = processTerminal();
  try {
    const flags = parseFlags(args);
    if (flags.help) terminal.write(`${USAGE}\n`);
    else await runDemo(flags, terminal);
    return 0;
  } catch (error) {
    return report(error);
  }
}

function report(error: unknown): number {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UsageError) {
    process.stderr.write(`${message}\n\n${USAGE}\n`);
    return CANNOT_RUN;
  }
  process.stderr.write(`\nThe demo ended early. ${message}\n`);
  return error instanceof InterruptedError ? INTERRUPTED : FAILED;
}

process.exitCode = await main(process.argv.slice(2));
