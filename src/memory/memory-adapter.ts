import type {
  Adapter,
  CancelReply,
  CancelRequest,
  ChangeReply,
  ClaimReply,
  ClaimRequest,
  ClaimWait,
  CollectedKey,
  CollectedQuery,
  ControlReply,
  ControlRequest,
  InsertReply,
  JobAnnotation,
  JobChange,
  JobPage,
  JobReading,
  KeyRef,
  ListQuery,
  MessagePage,
  MessagesQuery,
  NewJob,
  Notice,
  ReadOptions,
  RenewReply,
  RenewRequest,
  SettleBatch,
  SettleReply,
  StateCounts,
  Survey,
  SurveyRequest,
  SweepReply,
  SweepRequest,
  Topic,
  WatchReply,
} from "../core/adapter.js";
import { requireNoMore } from "../core/arguments.js";
import type { Clock } from "../core/clock.js";
import type { ContractStore } from "../core/contract-store.js";
import { OptionError, StoreError } from "../core/errors.js";
import { ADAPTER_FEATURES } from "../core/features.js";
import type { JobRef } from "../core/job.js";
import { isFinalState } from "../core/lifecycle.js";
import type { ObserveStore } from "../core/observe/observe-store.js";
import { optionSet } from "../core/options.js";
import { isOverdue, messagesOf, outcomeOf, readingOf, snapshotOf } from "../core/stored-job.js";
import { type Listeners, Subscriptions } from "../core/subscription.js";
import { WaitingClaims } from "../core/waiting-claims.js";
import type { CrashHook } from "../core/workflow/courier.js";
import { WORKFLOW_TASK } from "../core/workflow/step.js";
import type { WorkflowStore } from "../core/workflow/store.js";
import { holderOf } from "./admission.js";
import { annotateJob, cancelJob, changeJob } from "./change.js";
import { claimJobs } from "./claim.js";
import { createContractStore } from "./contract-store.js";
import { controlTask } from "./control.js";
import { insertJob } from "./insert.js";
import { clockOption, createMemoryStore, type JobStore, jobsOf, type MemoryStore } from "./memory-store.js";
import { createObserveStore } from "./observe/observe-store.js";
import { seenCounts } from "./overdue.js";
import { listPage } from "./page.js";
import { renewLease } from "./renew.js";
import { MemoryScheduleStore } from "./schedule-store.js";
import { settleBatch } from "./settle.js";
import { sweepTask } from "./sweep.js";
import type { TaskStore } from "./task-store.js";
import { createCourier, type MemoryCourier } from "./workflow-hops.js";

/** Either a store to share, or the clock of a store of its own (default: the machine's). */
export type MemoryAdapterOptions =
  | { readonly store: MemoryStore; readonly clock?: undefined }
  | { readonly store?: undefined; readonly clock?: Clock | undefined };

/** An adapter that keeps jobs in this process: for tests, and for apps whose jobs may die with them. */
export function memoryAdapter(options?: MemoryAdapterOptions): Adapter;
export function memoryAdapter(options: object = {}, ...surplus: readonly unknown[]): Adapter {
  requireNoMore("memoryAdapter()", 1, surplus);
  const { store, clock } = OPTIONS.read(options, "memoryAdapter()");
  if (store === undefined) return new MemoryAdapter(jobsOf(createMemoryStore(clock && { clock })));
  if (clock === undefined) return new MemoryAdapter(store);
  throw new OptionError("expected store or clock in memoryAdapter(), got both; a store has its own clock");
}

/** A process has no transactions. */
const FEATURES = ADAPTER_FEATURES.filter((feature) => feature !== "transactions");
const OPTIONS = optionSet({ store: jobsOf, clock: clockOption });

/**
 * One user of a store. Life: `connect` opens it, `close` ends its waits, subscriptions and watches and leaves
 * the jobs to the others; then it may be opened again.
 */
class MemoryAdapter implements Adapter {
  readonly name = "memory";
  readonly features = FEATURES;
  readonly workflows: WorkflowStore = {
    define: async (parts) => {
      const isStored = (id: string) => this.#store.task(WORKFLOW_TASK).jobs.has(id);
      const now = this.#now();
      for (const part of parts) this.#store.workflows.define(part, now, isStored);
    },
    readSteps: async (query) => {
      this.#now();
      await this.#courier.caughtUp();
      return this.#store.workflows.readSteps(query);
    },
    readGraph: async (query) => {
      this.#now();
      return this.#store.workflows.readGraph(query);
    },
  };
  readonly schedules: MemoryScheduleStore;
  /** Not part of the port: tests stop here what moves workflows on. */
  readonly crash: CrashHook = {};
  readonly #store: JobStore;
  /** Moves workflows on. */
  readonly #courier: MemoryCourier;
  readonly #waiting: WaitingClaims;
  readonly #subscriptions = new Subscriptions();
  /** Who hears how the jobs end that this connection asked for: jobs know it until then, so a close takes a new one. */
  #outcomes: Listeners = new Set();
  #open = false;

  readonly contracts: ContractStore;
  readonly observe: ObserveStore;

  constructor(store: JobStore) {
    this.#store = store;
    this.#courier = createCourier(store, this.crash);
    this.contracts = createContractStore(store, () => this.#now());
    this.observe = createObserveStore(store, () => this.#now());
    this.schedules = new MemoryScheduleStore({ store, now: () => this.#now() });
    this.#waiting = new WaitingClaims({
      ...{ wakes: store.wakes, clock: store.clock },
      claim: (requests) => this.#verb((now) => requests.map((request) => this.#claim(request, now))),
    });
  }

  async connect(): Promise<void> {
    this.#open = true;
  }

  async close(): Promise<void> {
    this.#open = false;
    this.#outcomes = new Set();
    this.schedules.endAll();
    this.#waiting.close();
    this.#subscriptions.endAll();
    await this.#courier.caughtUp();
  }

  async insert(jobs: readonly NewJob[]): Promise<readonly InsertReply[]> {
    return this.#verb((now) => {
      const awake = new Set<string>();
      let isDueNext = false;
      const replies = jobs.map((job) => {
        const wake = () => awake.add(job.task);
        const dueNext = () => {
          isDueNext = true;
        };
        return insertJob(this.#store.task(job.task), job, { now, outcomes: this.#outcomes, wake, dueNext });
      });
      for (const task of awake) this.#store.wakes.mark(task);
      if (isDueNext) this.#store.wakes.markDue();
      return replies;
    });
  }

  async claim(requests: readonly ClaimRequest[], wait?: ClaimWait): Promise<readonly ClaimReply[]> {
    this.#now();
    if (wait !== undefined && wait.waitMs > 0) return this.#waiting.claim(requests, wait);
    return this.#verb((now) => requests.map((request) => this.#claim(request, now)));
  }

  #claim(request: ClaimRequest, now: number): ClaimReply {
    const task = this.#store.task(request.task);
    const leases = task.leases.size;
    const reply = claimJobs(task, request, now);
    this.#wakeAfterClaim(task, leases);
    if (reply.lost || request.apart) this.#wakeForAny(task);
    this.#wakeForNewer(task, request.version);
    return reply;
  }

  /** More jobs than were brought back are put back for workers of this version. */
  #wakeForNewer(task: TaskStore, version: number | undefined): void {
    if (version !== undefined && task.newer.has(version)) this.#store.wakes.markVersion(task.name, version);
  }

  /** Live workers that run what was put back, if any are known. */
  #wakeReach(task: TaskStore): void {
    const { reach } = task.newer;
    if (reach !== undefined && !task.newer.isEmpty) this.#store.wakes.markVersion(task.name, reach);
  }

  async settle(batches: readonly SettleBatch[]): Promise<readonly SettleReply[]> {
    return this.#verb((now) => {
      return batches.map((batch) => {
        const task = this.#store.task(batch.task);
        const before = task.nextCount;
        const leases = task.leases.size;
        const reply = settleBatch(task, batch, now);
        if (batch.settlements.some((each) => each.event === "release" && each.newer !== undefined))
          this.#wakeReach(task);
        this.#wakeForNewer(task, batch.claim?.version);
        if (batch.claim !== undefined) this.#wakeAfterClaim(task, leases);
        else if (task.nextCount > before) this.#wakeForWaiting(task);
        return reply;
      });
    });
  }

  async renew(requests: readonly RenewRequest[]): Promise<readonly RenewReply[]> {
    return this.#verb((now) => {
      return requests.map((request) => {
        const task = this.#store.task(request.task);
        const before = task.nextCount;
        const reply = renewLease(task, request, now);
        if (task.nextCount > before) this.#wakeForWaiting(task);
        return reply;
      });
    });
  }

  async sweep(requests: readonly SweepRequest[]): Promise<readonly SweepReply[]> {
    const replies = this.#verb((now) => {
      return requests.map((request) => {
        const task = this.#store.task(request.task);
        const reply = sweepTask(task, request, now);
        this.#wakeForAny(task);
        if (task.pausedAt === undefined) this.#wakeReach(task);
        return reply;
      });
    });
    for (const { task } of requests) {
      const { entries, reminders } = this.#store.workflows.lying(task, this.#now());
      this.#courier.take(entries, reminders);
    }
    await this.#courier.caughtUp();
    return replies;
  }

  async survey({ tasks }: SurveyRequest): Promise<Survey> {
    const now = this.#now();
    for (const task of tasks) this.#store.task(task).meet();
    return { data: this.#store.data, due: this.#store.due(new Set(tasks), now) };
  }

  async cancel(requests: readonly CancelRequest[]): Promise<readonly CancelReply[]> {
    return this.#verb((now) => {
      return requests.map((request) => cancelJob(this.#store.task(request.task), request, now));
    });
  }

  async change(changes: readonly JobChange[]): Promise<readonly ChangeReply[]> {
    return this.#verb((now) => {
      return changes.map((change) => {
        const wake = () => {
          this.#store.wakes.mark(change.task);
          if (change.change === "reschedule") this.#store.wakes.markDue();
        };
        return changeJob(this.#store.task(change.task), change, { now, wake });
      });
    });
  }

  async annotate(annotations: readonly JobAnnotation[]): Promise<readonly ("applied" | "stale")[]> {
    const now = this.#now();
    return annotations.map((each) => annotateJob(this.#store.task(each.task), each, now));
  }

  async control(requests: readonly ControlRequest[]): Promise<readonly ControlReply[]> {
    return this.#verb((now) => {
      return requests.map((request) => {
        const task = this.#store.task(request.task);
        const reply = controlTask(task, request, now);
        if (request.control === "resume" && reply.changed > 0) this.#wakeForAny(task);
        return reply;
      });
    });
  }

  async watch(refs: readonly JobRef[]): Promise<readonly WatchReply[]> {
    return this.#verb((now) => {
      return refs.map((ref): WatchReply => {
        const task = this.#store.task(ref.task);
        const record = task.jobs.get(ref.id);
        if (record === undefined) return { status: "missing" };
        const state = isOverdue(record, now) ? "expired" : record.state;
        if (isFinalState(state)) return { status: "final", outcome: outcomeOf(ref.task, record, state) };
        task.watchers.watch(record, this.#outcomes);
        return { status: "watching" };
      });
    });
  }

  async read(
    refs: readonly JobRef[],
    { details }: ReadOptions = {},
  ): Promise<readonly (JobReading | undefined)[]> {
    const now = this.#now();
    const found = ({ task, id }: JobRef) => this.#store.task(task).jobs.get(id);
    return refs.map((ref) => readingOf(ref.task, found(ref), { now, details }));
  }

  async holders(keys: readonly KeyRef[]): Promise<readonly (string | undefined)[]> {
    const now = this.#now();
    return keys.map(({ task, key }) => holderOf(this.#store.task(task), key, now));
  }

  async messages(queries: readonly MessagesQuery[]): Promise<readonly MessagePage[]> {
    const now = this.#now();
    return queries.map((query) => messagesOf(this.#store.task(query.task).jobs.get(query.id), query, now));
  }

  async list(query: ListQuery): Promise<JobPage> {
    const now = this.#now();
    return listPage(this.#store.task(query.task), query, now);
  }

  async count(tasks: readonly string[]): Promise<readonly StateCounts[]> {
    const now = this.#now();
    return this.#store.tasks(tasks).map((task) => seenCounts(task, now));
  }

  async tasks(): Promise<readonly string[]> {
    this.#now();
    return this.#store.known();
  }

  async collected({ task, key, limit, jobs }: CollectedQuery): Promise<readonly CollectedKey[]> {
    const now = this.#now();
    const keys = this.#store.task(task).limits.collectors.list(key, limit);
    return keys.flatMap(({ key, jobs: collected, state: { firstAt, dueAt } }) => {
      const found = [...collected.after()].filter((record) => !isOverdue(record, now));
      if (found.length === 0) return [];
      const shown = found.slice(0, jobs).map((record) => snapshotOf(task, record));
      return [{ key, count: found.length, firstAt, dueAt, jobs: shown }];
    });
  }

  async subscribe(topic: Topic, listener: (notice: Notice) => void): Promise<() => Promise<void>> {
    this.#now();
    return this.#subscriptions.open(this.#listenersOf(topic), listener);
  }

  #listenersOf(topic: Topic): Listeners {
    switch (topic.kind) {
      case "outcomes":
        return this.#outcomes;
      case "tasks":
        return this.#store.metListeners;
      case "cancels":
        return this.#store.task(topic.task).cancelListeners;
      case "events":
        return this.#store.task(topic.task).eventListeners;
    }
  }

  /** Somebody else should know of a lease that was opened, in case its holder dies. */
  #wakeAfterClaim(task: TaskStore, leasesBefore: number): void {
    if (task.leases.size > leasesBefore) this.#store.wakes.mark(task.name);
    else this.#wakeForWaiting(task);
  }

  /** Jobs that stay behind are the next waiter's. */
  #wakeForWaiting(task: TaskStore): void {
    if (task.hasNext) this.#store.wakes.mark(task.name);
  }

  /** Jobs that waited unseen are somebody's, suspects too. */
  #wakeForAny(task: TaskStore): void {
    if (task.hasNext || task.hasSuspects) this.#store.wakes.mark(task.name);
  }

  /** Does a verb's work; the workflows it touched move on soon after. */
  #verb<Reply>(work: (now: number) => Reply): Reply {
    const now = this.#now();
    const reply = work(now);
    const { entries, reminders } = this.#store.workflows.takeTold();
    this.#courier.take(entries, reminders);
    return reply;
  }

  #now(): number {
    if (this.#open) return this.#store.clock.now();
    throw new StoreError(
      "STORE_UNAVAILABLE",
      "The memory adapter is not connected: it was closed, or connect() was not awaited yet. Connect it first.",
      { retryable: false },
    );
  }
}
