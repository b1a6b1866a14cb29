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
  readonly exports: ContractExport[];
}

/** Gathers contracts while modules are loaded, whether they are exported or not. */
export function collectContracts(root: string): {
  /** Notes the contracts among a loaded module's exports. */
  addModule(file: string, exports: Readonly<Record<string, unknown>>): void;
  all(): CollectedContract[];
} {
  const found = new Map<TaskContract, CollectedContract>();
  const add = (contract: TaskContract, definedAt: SourcePosition | undefined): CollectedContract => {
    const known = found.get(contract);
    if (known !== undefined) return known;
    const collected = { contract, definedAt, exports: [] };
    found.set(contract, collected);
    return collected;
  };
  const list: unknown[] = [];
  list.push = (...items: unknown[]): number => {
    const at = userFrame(new Error("defined").stack ?? "", root);
    for (const item of items) if (isContract(item)) add(item, at);
    return items.length;
  };
  (globalThis as { [COLLECTOR]?: unknown[] })[COLLECTOR] = list;
  return {
    addModule(file, exports) {
      for (const [name, value] of Object.entries(exports)) {
        if (isContract(value)) add(value, undefined).exports.push({ file, name });
      }
    },
    all: () => [...found.values()],
  };
}
