import type { LiveWorker, WorkerAnnouncement } from "../core/contract-store.js";

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
