/**
 * What a watcher remembers between two runs, so that a change loads the contract files it concerns and no others.
 * A run that fails leaves the memory as it was, and what changed since the last good run stays on the list.
 */
import { importClosure } from "../source/import-chain.js";
import type { ContractExport, LoadedContract, LoadReport } from "./protocol.js";
import type { Standby } from "./standby.js";

export class ProjectMemory {
  #report: LoadReport | undefined;
  /** Contract file → it and all it imports by relative paths. */
  readonly #closures = new Map<string, ReadonlySet<string>>();

  /** The report of the last good run. */
  get report(): LoadReport | undefined {
    return this.#report;
  }

  /** The contract files to load again, or undefined for all: the config changed, or nobody knows the file. */
  affected(changed: ReadonlySet<string>): readonly string[] | undefined {
    const report = this.#report;
    if (report === undefined || report.readsChance || changed.size === 0) return undefined;
    const files = new Set<string>();
    for (const path of changed) {
      const users = report.contractFiles.filter((file) => this.#closures.get(file)?.has(path) === true);
      if (users.length === 0) return undefined;
      for (const file of users) files.add(file);
    }
    return [...withSharedExports(files, report.contracts)];
  }

  /** The last report with what was loaded again, or undefined when only a whole load can tell. */
  join(part: LoadReport, only: readonly string[]): LoadReport | undefined {
    const last = this.#report;
    const isSameSet = JSON.stringify(part.contractFiles) === JSON.stringify(last?.contractFiles);
    if (last === undefined || !isSameSet || part.readsChance || part.findings.length > 0) return undefined;
    const again = new Set(only);
    const isReplaced = ({ file }: ContractExport) => again.has(file);
    const kept = last.contracts.filter((contract) => !contract.exports.some(isReplaced));
    const names = new Set(kept.map((contract) => contract.data.name));
    // A contract that was only imported along the way is exported by a file that was not loaded as such.
    const loaded = part.contracts.filter(({ exports, data }) => exports.length > 0 || !names.has(data.name));
    return { ...part, contracts: [...kept, ...loaded] };
  }

  /** Keeps the report of a good run, and looks up the imports of what was loaded. */
  remember(report: LoadReport, loaded: readonly string[] = report.contractFiles): void {
    this.#report = report;
    for (const file of loaded) this.#closures.set(file, importClosure([file]));
  }
}

/** A contract that two files export is loaded from both, or its list of exports would be cut short. */
function withSharedExports(
  files: ReadonlySet<string>,
  contracts: readonly LoadedContract[],
): ReadonlySet<string> {
  const all = new Set(files);
  for (let size = 0; size !== all.size; ) {
    size = all.size;
    for (const { exports } of contracts) {
      if (!exports.some(({ file }) => all.has(file))) continue;
      for (const { file } of exports) all.add(file);
    }
  }
  return all;
}

/** A run that may start from what the last one knew. */
export interface Incremental {
  readonly memory: ProjectMemory;
  /** Absolute paths that changed since the last good run. */
  readonly changed: ReadonlySet<string>;
  readonly standby?: Standby;
}
