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
 *     -- @step                      code that runs where it stands, after all functions are made
 *     -- @rare                      functions of this file are made when one of them is first called
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
import { rareId, replaceNames, type Scope } from "./lua-names.js";
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

function compileScript(file: string, all: ReadonlyMap<string, string>): CompiledScript {
  const order = includeOrder(file, all, []);
  const files = withoutUnused(order, all);
  const header = readHeader(file, textOf(file, files));
  const scope: Scope = {
    keys: new Set(order.flatMap((part) => readHeader(part, textOf(part, files)).keys)),
    rare: rareFunctions(order, files),
  };
  const text = [
    "local root = KEYS[1]",
    ...(header.oomAllowed ? ['redis.call("DEL", root .. "-")'] : []),
    ...header.args.map(argumentLine),
    ...compileParts(order, files, scope),
  ].join("\n");
  return {
    name: file.replace(/\.lua$/, ""),
    text,
    sha1: createHash("sha1").update(text).digest("hex"),
    argsType: argsType(header.args),
    replyType: header.returns,
    summary: header.summary,
  };
}

/** Files of functions, the rare ones inside of one function, then what runs: steps and the script itself. */
function compileParts(order: readonly string[], files: ReadonlyMap<string, string>, scope: Scope): string[] {
  const headerOf = (part: string) => readHeader(part, textOf(part, files));
  const compile = (part: string) => compileFile(part, textOf(part, files), scope);
  const hasFunctions = (part: string) => functionNames(textOf(part, files)).length > 0;
  const rare = order.filter((part) => headerOf(part).isRare && hasFunctions(part));
  const running = order.filter((part) => headerOf(part).isStep || part === order.at(-1));
  const plain = order.filter((part) => !headerOf(part).isRare && !running.includes(part));
  return [
    ...(rare.length === 0 ? [] : ["local rare, rare_files"]),
    ...plain.flatMap(compile),
    ...(rare.length === 0 ? [] : wrapAllRare(rare, rare.flatMap(compile))),
    ...running.flatMap(compile),
  ];
}

function wrapAllRare(files: readonly string[], lines: readonly string[]): readonly string[] {
  const loaders = files.map((file) => `${rareId(file)}=load_${rareId(file)}`).join(",");
  return [
    "function rare()",
    "if rare_files then return rare_files end",
    ...lines,
    `rare_files = {${loaders}}`,
    "return rare_files",
    "end",
  ];
}

/**
 * Making a closure costs Lua a walk over all captured locals, so scripts with many functions spend more time on
 * making them than on their work (settling nothing: 49 µs with 60 functions made at once). Functions of a file
 * marked `@rare` are made together, when the first of them is called; plain files may call them, and they may use
 * the locals of plain files.
 */
function rareFunctions(
  order: readonly string[],
  files: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const all = new Map<string, string>();
  for (const file of order) {
    const text = textOf(file, files);
    for (const name of functionNames(text)) {
      const other = all.get(name);
      if (other !== undefined) throw new LuaBuildError(file, `function ${name} is in ${other} too`);
      all.set(name, file);
      if (readHeader(file, text).isRare) found.set(name, file);
    }
  }
  return found;
}

/** The files of a script without the functions that it never calls. */
function withoutUnused(
  order: readonly string[],
  all: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const files = new Map(order.map((file) => [file, textOf(file, all)]));
  for (let dropped = true; dropped; ) {
    dropped = false;
    const code = [...files.values()].join("\n").replace(/^\s*--.*$/gm, "");
    for (const [file, text] of files) {
      const unused = functionNames(text).filter((name) => countWord(code, name) === 1);
      if (unused.length === 0) continue;
      files.set(file, unused.reduce(withoutFunction, text));
      dropped = true;
    }
  }
  return files;
}

function countWord(text: string, word: string): number {
  return text.match(new RegExp(`\\b${word}\\b`, "g"))?.length ?? 0;
}

/** A function of a file begins and ends at the left edge. */
function withoutFunction(text: string, name: string): string {
  return text.replace(new RegExp(`^local function ${name}\\([\\s\\S]*?^end$`, "m"), "");
}

function functionNames(text: string): readonly string[] {
  return [...text.matchAll(/^local function (\w+)\(/gm)].map(([, name = ""]) => name);
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

function compileFile(file: string, text: string, scope: Scope): readonly string[] {
  const { isRare } = readHeader(file, text);
  const lines: string[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const code = line.replace(/^\s*--.*$/, "").trim();
    if (code !== "") lines.push(replaceNames(file, code, { scope, isRare, line: index + 1 }));
  }
  return isRare ? wrapRare(file, functionNames(text), lines) : lines;
}

function wrapRare(file: string, names: readonly string[], lines: readonly string[]): readonly string[] {
  const id = rareId(file);
  const fields = names.map((name) => `${name}=${name}`).join(",");
  return [
    `local rare_${id}`,
    `local function load_${id}()`,
    `if rare_${id} then return rare_${id} end`,
    ...lines,
    `rare_${id} = {${fields}}`,
    `return rare_${id}`,
    "end",
  ];
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
