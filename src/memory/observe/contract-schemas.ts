import {
  type ContractRef,
  type ContractSchemas,
  KEPT_CONTRACTS,
  MAX_CONTRACT_BYTES,
  readSchemas,
  type ToldContract,
} from "../../core/observe/contract-schemas.js";

/** The schemas of contracts that workers told, per task and fingerprint. */
export class ToldContracts {
  /** Those told last stand last. */
  readonly #byTask = new Map<string, Map<string, string>>();

  tell({ task, fingerprint, schemas }: ToldContract): void {
    if (Buffer.byteLength(schemas) > MAX_CONTRACT_BYTES) return;
    const known = this.#byTask.get(task) ?? new Map<string, string>();
    this.#byTask.set(task, known);
    const kept = fingerprint === "" ? undefined : known.get(fingerprint);
    known.delete(fingerprint);
    known.set(fingerprint, kept ?? schemas);
    for (const oldest of known.keys()) {
      if (known.size <= KEPT_CONTRACTS) return;
      known.delete(oldest);
    }
  }

  read({ task, fingerprint }: ContractRef): ContractSchemas | undefined {
    const schemas = this.#byTask.get(task)?.get(fingerprint);
    return schemas === undefined ? undefined : readSchemas(schemas);
  }

  clear(): void {
    this.#byTask.clear();
  }
}
