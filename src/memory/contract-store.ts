import {
  type ContractStore,
  type LiveWorker,
  OPEN_STATES,
  type OpenState,
  type VersionCount,
  type WorkerAnnouncement,
} from "../core/contract-store.js";
import { OptionError } from "../core/errors.js";
import type { JobStore } from "./memory-store.js";
import type { TaskStore } from "./task-store.js";

/** What a store remembers of its workers. An announcement that is past is dropped when somebody looks. */
export class Announcements {
  readonly #byWorker = new Map<string, { readonly worker: LiveWorker; endsAt: number }>();

  announce({ ageMs, ttlMs, ...said }: WorkerAnnouncement, now: number): void {
    const worker: LiveWorker = { ...said, startedAt: now - ageMs };
    this.#byWorker.set(said.worker, { worker, endsAt: now + ttlMs });
  }

  prolong(worker: string, ttlMs: number, now: number): "applied" | "missing" {
    this.#forgetPast(now);
    const known = this.#byWorker.get(worker);
    if (known === undefined) return "missing";
    known.endsAt = now + ttlMs;
    return "applied";
  }

  withdraw(worker: string): void {
    this.#byWorker.delete(worker);
  }

  clear(): void {
    this.#byWorker.clear();
  }

  live(now: number): readonly LiveWorker[] {
    this.#forgetPast(now);
    return [...this.#byWorker.values()].map(({ worker }) => worker);
  }

  #forgetPast(now: number): void {
    for (const [worker, { endsAt }] of this.#byWorker) {
      if (endsAt <= now) this.#byWorker.delete(worker);
    }
  }
}

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
