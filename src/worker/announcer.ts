/**
 * Tells the store what this process works on and how it is, and hears what it is told to do: start → announced, prolonged now
 * and then, announced anew when a task is added or the store has forgotten → closing: said so, prolonged on → stop:
 * withdrawn. What dies without a word is forgotten by the store.
 */
import type { Clock, TimerHandle } from "../core/clock.js";
import type { ContractStore, ImplementedTask, ProlongReply } from "../core/contract-store.js";
import type { GivenCommand, WorkerCommand } from "../core/observe/vitals.js";
import type { MeasureTeller } from "./measure-teller.js";

/** How long an announcement lives without a sign of life: a worker that was killed is listed this much longer. */
const TTL_MS = 30_000;
/** One command in this time keeps it alive; two may fail before it ends. */
const PROLONG_EVERY_MS = 10_000;
/** Above so many workers each tells its vitals, and what it counted, less often: with every third sign of life. */
const CROWD = 50;
const CROWDED_EVERY = 3;
/** A close does not wait longer than this for a store that does not answer. */
const WITHDRAW_MS = 1000;

/** Who announces. */
export interface AnnouncedWorker {
  readonly workerId: string;
  readonly host: string;
  readonly pid: number;
}

/** What the announcer is made of. */
export interface AnnouncerParts {
  readonly store: ContractStore;
  readonly clock: Clock;
  readonly worker: AnnouncedWorker;
  /** The store has what this worker says of itself; what goes with that is told now. Its failure is that of the announcement. */
  readonly announced?: () => Promise<void>;
  /** Tells what was counted whenever this prolongs; undefined: nothing is. */
  readonly teller?: Pick<MeasureTeller, "begin" | "tell"> | undefined;
  /** How the worker is now, see `writeVitals`. */
  readonly vitals: () => string;
  /** The worker is told to do something it was not told before. */
  readonly obey: (command: WorkerCommand) => void;
}

export class Announcer {
  readonly #parts: AnnouncerParts;
  readonly #reportError: (error: unknown) => void;
  readonly #startedAt: number;
  #tasks: readonly ImplementedTask[] = [];
  #timer: TimerHandle | undefined;
  #phase: "new" | "running" | "stopped" = "new";
  #isFailing = false;
  #isUpdating = false;
  /** Something is to be told, or asked, before it is time. */
  #isHurried = false;
  /** Signs of life since the vitals were told. */
  #beats = 0;
  #isCrowded = false;
  /** Of the last command that was carried out. */
  #commandNumber = 0;
  /** Announcing follows announcing, so that the last one says everything. */
  #sending: Promise<void> = Promise.resolve();

  constructor(parts: AnnouncerParts, reportError: (error: unknown) => void) {
    this.#parts = parts;
    this.#reportError = reportError;
    this.#startedAt = parts.clock.monotonic();
  }

  /** Resolves when others can see what this worker implements. */
  async start(): Promise<void> {
    this.#phase = "running";
    await this.#announce();
    this.#arm();
  }

  /** These are the tasks now. What comes several times in a row is announced once. */
  update(tasks: readonly ImplementedTask[]): void {
    this.#tasks = tasks;
    if (this.#phase !== "running" || this.#isUpdating) return;
    this.#isUpdating = true;
    this.#sending = this.#sending.then(() => {
      this.#isUpdating = false;
      return this.#quietly(() => this.#announce());
    });
  }

  /**
   * The state of the worker is another, or a command may have been missed: its vitals are told now, and what it is told to do
   * is asked for. Resolves when that is over, whether or not it succeeded.
   */
  hurry(): Promise<void> {
    if (this.#phase === "running" && !this.#isHurried) {
      this.#isHurried = true;
      this.#sending = this.#sending.then(() => {
        this.#isHurried = false;
        return this.#quietly(() => this.#prolong("vitals"));
      });
    }
    return this.#sending;
  }

  /** A worker was told to do something; perhaps another one, or this one long ago. */
  told(worker: string, { command, number }: GivenCommand): void {
    if (worker !== this.#parts.worker.workerId || number <= this.#commandNumber) return;
    this.#commandNumber = number;
    if (this.#phase === "running") this.#parts.obey(command);
  }

  /** Bounded, whatever the store does: an announcement ends by itself. */
  async stop(): Promise<void> {
    const wasRunning = this.#phase === "running";
    this.#phase = "stopped";
    this.#timer?.cancel();
    if (!wasRunning || this.#isFailing) return;
    const { store, worker } = this.#parts;
    await this.inTime(() => this.#sending.then(() => this.#quietly(() => store.withdraw(worker.workerId))));
  }

  /** Waits for a call, but not for a store that does not answer. */
  async inTime(call: () => Promise<void> | undefined): Promise<void> {
    let timer: TimerHandle | undefined;
    const late = new Promise<void>((resolve) => {
      timer = this.#parts.clock.schedule(WITHDRAW_MS, resolve);
    });
    await Promise.race([call(), late]);
    timer?.cancel();
  }

  #arm(): void {
    if (this.#phase !== "running") return;
    this.#timer = this.#parts.clock.schedule(PROLONG_EVERY_MS, () => {
      this.#sending = this.#sending.then(() => this.#quietly(() => this.#beat())).then(() => this.#arm());
    });
  }

  async #beat(): Promise<void> {
    this.#beats += 1;
    if (this.#isCrowded && this.#beats < CROWDED_EVERY) return this.#prolong("nothing");
    await Promise.all([this.#prolong("vitals"), this.#parts.teller?.tell()]);
  }

  async #prolong(told: "vitals" | "nothing"): Promise<void> {
    if (this.#phase !== "running") return;
    const { store, worker, vitals } = this.#parts;
    const said = told === "vitals" ? { vitals: vitals() } : {};
    if (told === "vitals") this.#beats = 0;
    const reply = await store.prolong({ worker: worker.workerId, ttlMs: TTL_MS, ...said });
    this.#took(reply);
    if (reply.status === "missing" || this.#isFailing) await this.#announce();
  }

  #took(reply: ProlongReply): void {
    if (reply.status === "missing") return;
    this.#isCrowded = reply.workers > CROWD;
    if (reply.command !== undefined) this.told(this.#parts.worker.workerId, reply.command);
  }

  async #announce(): Promise<void> {
    if (this.#phase !== "running") return;
    const { clock, store, teller, vitals } = this.#parts;
    const { workerId, host, pid } = this.#parts.worker;
    const announced = store.announce({
      worker: workerId,
      host,
      pid,
      ageMs: Math.max(0, clock.monotonic() - this.#startedAt),
      ttlMs: TTL_MS,
      tasks: this.#tasks,
      vitals: vitals(),
    });
    await Promise.all([announced, teller?.begin()]);
    await this.#parts.announced?.();
  }

  /** A store that is away is told of once. */
  async #quietly(call: () => Promise<void>): Promise<void> {
    try {
      await call();
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing && this.#phase === "running") this.#reportError(error);
      this.#isFailing = true;
    }
  }
}
