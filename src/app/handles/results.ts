import type { Adapter, Notice } from "../../core/adapter.js";
import { CallBatcher } from "../../core/batcher.js";
import type { Clock, TimerHandle } from "../../core/clock.js";
import { JobFailedError } from "../../core/errors.js";
import type { JobOutcome, JobRef } from "../../core/job.js";
import {
  AppClosedError,
  CancelledError,
  ExpiredError,
  JobNotFoundError,
  JobReplacedError,
} from "../../core/job-errors.js";
import { decodeValue, type Serializer } from "../../core/serializer.js";
import { WorkflowFailedError } from "../../core/workflow/errors.js";
import { WORKFLOW_TASK } from "../../core/workflow/step.js";
import { inRootContext } from "../../worker/async-context.js";
import { KeepAlive } from "./keep-alive.js";

/** What the hub needs from its app. */
export interface ResultHubHost {
  readonly adapter: Adapter;
  readonly serializer: Serializer;
  readonly clock: Clock;
  connect(): Promise<void>;
  /** Somebody waits for a result, and nobody did before. */
  awaited(): void;
  reportError(error: unknown): void;
}

/** How a job's outcome is waited for. */
export interface OutcomeWait {
  readonly stored: Promise<unknown> | undefined;
  readonly ttlMs: number | "unknown" | undefined;
  /** The store has been asked for it already and will tell it, although the job may be gone by now. */
  readonly isTold?: boolean;
}

/** The store's clock may be a little behind this one. */
const EXPIRY_SLACK_MS = 5;
const EXPIRY_RECHECK_MS = 1000;
const LONGEST_EXPIRY_WAIT_MS = 60_000;
/** Most outcomes kept while an insert is under way whose answer may name another job: that one may end before. */
const MOST_EARLY = 10_000;

interface Pending {
  readonly ref: JobRef;
  /** How often everything had been asked for again when the wait began. */
  readonly round: number;
  /** Its insert has been answered, so that the store must know the job. */
  isStored: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly isTold: boolean;
}

/**
 * Waits for the outcomes of jobs. The store tells them on this process's own channel, and only for jobs somebody
 * here asked for. After an interruption, and when the store holds other data, everything still pending is asked for again.
 */
export class ResultHub {
  readonly #host: ResultHubHost;
  readonly #pending = new Map<string, Pending[]>();
  readonly #watches: CallBatcher<JobRef, Awaited<ReturnType<Adapter["watch"]>>[number]>;
  readonly #expiries = new Map<string, TimerHandle>();
  /** Outcomes that came while {@link keepOutcomes} was asked for, the latest last. */
  readonly #early = new Map<string, JobOutcome>();
  #keepers = 0;
  #round = 0;
  #subscribing: Promise<void> | undefined;
  #isSubscribed = false;
  readonly #keepAlive = new KeepAlive();

  constructor(host: ResultHubHost) {
    this.#host = host;
    this.#watches = new CallBatcher((refs, call) => host.adapter.watch(refs, call));
  }

  /** Whether anybody waits. */
  get isAwaited(): boolean {
    return this.#pending.size > 0;
  }

  /**
   * Resolves with the decoded result of a job, or rejects with what became of it.
   *
   * @param wait.stored resolves when the job is stored; undefined when its insert carries `watch`: then
   * {@link subscribe} comes before the insert and {@link inserted} after it
   * @param wait.ttlMs when the job expires; `"unknown"`: the store is asked
   */
  outcome(ref: JobRef, wait: OutcomeWait): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const isTold = wait.stored === undefined || wait.isTold === true;
      const pending: Pending = { ref, resolve, reject, isTold, round: this.#round, isStored: false };
      const key = keyOf(ref);
      const others = this.#pending.get(key);
      if (others === undefined) this.#pending.set(key, [pending]);
      else others.push(pending);
      if (this.#pending.size === 1) {
        this.#keepAlive.hold();
        this.#host.awaited();
      }
      if (wait.stored !== undefined) void this.#watch(pending, wait);
    });
  }

  /** Whether {@link subscribe} has been done. */
  get isSubscribed(): boolean {
    return this.#isSubscribed;
  }

  /**
   * The insert of a job was answered, which carried `watch`. One that was on its way while others were asked for again may
   * have been stored before the store was emptied.
   */
  inserted(ref: JobRef, ttlMs: OutcomeWait["ttlMs"]): void {
    const waiters = this.#pending.get(keyOf(ref)) ?? [];
    for (const pending of waiters) pending.isStored = true;
    if (waiters.some(({ round }) => round !== this.#round)) void this.#ask(ref).catch(this.#report);
    this.expireAfter(ref, ttlMs);
  }

  /** Asks for everything that is waited for and must be stored. */
  async askAgain(): Promise<void> {
    this.#round += 1;
    const waits = [...this.#pending.values()].filter((waiters) => waiters.some(({ isStored }) => isStored));
    await Promise.all(waits.flatMap(([first]) => (first === undefined ? [] : this.#ask(first.ref))));
  }

  /** A job will never be stored: whoever waits for it is told why. */
  abandon(ref: JobRef, error: Error): void {
    this.#take(ref, (pending) => pending.reject(error));
  }

  /** An insert is under way whose answer may {@link redirect} to a job that ends meanwhile. */
  keepOutcomes(): void {
    this.#keepers += 1;
  }

  /** The answer is here. */
  letOutcomesGo(): void {
    this.#keepers -= 1;
    if (this.#keepers === 0) this.#early.clear();
  }

  /** A job turned out to be another one, which was stored: whoever waits for it waits for that one. */
  redirect({ from, to, isTold }: { from: JobRef; to: JobRef; isTold: boolean }): void {
    const early = this.#early.get(keyOf(to));
    this.#take(from, ({ resolve, reject }) => {
      this.outcome(to, { stored: Promise.resolve(), ttlMs: "unknown", isTold }).then(resolve, reject);
    });
    if (early !== undefined) this.#deliver(early);
  }

  /** Ends every wait; the app is closing. */
  closeAll(): void {
    this.#subscribing = undefined;
    this.#isSubscribed = false;
    for (const [, waiters] of [...this.#pending]) {
      for (const { ref } of waiters) this.abandon(ref, new AppClosedError(`wait for job ${ref.id}`));
    }
    this.#keepAlive.end();
  }

  readonly #report = (error: unknown): void => this.#host.reportError(error);

  /** Without a worker nobody else would notice that a job is overdue, so it is asked for when its TTL has passed. */
  expireAfter(ref: JobRef, ttlMs: OutcomeWait["ttlMs"]): void {
    if (typeof ttlMs !== "number") return;
    const key = keyOf(ref);
    if (!this.#pending.has(key)) return;
    this.#expiries.get(key)?.cancel();
    const check = () =>
      this.#checkExpiry(ref).catch((error: unknown) => {
        this.#host.reportError(error);
        this.expireAfter(ref, EXPIRY_RECHECK_MS);
      });
    const timer = inRootContext(() => this.#host.clock.schedule(ttlMs + EXPIRY_SLACK_MS, () => void check()));
    this.#expiries.set(key, timer);
  }

  async #checkExpiry(ref: JobRef): Promise<void> {
    const reply = await this.#watches.call(ref);
    if (reply.status === "final") this.#deliver(reply.outcome);
    else if (reply.status === "missing") this.abandon(ref, new ExpiredError(ref.id, ref.task));
    else if ((await this.#expiryOf(ref)) !== undefined) this.expireAfter(ref, EXPIRY_RECHECK_MS);
  }

  /** Time until a job that was not started yet expires, at most {@link LONGEST_EXPIRY_WAIT_MS}: clocks may differ. */
  async #expiryOf(ref: JobRef): Promise<number | undefined> {
    const [job] = await this.#host.adapter.read([ref]);
    if (job?.expiresAt === undefined || (job.state !== "waiting" && job.state !== "delayed"))
      return undefined;
    const restMs = Math.max(0, job.expiresAt - this.#host.clock.now());
    return Math.min(restMs, job.expiresAt - job.enqueuedAt, LONGEST_EXPIRY_WAIT_MS);
  }

  /** Others who wait for the same job may be told of it all the same, so what goes wrong is this waiter's alone. */
  async #watch(pending: Pending, { stored, ttlMs }: OutcomeWait): Promise<void> {
    const { ref } = pending;
    try {
      await stored;
      pending.isStored = true;
      await this.#host.connect();
      await this.subscribe();
      const reply = await this.#watches.call(ref);
      if (reply.status === "final") this.#deliver(reply.outcome);
      else if (reply.status === "missing" && !this.#isTold(ref)) throw new JobNotFoundError(ref.id, ref.task);
      if (!this.#pending.has(keyOf(ref))) return;
      this.expireAfter(ref, ttlMs === "unknown" ? await this.#expiryOf(ref) : ttlMs);
    } catch (error) {
      this.#drop(pending, error as Error);
    }
  }

  /** Whether the store has promised the outcome to anybody here. */
  #isTold(ref: JobRef): boolean {
    return this.#pending.get(keyOf(ref))?.some((pending) => pending.isTold) ?? false;
  }

  #drop(pending: Pending, error: Error): void {
    const key = keyOf(pending.ref);
    const others = this.#pending.get(key)?.filter((each) => each !== pending) ?? [];
    if (others.length === 0) {
      this.abandon(pending.ref, error);
      return;
    }
    this.#pending.set(key, others);
    pending.reject(error);
  }

  async #ask(ref: JobRef): Promise<void> {
    const reply = await this.#watches.call(ref);
    if (reply.status === "final") this.#deliver(reply.outcome);
    else if (reply.status === "missing") this.abandon(ref, new JobNotFoundError(ref.id, ref.task));
  }

  /** Resolves when no outcome told from now on can be missed. */
  subscribe(): Promise<void> {
    this.#subscribing ??= this.#host.adapter
      .subscribe({ kind: "outcomes" }, (notice) => this.#receive(notice))
      .then(
        () => {
          this.#isSubscribed = true;
        },
        (error: unknown) => {
          this.#subscribing = undefined;
          throw error;
        },
      );
    return this.#subscribing;
  }

  #receive(notice: Notice): void {
    if (notice.kind === "outcome") {
      if (this.#keepers > 0) this.#keepEarly(notice.outcome);
      this.#deliver(notice.outcome);
    } else if (notice.kind === "lost") {
      void this.askAgain().catch(this.#report);
    }
  }

  #keepEarly(outcome: JobOutcome): void {
    this.#early.set(keyOf(outcome), outcome);
    const [oldest] = this.#early.keys();
    if (this.#early.size > MOST_EARLY && oldest !== undefined) this.#early.delete(oldest);
  }

  #deliver(outcome: JobOutcome): void {
    this.#take(outcome, (pending) => {
      try {
        pending.resolve(this.#resultOf(outcome));
      } catch (error) {
        pending.reject(error as Error);
      }
    });
  }

  #resultOf(outcome: JobOutcome): unknown {
    const { id, task } = outcome;
    switch (outcome.state) {
      case "completed":
        if (outcome.result === undefined) return undefined;
        return decodeValue(this.#host.serializer, outcome.result, { task, side: "output" });
      case "failed":
        throw failureOf(outcome);
      case "cancelled":
        if (outcome.replacedBy !== undefined) throw new JobReplacedError(id, task, outcome.replacedBy);
        throw new CancelledError(id, outcome.reason ?? "");
      case "expired":
        throw new ExpiredError(id, task);
    }
  }

  #take(ref: JobRef, tell: (pending: Pending) => void): void {
    const key = keyOf(ref);
    const waiters = this.#pending.get(key);
    if (waiters === undefined) return;
    this.#pending.delete(key);
    for (const pending of waiters) tell(pending);
    if (this.#expiries.size > 0) {
      this.#expiries.get(key)?.cancel();
      this.#expiries.delete(key);
    }
    if (this.#pending.size === 0) this.#keepAlive.letGo();
  }
}

function failureOf({ id, task, attempt, error }: JobOutcome): Error {
  const stored = error ?? { name: "Error", message: "the error was not recorded" };
  if (task === WORKFLOW_TASK) return new WorkflowFailedError(id, stored);
  return new JobFailedError({ jobId: id, task, attempt, error: stored });
}

function keyOf(ref: JobRef): string {
  return `${ref.task}:${ref.id}`;
}
