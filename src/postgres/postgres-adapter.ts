/**
 * The Postgres adapter. It has at most four connections: three for calls and one that listens. `connect` checks the store,
 * `close` leaves nothing open.
 */
import { randomUUID } from "node:crypto";
import type { Adapter, CallOptions, Notice, Topic } from "../core/adapter.js";
import { systemClock } from "../core/clock.js";
import type { ContractStore } from "../core/contract-store.js";
import type { TaskoraError } from "../core/errors.js";
import { ADAPTER_FEATURES } from "../core/features.js";
import type { ObserveStore } from "../core/observe/observe-store.js";
import type { ScheduleStore } from "../core/schedule-store.js";
import type { CrashHook } from "../core/workflow/courier.js";
import type { WorkflowStore } from "../core/workflow/store.js";
import { CommitWatch } from "./commit-watch.js";
import { type Connections, openConnections } from "./connection/connections.js";
import { answerOf } from "./connection/database.js";
import {
  type PostgresAdapterArguments,
  type PostgresSettings,
  resolvePostgresOptions,
} from "./connection/postgres-options.js";
import { toStoreError, unavailable } from "./connection/store-errors.js";
import { Mailbox } from "./mailbox.js";
import { OwnTransactions } from "./own-transactions.js";
import { type Session, shareSession } from "./session.js";
import { Signals } from "./signals.js";
import { annotateJobs, cancelJobs, changeJobs, controlTasks } from "./verbs/change-jobs.js";
import { ClaimFloors } from "./verbs/claim-floors.js";
import { claimJobs, claimNow } from "./verbs/claim-jobs.js";
import { readCollected } from "./verbs/collected.js";
import { createContractStore } from "./verbs/contract-store.js";
import { Inserter } from "./verbs/insert-jobs.js";
import { findHolders } from "./verbs/insert-keyed.js";
import { insertWithin } from "./verbs/insert-within.js";
import { createObserveStore } from "./verbs/observe/observe-store.js";
import { countJobs, listJobs, readJobs, readMessages } from "./verbs/read-jobs.js";
import { createScheduleStore } from "./verbs/schedule-store.js";
import { renewLeases, settleJobs } from "./verbs/settle-jobs.js";
import { settleWithin } from "./verbs/settle-within.js";
import { Surveyor, sweepTasks } from "./verbs/sweep-tasks.js";
import { TrimTurns } from "./verbs/trim-turns.js";
import { watchJobs } from "./verbs/watch-jobs.js";
import { WaitingClaims } from "./waiting-claims.js";
import { WorkflowMover } from "./workflows/workflow-mover.js";
import { createWorkflowStore } from "./workflows/workflow-store.js";

/** A close waits no longer than this for workflows to move on: a sweep of somebody else does what is left. */
const CARRY_MS = 1000;
/** A survey waits no longer for them than this. */
const STEPS_MS = 200;
/** How often those who wait look by themselves while notices come, in ms. */
const LOOK_MS = 2000;
/** How often at first, and at last, where notices do not come. */
const POLL_MS = { first: 100, last: 2000 } as const;

/**
 * Keeps jobs in PostgreSQL ≥ 14. Needs the package `pg`. Nothing is connected before the first use.
 *
 * @param given a url such as `postgres://user:password@localhost:5432/shop`, options, or both:
 * `postgresAdapter(url, { schema: "jobs" })`
 * @throws {OptionError} for unknown or impossible options
 */
export function postgresAdapter(...given: PostgresAdapterArguments): Adapter {
  return adapterOf(resolvePostgresOptions(...given));
}

/** The adapter with every default filled in. */
export function adapterOf(settings: PostgresSettings): Adapter {
  return new PostgresAdapter(settings);
}

/** What lives between a connect and a close. */
interface Open {
  readonly connections: Connections;
  readonly session: Session;
  readonly waiting: WaitingClaims;
  readonly inserter: Inserter;
  readonly commits: CommitWatch;
  readonly transactions: OwnTransactions;
  readonly workflows: WorkflowMover;
}

/** What `peek` answers. */
interface Peeked {
  readonly ready: readonly string[];
}

class PostgresAdapter implements Adapter {
  readonly name = "postgres";
  readonly features = ADAPTER_FEATURES;
  readonly address: string;
  readonly deadlineMs: number;
  readonly contracts: ContractStore = createContractStore((verb) => this.#with(verb));
  readonly observe: ObserveStore = createObserveStore((verb, call) => this.#with(verb, call));
  readonly schedules: ScheduleStore = createScheduleStore((verb) => this.#with(verb));
  readonly workflows: WorkflowStore = createWorkflowStore(
    (verb) => this.#with(verb),
    async () => this.#open?.workflows.caughtUp(),
  );
  /** Not part of the port: tests stop here what moves workflows on. */
  readonly crash: CrashHook = {};
  readonly #settings: PostgresSettings;
  readonly #surveyor = new Surveyor();
  #open: Open | undefined;
  #connecting: Promise<void> | undefined;
  /** Counts closes, so that a connect that is under way notices one. */
  #closes = 0;

  constructor(settings: PostgresSettings) {
    this.#settings = settings;
    this.address = `${settings.where}, schema ${settings.schema}`;
    this.deadlineMs = settings.deadlineMs;
    shareSession(this, () => this.#open?.session);
  }

  async connect(): Promise<void> {
    if (this.#open !== undefined) return;
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #connect(): Promise<void> {
    const closes = this.#closes;
    const instance = randomUUID().slice(-12);
    let signals: Signals | undefined;
    let workflows: WorkflowMover | undefined;
    let connections: Connections;
    try {
      connections = await openConnections(this.#settings, {
        hear: (text) => signals?.hear(text),
        onBack: () => this.#lookAgain(),
      });
    } catch (error) {
      throw toStoreError(error, this.#settings.where);
    }
    if (closes !== this.#closes) {
      await connections.close();
      throw this.#notConnected();
    }
    const { database } = connections;
    const lookMs = (looks: number) =>
      connections.hearsNotices() ? LOOK_MS : Math.min(POLL_MS.first * 2 ** Math.min(looks, 10), POLL_MS.last);
    const mailbox = new Mailbox({ database, instance, lookMs: () => lookMs(1) });
    signals = new Signals({
      instance,
      send: (text) => connections.notify(text),
      onMail: () => mailbox.wake(),
      onWorkflows: (ids) => workflows?.look(ids),
    });
    workflows = new WorkflowMover({ database, signals, instance }, this.crash);
    const floors = new ClaimFloors();
    const session: Session = {
      ...{ database, signals, mailbox, trims: new TrimTurns(), floors, instance },
      special: new Set(),
    };
    const waiting = new WaitingClaims({
      signals,
      lookMs: (looks, tasks) => Math.min(lookMs(looks), floors.owedInMs(tasks)),
      claim: (request) => claimNow(session, request),
      peek: async (tasks) => {
        const { ready } = await answerOf<Peeked>(database, "select @@peek($1, $2, $3::jsonb)", [
          ...[tasks, instance, JSON.stringify(floors.parts(tasks))],
        ]);
        return [...ready, ...floors.owed(tasks)];
      },
    });
    const commits = new CommitWatch({
      statements: database,
      signals,
      rolledBack: () => mailbox.tell({ kind: "lost" }),
    });
    const { where, deadlineMs } = this.#settings;
    const transactions = new OwnTransactions({
      ...connections.transactions,
      ...{ where, deadlineMs, database, commits },
    });
    this.#open = {
      connections,
      session,
      waiting,
      inserter: new Inserter(session),
      commits,
      transactions,
      workflows,
    };
  }

  async close(): Promise<void> {
    this.#closes += 1;
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    open.commits.close();
    await Promise.race([open.workflows.caughtUp(), patience(CARRY_MS)]);
    open.workflows.stop();
    await open.waiting.close();
    await open.session.signals.sent();
    await open.session.mailbox.close();
    await open.connections.close();
  }

  insert: Adapter["insert"] = (jobs, call) => {
    if (this.#open === undefined) return Promise.reject(this.#notConnected());
    const { inserter, session, commits } = this.#open;
    return call?.within === undefined
      ? inserter.insert(jobs, call)
      : insertWithin({ ...session, commits }, jobs, call.within);
  };
  claim: Adapter["claim"] = (requests, wait) =>
    wait === undefined || wait.waitMs <= 0
      ? this.#with((session) => claimJobs(session, requests))
      : (this.#open?.waiting.claim(requests, wait) ?? Promise.reject(this.#notConnected()));
  settle: Adapter["settle"] = (batches, call) => {
    const within = call?.within;
    if (within === undefined) return this.#with((session) => settleJobs(session, batches));
    if (this.#open === undefined) return Promise.reject(this.#notConnected());
    const { session, commits } = this.#open;
    return settleWithin({ ...session, commits }, batches, within);
  };
  transaction: NonNullable<Adapter["transaction"]> = (work) =>
    this.#open?.transactions.run(work) ?? Promise.reject(this.#notConnected());
  renew: Adapter["renew"] = (requests) => this.#with((session) => renewLeases(session, requests));
  sweep: Adapter["sweep"] = (requests) =>
    this.#with(async (session) => {
      const replies = await sweepTasks(session, requests);
      return this.#open?.workflows.afterSweep(requests, replies) ?? replies;
    });
  survey: Adapter["survey"] = ({ tasks }) =>
    this.#with(async (session) => {
      // What this process has in hand needs nobody else.
      await Promise.race([this.#open?.workflows.caughtUp(), patience(STEPS_MS)]);
      return this.#surveyor.survey(session, tasks);
    });
  cancel: Adapter["cancel"] = (requests, call) =>
    this.#with((session) => cancelJobs(session, requests), call);
  change: Adapter["change"] = (changes, call) => this.#with((session) => changeJobs(session, changes), call);
  annotate: Adapter["annotate"] = (notes, call) =>
    this.#with((session) => annotateJobs(session, notes), call);
  control: NonNullable<Adapter["control"]> = (requests, call) =>
    this.#with((session) => controlTasks(session, requests), call);
  watch: Adapter["watch"] = (refs, call) =>
    this.#with(async (session) => {
      // Asked before the store is: a transaction may be over when its answer comes.
      const underWay = refs.map((ref) => this.#open?.commits.isUnderWay(ref) === true);
      const replies = await watchJobs(session, refs);
      return replies.map((reply, index) =>
        reply.status === "missing" && underWay[index] === true ? { status: "watching" } : reply,
      );
    }, call);
  read: Adapter["read"] = (refs, options) =>
    this.#with((session) => readJobs(session, refs, options), options);
  holders: NonNullable<Adapter["holders"]> = (keys, call) =>
    this.#with((session) => findHolders(session, keys), call);
  collected: NonNullable<Adapter["collected"]> = (query) =>
    this.#with((session) => readCollected(session, query));
  messages: NonNullable<Adapter["messages"]> = (queries, call) =>
    this.#with((session) => readMessages(session, queries), call);
  list: Adapter["list"] = (query) => this.#with((session) => listJobs(session, query));
  count: Adapter["count"] = (tasks, call) => this.#with((session) => countJobs(session, tasks), call);
  tasks: Adapter["tasks"] = () =>
    this.#with(async ({ database }) => {
      const rows = await database.rows("select name from @.task");
      return rows.map(({ name }) => String(name));
    });

  async subscribe(topic: Topic, listener: (notice: Notice) => void): Promise<() => Promise<void>> {
    return this.#with((session) => session.mailbox.subscribe(topic, listener));
  }

  /** Notices were missed: those who wait look, and the mailbox is emptied. */
  #lookAgain(): void {
    this.#open?.session.mailbox.wake();
    this.#open?.session.signals.wakeAll();
    this.#open?.session.signals.schedulesChanged();
  }

  #with<T>(verb: (session: Session) => Promise<T>, { waitedMs = 0 }: CallOptions = {}): Promise<T> {
    const session = this.#open?.session;
    if (session === undefined) return Promise.reject(this.#notConnected());
    return verb(waitedMs === 0 ? session : { ...session, database: session.database.after(waitedMs) });
  }

  #notConnected(): TaskoraError {
    return unavailable(this.#settings.where, "the adapter is not connected");
  }
}

function patience(ms: number): Promise<void> {
  return new Promise((resolve) => systemClock.schedule(ms, resolve));
}
