/** The header of a `.lua` file: what it includes, takes and gives. */
import { TASK_KEYS } from "../src/redis/keys.js";

/** Something in a `.lua` file that cannot be compiled; the message names file and line. */
export class LuaBuildError extends Error {
  constructor(file: string, problem: string, line?: number) {
    super(`${file}${line === undefined ? "" : `:${line}`}: ${problem}`);
    this.name = "LuaBuildError";
  }
}

/** One argument of a script. */
export interface Argument {
  readonly name: string;
  readonly kind: "text" | "number" | "rest";
}

/** What a header says. */
export interface Header {
  readonly includes: readonly string[];
  readonly keys: readonly string[];
  readonly args: readonly Argument[];
  readonly returns: string;
  readonly oomAllowed: boolean;
  /** Code that runs before anything else is made: where it returns, the call costs next to nothing. */
  readonly guard: string;
  /** A file that stands before all functions but those which it includes; `""`: none. */
  readonly first: string;
  readonly summary: string;
}

const DIRECTIVES = ["include", "key", "arg", "returns", "oom", "guard", "first"];

/** @throws {LuaBuildError} for unknown directives, keys and kinds of arguments */
export function readHeader(file: string, text: string): Header {
  const found: Record<string, string[]> = {
    include: [],
    key: [],
    arg: [],
    returns: [],
    oom: [],
    guard: [],
    first: [],
  };
  for (const [index, line] of text.split("\n").entries()) {
    const match = /^-- @(\w+)(.*)$/.exec(line);
    if (match === null) continue;
    const [, directive = "", value = ""] = match;
    if (!DIRECTIVES.includes(directive)) {
      throw new LuaBuildError(
        file,
        `unknown directive @${directive}; known: ${DIRECTIVES.join(", ")}`,
        index + 1,
      );
    }
    found[directive]?.push(value.trim());
  }
  for (const key of found.key ?? []) requireName(file, key, TASK_KEYS, "key");
  const summary = text.split("\n").find((line) => line.startsWith("-- ") && !line.startsWith("-- @")) ?? "";
  return {
    includes: found.include ?? [],
    keys: found.key ?? [],
    args: (found.arg ?? []).map((line) => readArgument(file, line)),
    returns: found.returns?.[0] ?? "unknown",
    guard: found.guard?.[0] ?? "",
    first: found.first?.[0] ?? "",
    oomAllowed: found.oom?.[0] === "allowed",
    summary: summary.slice(3),
  };
}

function readArgument(file: string, line: string): Argument {
  const [name = "", kind = ""] = line.split(/\s+/);
  if (kind === "text...") return { name, kind: "rest" };
  if (kind === "text" || kind === "number") return { name, kind };
  throw new LuaBuildError(file, `argument ${name} has kind "${kind}"; known: text, number, text...`);
}

/** The local that an argument becomes. */
export function argumentLine(argument: Argument, index: number): string {
  const value = argument.kind === "rest" ? String(index + 1) : `ARGV[${index + 1}]`;
  return `local ${argument.name} = ${argument.kind === "number" ? `tonumber(${value})` : value}`;
}

/** The arguments as a TypeScript tuple. */
export function argsType(args: readonly Argument[]): string {
  const parts = args.map((argument) => {
    const name = argument.name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    if (argument.kind === "rest") return `...${name}: readonly ScriptArgument[]`;
    return `${name}: ${argument.kind === "number" ? "number" : "ScriptArgument"}`;
  });
  return `readonly [${parts.join(", ")}]`;
}

/** @throws {LuaBuildError} when `name` is not in `table` */
export function requireName(file: string, name: string, table: object, what: string): void {
  if (Object.hasOwn(table, name)) return;
  throw new LuaBuildError(file, `unknown ${what} "${name}"; known: ${Object.keys(table).join(", ")}`);
}
