import type {
  LiveWorker,
  ProlongReply,
  ProlongRequest,
  TellRequest,
  ToldVitals,
  WorkerAnnouncement,
} from "../core/contract-store.js";
import { type GivenCommand, keptVitals } from "../core/observe/vitals.js";

interface Announced {
  worker: Omit<LiveWorker, "seenAt" | "silentMs" | "vitals">;
  seenAt: number;
  endsAt: number;
  vitals?: ToldVitals;
  command?: GivenCommand;
}

/** What a store remembers of its workers. An announcement that is past is dropped when somebody looks. */
export class Announcements {
  readonly #byWorker = new Map<string, Announced>();

  announce({ ageMs, ttlMs, vitals, ...said }: WorkerAnnouncement, now: number): void {
    this.#forgetPast(now);
    const { command } = this.#byWorker.get(said.worker) ?? {};
    const worker = { ...said, startedAt: now - Math.round(ageMs) };
    this.#byWorker.set(said.worker, {
      ...{ worker, seenAt: now, endsAt: now + ttlMs, ...told(vitals, now) },
      ...(command === undefined ? {} : { command }),
    });
  }

  prolong({ worker, ttlMs, vitals }: ProlongRequest, now: number): ProlongReply {
    this.#forgetPast(now);
    const known = this.#byWorker.get(worker);
    if (known === undefined) return { status: "missing" };
    Object.assign(known, { seenAt: now, endsAt: now + ttlMs, ...told(vitals, now) });
    const { command } = known;
    return {
      status: "applied",
      workers: this.#byWorker.size,
      ...(command === undefined ? {} : { command }),
    };
  }

  /** Undefined: there is no such worker. */
  tell({ worker, command }: TellRequest, now: number): GivenCommand | undefined {
    this.#forgetPast(now);
    const known = this.#byWorker.get(worker);
    if (known === undefined) return undefined;
    known.command = { command, number: Math.max(now, (known.command?.number ?? 0) + 1) };
    return known.command;
  }

  withdraw(worker: string): void {
    this.#byWorker.delete(worker);
  }

  clear(): void {
    this.#byWorker.clear();
  }

  live(now: number): readonly LiveWorker[] {
    this.#forgetPast(now);
    return [...this.#byWorker.values()].map(({ worker, seenAt, vitals }) => ({
      ...worker,
      ...{ seenAt, silentMs: now - seenAt },
      ...(vitals === undefined ? {} : { vitals }),
    }));
  }

  #forgetPast(now: number): void {
    for (const [worker, { endsAt }] of this.#byWorker) {
      if (endsAt <= now) this.#byWorker.delete(worker);
    }
  }
}

function told(given: string | undefined, at: number): { readonly vitals?: ToldVitals } {
  const text = keptVitals(given);
  return text === undefined ? {} : { vitals: { at, text } };
}
