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

/** The contracts that live workers implement for each of these tasks, the newest version first, with their schemas where those are kept. */
export async function readTaskContracts(
  { contracts, observe }: Pick<Adapter, "contracts" | "observe">,
  tasks: readonly string[],
): Promise<ReadonlyMap<string, readonly ImplementedContract[]>> {
  const workers = (await contracts?.workers()) ?? [];
  const found = tasks.map((task) => implementedBy(workers, task));
  const refs = found.flatMap((list, nth) =>
    list.map(({ fingerprint }) => ({ task: tasks[nth] ?? "", fingerprint })),
  );
  const schemas = ((await observe?.contracts(refs)) ?? []).values();
  return new Map(
    found.map((list, nth) => [
      tasks[nth] ?? "",
      list.map((contract) => ({ ...contract, ...schemas.next().value })),
    ]),
  );
}

/** The contracts of a task that workers implement, the newest version first. */
export function implementedBy(workers: readonly LiveWorker[], task: string): readonly ImplementedContract[] {
  const found = new Map<string, ImplementedContract>();
  for (const { task: name, ...contract } of workers.flatMap(({ tasks }) => tasks)) {
    if (name !== task) continue;
    const key = JSON.stringify([contract.version, contract.since, contract.fingerprint]);
    found.set(key, { ...contract, workers: (found.get(key)?.workers ?? 0) + 1 });
  }
  return [...found.values()].sort(
    (a, b) => b.version - a.version || (a.fingerprint < b.fingerprint ? -1 : 1),
  );
}
