import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
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
  const alone = command.startsWith("-") ? helpOf([]) : helpOf([command]);
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

const helps = new Map<string, string>();

function helpOf(command: readonly string[]): string {
  const key = command.join(" ");
  const known = helps.get(key);
  if (known !== undefined) return known;
  const text = readHelp(command);
  helps.set(key, text);
  return text;
}

function readHelp(command: readonly string[]): string {
  const args = ["--import", "tsx", join(PROJECT, "src/cli/main.ts"), ...command, "--help"];
  try {
    return execFileSync(process.execPath, args, { cwd: PROJECT, encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    // An unknown command ends with an exit code and names no usage; anything else is a fault of this test.
    if ((error as { status?: unknown }).status === 2) return "";
    throw error;
  }
}
