/**
 * Tells the store what this process works on: start → announced, prolonged now and then, announced anew when a task
 * is added or the store has forgotten → stop: withdrawn. What dies without a word is forgotten by the store.
 */
import type { Clock, TimerHandle } from "../core/clock.js";
import type { ContractStore, ImplementedTask } from "../core/contract-store.js";

/** How long an announcement lives without a sign of life: a worker that was killed is listed this much longer. */
const TTL_MS = 30_000;
/** One command in this time keeps it alive; two may fail before it ends. */
const PROLONG_EVERY_MS = 10_000;
/** A close does not wait longer than this for a store that does not answer. */
const WITHDRAW_MS = 1000;

/** What the announcer asks of its worker. */
export interface AnnouncerHost {
  readonly clock: Clock;
  readonly workerId: string;
  readonly host: string;
  readonly pid: number;
  implemented(): readonly ImplementedTask[];
  reportAnnounceError(error: unknown): void;
}

export class Announcer {
  readonly #store: ContractStore;
  readonly #host: AnnouncerHost;
  readonly #startedAt: number;
  #timer: TimerHandle | undefined;
  #phase: "new" | "running" | "stopped" = "new";
  #isFailing = false;
  #isUpdating = false;
  /** Announcing follows announcing, so that the last one says everything. */
  #sending: Promise<void> = Promise.resolve();

  constructor(store: ContractStore, host: AnnouncerHost) {
    this.#store = store;
    this.#host = host;
    this.#startedAt = host.clock.monotonic();
  }

  /** Resolves when others can see what this worker implements. */
  async start(): Promise<void> {
    this.#phase = "running";
    await this.#announce();
    this.#arm();
  }

  /** A task was added. Several in a row are announced together. */
  update(): void {
    if (this.#phase !== "running" || this.#isUpdating) return;
    this.#isUpdating = true;
    this.#sending = this.#sending.then(() => {
      this.#isUpdating = false;
      return this.#quietly(() => this.#announce());
    });
  }

  /** Bounded, whatever the store does: an announcement ends by itself. */
  async stop(): Promise<void> {
    const wasRunning = this.#phase === "running";
    this.#phase = "stopped";
    this.#timer?.cancel();
    if (!wasRunning || this.#isFailing) return;
    const { clock, workerId } = this.#host;
    let timer: TimerHandle | undefined;
    const late = new Promise<void>((resolve) => {
      timer = clock.schedule(WITHDRAW_MS, resolve);
    });
    const withdrawn = this.#sending.then(() => this.#quietly(() => this.#store.withdraw(workerId)));
    await Promise.race([withdrawn, late]);
    timer?.cancel();
  }

  #arm(): void {
    if (this.#phase !== "running") return;
    this.#timer = this.#host.clock.schedule(PROLONG_EVERY_MS, () => {
      this.#sending = this.#sending.then(() => this.#quietly(() => this.#prolong())).then(() => this.#arm());
    });
  }

  async #prolong(): Promise<void> {
    if (this.#phase !== "running") return;
    const reply = await this.#store.prolong({ worker: this.#host.workerId, ttlMs: TTL_MS });
    if (reply === "missing") await this.#announce();
  }

  async #announce(): Promise<void> {
    if (this.#phase !== "running") return;
    const { clock, workerId, host, pid } = this.#host;
    await this.#store.announce({
      worker: workerId,
      host,
      pid,
      ageMs: Math.max(0, clock.monotonic() - this.#startedAt),
      ttlMs: TTL_MS,
      tasks: this.#host.implemented(),
    });
  }

  /** A store that is away is told of once. */
  async #quietly(call: () => Promise<void>): Promise<void> {
    try {
      await call();
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing && this.#phase === "running") this.#host.reportAnnounceError(error);
      this.#isFailing = true;
    }
  }
}
