import { readFileSync } from "node:fs";
import { isContract, type TaskContract } from "../../src/core/contract.js";
import type { SourcePosition } from "../finding.js";
import type { ContractExport } from "./protocol.js";
import { stackFrames, userFrame } from "./stack.js";

/** `defineTask` pushes every contract into a list it finds under this key. */
const COLLECTOR = Symbol.for("taskora.contract.collector");

/** A contract object with where it was made and where it can be imported from. */
export interface CollectedContract {
  readonly contract: TaskContract;
  readonly definedAt: SourcePosition | undefined;
  /** The doc comment above it, `""` for none; absent when reading it takes a parser. */
  readonly doc?: string;
  readonly exports: readonly ContractExport[];
}

type PlainExport = Required<Pick<CollectedContract, "definedAt" | "doc">>;

interface Found {
  readonly contract: TaskContract;
  /** Made where `defineTask` was called. Reading its stack costs a source map per file, so it is left to the end. */
  readonly trace: Error | undefined;
  readonly exports: ContractExport[];
}

/** Gathers contracts while modules are loaded, whether they are exported or not. */
export function collectContracts(): {
  /** Notes the contracts among a loaded module's exports. */
  addModule(file: string, exports: Readonly<Record<string, unknown>>): void;
  all(): CollectedContract[];
} {
  const found = new Map<TaskContract, Found>();
  const add = (contract: TaskContract, trace: Error | undefined): Found => {
    const known = found.get(contract) ?? { contract, trace, exports: [] };
    found.set(contract, known);
    return known;
  };
  const list: unknown[] = [];
  list.push = (...items: unknown[]): number => {
    const trace = new Error("defined");
    for (const item of items) if (isContract(item)) add(item, trace);
    return items.length;
  };
  (globalThis as { [COLLECTOR]?: unknown[] })[COLLECTOR] = list;
  return {
    addModule(file, exports) {
      for (const [name, value] of Object.entries(exports)) {
        if (isContract(value)) add(value, undefined).exports.push({ file, name });
      }
    },
    all: () => [...found.values()].map(locate),
  };
}

/** A contract made by a function of another file is at home where it is exported, not in that function. */
function locate({ contract, trace, exports }: Found): CollectedContract {
  for (const { file, name } of exports) {
    const plain = readPlainExport(file, name);
    if (plain !== undefined) return { contract, exports, ...plain };
  }
  const stack = trace?.stack ?? "";
  const files = new Set(exports.map(({ file }) => file));
  const inExport = stackFrames(stack).find(({ file }) => files.has(file));
  return { contract, exports, definedAt: inExport ?? userFrame(stack) };
}

/** Only white space may stand between a doc comment and what it is about. */
const DOC_BEFORE = /\/\*\*((?:[^*]|\*(?!\/))*)\*\/\s*$/;

/**
 * Reads the form nearly all contracts have, `export const name = defineTask(`, from the text. Everything else
 * costs a source map for the place and a parser for the comment.
 */
function readPlainExport(file: string, name: string): PlainExport | undefined {
  const text = readFileSync(file, "utf8");
  const pattern = new RegExp(`^export const ${name.replaceAll("$", "\\$")} = (?=defineTask\\()`, "m");
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const before = text.slice(0, match.index);
  const definedAt = { file, line: before.split("\n").length, column: match[0].length + 1 };
  return { definedAt, doc: docText(DOC_BEFORE.exec(before)?.[1] ?? "") };
}

/** A doc comment without its stars and without tags. */
function docText(comment: string): string {
  const lines = comment.split(/\r?\n/).map((line) => line.replace(/^\s*\*? ?/, "").trimEnd());
  const firstTag = lines.findIndex((line) => /^\s*@\w/.test(line));
  return (firstTag === -1 ? lines : lines.slice(0, firstTag)).join("\n").trim();
}
