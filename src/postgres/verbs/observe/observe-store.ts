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

/** @param open gives what the adapter shares; rejects while it is closed */
export function createObserveStore(
  open: <T>(verb: (session: Session) => Promise<T>, call?: CallOptions) => Promise<T>,
): ObserveStore {
  return {
    ...createMeasureStore(open),
    gauges: (tasks, call) => open((session) => readGauges(session, tasks), call),
    tellContracts: (contracts) => open((session) => tellContracts(session, contracts)),
    contracts: (refs) => open((session) => readContracts(session, refs)),
    health: () => open(readHealth),
    keepAudit: (lines) => open((session) => keepAudit(session, lines)),
    audit: (query) => open((session) => readAudit(session, query)),
    contents: createContentsStore(open),
  };
}
