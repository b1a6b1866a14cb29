import { readFileSync } from "node:fs";
import { isContract, type TaskContract } from "../../src/core/contract.js";
import type { SourcePosition } from "../finding.js";
import type { ContractExport } from "./protocol.js";
import { userFrame } from "./stack.js";

/** `defineTask` pushes every contract into a list it finds under this key. */
const COLLECTOR = Symbol.for("taskora.contract.collector");

/** A contract object with where it was made and where it can be imported from. */
export interface CollectedContract {
  readonly contract: TaskContract;
  readonly definedAt: SourcePosition | undefined;
  readonly exports: readonly ContractExport[];
}

interface Found {
  readonly contract: TaskContract;
  /** Made where `defineTask` was called. Reading its stack costs a source map per file, so it is left to the end. */
  readonly trace: Error | undefined;
  readonly exports: ContractExport[];
}

/** Gathers contracts while modules are loaded, whether they are exported or not. */
export function collectContracts(root: string): {
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
    all: () => [...found.values()].map((entry) => locate(entry, root)),
  };
}

/** The plain form `export const name = defineTask(` is found in the text; every other one by the stack. */
function locate({ contract, trace, exports }: Found, root: string): CollectedContract {
  const places = exports.map(({ file, name }) => findExportedCall(file, name));
  const inText = places.find((place) => place !== undefined);
  return { contract, exports, definedAt: inText ?? userFrame(trace?.stack ?? "", root) };
}

function findExportedCall(file: string, name: string): SourcePosition | undefined {
  const text = readFileSync(file, "utf8");
  const pattern = new RegExp(`^export const ${name.replaceAll("$", "\\$")} = (?=defineTask\\()`, "m");
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const line = text.slice(0, match.index).split("\n").length;
  return { file, line, column: match[0].length + 1 };
}
