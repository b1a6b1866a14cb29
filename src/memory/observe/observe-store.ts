import type { ObserveStore } from "../../core/observe/observe-store.js";
import type { JobStore } from "../memory-store.js";
import { gaugesOf } from "./gauges.js";
import { createMeasureStore } from "./measure-book.js";
import { createContentsStore } from "./store-contents.js";

/** @param now the store's time; throws while the adapter is closed */
export function createObserveStore(store: JobStore, now: () => number): ObserveStore {
  return {
    ...createMeasureStore(store.measures, now),
    async gauges(tasks) {
      const present = now();
      return store.tasks(tasks).map((task) => gaugesOf(task, present));
    },
    async tellContracts(contracts) {
      now();
      for (const contract of contracts) store.toldContracts.tell(contract);
    },
    async contracts(refs) {
      now();
      return refs.map((ref) => store.toldContracts.read(ref));
    },
    health: async () => ({ kind: "memory", servers: [{ now: now() }] }),
    keepAudit: async (lines) => store.auditLog.keep(lines, now()),
    async audit(query) {
      now();
      return store.auditLog.page(query);
    },
    contents: createContentsStore(store, now),
  };
}
