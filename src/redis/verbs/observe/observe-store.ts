/** What operators see. */
import type { CallOptions } from "../../../core/adapter.js";
import type { ObserveStore } from "../../../core/observe/observe-store.js";
import type { Session } from "../../session.js";
import { keepAudit, readAudit } from "./audit-log.js";
import { readContracts, tellContracts } from "./contract-schemas.js";
import { readGauges } from "./gauges.js";
import { createMeasureStore } from "./measure-store.js";
import { createContentsStore } from "./store-contents.js";
import { readHealth } from "./store-health.js";

/** @param use runs something on the open connection */
export function createObserveStore(
  use: <T>(verb: (session: Session) => Promise<T>, call?: CallOptions) => Promise<T>,
): ObserveStore {
  return {
    ...createMeasureStore(use),
    gauges: (tasks, call) => use((session) => readGauges(session, tasks), call),
    tellContracts: (contracts) => use((session) => tellContracts(session, contracts)),
    contracts: (refs) => use((session) => readContracts(session, refs)),
    health: () => use(readHealth),
    keepAudit: (lines) => use((session) => keepAudit(session, lines)),
    audit: (query) => use((session) => readAudit(session, query)),
    contents: createContentsStore(use),
  };
}
