import type { InsertReply } from "../core/adapter.js";
import type { Batcher } from "../core/batcher.js";
import { createJobIdSource } from "../core/job-id.js";
import { Telemetry } from "../core/telemetry/telemetry.js";
import { AppWorker, randomFraction } from "./app-worker.js";
import { Connection } from "./connection.js";
import type { DispatchMiddleware } from "./dispatch/dispatch-layers.js";
import { createInserts, createJobSink } from "./dispatch/inserts.js";
import { Patience } from "./dispatch/patience.js";
import { createProducerContext } from "./dispatch/producer-context.js";
import type { TaskClientHost } from "./dispatch/task-client.js";
import type { LanesHost } from "./dispatch/task-lanes.js";
import { EventHub } from "./events.js";
import type { DispatchedJob } from "./handles/dispatched-job.js";
import { Heartbeat } from "./handles/heartbeat.js";
import { MessageHub } from "./handles/message-hub.js";
import { ResultHub } from "./handles/results.js";
import { ImplementerWatch, type ImplementerWatchHost } from "./implementer-watch.js";
import { AuditKeeper, type AuditList, createAuditList } from "./operate/audit-list.js";
import { createErrors, type Errors } from "./operate/errors.js";
import { createJobs, type Jobs } from "./operate/jobs.js";
import { KnownTasks } from "./operate/known-tasks.js";
import { type AppPools, createAppPools } from "./operate/pools.js";
import { type AppStore, createAppStore } from "./operate/store-info.js";
import { createTasks, type Tasks } from "./operate/tasks.js";
import { createWorkers, type Workers } from "./operate/workers.js";
import type { AppSettings } from "./options.js";
import { knownPool, Registry } from "./registry.js";
import { AppSchedules } from "./schedules/app-schedules.js";
import { WorkLog } from "./work-log.js";
import type { StepApp } from "./workflows/workflow-graph.js";
import { Workflows } from "./workflows/workflows.js";

/** What an app is made of; each part knows of the others what it is given here. */
export interface AppParts {
  readonly settings: AppSettings;
  readonly registry: Registry;
  readonly connection: Connection;
  readonly events: EventHub;
  readonly results: ResultHub;
  readonly messages: MessageHub;
  readonly inserts: Batcher<DispatchedJob<unknown>, InsertReply>;
  readonly jobs: Jobs;
  readonly tasks: Tasks;
  readonly workers: Workers;
  readonly errors: Errors;
  readonly pools: AppPools;
  readonly audit: AuditList;
  readonly auditKeeper: AuditKeeper;
  readonly store: AppStore;
  readonly implementers: ImplementerWatch;
  readonly dispatchLayers: DispatchMiddleware[];
  /** Dispatches whose schema or middleware is still at work. */
  readonly preparing: Set<Promise<void>>;
  readonly clientHost: TaskClientHost;
  readonly workflows: Workflows;
  readonly schedules: AppSchedules;
  readonly heartbeat: Heartbeat;
  readonly worker: AppWorker;
  readonly telemetry: Telemetry;
  readonly log: WorkLog;
}

const STORE_EMPTIED =
  "The store holds other data than before: it was emptied, or another has taken its place. Jobs that were stored are gone, " +
  "and who waits for their results gets JOB_NOT_FOUND; schedules that are declared here are stored again. Dispatch again " +
  "what must not be missed.";

/** Makes the parts of an app. Nothing is connected. */
export function createAppParts(
  settings: AppSettings,
  app: Pick<StepApp, "stepsOf"> & { connect(): Promise<void>; terminate(): void },
): AppParts {
  const { adapter, serializer, write, clock, maxPayloadBytes, validateOnDispatch } = settings;
  const registry = new Registry();
  const telemetry = new Telemetry();
  const log = new WorkLog(write, { clock, adapter });
  const open = () => app.connect();
  const taskNames = () => registry.names();
  const connection: Connection = new Connection(adapter, () => {
    heartbeat.connected();
    return events.sync();
  });
  const isConnected = () => connection.isConnected;
  const beat = () => heartbeat.update();
  const events: EventHub = new EventHub({
    ...{ adapter, clock, serializer, write, log, taskNames, isConnected, telemetry },
    listened: beat,
    audited: (event) => operators.auditKeeper.note(event),
    connect: open,
  });
  const patience = new Patience({ clock, deadlineMs: adapter.deadlineMs });
  const ensure = () => connection.ensure("use the store");
  const connect = () => (connection.isReady ? ensure() : patience.until(ensure));
  const reportError = reportsWhileOpen(connection, events);
  const isReady = () => connection.isReady;
  const operators = createOperatorParts({ adapter, clock, connect, isReady, reportError });
  const results = new ResultHub({ adapter, serializer, clock, connect, awaited: beat, reportError });
  const messages = new MessageHub({ adapter, clock, connect, reportError });
  const heartbeat: Heartbeat = new Heartbeat({
    ...{ adapter, clock, reportError },
    isNeeded: () => results.isAwaited || events.isListened || schedules.isStored,
    isWorking: () => worker.isWorking,
    replaced: () => events.warn(STORE_EMPTIED, { code: "STORE_EMPTIED" }),
    heal: () => Promise.all([schedules.declareAgain(), results.askAgain(), worker.storeReplaced()]),
  });
  const inserts = createInserts({ adapter, clock, results, heartbeat, patience, isReady, connect: open });
  const store = createJobSink(inserts, { adapter, clock, results, heartbeat, connect });
  const tasks = new KnownTasks({ adapter, registry });
  const implementers = createImplementerWatch(settings, { events, isConnected: isReady, reportError });
  const newId = createJobIdSource({ now: () => clock.now(), random: randomFraction });
  const dispatchLayers: DispatchMiddleware[] = [];
  const preparing = new Set<Promise<void>>();
  const context = createProducerContext({ settings, results, events, messages, tasks, connect });
  const operating = { adapter, serializer, clock, context, connect, tasks };
  // A handler that a close waits for may need others for its job.
  const isOpen = () => connection.phase === "open" || (connection.phase === "closing" && worker.runsHandlers);
  const met = { isConnected, events, reportError };
  const lanes = createLanesHost({ settings, registry, tasks, connect, met, worker: () => worker });
  const clientHost: TaskClientHost = {
    ...{ context, events, inserts, store, serializer, maxPayloadBytes, validateOnDispatch },
    ...{ layers: dispatchLayers, telemetry, lanes, implementers, newId, isOpen, preparing },
    layerFailed: (error, about) => events.reportError(error, { ...about, code: "HOOK_FAILED" }),
  };
  const workflows = new Workflows({ adapter, host: clientHost, connect, stepsOf: app.stepsOf });
  const schedules: AppSchedules = new AppSchedules({
    ...{ settings, context, registry, events, connect, newId, reportError, stored: beat },
  });
  const worker: AppWorker = new AppWorker({
    ...{ settings, events, log, schedules, heartbeat, telemetry, registry, app },
  });
  return {
    ...{ settings, registry, connection, events, results, messages, inserts, implementers },
    ...{ jobs: createJobs(operating), tasks: createTasks(operating), workers: createWorkers(operating) },
    ...{ errors: createErrors(operating), ...operators },
    pools: createAppPools(settings.pools, context.audit),
    ...{ dispatchLayers, preparing, clientHost, workflows, schedules, heartbeat, worker, telemetry, log },
  };
}

/** What operators read: changes by hand, and the store. */
function createOperatorParts(host: {
  readonly adapter: AppSettings["adapter"];
  readonly clock: AppSettings["clock"];
  connect(): Promise<void>;
  isReady(): boolean;
  reportError(error: unknown): void;
}): Pick<AppParts, "audit" | "auditKeeper" | "store"> {
  const auditKeeper = new AuditKeeper(host);
  return {
    auditKeeper,
    audit: createAuditList({ ...host, keeper: auditKeeper }),
    store: createAppStore(host),
  };
}

/** What the app looked after by itself, and was cut off by its own close, is nobody's error. */
function reportsWhileOpen(connection: Connection, events: EventHub): EventHub["reportError"] {
  return (error, about) => {
    if (connection.phase !== "closed") events.reportError(error, about);
  };
}

function createLanesHost({
  settings,
  registry,
  tasks,
  connect,
  worker,
  met,
}: {
  readonly settings: AppSettings;
  readonly registry: Registry;
  readonly tasks: KnownTasks;
  connect(): Promise<void>;
  worker(): AppWorker;
  /** What is told of a lane that was not known. */
  readonly met: {
    readonly events: EventHub;
    isConnected(): boolean;
    reportError(error: unknown): void;
  };
}): LanesHost {
  return {
    meet: (task) => {
      if (registry.meetLane(task) && met.isConnected()) met.events.sync().catch(met.reportError);
    },
    work(contract, lane) {
      const pool = knownPool(lane.pool, { task: contract, pools: settings.pools });
      const added = registry.addLane(contract, { ...lane, pool });
      if (added !== undefined) worker().add(added);
      return added !== undefined;
    },
    leave(contract, lane) {
      const left = registry.removeLane(contract, lane);
      if (left !== undefined) worker().remove(left);
      return left !== undefined;
    },
    async tasks() {
      await connect();
      return tasks.all();
    },
  };
}

function createImplementerWatch(
  { clock, adapter }: AppSettings,
  {
    events,
    isConnected,
    reportError,
  }: Pick<ImplementerWatchHost, "isConnected" | "reportError"> & {
    readonly events: EventHub;
  },
): ImplementerWatch {
  return new ImplementerWatch({
    clock,
    contracts: adapter.contracts,
    isConnected,
    warn: (message, reason, { name, version, fingerprint }) =>
      events.warn(message, {
        task: name,
        code: "CONTRACT_NOT_IMPLEMENTED",
        contract: { version, fingerprint, reason },
      }),
    reportError,
  });
}
