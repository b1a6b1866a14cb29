/**
 * Who is told how the jobs of one app go: channels of the process, and listeners of the app. Whoever has something to tell asks
 * first, once per batch, whether anybody listens; then nothing is made for nobody.
 */
import type { ClaimedJob, Settlement, SettleStatus } from "../adapter.js";
import { channels, isClaimHeard, isDispatchHeard, isRunHeard, isSettlementHeard } from "./channels.js";
import type { JobListener, ProcessListener, TroubleMessage, WorkerMessage } from "./job-listener.js";
import { type DispatchGroup, type JobTelemetry, jobTelemetry, type RunOutcome } from "./job-telemetry.js";

/** Listens to jobs, to what happens beside them, or both. */
export type Listener = JobListener & ProcessListener;

/** A listener that has nobody to tell yet: undefined until it has. It is asked whenever somebody asks whether anybody listens. */
export type LateListener = () => Listener | undefined;

/** Stands by what stands for a job now, where somebody will ask: its claim, then its settlement. Not a weak map, see {@link KeptByListeners}. */
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
  /** What it threw. */
  readonly error: unknown;
  /** How long the job waits then, in ms. */
  readonly delayMs: number;
}

type Runner = Listener & Required<Pick<JobListener, "run">>;

export class Telemetry {
  #listeners: readonly Listener[] = [];
  /** Of them, those that choose a context. */
  #runners: readonly Runner[] = [];
  #hasSettlementListener = false;
  /** Each begins to listen once it has somebody to tell. */
  readonly #late = new Set<() => void>();

  /** Returns what takes the listener away. */
  add(listener: Listener | LateListener): () => void {
    if (typeof listener === "function") return this.#addLate(listener);
    this.#listen([...this.#listeners, listener]);
    return () => this.#listen(this.#listeners.filter((one) => one !== listener));
  }

  #addLate(make: LateListener): () => void {
    let remove: (() => void) | undefined;
    const begin = () => {
      const listener = make();
      if (listener === undefined) return;
      this.#late.delete(begin);
      remove = this.add(listener);
    };
    this.#late.add(begin);
    begin();
    return () => {
      this.#late.delete(begin);
      remove?.();
    };
  }

  #awake(): readonly Listener[] {
    if (this.#late.size > 0) for (const begin of this.#late) begin();
    return this.#listeners;
  }

  #listen(listeners: readonly Listener[]): void {
    this.#listeners = listeners;
    this.#runners = listeners.filter((one): one is Runner => one.run !== undefined);
    this.#hasSettlementListener = listeners.some(
      ({ settling, settled }) => settling !== undefined || settled !== undefined,
    );
  }

  /** Whether a dispatch is to be told of. */
  get hearsDispatches(): boolean {
    return this.#awake().length > 0 || isDispatchHeard();
  }

  /** Whether claims, runs or settlements are to be told of. */
  get hearsWork(): boolean {
    return this.#awake().length > 0 || isRunHeard() || isClaimHeard() || isSettlementHeard();
  }

  get #hearsSettlements(): boolean {
    return this.#hasSettlementListener || isSettlementHeard();
  }

  /** Several jobs are dispatched by one call. Undefined: nobody listens. */
  many(task: string): DispatchGroup | undefined {
    if (this.#awake().length === 0) return undefined;
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
    const { task, id, version, fingerprint, headers } = job;
    const message = jobTelemetry({
      task,
      id,
      attempt: 0,
      version,
      fingerprint,
      headers,
      bytes: 0,
      worker: undefined,
    });
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

  /** A worker has taken jobs of one task. */
  claimed(jobs: readonly (ClaimedJob & Told)[], worker: string): void {
    const [first] = jobs;
    if (first === undefined) return;
    for (const listener of this.#listeners) listener.claimed?.(first.task, jobs.length);
    if (!isClaimHeard()) return;
    for (const job of jobs) {
      job[MESSAGE] = messageOf(job, worker);
      channels.claimed(job[MESSAGE]);
    }
  }

  /** The message of a claimed job that is about to run. */
  starting(
    job: ClaimedJob & Told,
    about: { readonly worker: string; readonly waitMs: number | undefined; readonly maxAttempts: number },
  ): JobTelemetry {
    const message = job[MESSAGE] ?? messageOf(job, about.worker);
    message.waitMs = about.waitMs;
    message.maxAttempts = about.maxAttempts;
    return message;
  }

  /** Calls `work` in the context that listeners ask for. */
  run(message: JobTelemetry, work: () => void): void {
    let step = isRunHeard() ? () => channels.run(message, work) : work;
    for (const runner of this.#runners) {
      const inner = step;
      step = () => runner.run(message, inner);
    }
    step();
  }

  ran(message: JobTelemetry, { outcome, runMs, error, delayMs }: RunEnd): void {
    message.outcome = outcome;
    message.runMs = runMs;
    message.error = error;
    message.delayMs = delayMs;
    channels.ran(message);
    for (const listener of this.#listeners) listener.ran?.(message);
  }

  /** How an attempt ended is told to the store, which {@link settled} follows. */
  settling(message: JobTelemetry, settlement: Settlement & Told): void {
    if (!this.#hearsSettlements) return;
    settlement[MESSAGE] = message;
    channels.settling(message);
    for (const listener of this.#listeners) listener.settling?.(message);
  }

  /** A claimed job that did not run here goes back, or is cancelled. */
  notRun(job: ClaimedJob & Told, settlement: Settlement, worker: string): void {
    if (!this.hearsWork) return;
    const message = job[MESSAGE] ?? messageOf(job, worker);
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
    for (const listener of this.#awake()) listener.worker?.(message);
  }

  troubled(message: TroubleMessage): void {
    channels.troubled(message);
    for (const listener of this.#awake()) listener.troubled?.(message);
  }

  lost(task: string): void {
    for (const listener of this.#awake()) listener.lost?.(task);
  }
}

function messageOf(job: ClaimedJob, worker: string): JobTelemetry {
  const { task, id, attempt, version, fingerprint, payload, headers } = job;
  const message = jobTelemetry({
    task,
    id,
    attempt,
    version,
    fingerprint,
    headers: { ...headers },
    bytes: payload.length,
    worker,
  });
  message.maxAttempts = job.maxAttempts ?? 0;
  return message;
}
