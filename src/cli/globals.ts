import { Command, Option } from "commander";

/** Flags that every command takes, before or after its name. */
export interface Globals {
  readonly cwd?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** Undefined: as the streams and the environment say. */
  readonly color?: boolean;
}

/** Adds the flags that every command takes. */
export function addGlobals(command: Command): Command {
  return command
    .option("--cwd <folder>", "run as if started in this folder")
    .option("--json", "print one JSON object to stdout, also when it fails")
    .option("-q, --quiet", "write to stderr only what is wrong")
    .addOption(new Option("--color", "colour, also into a pipe").hideHelp())
    .option("--no-color", "no colours (NO_COLOR and --color are known too)");
}

/** A command line, as far as it can be read without knowing the commands. */
export interface CommandLine {
  readonly args: readonly string[];
  readonly globals: Globals;
  /** The words that are no flags and no values of global flags, the command's name first. */
  readonly words: readonly string[];
}

const STATUS = "status";
const ASKS_ABOUT = new Set(["-h", "--help", "-V", "-v", "--version"]);

/** Reads the global flags, which decide how even a wrong command line is answered; without a command, status is meant. */
export function readCommandLine(given: readonly string[]): CommandLine {
  const reader = addGlobals(new Command()).exitOverride();
  reader.configureOutput({ writeErr: () => undefined });
  try {
    const { operands, unknown } = reader.parseOptions([...given]);
    const isBare = operands.length === 0 && !unknown.some((arg) => ASKS_ABOUT.has(arg));
    const args = isBare ? [STATUS, ...given] : given;
    return { args, globals: reader.opts<Globals>(), words: isBare ? [STATUS] : operands };
  } catch {
    // A global flag without its value: the commands' own reading says so, with these flags in force.
    return { args: given, globals: reader.opts<Globals>(), words: [] };
  }
}
