/**
 * The consuming side of one process: one lane per task, few calls for all of them.
 *
 * start → exchange (settle what ended and claim what is next) ⇄ runs; a lane without jobs waits in the store's blocking
 * call → stop (claim no more, let handlers end, abort, give back) → stopped.
 */
import type {
  Adapter,
  ClaimedJob,
  ClaimReply,
  ClaimRequest,
  RenewReply,
  SettleBatch,
  Settlement,
  SettleReply,
} from "../core/adapter.js";
import type { Clock } from "../core/clock.js";
import type { StoredError } from "../core/errors.js";
import type { JobRef, LogLine } from "../core/job.js";
import { completion, type Outcome, settlementOf } from "../core/outcome.js";
import { encodeValue, requireSize } from "../core/serializer.js";
import { Announcer, type AnnouncerHost } from "./announcer.js";
import { Apart } from "./apart.js";
import { Caretaker, type KeptTask } from "./caretaker.js";
import { Exchange } from "./exchange.js";
import { JobExecution, type RunHost } from "./job-run.js";
import { Lane, type LaneHost } from "./lane.js";
import { LeaseKeeper } from "./lease-keeper.js";
import { NewerWorkers } from "./newer-workers.js";
import { Notes } from "./notes.js";
import type { RunnableTask } from "./runnable-task.js";
import { dropVanished } from "./vanished-jobs.js";
import { WakeLoop } from "./wake-loop.js";

/** After the abort at shutdown handlers get this long to end by themselves. */
const ABORT_GRACE_MS = 500;
/** Then what did not end is given back, within this time where the store is there. */
const GIVE_BACK_MS = 1000;

/** What the worker asks of its app. */
export interface WorkerHost {
  readonly clock: Clock;
  /** Unique per process. */
  readonly workerId: string;
  /** Name of the machine and id of the process, for whoever looks at the workers. */
  readonly place: { readonly host: string; readonly pid: number };
  /** What is swept beside the tasks worked on. */
  readonly keptBeside: readonly KeptTask[];
  /** What the store holds; another name than before says that it was emptied or replaced. */
  surveyed(data: string): void;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  warn(
    message: string,
    about: { readonly task: string; readonly jobId: string; readonly code?: "LEASE_LOST" },
  ): void;
  reportError(error: unknown, about?: { readonly task: string; readonly jobId: string }): void;
  /** A run ended its job as failed, and the store has taken it. */
  jobFailed(error: StoredError, about: { readonly task: string; readonly jobId: string }): void;
  /** Caretaker went well: the store is there. */
  storeAnswered(): void;
}

export class Worker {
  readonly #adapter: Adapter;
  readonly #host: WorkerHost;
  readonly #lanes = new Map<string, Lane>();
  /** Lanes whose lease is being confirmed before their jobs start, or before the end of one is looked at. */
  readonly #confirming = new Map<Lane, Promise<void>>();
  readonly #unsubscribes: (() => Promise<void>)[] = [];
  readonly #exchange: Exchange;
  readonly #wakeLoop: WakeLoop;
  readonly #apart: Apart;
  readonly #leaseKeeper: LeaseKeeper;
  readonly #upkeep: Caretaker;
  readonly #announcer: Announcer | undefined;
  readonly #notes: Notes;
  readonly #newerWorkers: NewerWorkers;
  readonly #laneHost: LaneHost;
  #phase: "working" | "quiet" | "stopping" = "working";

  constructor(adapter: Adapter, host: WorkerHost) {
    this.#adapter = adapter;
    this.#host = host;
    const { clock } = host;
    this.#newerWorkers = new NewerWorkers(adapter.contracts, clock);
    this.#notes = new Notes(adapter, (error) => host.reportError(error));
    this.#exchange = new Exchange(adapter, {
      clock,
      lanes: this.#lanes,
      answered: (lane, batch, reply) => this.#applyReply(lane, batch, reply),
      ended: () => this.#wakeLoop.answered(),
      pumped: () => {
        if (this.#phase === "stopping") return;
        this.#apart.update();
        this.#wakeLoop.update();
      },
      recover: (lanes) => this.#leaseKeeper.recover(lanes),
      reportError: (error) => host.reportError(error),
    });
    this.#wakeLoop = new WakeLoop(adapter, {
      clock,
      wantedTasks: () => this.#lanesWhere((lane) => lane.wantsWake).map((lane) => lane.task.name),
      claimsFor: (tasks) => tasks.flatMap((task) => this.#lanes.get(task)?.standingClaim() ?? []),
      isHeldUp: () => this.#lanesWhere((lane) => lane.isHeldUp).length > 0,
      isAwaitingAnswer: () => this.#exchange.isUnderWay,
      waited: (claims, replies) => this.#waited(claims, replies),
      reportWaitError: (error) => host.reportError(error),
    });
    this.#apart = new Apart(adapter, {
      clock,
      lanes: () => this.#lanes.values(),
      isWorking: () => this.#phase === "working",
      isClaiming: () => this.#exchange.isUnderWay || this.#lanesWhere((lane) => lane.isStanding).length > 0,
      claimed: (task, reply) => this.#upkeep.nextDue(task, reply.nextDueInMs),
      claimFailed: (error) => this.#exchange.callFailed(error),
      interruptWait: () => this.#wakeLoop.interrupt(),
      pump: () => this.#exchange.pump(),
    });
    this.#leaseKeeper = new LeaseKeeper(adapter, {
      clock,
      lanes: () => this.#lanes.values(),
      renewed: (lane, lease, reply) => this.#renewed(lane, lease, reply),
      reportRenewError: (error) => host.reportError(error),
    });
    this.#upkeep = new Caretaker(adapter, {
      clock,
      tasks: () => [...Array.from(this.#lanes.values(), (lane): KeptTask => lane.task), ...host.keptBeside],
      surveyed: (data) => {
        host.storeAnswered();
        host.surveyed(data);
      },
      reportSweepError: (error) => host.reportError(error),
    });
    this.#announcer = adapter.contracts && new Announcer(adapter.contracts, this.#announcerHost());
    this.#laneHost = {
      clock,
      workerId: host.workerId,
      run: (lane, job) => new JobExecution(job, lane.task, this.#runHost(lane)),
      confirmLease: (lane) => void this.#confirmLease(lane),
      warnLost: (job) => this.#warnLost(job),
      pump: () => this.#exchange.pump(),
      isReserved: () => this.#apart.isReserved,
      leaseLost: () => this.#apart.leaseLost(),
    };
  }

  /** Begins to work on a task. Tasks may be added at any time while the worker runs. */
  async add(task: RunnableTask): Promise<void> {
    const lane = new Lane(task, this.#laneHost);
    const unsubscribe = await this.#adapter.subscribe({ kind: "cancels", task: task.name }, (notice) => {
      if (notice.kind === "cancel") lane.cancel(notice.id, notice.reason);
      else if (notice.kind === "paused") lane.giveBack();
      else if (notice.kind === "lost") void this.#renewQuietly([lane]);
    });
    this.#unsubscribes.push(unsubscribe);
    if (this.#phase !== "working") lane.quiet();
    this.#lanes.set(task.name, lane);
    this.#announcer?.update();
    this.#exchange.pump();
  }

  #announcerHost(): AnnouncerHost {
    const { clock, workerId, place } = this.#host;
    return {
      clock,
      workerId,
      ...place,
      implemented: () =>
        [...this.#lanes.values()].map(({ task: { name, version, since, fingerprint } }) => {
          return { task: name, version, since, fingerprint };
        }),
      reportAnnounceError: (error) => this.#host.reportError(error),
    };
  }

  /** Resolves when it works and other processes can see what on. */
  async start(): Promise<void> {
    // Sent first: who sees what this worker works on can rely on how its jobs are kept.
    this.#upkeep.start();
    await this.#announcer?.start();
    this.#leaseKeeper.start();
    this.#exchange.pump();
  }

  /** Whether code of the user is at work on a job. */
  get runsHandlers(): boolean {
    return this.#lanesWhere((lane) => lane.runsHandlers).length > 0;
  }

  /** Begins no more jobs. What runs goes on, under a lease that is kept alive. */
  quiet(): void {
    if (this.#phase !== "working") return;
    this.#phase = "quiet";
    for (const lane of this.#lanes.values()) lane.quiet();
    this.#wakeLoop.interrupt();
  }

  /** Begins jobs again. */
  resume(): void {
    if (this.#phase !== "quiet") return;
    this.#phase = "working";
    for (const lane of this.#lanes.values()) lane.resume();
    this.#exchange.pump();
  }

  /** The store holds other data than before: what it should know of this worker is told again. */
  async storeReplaced(): Promise<void> {
    this.#upkeep.startAgain();
    this.#announcer?.update();
    await Promise.all([...this.#lanes.values()].map((lane) => dropVanished(lane, this.#adapter, this.#host)));
    this.#exchange.pump();
  }

  /** Whether any job is held. */
  get isBusy(): boolean {
    return this.#lanesWhere((lane) => lane.holds > 0).length > 0;
  }

  /**
   * Claims no more, lets handlers end for up to `timeoutMs`, aborts the rest, and gives back what did not end.
   * Leases are kept alive meanwhile. Afterwards no job is active under this worker, unless the store was away.
   */
  async stop(timeoutMs: number): Promise<void> {
    this.#phase = "stopping";
    for (const lane of this.#lanes.values()) lane.quiet();
    const withdrawn = this.#announcer?.stop();
    const waited = Promise.all([this.#wakeLoop.stop(), this.#upkeep.stop(), this.#apart.stop()]);
    this.#exchange.pump();
    const isSettled = await this.#endHandlers(timeoutMs);
    await waited;
    // A claim that came with the last wake is given back.
    if (isSettled) await this.#exchange.quiet(GIVE_BACK_MS);
    this.#exchange.stop();
    await this.#notes.flush();
    this.#leaseKeeper.stop();
    await withdrawn;
    await Promise.all(this.#unsubscribes.splice(0).map((unsubscribe) => unsubscribe()));
  }

  /** Returns whether the store was told how everything ended. */
  async #endHandlers(timeoutMs: number): Promise<boolean> {
    if (await this.#exchange.quiet(timeoutMs)) return true;
    for (const run of this.#allRuns()) run.shutDown();
    if (await this.#exchange.quiet(Math.min(timeoutMs, ABORT_GRACE_MS))) return true;
    for (const run of this.#allRuns()) run.abandon();
    return this.#exchange.quiet(GIVE_BACK_MS);
  }

  #allRuns(): JobExecution[] {
    return [...this.#lanes.values()].flatMap((lane) => [...lane.running.values(), ...lane.overstaying]);
  }

  #lanesWhere(predicate: (lane: Lane) => boolean): Lane[] {
    return [...this.#lanes.values()].filter(predicate);
  }

  #waited(claims: readonly ClaimRequest[], replies: readonly ClaimReply[] | undefined): void {
    if (replies?.some(({ hasDue }) => hasDue)) this.#upkeep.dueSooner();
    for (const [index, claim] of claims.entries()) {
      const lane = this.#lanes.get(claim.task);
      if (lane !== undefined) this.#standingEnded(lane, claim, replies?.[index]);
    }
    if (replies === undefined) this.#exchange.recoverSoon();
    // Jobs that have begun look for more when they end; until then this would only delay them.
    const isFound = this.#apart.isReserved || replies?.some(({ hasSuspects }) => hasSuspects) === true;
    if (isFound || this.#lanesWhere((lane) => lane.isWet).length > 0) this.#exchange.pump();
  }

  #standingEnded(lane: Lane, claim: ClaimRequest, reply: ClaimReply | undefined): void {
    const isOwn = claim.lease === lane.lease;
    if (reply === undefined) {
      // It may have come through.
      lane.isWet = true;
      lane.isUncertain ||= isOwn;
    } else {
      if (reply.nextDueInMs !== undefined) this.#upkeep.nextDue(claim.task, reply.nextDueInMs);
      if (reply.hasSuspects) this.#apart.found(lane);
      if (reply.lost && isOwn) lane.loseLease();
      if (reply.jobs.length === claim.count) lane.isWet = true;
      if (reply.jobs.length > 0)
        lane.leaseExtendedAt = Math.max(lane.leaseExtendedAt, this.#leaseKeeper.aliveSince);
    }
    lane.standingEnded(isOwn ? (reply?.jobs ?? []) : []);
  }

  #applyReply(lane: Lane, batch: SettleBatch, reply: SettleReply): void {
    for (let i = 0; i < reply.settled.length; i++) {
      const settlement = batch.settlements[i] as Settlement;
      const { id, event } = settlement;
      if (reply.settled[i] === "stale" && event !== "release") this.#warnLost({ task: batch.task, id });
      else if (event === "fail" && reply.settled[i] === "applied")
        this.#host.jobFailed(settlement.error, { task: batch.task, jobId: id });
    }
    if (lane.task.onCancel !== undefined) this.#cleanUp(lane, batch, reply);
    this.#upkeep.nextDue(batch.task, reply.nextDueInMs);
    if (reply.hasSuspects) this.#apart.found(lane);
    if (reply.lost && batch.lease === lane.lease) lane.loseLease();
    // What was claimed under a lease that is lost meanwhile belongs to others.
    lane.batchAnswered(batch, batch.lease === lane.lease ? reply.jobs : []);
  }

  /** A cancel that came when its handler had just ended still gets its `onCancel`. */
  #cleanUp(lane: Lane, batch: SettleBatch, reply: SettleReply): void {
    for (const [index, { id }] of batch.settlements.entries()) {
      const run = lane.unanswered.get(id);
      lane.unanswered.delete(id);
      if (run === undefined || reply.settled[index] !== "cancelled") continue;
      lane.cleaning.add(run);
      void run.cleanUp().then(() => {
        lane.cleaning.delete(run);
        this.#exchange.pump();
      });
    }
  }

  /** Once per job: it is either still running here, or its end is, or was, on its way. */
  #warnLost({ task, id }: JobRef): void {
    this.#host.warn(
      `Job ${id} (${task}) was lost: its lease had ended and the job was given to another worker. How it ends here is ` +
        "discarded. Raise lease above the longest pause of the event loop.",
      { task, jobId: id, code: "LEASE_LOST" },
    );
  }

  async #renewQuietly(lanes: readonly Lane[]): Promise<void> {
    try {
      await this.#leaseKeeper.renew(lanes);
    } catch (error) {
      if (!this.#exchange.isFailing) this.#host.reportError(error);
    }
  }

  #confirmLease(lane: Lane): Promise<void> {
    let confirmed = this.#confirming.get(lane);
    if (confirmed === undefined) {
      confirmed = this.#renewQuietly([lane]).then(() => void this.#confirming.delete(lane));
      this.#confirming.set(lane, confirmed);
    }
    return confirmed;
  }

  #renewed(lane: Lane, lease: string, reply: RenewReply): void {
    if (reply.lost) {
      if (lane.holds > 0 && lane.lease === lease) lane.loseLease();
    } else {
      for (const { id, reason } of reply.cancelled) lane.cancel(id, reason);
      lane.drain();
    }
    this.#exchange.pump();
  }

  #runHost(lane: Lane): RunHost {
    const existing = this.#runHosts.get(lane);
    if (existing !== undefined) return existing;
    const { clock } = this.#host;
    const runHost: RunHost = {
      clock,
      settle: (run, outcome) => this.#settle(lane, run, outcome),
      reach: ({ task, version }) => this.#newerWorkers.reach(task, version),
      freeSlot: (run) => lane.slotFreed(run, performance.now() - run.startedAt),
      confirmLease: () => (lane.isOverdue ? this.#confirmLease(lane) : undefined),
      warn: (message, { job }) => this.#host.warn(message, { task: job.task, jobId: job.id }),
      warnLost: (job) => this.#warnLost(job),
      reportError: (error, run) => this.#host.reportError(error, { task: run.job.task, jobId: run.job.id }),
      noteProgress: (job, value) => this.#noteProgress(lane, job, value),
      noteLog: (job, line) => this.#noteLog(job, line),
      heartbeat: () => this.#leaseKeeper.renew([lane]),
    };
    this.#runHosts.set(lane, runHost);
    return runHost;
  }

  readonly #runHosts = new Map<Lane, RunHost>();

  #noteProgress(lane: Lane, job: ClaimedJob, value: unknown): void {
    const subject = { task: job.task, side: "progress" } as const;
    const progress = encodeValue(lane.task.serializer, value, subject);
    requireSize(progress, lane.task.maxResultBytes, subject);
    this.#notes.progress(job, progress);
  }

  #noteLog(job: ClaimedJob, line: Omit<LogLine, "at">): void {
    this.#notes.log(job, line);
  }

  /** Progress and logs must not land after the end, so a settlement waits for those on their way. */
  #settle(lane: Lane, run: JobExecution, outcome: Outcome): void {
    const { job, task } = run;
    const settlement =
      outcome.kind === "completed" ? completion(job, outcome.result) : this.#decide(run, outcome);
    if (settlement === undefined) return;
    if (task.onCancel !== undefined && settlement.event !== "cancel") lane.unanswered.set(job.id, run);
    if (!this.#notes.isPending(job)) {
      lane.settle(settlement);
      return;
    }
    lane.awaited.add(job);
    void this.#notes.flushJob(job).then(() => {
      lane.awaited.delete(job);
      lane.settle(settlement);
    });
  }

  #decide({ job, task }: JobExecution, outcome: Outcome): Settlement | undefined {
    return settlementOf(outcome, {
      id: job.id,
      fence: job.fence,
      attempt: job.attempt,
      maxAttempts: job.maxAttempts ?? task.retry.attempts,
      policy: task.retry,
      random: outcome.kind === "threw" ? this.#host.random() : 0,
      reportPolicyError: (error) => this.#host.reportError(error, { task: task.name, jobId: job.id }),
    });
  }
}
