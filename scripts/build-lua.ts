/**
 * Compiles `src/redis/lua/*.lua` into `src/redis/scripts.generated.ts`.
 *
 * A script's header declares what it takes and gives:
 *
 *     -- @include lib/claim.lua     shared steps, each included once
 *     -- @key waiting               a key it touches, written `KEY.waiting` in the code
 *     -- @arg lease text            the next argument, a local of that name; `number` is converted
 *     -- @arg items text... what    all further arguments; the local is the first position in ARGV
 *     -- @returns number[]          the reply, as a TypeScript type
 *     -- @oom allowed               may write while Redis is out of memory
 *     -- @guard if … then return …  runs before anything else is made: for a call that mostly has nothing to do
 *     -- @first lib/claim-one.lua   runs before the functions are made, for what is small and usual: where it returns,
 *                                   they never are
 *
 * Files stand in the order in which they are included, each once and whole: what a script needs only a part of is a file
 * of its own. A compiled script has at most {@link MOST_BYTES}; one that is longer holds more than one concern.
 *
 * States, legal moves and letters are names in Lua and literals in the output: `STATE.waiting`,
 * `TO.claim.active`, `GUARD.cancel[state]`, `EVENT.retry`, `SECTION.error`, `FLAG.ttl`. An unknown name fails
 * the build, and so does a state written as a literal.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { argsType, argumentLine, LuaBuildError, readHeader } from "./lua-header.js";
import { replaceNames } from "./lua-names.js";
import { printScripts } from "./print-scripts.js";

export { LuaBuildError } from "./lua-header.js";

/** A script ready to be sent. */
export interface CompiledScript {
  readonly name: string;
  readonly text: string;
  readonly sha1: string;
  /** The arguments as a TypeScript tuple. */
  readonly argsType: string;
  readonly replyType: string;
  /** First sentence of the file. */
  readonly summary: string;
}

/**
 * Compiles every top-level file of `files` (path below `lua/` → text); those in `lib/` are only included.
 *
 * @throws {LuaBuildError} for unknown names, undeclared keys, missing includes and state literals
 */
export function compileLua(files: ReadonlyMap<string, string>): readonly CompiledScript[] {
  const names = [...files.keys()].filter((name) => !name.includes("/")).sort();
  return names.map((name) => compileScript(name, files));
}

/** The longest a compiled script may be, in bytes. */
export const MOST_BYTES = 32 * 1024;

/** What all functions use stands outside of the one that holds them, see {@link compileScript}. */
const BASE_FILE = "lib/clock.lua";

/**
 * Redis makes a script's functions anew for each call, and finds each local that one of them captures by a walk over
 * those of the function around it. From outside of that they are only copied: hence `main`.
 */
function compileScript(file: string, files: ReadonlyMap<string, string>): CompiledScript {
  const header = readHeader(file, textOf(file, files));
  const before = header.first === "" ? [] : includeOrder(header.first, files, [file]);
  const order = [...new Set([...before, ...includeOrder(file, files, [])])];
  const keys = new Set(order.flatMap((part) => readHeader(part, textOf(part, files)).keys));
  const compile = (part: string) => compileFile(part, textOf(part, files), keys);
  const inside = order.filter((part) => part !== BASE_FILE && !before.includes(part)).flatMap(compile);
  refuseMisplaced(order, files);
  const text = [
    "local root = KEYS[1]",
    ...(header.guard === "" ? [] : [replaceNames(file, header.guard, { keys, line: 0 })]),
    ...(header.oomAllowed ? ['redis.call("DEL", root .. "-")'] : []),
    ...header.args.map(argumentLine),
    ...(order.includes(BASE_FILE) ? compile(BASE_FILE) : []),
    ...before.filter((part) => part !== BASE_FILE).flatMap(compile),
    ...(order.length > 1 ? ["local function main()", ...inside, "end", "return main()"] : inside),
  ].join("\n");
  const bytes = Buffer.byteLength(text);
  if (bytes > MOST_BYTES) throw new LuaBuildError(file, `compiles to ${bytes} bytes; at most ${MOST_BYTES}`);
  return {
    name: file.replace(/\.lua$/, ""),
    text,
    sha1: createHash("sha1").update(text).digest("hex"),
    argsType: argsType(header.args),
    replyType: header.returns,
    summary: header.summary,
  };
}

/** A function is there once, and above all that calls it: further up Lua takes its name for a global. */
function refuseMisplaced(order: readonly string[], files: ReadonlyMap<string, string>): void {
  const found = new Map<string, string>();
  let above = "";
  for (const file of order) {
    const code = textOf(file, files).replace(/^\s*--.*$/gm, "");
    for (const { 1: name = "", index } of code.matchAll(/^local function (\w+)\(/gm)) {
      const other = found.get(name);
      if (other !== undefined) throw new LuaBuildError(file, `function ${name} is in ${other} too`);
      found.set(name, file);
      const isCalled = new RegExp(`(?<![\\w.:])${name}\\(`).test(above + code.slice(0, index));
      if (isCalled) throw new LuaBuildError(file, `function ${name} is called above it`);
    }
    above += code;
  }
}

/** Files in the order in which their code must stand: what is included first, each once. */
function includeOrder(file: string, files: ReadonlyMap<string, string>, above: readonly string[]): string[] {
  if (above.includes(file)) throw new LuaBuildError(file, `includes itself through ${above.join(" → ")}`);
  const order: string[] = [];
  for (const included of readHeader(file, textOf(file, files)).includes) {
    for (const part of includeOrder(included, files, [...above, file])) {
      if (!order.includes(part)) order.push(part);
    }
  }
  return [...order, file];
}

function textOf(file: string, files: ReadonlyMap<string, string>): string {
  const text = files.get(file);
  if (text === undefined) throw new LuaBuildError(file, "is included but does not exist");
  return text;
}

function compileFile(file: string, text: string, keys: ReadonlySet<string>): readonly string[] {
  const lines: string[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const code = line.replace(/^\s*--.*$/, "").trim();
    if (code !== "") lines.push(replaceNames(file, code, { keys, line: index + 1 }));
  }
  return lines;
}

const LUA_FOLDER = fileURLToPath(new URL("../src/redis/lua", import.meta.url));
const OUTPUT = fileURLToPath(new URL("../src/redis/scripts.generated.ts", import.meta.url));

/** Reads `src/redis/lua` from disk. */
export function readLuaFiles(folder = LUA_FOLDER): ReadonlyMap<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name.endsWith(".lua"));
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

/** The text of the generated file for some scripts. */
export function compileScripts(files = readLuaFiles()): string {
  return printScripts(compileLua(files));
}

/** The generated file and what it should hold, for `scripts/generate.ts`. */
export function buildLua(): { readonly path: string; readonly text: string } {
  return { path: OUTPUT, text: compileScripts() };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const built = buildLua();
  writeFileSync(built.path, built.text);
}
