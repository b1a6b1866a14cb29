import type { CallOptions } from "../adapter-work.js";
import type { AuditLine, AuditPage, AuditQuery } from "./audit-log.js";
import type { ContractRef, ContractSchemas, ToldContract } from "./contract-schemas.js";
import type { TaskGauges } from "./gauges.js";
import type { MeasureStore } from "./measure-store.js";
import type { ContentsStore } from "./store-contents.js";
import type { StoreHealth } from "./store-health.js";

/**
 * What operators see of a store: a small store beside the port. An adapter may do without it; numbers then come from `count`
 * alone. Its reads change nothing and take a bounded time for each task, so that they may be asked every second.
 */
export interface ObserveStore extends MeasureStore {
  /** How each of these tasks stands; of a task that the store does not know all numbers are 0. */
  gauges(tasks: readonly string[], call?: CallOptions): Promise<readonly TaskGauges[]>;
  /**
   * Keeps the schemas of contracts, those that it has not got yet: told by every worker that announces itself. Of a task the
   * {@link KEPT_CONTRACTS} that were told last stay. Schemas that are longer than {@link MAX_CONTRACT_BYTES} are not kept.
   */
  tellContracts(contracts: readonly ToldContract[]): Promise<void>;
  /** The schemas of each of these contracts; undefined: nobody told them, or they were too long. */
  contracts(refs: readonly ContractRef[]): Promise<readonly (ContractSchemas | undefined)[]>;
  /** How the servers behind the store are. */
  health(): Promise<StoreHealth>;
  /** Keeps changes by hand, in this order; the newest {@link KEPT_AUDIT_LINES} stay. */
  keepAudit(lines: readonly AuditLine[]): Promise<void>;
  /** A page of them, the newest first; lines that come meanwhile neither repeat nor hide others. */
  audit(query: AuditQuery): Promise<AuditPage>;
  /** Looks at what is stored for what cannot be true; undefined: this store has nothing that could be wrong, or cannot say. */
  readonly contents?: ContentsStore | undefined;
}
