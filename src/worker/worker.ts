/**
 * The consuming side of one process: one lane per task, one loop for all of them.
 *
 * add and start → the loop claims, lanes run, runs tell here how they ended → stop (claim no more, let handlers end,
 * abort, give back) → stopped.
 */
import type { Adapter, Settlement } from "../core/adapter.js";
import { hasFeature } from "../core/features.js";
import type { JobRef } from "../core/job.js";
import type { MeasuredOutcome } from "../core/observe/measures.js";
import type { WorkerCommand, WorkerState } from "../core/observe/vitals.js";
import { completion, type Outcome, settlementOf } from "../core/outcome.js";
import type { JobTelemetry } from "../core/telemetry/job-telemetry.js";
import { Announcer } from "./announcer.js";
import { Caretaker, type KeptTask } from "./caretaker.js";
import { ContractTeller } from "./contract-teller.js";
import type { JobExecution, RunHost } from "./job-execution.js";
import { Lane } from "./lane.js";
import { MeasureTeller } from "./measure-teller.js";
import { WorkerMeasures } from "./measures.js";
import { dropMissing } from "./missing-jobs.js";
import { NewerWorkers } from "./newer-workers.js";
import { ProcessMonitor } from "./process-vitals.js";
import { ProgressAndLogs } from "./progress-and-logs.js";
import type { RunnableTask } from "./runnable-task.js";
import { WorkLoop } from "./work-loop.js";
import { type WorkerHost, warnLost } from "./worker-host.js";
import { vitalsText } from "./worker-vitals.js";

/** After the abort at shutdown handlers get this long to end by themselves. */
const ABORT_GRACE_MS = 500;
/** Then what did not end is given back, within this time where the store is there. */
const GIVE_BACK_MS = 1000;
/** A loop that is not answered for so long, or wants jobs and does nothing, stands still: a claim waits for 20 s at most. */
const STUCK_MS = 60_000;

/** Whether a worker goes on. */
export interface WorkerPulse {
  readonly isBeating: boolean;
  /** Undefined: none was answered yet. */
  readonly lastClaimAgeMs?: number;
}

export class Worker {
  readonly #adapter: Adapter;
  readonly #host: WorkerHost;
  readonly #lanes = new Map<string, Lane>();
  /** Tasks that are being added or removed. */
  readonly #changing = new Map<string, Promise<void>>();
  readonly #unsubscribes = new Map<Lane, () => Promise<void>>();
  readonly #loop: WorkLoop;
  readonly #caretaker: Caretaker;
  readonly #announcer: Announcer | undefined;
  readonly #teller: MeasureTeller | undefined;
  readonly #process: ProcessMonitor;
  #state: WorkerState = "running";
  readonly #progressAndLogs: ProgressAndLogs;
  readonly #newerWorkers: NewerWorkers;
  readonly #runHost: RunHost;

  constructor(adapter: Adapter, host: WorkerHost) {
    this.#adapter = adapter;
    this.#host = host;
    const { clock } = host;
    this.#process = new ProcessMonitor(clock);
    this.#newerWorkers = new NewerWorkers(adapter.contracts, clock);
    this.#progressAndLogs = new ProgressAndLogs(adapter, (error) => host.reportError(error));
    this.#caretaker = new Caretaker(adapter, {
      clock,
      tasks: () => [...this.#worked.map(({ task }): KeptTask => task), ...host.keptBeside],
      surveyed: (data) => host.surveyed(data),
      reclaimed: (task, count) => this.#measures?.stalled(task, count),
      reportSweepError: (error) => host.reportError(error),
    });
    this.#loop = new WorkLoop(adapter, host, {
      lanes: this.#lanes,
      caretaker: this.#caretaker,
      forget: (lane) => this.#forget(lane),
    });
    this.#teller = this.#makeTeller();
    this.#announcer = this.#makeAnnouncer();
    this.#runHost = this.#makeRunHost();
  }

  #makeAnnouncer(): Announcer | undefined {
    const { contracts: store, observe } = this.#adapter;
    if (store === undefined) return undefined;
    const { workerId, place, clock } = this.#host;
    const teller = observe && new ContractTeller(observe);
    const announced = async () => teller?.tell(this.#worked.map(({ task }) => task));
    const worker = { workerId, ...place };
    const vitals = () => this.#vitals();
    const obey = (command: WorkerCommand) => this.#host.obey(command);
    const parts = { store, clock, worker, announced, teller: this.#teller, vitals, obey };
    return new Announcer(parts, (error) => this.#host.reportError(error));
  }

  #vitals(): string {
    const { versions, release, clock } = this.#host;
    return vitalsText({
      ...{ state: this.#state, lanes: this.#lanes.values(), now: clock.monotonic() },
      ...{ process: this.#process.read(), versions, release },
    });
  }

  /** What is counted is told with the announcement. */
  #makeTeller(): MeasureTeller | undefined {
    const { contracts, observe } = this.#adapter;
    const { isMeasured, release, workerId } = this.#host;
    if (!isMeasured || contracts === undefined || observe === undefined) return undefined;
    const parts = { store: observe, measures: new WorkerMeasures(release), worker: workerId, release };
    return new MeasureTeller(parts, (error) => this.#host.reportError(error));
  }

  /** Undefined: nothing is counted. */
  get #measures(): WorkerMeasures | undefined {
    return this.#teller?.measures;
  }

  /** Begins to work on a task. Tasks may be added at any time while the worker runs. */
  add(task: RunnableTask): Promise<void> {
    return this.#inTurn(task.name, () => this.#add(task));
  }

  /** Works on a task no more: nothing is claimed, and what runs goes on. */
  remove(name: string): Promise<void> {
    return this.#inTurn(name, async () => this.#remove(name));
  }

  /** Adding takes a while, and what is asked of a task meanwhile comes after that. */
  #inTurn(name: string, change: () => Promise<void>): Promise<void> {
    const before = this.#changing.get(name);
    const done = before === undefined ? change() : before.then(change);
    const over: Promise<void> = done
      .catch(() => undefined)
      .then(() => {
        if (this.#changing.get(name) === over) this.#changing.delete(name);
      });
    this.#changing.set(name, over);
    return done;
  }

  async #add(task: RunnableTask): Promise<void> {
    const known = this.#lanes.get(task.name);
    if (known !== undefined) {
      known.returned(task, this.#host.pools.of(task));
      this.#announce();
      this.#loop.joined(known);
      return;
    }
    await this.#tellLimits([task]);
    const lane = new Lane(task, this.#runHost, this.#host.pools.of(task));
    const unsubscribe = await this.#adapter.subscribe({ kind: "cancels", task: task.name }, (notice) => {
      if (notice.kind === "cancel") lane.cancel(notice.id, notice.reason);
      else if (notice.kind === "paused") lane.giveBack();
      else if (notice.kind === "told") this.#announcer?.told(notice.worker, notice.command);
      else if (notice.kind === "lost") this.#mayHaveMissed(lane);
    });
    this.#unsubscribes.set(lane, unsubscribe);
    this.#lanes.set(task.name, lane);
    this.#announce();
    this.#loop.joined(lane);
  }

  /** Cancels and commands may have been told meanwhile. */
  #mayHaveMissed(lane: Lane): void {
    void this.#loop.renewQuietly([lane]);
    void this.#announcer?.hurry();
  }

  /** The numbers of limits hold for every process, and for jobs that are stored. */
  async #tellLimits(tasks: readonly RunnableTask[]): Promise<void> {
    if (!hasFeature(this.#adapter, "overrides")) return;
    const requests = tasks.flatMap(({ name, override }) =>
      override === undefined ? [] : [{ task: name, control: "limits", override } as const],
    );
    if (requests.length > 0) await this.#adapter.control?.(requests);
  }

  #remove(name: string): void {
    const lane = this.#lanes.get(name);
    if (lane === undefined) return;
    this.#loop.left(lane);
    this.#announce();
  }

  #forget(lane: Lane): void {
    this.#lanes.delete(lane.task.name);
    lane.leavePools();
    const unsubscribe = this.#unsubscribes.get(lane);
    this.#unsubscribes.delete(lane);
    unsubscribe?.().catch((error: unknown) => this.#host.reportError(error));
  }

  /** What it claims from. */
  get #worked(): readonly Lane[] {
    return [...this.#lanes.values()].filter(({ isRetired }) => !isRetired);
  }

  #announce(): void {
    const tasks = this.#worked.map(({ task: { name, version, since, fingerprint } }) => {
      return { task: name, version, since, fingerprint };
    });
    this.#announcer?.update(tasks);
  }

  /** Resolves when it works and other processes can see what on. */
  async start(): Promise<void> {
    // Sent first: who sees what this worker works on can rely on how its jobs are kept.
    this.#caretaker.start();
    this.#process.start();
    await this.#announcer?.start();
    this.#host.pools.changed = () => this.#loop.pump();
    this.#loop.start();
  }

  /** Slots that are taken, and how many there are: what tasks that name no number have is bounded by their app's pool. */
  get slots(): { readonly used: number; readonly size: number } {
    const lanes = this.#worked;
    const sizeOf = (some: readonly Lane[]) => some.reduce((sum, lane) => sum + lane.concurrency, 0);
    const sized = lanes.filter(({ isSized }) => isSized);
    const others = lanes.filter(({ isSized }) => !isSized);
    const [app] = this.#host.pools.all;
    const size = sizeOf(sized) + Math.min(sizeOf(others), app?.size ?? Number.POSITIVE_INFINITY);
    return { used: lanes.reduce((sum, lane) => sum + lane.running, 0), size };
  }

  /** Whether code of the user is at work on a job. */
  get runsHandlers(): boolean {
    return [...this.#lanes.values()].some((lane) => lane.runsHandlers);
  }

  /** Whether its loop goes on, and how long ago a claim was answered. */
  get pulse(): WorkerPulse {
    const lanes = [...this.#lanes.values()];
    const now = this.#host.clock.monotonic();
    const isWanting = lanes.some((lane) => lane.wantsJobs);
    const { movedAt, unansweredSince } = this.#loop;
    const claimedAt = Math.max(...lanes.map((lane) => lane.claimedAt));
    return {
      isBeating: now - Math.min(unansweredSince, isWanting ? movedAt : now) < STUCK_MS,
      ...(Number.isFinite(claimedAt) ? { lastClaimAgeMs: Math.max(0, Math.round(now - claimedAt)) } : {}),
    };
  }

  /** Begins no more jobs. What runs goes on, under a lease that is kept alive. */
  quiet(): void {
    this.#state = "quiet";
    this.#loop.quiet();
    void this.#announcer?.hurry();
  }

  /** Begins jobs again. */
  resume(): void {
    this.#state = "running";
    this.#loop.resume();
    void this.#announcer?.hurry();
  }

  /** The store holds other data than before: what it should know of this worker is told again. */
  async storeReplaced(): Promise<void> {
    this.#caretaker.startAgain();
    this.#announce();
    const lanes = [...this.#lanes.values()];
    await Promise.all([
      this.#tellLimits(lanes.map(({ task }) => task)),
      ...lanes.map((lane) => dropMissing(lane, this.#adapter, this.#host)),
    ]);
    this.#loop.pump();
  }

  /**
   * Claims no more, lets handlers end for up to `timeoutMs`, aborts the rest, and gives back what did not end.
   * Leases are kept alive meanwhile. Afterwards no job is active under this worker, unless the store was away.
   */
  async stop(timeoutMs: number): Promise<void> {
    const stopped = Promise.all([this.#loop.stopClaiming(), this.#caretaker.stop()]);
    // Others see that it closes, for as long as handlers may go on.
    const lasts = this.runsHandlers;
    this.#state = "closing";
    if (lasts) void this.#announcer?.hurry();
    const isOver = lasts && (await this.#loop.idle(timeoutMs));
    const withdrawn = this.#announcer?.stop();
    const isSettled = isOver || (await this.#endHandlers(timeoutMs, lasts ? 0 : timeoutMs));
    await stopped;
    // A claim that came with the last wake is given back.
    if (isSettled) await this.#loop.idle(GIVE_BACK_MS);
    this.#loop.stop();
    const told = this.#announcer?.inTime(() => this.#teller?.end());
    await this.#progressAndLogs.flush();
    this.#loop.stopKeeping();
    this.#process.stop();
    for (const lane of this.#lanes.values()) lane.leavePools();
    await Promise.all([withdrawn, told]);
    await Promise.all([...this.#unsubscribes.values()].map((unsubscribe) => unsubscribe()));
  }

  /** @param restMs what is left of `timeoutMs`. Returns whether the store was told how everything ended */
  async #endHandlers(timeoutMs: number, restMs: number): Promise<boolean> {
    if (await this.#loop.idle(restMs)) return true;
    for (const run of this.#allRuns()) run.shutDown();
    if (await this.#loop.idle(Math.min(timeoutMs, ABORT_GRACE_MS))) return true;
    for (const run of this.#allRuns()) run.abandon();
    return this.#loop.idle(GIVE_BACK_MS);
  }

  #allRuns(): JobExecution[] {
    return [...this.#lanes.values()].flatMap((lane) => lane.slots.runs);
  }

  #laneOf({ task }: { readonly task: { readonly name: string } }): Lane {
    return this.#lanes.get(task.name) as Lane;
  }

  #makeRunHost(): RunHost {
    const { clock, workerId } = this.#host;
    return {
      ...{ clock, workerId, progressAndLogs: this.#progressAndLogs, adapter: this.#adapter },
      telemetry: this.#host.telemetry,
      measures: this.#measures,
      hasEnded: (run) => this.#endedInTransaction(run),
      requireTransactions: (asked) => this.#host.requireTransactions(asked),
      hasCompleted: (job) => this.#hasCompleted(job),
      pump: () => this.#loop.pump(),
      settle: (run, outcome) => this.#settle(run, outcome),
      freeSlot: (run, now) => this.#laneOf(run).slotFreed(run, now),
      reach: ({ task, version }) => this.#newerWorkers.reach(task, version),
      confirmLease: (run, now) => {
        const lane = this.#laneOf(run);
        return lane.isOverdue(now) ? this.#loop.confirmLease(lane) : undefined;
      },
      overstays: ({ job }, message) =>
        this.#host.warn(message, { task: job.task, jobId: job.id, code: "HANDLER_OVERSTAYS" }),
      warnLost: (job) => warnLost(this.#host, job),
      hookFailed: ({ job }, error) => this.#hookFailed(job, error),
      heartbeat: ({ task }) => this.#loop.renew([this.#lanes.get(task) as Lane]),
    };
  }

  /** Progress and logs must not land after the end, so a settlement waits for those on their way. */
  #settle(run: JobExecution, outcome: Outcome): void {
    const { job } = run;
    const settlement =
      outcome.kind === "completed" ? completion(job, outcome.result) : this.#decide(run, outcome);
    if (run.message !== undefined) this.#tell(run, run.message, outcome, settlement);
    if (settlement === undefined) return;
    this.#measure(run, OUTCOMES[settlement.event]);
    if ("error" in settlement) this.#measures?.failed(job, settlement.error);
    const lane = this.#laneOf(run);
    if (settlement.event !== "cancel") lane.awaitsAnswer(run);
    if (!this.#progressAndLogs.isPending(job)) {
      lane.outbox.add(settlement);
      this.#loop.pump();
      return;
    }
    lane.outbox.holdBack(job);
    void this.#progressAndLogs.flushJob(job).then(() => {
      lane.outbox.addHeldBack(job, settlement);
      this.#loop.pump();
    });
  }

  #endedInTransaction(run: JobExecution): void {
    this.#measure(run, "completed");
    if (run.message === undefined) return;
    const { telemetry } = this.#host;
    const runMs = this.#ranMs(run);
    telemetry.ran(run.message, { outcome: "completed", runMs, error: undefined, delayMs: 0 });
    telemetry.ended(run.message, "applied");
  }

  #tell(run: JobExecution, message: JobTelemetry, ended: Outcome, settlement: Settlement | undefined): void {
    const { telemetry } = this.#host;
    const delayMs = settlement !== undefined && "delayMs" in settlement ? settlement.delayMs : undefined;
    telemetry.ran(message, {
      outcome: settlement === undefined ? "lost" : OUTCOMES[settlement.event],
      runMs: this.#ranMs(run),
      error: ended.kind === "threw" && settlement?.event !== "release" ? ended.error : undefined,
      delayMs: delayMs ?? 0,
    });
    if (settlement !== undefined) telemetry.settling(message, settlement);
  }

  #ranMs(run: JobExecution): number {
    run.endedAt ??= this.#host.clock.monotonic();
    return run.endedAt - run.begunAt;
  }

  #measure(run: JobExecution, outcome: MeasuredOutcome): void {
    this.#measures?.ended(run.job.task, outcome, this.#ranMs(run));
  }

  #decide({ job, task, message }: JobExecution, outcome: Outcome): Settlement | undefined {
    return settlementOf(outcome, {
      id: job.id,
      fence: job.fence,
      attempt: job.attempt,
      maxAttempts: job.maxAttempts ?? task.retry.attempts,
      policy: task.retry,
      random: outcome.kind === "threw" ? this.#host.random() : 0,
      trace: message?.trace,
      reportPolicyError: (error) => this.#hookFailed({ task: task.name, id: job.id }, error),
    });
  }

  async #hasCompleted(job: JobRef): Promise<boolean> {
    try {
      const [found] = await this.#adapter.read([job]);
      return found === undefined || found.state === "completed";
    } catch (error) {
      this.#host.reportError(error);
      return false;
    }
  }

  /** A function of the application threw beside its handler. */
  #hookFailed({ task, id }: JobRef, error: unknown): void {
    this.#host.reportError(error, { task, jobId: id, code: "HOOK_FAILED" });
  }
}

/** What an end counts as. */
const OUTCOMES = {
  complete: "completed",
  fail: "failed",
  retry: "retried",
  cancel: "cancelled",
  release: "released",
} as const satisfies Record<Settlement["event"], MeasuredOutcome>;
