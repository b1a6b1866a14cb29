import {
  type ContractStore,
  OPEN_STATES,
  type OpenState,
  type VersionCount,
} from "../core/contract-store.js";
import { OptionError } from "../core/errors.js";
import type { JobStore } from "./memory-store.js";
import type { TaskStore } from "./task-store.js";

/** @param now the store's time; throws while the adapter is closed */
export function createContractStore(store: JobStore, now: () => number): ContractStore {
  const { announcements } = store;
  return {
    announce: async (announcement) => announcements.announce(announcement, now()),
    prolong: async ({ worker, ttlMs }) => announcements.prolong(worker, ttlMs, now()),
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
