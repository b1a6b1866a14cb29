/**
 * The Redis adapter. It has at most three connections to a server; each opens when it is needed. `connect` finds out
 * whether that is one server or a node of a cluster and checks the store, `close` leaves nothing open.
 */
import { randomUUID } from "node:crypto";
import type { Adapter, CallOptions, Notice, Topic } from "../core/adapter.js";
import { systemClock } from "../core/clock.js";
import type { TaskoraError } from "../core/errors.js";
import { ADAPTER_FEATURES } from "../core/features.js";
import type { ScheduleStore } from "../core/schedule-store.js";
import type { CrashHook } from "../core/workflow/courier.js";
import type { WorkflowStore } from "../core/workflow/store.js";
import { type NodeAddress, seedOf } from "./cluster/cluster-client.js";
import { subscribeTopic } from "./codec/topics.js";
import { loadClientClass } from "./connection/client.js";
import {
  type RedisAdapterArguments,
  type RedisSettings,
  resolveRedisOptions,
} from "./connection/redis-options.js";
import { ClusterNodeError } from "./connection/store-check.js";
import { toStoreError, unavailable } from "./connection/store-errors.js";
import { createKeys, type Keys } from "./keys.js";
import type { Session } from "./session.js";
import { type Connections, connectCluster, connectServer } from "./topology.js";
import { claimJobs, renewLeases, settleJobs } from "./verbs/claim-and-settle.js";
import { createContractStore } from "./verbs/contract-store.js";
import { controlTasks } from "./verbs/control-tasks.js";
import { insertJobs } from "./verbs/insert-jobs.js";
import { createObserveStore } from "./verbs/observe/observe-store.js";
import { readCollected } from "./verbs/read-collected.js";
import { countJobs, findHolders, listJobs, readJobs, readMessages, watchJobs } from "./verbs/read-jobs.js";
import { redisScheduleStore } from "./verbs/schedule-store.js";
import { sendStandingClaim } from "./verbs/standing-claim.js";
import { annotateJobs, cancelJobs, changeJobs, sweepTasks } from "./verbs/sweep-and-change.js";
import { WokenClaims } from "./verbs/woken-claims.js";
import { defineGraphs, readGraph, readSteps } from "./verbs/workflow-store.js";

/** So long a close waits for workflows to be moved on, in ms; what is left is carried by whoever sweeps. */
const CARRY_MS = 1000;
/** A survey waits no longer for them than this. */
const STEPS_MS = 200;
/** A script is atomic by itself, and Redis has no transaction that a caller could hold open. */
const FEATURES = ADAPTER_FEATURES.filter((feature) => feature !== "transactions");

/**
 * Keeps jobs in Redis ≥ 6.2 or Valkey. Needs the package `ioredis`. Nothing is connected before the first use.
 *
 * @param given a url such as `redis://localhost:6379` or a client of ioredis, options, or both:
 * `redisAdapter(url, { prefix: "shop" })`
 * @throws {OptionError} for unknown or impossible options
 */
export function redisAdapter(...given: RedisAdapterArguments): Adapter {
  return new RedisAdapter(resolveRedisOptions(...given));
}

class RedisAdapter implements Adapter {
  readonly name = "redis";
  readonly features = FEATURES;
  readonly address: string;
  readonly deadlineMs: number;
  /** Not part of the port: tests stop here what moves workflows on. */
  readonly crash: CrashHook = {};
  readonly workflows: WorkflowStore = {
    define: (parts) => this.#with((session) => defineGraphs(session, parts)),
    readSteps: (query) => this.#with((session) => readSteps(session, query)),
    readGraph: (query) => this.#with((session) => readGraph(session, query)),
  };
  readonly schedules: ScheduleStore;
  readonly #settings: RedisSettings;
  readonly #keys: Keys;
  readonly #instance = randomUUID().slice(-12);
  #connections: (Connections & { readonly waiting: WokenClaims }) | undefined;
  #connecting: Promise<void> | undefined;
  #clientClass: unknown;
  /** Nodes of a cluster; undefined: it is one server, or nobody knows yet. */
  #seeds: readonly NodeAddress[] | undefined;
  /** Counts closes, so that a connect that is under way notices one. */
  #closes = 0;

  constructor(settings: RedisSettings) {
    this.#settings = settings;
    this.#seeds = settings.seeds;
    this.address = describeStore(settings);
    this.deadlineMs = settings.deadlineMs;
    this.#keys = createKeys(settings.prefix);
    this.schedules = redisScheduleStore({
      with: (verb) => this.#with(verb),
      subscriber: () => this.#open().subscriber,
      changes: this.#keys.schedulesChanged,
    });
  }

  async connect(): Promise<void> {
    if (this.#connections !== undefined && this.#connecting === undefined) return;
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  /** @param deadlineAt by `performance.now()`: loading the driver takes of the time as well */
  async #connect(deadlineAt = performance.now() + this.#settings.deadlineMs): Promise<void> {
    const closes = this.#closes;
    this.#clientClass ??= await loadClientClass();
    if (closes !== this.#closes) throw this.#notConnected();
    const parts = {
      settings: this.#settings,
      keys: this.#keys,
      clientClass: this.#clientClass,
      instance: this.#instance,
      crash: this.crash,
    };
    const connections = this.#seeds === undefined ? connectServer(parts) : connectCluster(parts, this.#seeds);
    const waiting = new WokenClaims({
      wakes: connections.wakes,
      claimBehind: (...call) => sendStandingClaim(connections.session, ...call),
      claimNow: (requests) => claimJobs(connections.session, requests),
    });
    this.#connections = { ...connections, waiting };
    try {
      await connections.session.runner.open(deadlineAt);
    } catch (error) {
      await this.close();
      if (!(error instanceof ClusterNodeError) || this.#seeds !== undefined)
        throw toStoreError(error, this.#settings.where);
      this.#seeds = [seedOf(this.#settings)];
      await this.#connect(deadlineAt);
    }
  }

  async close(): Promise<void> {
    this.#closes += 1;
    const connections = this.#connections;
    if (connections === undefined) return;
    this.#connections = undefined;
    await connections.waiting.close();
    await Promise.race([connections.session.courier.caughtUp(), patience(CARRY_MS)]);
    connections.session.courier.stop();
    connections.session.marks.stop();
    connections.subscriber.close();
    connections.commands.close();
  }

  insert: Adapter["insert"] = (jobs, call) => this.#with((session) => insertJobs(session, jobs), call);
  claim: Adapter["claim"] = (requests, wait) =>
    wait === undefined || wait.waitMs <= 0
      ? this.#with((session) => claimJobs(session, requests))
      : (this.#connections?.waiting.claim(requests, wait) ?? Promise.reject(this.#notConnected()));
  settle: Adapter["settle"] = (batches) => this.#with((session) => settleJobs(session, batches));
  renew: Adapter["renew"] = (requests) => this.#with((session) => renewLeases(session, requests));
  sweep: Adapter["sweep"] = (requests) => this.#with((session) => sweepTasks(session, requests));
  survey: Adapter["survey"] = ({ tasks }) =>
    this.#with(async (session) => {
      // Steps that this process is about to store have due times too.
      await Promise.race([session.courier.caughtUp(), patience(STEPS_MS)]);
      return session.surveyor.survey(tasks);
    });
  cancel: Adapter["cancel"] = (requests, call) =>
    this.#with((session) => cancelJobs(session, requests), call);
  change: Adapter["change"] = (changes, call) => this.#with((session) => changeJobs(session, changes), call);
  annotate: Adapter["annotate"] = (notes, call) =>
    this.#with((session) => annotateJobs(session, notes), call);
  control: NonNullable<Adapter["control"]> = (requests, call) =>
    this.#with((session) => controlTasks(session, requests), call);
  watch: Adapter["watch"] = (refs, call) => this.#with((session) => watchJobs(session, refs), call);
  read: Adapter["read"] = (refs, options) =>
    this.#with((session) => readJobs(session, refs, options), options);
  holders: NonNullable<Adapter["holders"]> = (keys, call) =>
    this.#with((session) => findHolders(session, keys), call);
  messages: NonNullable<Adapter["messages"]> = (queries, call) =>
    this.#with((session) => readMessages(session, queries), call);
  list: Adapter["list"] = (query) => this.#with((session) => listJobs(session, query));
  count: Adapter["count"] = (tasks, call) => this.#with((session) => countJobs(session, tasks), call);
  tasks: Adapter["tasks"] = () => this.#with((session) => session.surveyor.tasks());
  collected: NonNullable<Adapter["collected"]> = (query) =>
    this.#with((session) => readCollected(session, query));
  readonly contracts = createContractStore((verb) => this.#with(verb));
  readonly observe = createObserveStore((verb, call) => this.#with(verb, call));

  async subscribe(topic: Topic, listener: (notice: Notice) => void): Promise<() => Promise<void>> {
    const { session, subscriber } = this.#open();
    return subscribeTopic({ session, subscriber, topic, listener });
  }

  #with<T>(verb: (session: Session) => Promise<T>, { waitedMs = 0 }: CallOptions = {}): Promise<T> {
    const session = this.#connections?.session;
    if (session === undefined) return Promise.reject(this.#notConnected());
    return verb(waitedMs === 0 ? session : { ...session, runner: session.runner.after(waitedMs) });
  }

  #open(): Connections {
    if (this.#connections !== undefined) return this.#connections;
    throw this.#notConnected();
  }

  #notConnected(): TaskoraError {
    return unavailable(this.#settings.where, "the adapter is not connected");
  }
}

function patience(ms: number): Promise<void> {
  return new Promise((resolve) => systemClock.schedule(ms, resolve));
}

function describeStore({ where, connection, prefix }: RedisSettings): string {
  const database = connection.db === 0 ? "" : `, database ${connection.db}`;
  return `${where}${database}, prefix ${prefix}`;
}
