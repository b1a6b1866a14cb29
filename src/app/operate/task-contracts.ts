import type { Adapter } from "../../core/adapter.js";
import type { LiveWorker } from "../../core/contract-store.js";
import type { ContractSchemas } from "../../core/observe/contract-schemas.js";

/** A contract of a task as live workers implement it. */
export interface ImplementedContract extends ContractSchemas {
  /** Jobs of newer versions are left for other workers. */
  readonly version: number;
  /** The oldest version whose jobs are accepted. */
  readonly since: number;
  /** `""`: the contract is not generated. */
  readonly fingerprint: string;
  /** How many live workers implement it. */
  readonly workers: number;
}

/** The contracts that live workers implement for a task, the newest version first, with their schemas where those are kept. */
export async function readTaskContracts(
  { contracts, observe }: Pick<Adapter, "contracts" | "observe">,
  task: string,
): Promise<readonly ImplementedContract[]> {
  const found = implementedBy((await contracts?.workers()) ?? [], task);
  const schemas = (await observe?.contracts(found.map(({ fingerprint }) => ({ task, fingerprint })))) ?? [];
  return found
    .map((contract, index) => ({ ...contract, ...schemas[index] }))
    .sort((a, b) => b.version - a.version || (a.fingerprint < b.fingerprint ? -1 : 1));
}

function implementedBy(workers: readonly LiveWorker[], task: string): readonly ImplementedContract[] {
  const found = new Map<string, ImplementedContract>();
  for (const { task: name, ...contract } of workers.flatMap(({ tasks }) => tasks)) {
    if (name !== task) continue;
    const key = JSON.stringify([contract.version, contract.since, contract.fingerprint]);
    found.set(key, { ...contract, workers: (found.get(key)?.workers ?? 0) + 1 });
  }
  return [...found.values()];
}
