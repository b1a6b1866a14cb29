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
import { MAX_HISTORY, MAX_LOG_LINES } from "../src/core/adapter.js";
import {
  FINAL_STATES,
  JOB_STATES,
  type JobState,
  LIFECYCLE,
  type LifecycleEvent,
} from "../src/core/lifecycle.js";
import { TASK_KEYS } from "../src/redis/keys.js";
import {
  CLAIM_BITS,
  CLAIM_BYTES,
  CLAIM_FORMAT,
  CORRUPT_MARK,
  FLAG_BITS,
  HEAD_BYTES,
  HEAD_FORMAT,
  NOTICE_LETTERS,
  SECTION_LETTERS,
  STATE_LETTERS,
} from "../src/redis/record-layout.js";

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

/** Something in a `.lua` file that cannot be compiled; the message names file and line. */
export class LuaBuildError extends Error {
  constructor(file: string, problem: string, line?: number) {
    super(`${file}${line === undefined ? "" : `:${line}`}: ${problem}`);
    this.name = "LuaBuildError";
  }
}

interface Argument {
  readonly name: string;
  readonly kind: "text" | "number" | "rest";
}

interface Header {
  readonly includes: readonly string[];
  readonly keys: readonly string[];
  readonly args: readonly Argument[];
  readonly returns: string;
  readonly oomAllowed: boolean;
  readonly isRare: boolean;
  readonly isStep: boolean;
  readonly summary: string;
}

const CONSTANTS: Readonly<Record<string, string>> = {
  HEAD_FORMAT: JSON.stringify(HEAD_FORMAT),
  HEAD_BYTES: String(HEAD_BYTES),
  CLAIM_FORMAT: JSON.stringify(CLAIM_FORMAT),
  CLAIM_BYTES: String(CLAIM_BYTES),
  CORRUPT_MARK: `char(${CORRUPT_MARK})`,
  STATE_LETTERS: JSON.stringify(JOB_STATES.map((state) => STATE_LETTERS[state]).join("")),
  MAX_HISTORY: String(MAX_HISTORY),
  MAX_LOG_LINES: String(MAX_LOG_LINES),
};

const DIRECTIVES = ["include", "key", "arg", "returns", "oom", "rare", "step"];

/**
 * Compiles every top-level file of `files` (path below `lua/` → text); those in `lib/` are only included.
 *
 * @throws {LuaBuildError} for unknown names, undeclared keys, missing includes and state literals
 */
export function compileLua(files: ReadonlyMap<string, string>): readonly CompiledScript[] {
  const names = [...files.keys()].filter((name) => !name.includes("/")).sort();
  return names.map((name) => compileScript(name, files));
}

/** What a file of a script may refer to. */
interface Scope {
  readonly keys: ReadonlySet<string>;
  /** Function of a rare file → that file. */
  readonly rare: ReadonlyMap<string, string>;
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

function readHeader(file: string, text: string): Header {
  const found: Record<string, string[]> = {
    include: [],
    key: [],
    arg: [],
    returns: [],
    oom: [],
    rare: [],
    step: [],
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
    isRare: (found.rare ?? []).length > 0,
    isStep: (found.step ?? []).length > 0,
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

function argumentLine(argument: Argument, index: number): string {
  const value = argument.kind === "rest" ? String(index + 1) : `ARGV[${index + 1}]`;
  return `local ${argument.name} = ${argument.kind === "number" ? `tonumber(${value})` : value}`;
}

function argsType(args: readonly Argument[]): string {
  const parts = args.map((argument) => {
    const name = argument.name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    if (argument.kind === "rest") return `...${name}: readonly ScriptArgument[]`;
    return `${name}: ${argument.kind === "number" ? "number" : "ScriptArgument"}`;
  });
  return `readonly [${parts.join(", ")}]`;
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

function rareId(file: string): string {
  return file.replace(/^lib\/|\.lua$/g, "").replace(/-/g, "_");
}

/** Where a line stands. */
interface Place {
  readonly scope: Scope;
  readonly isRare: boolean;
  readonly line: number;
}

function replaceNames(file: string, code: string, place: Place): string {
  refuseStateLiterals(file, code, place.line);
  const { isRare } = place;
  return code
    .replace(/\bKEY\.(\w+)/g, (_, name: string) => keyText(file, name, place))
    .replace(/\bTO\.(\w+)\.(\w+)/g, (_, event: string, state: string) => targetText(file, event, state))
    .replace(/\b(STATE|NOTICE|SECTION|EVENT|FLAG|CLAIM)\.(\w+)/g, (_, table: string, name: string) =>
      literal(file, table, name),
    )
    .replace(/\bGUARD\.(\w+)/g, (_, event: string) => guardText(file, event))
    .replace(/\bFINAL\b/g, () => stateTable(FINAL_STATES))
    .replace(/\b[A-Z]+_[A-Z]+(?:_[A-Z]+)?\b/g, (name: string) => CONSTANTS[name] ?? name)
    .replace(/(?<!function )(?<![\w.:])(\w+)\(/g, (call: string, name: string) => {
      const from = place.scope.rare.get(name);
      if (from === undefined || from === file) return call;
      const load = isRare ? `load_${rareId(from)}()` : `rare().${rareId(from)}()`;
      return `${load}.${name}(`;
    });
}

function refuseStateLiterals(file: string, code: string, line: number): void {
  const match = /["'](\w+)["']/g;
  for (const [, text = ""] of code.matchAll(match)) {
    if ((JOB_STATES as readonly string[]).includes(text) && !code.includes("KEY.meta")) {
      throw new LuaBuildError(
        file,
        `state literal "${text}"; write STATE.${text} or TO.<event>.${text}`,
        line,
      );
    }
  }
}

function keyText(file: string, name: string, place: Place): string {
  requireName(file, name, TASK_KEYS, "key");
  if (!place.scope.keys.has(name)) {
    throw new LuaBuildError(file, `uses KEY.${name} without "-- @key ${name}"`, place.line);
  }
  return `(root .. "${TASK_KEYS[name as keyof typeof TASK_KEYS]}")`;
}

/** The letter of the state that `event` leads to, when the lifecycle table has that move. */
function targetText(file: string, event: string, state: string): string {
  requireName(file, event, LIFECYCLE, "event");
  const row: { readonly to: readonly string[] } = LIFECYCLE[event as LifecycleEvent];
  if (!row.to.includes(state)) throw new LuaBuildError(file, `${event} does not lead to ${state}`);
  return JSON.stringify(STATE_LETTERS[state as JobState]);
}

function literal(file: string, table: string, name: string): string {
  const tables: Readonly<Record<string, Readonly<Record<string, string | number>>>> = {
    STATE: STATE_LETTERS,
    NOTICE: NOTICE_LETTERS,
    SECTION: SECTION_LETTERS,
    EVENT: Object.fromEntries(Object.keys(LIFECYCLE).map((event) => [event, event])),
    FLAG: FLAG_BITS,
    CLAIM: CLAIM_BITS,
  };
  const names = tables[table] ?? {};
  requireName(file, name, names, table);
  return JSON.stringify(names[name]);
}

/** A table of the states in which `event` may happen. */
function guardText(file: string, event: string): string {
  requireName(file, event, LIFECYCLE, "event");
  const from: readonly string[] = LIFECYCLE[event as LifecycleEvent].from;
  return stateTable(JOB_STATES.filter((state) => from.includes(state)));
}

function stateTable(states: readonly JobState[]): string {
  return `({${states.map((state) => `${STATE_LETTERS[state]}=true`).join(",")}})`;
}

function requireName(file: string, name: string, table: object, what: string): void {
  if (Object.hasOwn(table, name)) return;
  throw new LuaBuildError(file, `unknown ${what} "${name}"; known: ${Object.keys(table).join(", ")}`);
}

/** The text of the generated module. */
export function printScripts(scripts: readonly CompiledScript[]): string {
  const parts = scripts.map((script) => {
    const name = script.name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    const text = script.text.replace(/[\\`$]/g, (character) => `\\${character}`);
    return (
      `/** ${script.summary} */\n` +
      `export const ${name}Script = {\n  name: "${script.name}",\n  sha1: "${script.sha1}",\n` +
      `  text: \`${text}\`,\n} as Script<\n  ${script.argsType},\n  ${script.replyType}\n>;\n`
    );
  });
  return (
    "// @generated by scripts/build-lua.ts from src/redis/lua. Do not edit.\n" +
    'import type { Script, ScriptArgument } from "./script.js";\n\n' +
    parts.join("\n")
  );
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

/** The generated file and what it should hold, for `scripts/generate.ts`. */
export function buildLua(): { readonly path: string; readonly text: string } {
  return { path: OUTPUT, text: printScripts(compileLua(readLuaFiles())) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const built = buildLua();
  writeFileSync(built.path, built.text);
}
