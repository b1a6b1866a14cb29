/** Flags that several commands of a store share. */
import { type Command, Help, InvalidArgumentError, Option } from "commander";
import { excludes } from "../flag-rules.js";

/** The lines below a command's help. */
export function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

/** A whole number of a flag. */
export function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^-?\d+$/.test(text) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  };
}

/** `50`, or `50/s`. */
export function perSecond(text: string): number {
  const number = Number(text.replace(/\/s$/, ""));
  if (number > 0 && number <= 1_000_000) return number;
  throw new InvalidArgumentError("Expected jobs per second, such as 50 or 50/s.");
}

/** `1s`, `500ms`, `2`: how often something is done, in ms. */
export function pace(text: string): number {
  const [, number = "", unit = "s"] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? [];
  const ms = Number(number || "NaN") * { ms: 1, s: 1000, m: 60_000 }[unit as "ms" | "s" | "m"];
  if (ms >= 100 && ms <= 3_600_000) return ms;
  throw new InvalidArgumentError("Expected a time from 100ms to 60m, such as 2s.");
}

/** `5s`, `500ms`: how long something may take. */
export function patience(text: string): string {
  if (/^\d+(\.\d+)? ?(ms|s|m|h)$/.test(text)) return text;
  throw new InvalidArgumentError("Expected a length of time, such as 500ms or 5s.");
}

/** A flag that may be given several times, or once with commas. */
export function several(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(",").filter((part) => part !== "")];
}

/** A flag that may be given several times. */
export function repeated(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** The flags of every command that can go through a board in place of the store. */
export function operates(command: Command): Command {
  const own = storeFlags(command)
    .option("--board <url>", "go through a board in place of the store (default: TASKORA_BOARD_URL)")
    .option("--token <text>", "lets into the board (default: TASKORA_BOARD_TOKEN)");
  excludes(own, ["board", "store"], "a board has a store already");
  excludes(own, ["board", "prefix"], "a board has a store already");
  return own;
}

/** The flags of every command that needs the store itself; one that is given a board says so. */
export function operatesOnStore(command: Command): Command {
  return storeFlags(command)
    .addOption(new Option("--board <url>").hideHelp())
    .addOption(new Option("--token <text>").hideHelp());
}

function storeFlags(command: Command): Command {
  return command
    .option("--store <url>", "redis://, postgres://, pglite:FOLDER (default: TASKORA_STORE)")
    .option("--prefix <text>", "the prefix of the keys, or the schema in PostgreSQL")
    .option("-c, --config <file>", "the config that names the store, when nothing else does")
    .addOption(
      new Option("--timeout <time>", "how long the store may take to answer")
        .argParser(patience)
        .default("5s"),
    );
}

/** The flags of every change. */
export function withReason(command: Command): Command {
  return command
    .option("--reason <text>", "why, for audit listeners; kept with a job that is cancelled")
    .option("--by <name>", "who, for audit listeners");
}

/** A noun whose verbs are commands; alone it lists. */
export function noun(program: Command, name: string, description: string, lines: readonly string[]): Command {
  const command = program.command(name).description(description).addHelpText("after", examples(lines));
  // A misspelt verb must not become an argument of the list.
  command.hook("preSubcommand", (self) => {
    const [word] = self.args;
    const verbs = self.commands.map((verb) => verb.name());
    if (word === undefined || word.startsWith("-") || verbs.includes(word) || /[:<>=]/.test(word)) return;
    self.error(`error: unknown command '${word}' of ${name}. There are ${verbs.join(", ")}.`);
  });
  return command;
}

/** Declares what a noun does where no verb follows. The help of the noun has its flags too. */
export function usualVerb(noun: Command, name: string): Command {
  const verb = noun.command(name, { isDefault: true });
  const help = new Help();
  noun.configureHelp({
    ...noun.configureHelp(),
    visibleOptions: (self) => help.visibleOptions(self === noun ? verb : self),
  });
  return verb;
}

/** The flags that say which jobs are meant. */
export function chooses(command: Command): Command {
  return command
    .option("--task <tasks>", "of these tasks, commas between", several)
    .option("--state <states>", "in these states, commas between", several)
    .option("--fast", "do not rest between the pages of a search");
}
