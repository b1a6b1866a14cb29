import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { buildProgram } from "../../src/cli/program.js";
import { processTerminal } from "../../src/cli/terminal.js";
import { PROJECT } from "./documents.js";
import type { CodeBlock } from "./markdown.js";

/** Says what a shell block names that does not exist: npm scripts, commands and flags of taskora, paths of tests. */
export function wrongCommands(block: CodeBlock): string[] {
  const lines = block.text.split("\n").flatMap((line, index) => {
    const command = line
      .replace(/^\$ /, "")
      .replace(/(^|\s)#.*$/, "")
      .trim();
    return command === "" ? [] : [{ command, line: block.line + index }];
  });
  return lines.flatMap(({ command, line }) =>
    command
      .split(/&&|\|\||;|\|/)
      .flatMap((part) => wrongCommand(part.trim().split(/\s+/)))
      .map((problem) => `${block.document}:${line} ${problem}`),
  );
}

function wrongCommand(words: readonly string[]): string[] {
  const [program, first, second] = words;
  if (program === "npm" && first === "run") return wrongScript(second ?? "");
  if (program === "npm" && first === "test") return wrongScript("test");
  if (program === "npx" && first === "taskora") return wrongTaskora(words.slice(2));
  if (program === "npx" && first === "vitest") return words.slice(3).flatMap(wrongPath);
  return [];
}

function wrongScript(name: string): string[] {
  const file = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8")) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  return Object.hasOwn(file.scripts, name) ? [] : [`there is no npm script "${name}"`];
}

function wrongTaskora([command = "", ...rest]: readonly string[]): string[] {
  const [verb = ""] = rest;
  const alone = command === "" || command.startsWith("-") ? helpOf([]) : helpOf([command]);
  // `jobs` lists commands of its own.
  const known = /^[a-z]+$/.test(verb) && alone.includes(`\n  ${verb} `) ? helpOf([command, verb]) : alone;
  if (!known.includes("Usage: taskora")) return [`there is no command "taskora ${command}"`];
  const flags = [command, ...rest].filter((word) => word.startsWith("-"));
  return flags.flatMap((flag) => (known.includes(flag) ? [] : [`taskora ${command} has no flag ${flag}`]));
}

/** A folder or file to run, or the start of one; a flag of the test runner is passed over. */
function wrongPath(word: string): string[] {
  if (word.startsWith("-") || existsSync(join(PROJECT, word))) return [];
  return [`there is no ${word}`];
}

const PROGRAM = buildProgram(processTerminal({ color: false }), "text");

/** The help of a command; `""` when there is none. */
function helpOf(words: readonly string[]): string {
  let command: Command | undefined = PROGRAM;
  for (const word of words) command = command?.commands.find((child) => child.name() === word);
  return command?.helpInformation() ?? "";
}
