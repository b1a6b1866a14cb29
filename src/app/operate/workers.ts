import type { Adapter } from "../../core/adapter.js";
import { limitArguments } from "../../core/arguments.js";
import { integer, text } from "../../core/checks.js";
import type { ContractStore, ImplementedTask, LiveWorker } from "../../core/contract-store.js";
import { optionSet } from "../../core/options.js";
import { notSupported } from "../features.js";
import { type KnownTasks, type TaskRef, taskName } from "./known-tasks.js";
import { type Listing, listing, pageOf } from "./page.js";

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
  /** Everything it has a handler for, former names included. */
  readonly tasks: readonly ImplementedTask[];
}

/** The live workers of all apps over a store. One that was killed is listed for 30 s more. */
export interface Workers {
  /**
   * Longest running first; with a task only those that work on it, with that task alone.
   *
   * @throws {TaskoraError} `NOT_SUPPORTED` when the adapter keeps no list of workers
   */
  list(query?: WorkerListQuery): Listing<WorkerInfo>;
  /** `undefined` when there is none of that id. */
  get(id: string): Promise<WorkerInfo | undefined>;
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
    return (await contracts.workers())
      .map(infoOf)
      .sort((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1));
  };
  const workers: Workers = {
    list: (query = {}) => {
      const { task, cursor, limit = 100 } = LIST.read(query, "list()");
      return listing(async (from) => {
        const found = workersOn(await read(), task);
        if (found.length === 0 && task !== undefined) await host.tasks.require(task);
        const at = from === undefined ? 0 : found.findIndex(({ id }) => id === from) + 1;
        const items = found.slice(at, at + limit);
        return pageOf(items, at + limit < found.length ? items.at(-1)?.id : undefined);
      }, cursor);
    },
    get: async (id) => (await read()).find((worker) => worker.id === text(id, "id")),
  };
  return limitArguments(workers, "workers.", { throws: { list: 1 }, rejects: { get: 1 } });
}

function infoOf({ worker, host, pid, startedAt, tasks }: LiveWorker): WorkerInfo {
  return { id: worker, host, pid, startedAt, tasks };
}

function workersOn(workers: readonly WorkerInfo[], task: string | undefined): readonly WorkerInfo[] {
  if (task === undefined) return workers;
  return workers
    .map((worker) => ({ ...worker, tasks: worker.tasks.filter((known) => known.task === task) }))
    .filter((worker) => worker.tasks.length > 0);
}
