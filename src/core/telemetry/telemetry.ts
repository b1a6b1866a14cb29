/**
 * Who is told how the jobs of one app go: channels of the process, and listeners of the app. Whoever has something to tell asks
 * first, once per batch, whether anybody listens; then nothing is made for nobody.
 */
import type { ClaimedJob, Settlement, SettleStatus } from "../adapter.js";
import { channels, isDispatchHeard, isWorkHeard } from "./channels.js";
import type { JobListener, ProcessListener, TroubleMessage, WorkerMessage } from "./job-listener.js";
import { type DispatchGroup, type JobTelemetry, jobTelemetry, type RunOutcome } from "./job-telemetry.js";

/** Listens to jobs, to what happens beside them, or both. */
export type Listener = JobListener & ProcessListener;

/** Stands by what stands for a job now: its claim, then its settlement. Not a weak map, see {@link KeptByListeners}. */
const MESSAGE = Symbol("message");

interface Told {
  [MESSAGE]?: JobTelemetry;
}

/** A dispatch that somebody is told of. */
export class ToldDispatch {
  readonly message: JobTelemetry;
  readonly #telemetry: Telemetry;
  readonly #group: DispatchGroup | undefined;

  constructor(telemetry: Telemetry, message: JobTelemetry, group: DispatchGroup | undefined) {
    this.#telemetry = telemetry;
    this.message = message;
    this.#group = group;
  }

  /** The store has it, or another job in its place. */
  stored(outcome: "stored" | "duplicate"): void {
    this.message.outcome = outcome;
    this.#telemetry.dispatched(this.message, this.#group);
  }

  refused(error: unknown): void {
    this.message.outcome = "refused";
    this.message.error = error;
    if (this.#group !== undefined) this.#group.refused += 1;
    this.#telemetry.dispatched(this.message, this.#group);
  }
}

/** How an attempt has ended. */
export interface RunEnd {
  readonly outcome: RunOutcome;
  readonly runMs: number;
  readonly error?: unknown;
  readonly delayMs?: number;
}

export class Telemetry {
  #listeners: readonly Listener[] = [];

  /** Returns what takes the listener away. */
  add(listener: Listener): () => void {
    this.#listeners = [...this.#listeners, listener];
    return () => {
      this.#listeners = this.#listeners.filter((one) => one !== listener);
    };
  }

  /** Whether a dispatch is to be told of. */
  get hearsDispatches(): boolean {
    return this.#listeners.length > 0 || isDispatchHeard();
  }

  /** Whether claims, runs and settlements are to be told of. */
  get hearsWork(): boolean {
    return this.#listeners.length > 0 || isWorkHeard();
  }

  /** Several jobs are dispatched by one call. Undefined: nobody listens. */
  many(task: string): DispatchGroup | undefined {
    if (this.#listeners.length === 0) return undefined;
    const group = { task, count: 0, refused: 0 };
    for (const listener of this.#listeners) listener.dispatchingMany?.(group);
    return group;
  }

  /** The store has answered to all of them. */
  endMany(group: DispatchGroup | undefined): void {
    if (group === undefined) return;
    for (const listener of this.#listeners) listener.dispatchedMany?.(group);
  }

  /** A job is dispatched: gives what its headers are to be, and is told of the end. */
  dispatch(
    job: Pick<JobTelemetry, "task" | "id" | "version" | "fingerprint" | "headers">,
    group: DispatchGroup | undefined,
  ): ToldDispatch {
    const message = jobTelemetry(job);
    if (group !== undefined) group.count += 1;
    channels.dispatching(message);
    for (const listener of this.#listeners) listener.dispatching?.(message, group);
    return new ToldDispatch(this, message, group);
  }

  /** The end of {@link dispatch}. */
  dispatched(message: JobTelemetry, group: DispatchGroup | undefined): void {
    channels.dispatched(message);
    for (const listener of this.#listeners) listener.dispatched?.(message, group);
  }

  /** A worker has taken jobs. */
  claimed(jobs: readonly ClaimedJob[], worker: string): void {
    for (const job of jobs) {
      const message = this.#messageOf(job, worker);
      channels.claimed(message);
      for (const listener of this.#listeners) listener.claimed?.(message);
    }
  }

  /** The message of a claimed job that is about to run. */
  starting(
    job: ClaimedJob,
    about: { readonly worker: string; readonly waitMs: number | undefined; readonly maxAttempts: number },
  ): JobTelemetry {
    const message = this.#messageOf(job, about.worker);
    message.waitMs = about.waitMs;
    message.maxAttempts = about.maxAttempts;
    return message;
  }

  #messageOf(job: ClaimedJob & Told, worker: string): JobTelemetry {
    let message = job[MESSAGE];
    if (message === undefined) {
      const { task, id, attempt, version, fingerprint, payload } = job;
      message = jobTelemetry({
        ...{ task, id, attempt, version, fingerprint, worker, bytes: payload.length },
        ...{ headers: { ...job.headers }, maxAttempts: job.maxAttempts ?? 0 },
      });
      job[MESSAGE] = message;
    }
    return message;
  }

  /** Calls `work` in the context that listeners ask for. */
  run(message: JobTelemetry, work: () => void): void {
    let step = () => channels.run(message, work);
    for (const listener of this.#listeners) {
      const inner = step;
      if (listener.run !== undefined) step = () => listener.run?.(message, inner);
    }
    step();
  }

  ran(message: JobTelemetry, { outcome, runMs, error, delayMs = 0 }: RunEnd): void {
    message.outcome = outcome;
    message.runMs = runMs;
    message.error = error;
    message.delayMs = delayMs;
    channels.ran(message);
    for (const listener of this.#listeners) listener.ran?.(message);
  }

  /** How an attempt ended is told to the store, which {@link settled} follows. */
  settling(message: JobTelemetry, settlement: Settlement & Told): void {
    settlement[MESSAGE] = message;
    channels.settling(message);
    for (const listener of this.#listeners) listener.settling?.(message);
  }

  /** A claimed job that did not run here goes back, or is cancelled. */
  notRun(job: ClaimedJob & Told, settlement: Settlement): void {
    const message = job[MESSAGE];
    if (message === undefined) return;
    message.outcome = settlement.event === "cancel" ? "cancelled" : "released";
    this.settling(message, settlement);
  }

  /** The store has answered to a settlement; nothing, where nobody was told of it. */
  settled(settlement: Settlement & Told, status: SettleStatus): void {
    const message = settlement[MESSAGE];
    if (message !== undefined) this.ended(message, status);
  }

  /** The store has ended a job by its handler's own transaction. */
  ended(message: JobTelemetry, status: SettleStatus): void {
    message.settled = status;
    channels.settled(message);
    for (const listener of this.#listeners) listener.settled?.(message);
  }

  worker(message: WorkerMessage): void {
    channels.worker(message);
    for (const listener of this.#listeners) listener.worker?.(message);
  }

  troubled(message: TroubleMessage): void {
    channels.troubled(message);
    for (const listener of this.#listeners) listener.troubled?.(message);
  }

  lost(task: string): void {
    for (const listener of this.#listeners) listener.lost?.(task);
  }
}
