import {
  type ContractStore,
  OPEN_STATES,
  type OpenState,
  type VersionCount,
} from "../core/contract-store.js";
import { OptionError } from "../core/errors.js";
import { publishTo } from "../core/subscription.js";
import type { JobStore } from "./memory-store.js";
import type { TaskStore } from "./task-store.js";

/** @param now the store's time; throws while the adapter is closed */
export function createContractStore(store: JobStore, now: () => number): ContractStore {
  const { announcements } = store;
  return {
    announce: async (announcement) => announcements.announce(announcement, now()),
    prolong: async (request) => announcements.prolong(request, now()),
    async tell(request) {
      const command = announcements.tell(request, now());
      if (command === undefined) return "missing";
      const { task, worker } = request;
      publishTo(store.task(task).cancelListeners, { kind: "told", worker, command });
      return "applied";
    },
    async withdraw(worker) {
      now();
      announcements.withdraw(worker);
    },
    workers: async () => announcements.live(now()),
    async countVersions({ task, cursor }) {
      now();
      if (cursor === undefined) return { counts: countVersions(store.task(task)) };
      throw new OptionError(`expected cursor to come from a page before, got ${JSON.stringify(cursor)}`);
    },
  };
}

/** In one go: a page of a store in this process blocks nobody else. */
function countVersions(task: TaskStore): readonly VersionCount[] {
  const counts = new Map<string, VersionCount & { count: number }>();
  for (const record of task.jobs.values()) {
    const state = OPEN_STATES.find((open): open is OpenState => open === record.state);
    if (state === undefined) continue;
    const isRead = record.corrupt === undefined;
    const version = isRead ? record.version : 0;
    const fingerprint = isRead ? record.fingerprint : "";
    const key = `${state} ${version} ${fingerprint}`;
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { state, version, fingerprint, count: 1 });
    else known.count += 1;
  }
  return [...counts.values()];
}
