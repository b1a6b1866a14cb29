import type { Adapter } from "../../core/adapter.js";
import { limitArguments } from "../../core/arguments.js";
import { integer, text } from "../../core/checks.js";
import type { ContractStore, ImplementedTask, LiveWorker } from "../../core/contract-store.js";
import {
  readVitals,
  type Vitals,
  type WorkerCommand,
  type WorkerProcess,
  type WorkerState,
} from "../../core/observe/vitals.js";
import { optionSet } from "../../core/options.js";
import type { ProducerContext } from "../dispatch/producer-context.js";
import { notSupported, observeStoreOf } from "../features.js";
import { CHANGE, type ChangeOptions, type ChangeResult, saidBy } from "./change.js";
import { type KnownTasks, type TaskRef, taskName } from "./known-tasks.js";
import { type Listing, listing, type Place, placedPage } from "./page.js";

/** Silent for longer than this a worker counts as lost, in ms: it gives a sign of life every 10 s. */
export const LOST_AFTER_MS = 13_000;

/** One process that works, as it says of itself. */
export interface WorkerInfo {
  /** Unique per process and start; the lease of its jobs begins with it. */
  readonly id: string;
  /** Name of the machine. */
  readonly host: string;
  /** Of the process on that machine. */
  readonly pid: number;
  /** When it began to work, ms since the epoch on the store's clock. */
  readonly startedAt: number;
  /**
   * `quiet`: it begins no more jobs until it is told to. `closing`: it begins none, and ends when those that run have. `lost`: it
   * has given no sign of life for 13 s, where one is due every 10 s: it was killed, cannot reach the store, or its event loop
   * is blocked.
   */
  readonly state: WorkerState | "lost";
  /** When it gave a sign of life last, ms since the epoch on the store's clock. */
  readonly seenAt: number;
  /** How long ago that was when this was read, in ms. */
  readonly silentMs: number;
  /** Everything it has a handler for, former names included. */
  readonly tasks: readonly WorkerTask[];
  /** How it said that it is; undefined: it did not say. */
  readonly vitals?: WorkerVitals;
}

/** A contract as a worker implements it, with the slots that it has for its jobs. */
export interface WorkerTask extends ImplementedTask {
  /** Jobs that it runs at once; undefined: it did not say, as of tasks that are idle when there are too many. */
  readonly slots?: number;
  /** Those that are taken, as of its vitals. */
  readonly running?: number;
}

/** How a worker is, as it said at some moment: every 10 s, or every 30 s where more than 50 work, and when its state changes. */
export interface WorkerVitals extends WorkerProcess {
  /** When it said so, ms since the epoch on the store's clock. */
  readonly at: number;
  /** How long ago that was when this was read, in ms. */
  readonly ageMs: number;
  /** Jobs at work. */
  readonly running: number;
  /** Those that began first, 20 at most. */
  readonly jobs: readonly WorkerJob[];
}

/** A job at work. */
export interface WorkerJob {
  readonly task: string;
  readonly id: string;
  /** When its handler began, ms since the epoch on the store's clock. */
  readonly since: number;
}

/** A build of the application that some worker said it is of. */
export interface Release {
  readonly name: string;
  /** When the first worker of it announced itself, ms since the epoch on the store's clock. */
  readonly at: number;
}

/** The live workers of all apps over a store. One that was killed is listed for 30 s more, as `lost` from 13 s on. */
export interface Workers {
  /**
   * Longest running first; with a task only those that work on it, with that task alone.
   *
   * @throws {TaskoraError} `NOT_SUPPORTED` when the adapter keeps no list of workers
   */
  list(query?: WorkerListQuery): Listing<WorkerInfo>;
  /** `undefined` when there is none of that id. */
  get(id: string): Promise<WorkerInfo | undefined>;
  /**
   * Tells a worker to begin no more jobs, as `quiet()` of its app does: what runs goes on, what it claimed ahead is given back.
   * It is told at once; where that is missed it reads it with its next sign of life, within 10 s. `requested`: it will. `missing`:
   * there is no such worker.
   *
   * @throws {TaskoraError} `NOT_SUPPORTED` when the adapter keeps no list of workers
   */
  quiet(id: string, change?: ChangeOptions): Promise<ChangeResult>;
  /** Tells a worker to begin jobs again; otherwise as {@link quiet}. */
  resume(id: string, change?: ChangeOptions): Promise<ChangeResult>;
  /**
   * Tells a worker to close as SIGTERM would: a `run()` that waits for signals ends, with its timeout; an app that was started
   * otherwise is closed. Whether its process ends, and is started again, is up to what runs it. Otherwise as {@link quiet}.
   */
  close(id: string, change?: ChangeOptions): Promise<ChangeResult>;
  /**
   * Builds of the application that worked over the store, by the option `release`: the oldest first, the newest 100.
   *
   * @throws {TaskoraError} `NOT_SUPPORTED` when the adapter keeps nothing for operators
   */
  releases(): Promise<readonly Release[]>;
}

/** Which workers are listed. */
export interface WorkerListQuery {
  readonly task?: TaskRef | undefined;
  /** Of a page before. */
  readonly cursor?: string | undefined;
  /** Most workers of a page, 1 to 1 000. Default 100. */
  readonly limit?: number | undefined;
}

/** What the workers of a store need from their app. */
export interface WorkersHost {
  readonly adapter: Adapter;
  readonly tasks: KnownTasks;
  readonly context: Pick<ProducerContext, "audit">;
  connect(): Promise<void>;
}

const LIST = optionSet({ task: taskName, cursor: text, limit: integer(1, 1000) });

/** @throws {TaskoraError} `NOT_SUPPORTED` when the adapter keeps no contracts */
export function contractStoreOf(adapter: Adapter, asked: string): ContractStore {
  if (adapter.contracts !== undefined) return adapter.contracts;
  throw notSupported(adapter, "contracts", asked);
}

/** Makes the workers of an app. */
export function createWorkers(host: WorkersHost): Workers {
  const read = async (): Promise<readonly WorkerInfo[]> => {
    const contracts = contractStoreOf(host.adapter, "workers.list()");
    await host.connect();
    return (await contracts.workers()).map(infoOf);
  };
  const workers: Workers = {
    list: (query = {}) => {
      const { task, cursor, limit = 100 } = LIST.read(query, "list()");
      return listing(async (from) => {
        const found = workersOn(await read(), task);
        if (found.length === 0 && task !== undefined) await host.tasks.require(task);
        return placedPage(found, longestFirst, { cursor: from, limit });
      }, cursor);
    },
    get: async (id) => (await read()).find((worker) => worker.id === text(id, "id")),
    quiet: (id, change) => tellWorker(host, { id, command: "quiet", change }),
    resume: (id, change) => tellWorker(host, { id, command: "resume", change }),
    close: (id, change) => tellWorker(host, { id, command: "close", change }),
    async releases() {
      const observe = observeStoreOf(host.adapter, "workers.releases()");
      await host.connect();
      return (await observe.marks()).map(({ release, at }) => ({ name: release, at }));
    },
  };
  return limitArguments(workers, "workers.", {
    throws: { list: 1 },
    rejects: { get: 1, quiet: 2, resume: 2, close: 2, releases: 0 },
  });
}

async function tellWorker(
  { adapter, context, connect }: WorkersHost,
  asked: {
    readonly id: string;
    readonly command: WorkerCommand;
    readonly change: ChangeOptions | undefined;
  },
): Promise<ChangeResult> {
  const { command } = asked;
  const id = text(asked.id, "id");
  const said = CHANGE.read(asked.change ?? {}, `${command}()`);
  const contracts = contractStoreOf(adapter, `workers.${command}()`);
  await connect();
  const known = (await contracts.workers()).find(({ worker }) => worker === id);
  // One without a task hears nothing at once, and reads it.
  const [{ task } = { task: "" }] = known?.tasks ?? [];
  const told = known && (await contracts.tell({ worker: id, task, command }));
  const status = told === "applied" ? "requested" : "missing";
  context.audit({ action: `worker.${command}`, worker: id, status, ...saidBy(said) });
  return { status };
}

function infoOf({ worker, tasks, vitals: told, ...live }: LiveWorker): WorkerInfo {
  const { host, pid, startedAt, seenAt, silentMs } = live;
  const said = told && readVitals(told.text);
  const slots = new Map(said?.tasks.map((slot) => [slot.task, slot]));
  return {
    ...{ id: worker, host, pid, startedAt },
    state: silentMs > LOST_AFTER_MS ? "lost" : (said?.state ?? "running"),
    ...{ seenAt, silentMs },
    tasks: tasks.map((task) => ({ ...task, ...slots.get(task.task) })),
    ...(told === undefined || said === undefined ? {} : { vitals: vitalsOf(said, told.at, live) }),
  };
}

function vitalsOf(
  { state: _state, tasks: _tasks, jobs, ...said }: Vitals,
  at: number,
  { seenAt, silentMs }: Pick<LiveWorker, "seenAt" | "silentMs">,
): WorkerVitals {
  return {
    ...{ at, ageMs: silentMs + Math.max(0, seenAt - at) },
    ...said,
    jobs: jobs.map(({ task, id, forMs }) => ({ task, id, since: at - forMs })),
  };
}

function longestFirst({ id, startedAt }: WorkerInfo): Place {
  return { at: [startedAt], name: id };
}

function workersOn(workers: readonly WorkerInfo[], task: string | undefined): readonly WorkerInfo[] {
  if (task === undefined) return workers;
  return workers
    .map((worker) => ({ ...worker, tasks: worker.tasks.filter((known) => known.task === task) }))
    .filter((worker) => worker.tasks.length > 0);
}
