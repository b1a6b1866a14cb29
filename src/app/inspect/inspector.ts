import type { Adapter } from "../../core/adapter.js";
import { limitArguments } from "../../core/arguments.js";
import { integer, oneOf, someText, text } from "../../core/checks.js";
import {
  type ContractStore,
  type LiveWorker,
  OPEN_STATES,
  type OpenState,
  type VersionCount,
} from "../../core/contract-store.js";
import type { AttemptRecord, Encoded, JobSnapshot, LogLine } from "../../core/job.js";
import { JOB_STATES, type JobState } from "../../core/lifecycle.js";
import { optionSet, required } from "../../core/options.js";
import { decodeValue, type Serializer } from "../../core/serializer.js";
import { notSupported } from "../features.js";
import { type KnownTasks, taskName } from "./known-tasks.js";

/** A stored job with its values decoded. Times are ms since the epoch on the store's clock. */
export interface JobInfo extends Omit<JobSnapshot, "payload" | "result" | "progress"> {
  /** `undefined` when it cannot be read; then `corrupt` says why. */
  readonly payload: unknown;
  /** Of a completed job; `undefined` when it returned nothing, or when it cannot be read. */
  readonly result?: unknown;
  /** What the handler reported last. */
  readonly progress?: unknown;
}

/** {@link JobInfo} with what is kept beside the record. */
export interface JobDetailsInfo extends JobInfo {
  /** Oldest first, the newest 20. */
  readonly history: readonly AttemptRecord[];
  /** Oldest first, the newest 1 000. */
  readonly logs: readonly LogLine[];
}

/** Jobs per state, of one task or of all, and which of the tasks are paused. */
export type JobStats = Readonly<Record<JobState, number>> & {
  readonly total: number;
  readonly paused: readonly string[];
};

/** One page of jobs; pass `cursor` back for the next, until there is none. */
export interface JobInfoPage {
  /** In the order of the state: waiting as they run, delayed by due time, finished newest first. */
  readonly jobs: readonly JobInfo[];
  /** Give it to the next call; undefined: this is the last page. */
  readonly cursor?: string;
}

/** Jobs of one contract that have not ended, per state. */
export type VersionStats = Readonly<Record<OpenState, number>> & {
  readonly version: number;
  /** `""`: jobs of a contract that is not generated. */
  readonly fingerprint: string;
  readonly total: number;
};

/**
 * Reads what the store holds. Where no task is named, that of all tasks of the app; where it declares none, of all that
 * live workers run. A name that means no task is refused with `TASK_NOT_FOUND`.
 */
export interface Inspector {
  /** Counts of one task, or of all together. */
  stats(task?: string): Promise<JobStats>;
  /** One page of a state; `limit` is 1 to 1 000, default 100. */
  list(query: {
    readonly task: string;
    readonly state: JobState;
    readonly cursor?: string;
    readonly limit?: number;
  }): Promise<JobInfoPage>;
  /** A job by id with its history and logs; all tasks are searched when `task` is left out. */
  find(id: string, task?: string): Promise<JobDetailsInfo | undefined>;
  /**
   * What is in flight of a task per version and fingerprint, oldest version first. Reads every stored job of the task
   * in many short calls. A job that moves meanwhile is counted once; jobs dispatched meanwhile may be missed. Jobs
   * whose record cannot be read count as version 0.
   *
   * @throws {TaskoraError} `NOT_SUPPORTED` when the adapter does not count versions
   */
  versions(task: string): Promise<readonly VersionStats[]>;
  /**
   * The live workers of all apps over this store, longest running first; with a task only those that work on it, with
   * that task alone. One that was killed is listed for 30 s more.
   *
   * @throws {TaskoraError} `NOT_SUPPORTED` when the adapter keeps no list of workers
   */
  workers(task?: string): Promise<readonly LiveWorker[]>;
}

/** What the inspector needs from its app. */
export interface InspectorHost {
  readonly adapter: Adapter;
  readonly serializer: Serializer;
  readonly tasks: KnownTasks;
  connect(): Promise<void>;
}

const LIST = optionSet({
  task: required(taskName),
  state: required(oneOf(JOB_STATES)),
  cursor: text,
  limit: integer(1, 1000),
});

/** Makes the inspector of an app. */
export function createInspector(host: InspectorHost): Inspector {
  const inspector: Inspector = {
    stats: async (task) => statsOf(host, given(task)),
    list: async (query) => listPage(host, query),
    find: async (id, task) => findJob(host, someText(id, "id"), given(task)),
    async versions(task) {
      const name = taskName(task, "task");
      const contracts = requireContracts(host.adapter);
      await host.connect();
      const found = await readVersions(contracts, name);
      if (found.length === 0) await host.tasks.require(name);
      return found;
    },
    async workers(task) {
      const name = given(task);
      const contracts = requireContracts(host.adapter);
      await host.connect();
      const found = workersOn(await contracts.workers(), name);
      if (found.length === 0 && name !== undefined) await host.tasks.require(name);
      return found;
    },
  };
  return limitArguments(inspector, "inspect().", {
    rejects: { stats: 1, list: 1, find: 2, versions: 1, workers: 1 },
  });
}

function given(task: unknown): string | undefined {
  return task === undefined ? undefined : taskName(task, "task");
}

async function statsOf(host: InspectorHost, task: string | undefined): Promise<JobStats> {
  await host.connect();
  const names = task === undefined ? await host.tasks.all() : [task];
  const counts = await host.adapter.count(names);
  const sum = Object.fromEntries(
    JOB_STATES.map((state) => [state, counts.reduce((total, count) => total + count[state], 0)]),
  ) as Record<JobState, number>;
  const total = Object.values(sum).reduce((all, count) => all + count, 0);
  if (total === 0 && task !== undefined) await host.tasks.require(task);
  return { ...sum, total, paused: names.filter((_, index) => counts[index]?.pausedAt !== undefined) };
}

async function listPage(host: InspectorHost, query: Parameters<Inspector["list"]>[0]): Promise<JobInfoPage> {
  const { task, state, cursor, limit = 100 } = LIST.read(query, "list()");
  await host.connect();
  const page = await host.adapter.list({ task, state, limit, ...(cursor === undefined ? {} : { cursor }) });
  if (page.jobs.length === 0) await host.tasks.require(task);
  return {
    jobs: page.jobs.map((job) => decodeSnapshot(host.serializer, job)),
    ...(page.cursor === undefined ? {} : { cursor: page.cursor }),
  };
}

async function findJob(
  host: InspectorHost,
  id: string,
  task: string | undefined,
): Promise<JobDetailsInfo | undefined> {
  await host.connect();
  const refs = (task === undefined ? await host.tasks.all() : [task]).map((name) => ({ task: name, id }));
  const found = (await host.adapter.read(refs, { details: true })).find((job) => job !== undefined);
  if (found === undefined) {
    if (task !== undefined) await host.tasks.require(task);
    return undefined;
  }
  const { history = [], logs = [], ...job } = found;
  return { ...decodeSnapshot(host.serializer, job), history, logs };
}

function requireContracts(adapter: Adapter): ContractStore {
  if (adapter.contracts !== undefined) return adapter.contracts;
  throw notSupported(adapter, "contracts", "inspect().workers() and versions()");
}

async function readVersions(contracts: ContractStore, task: string): Promise<readonly VersionStats[]> {
  const found = new Map<string, VersionCounter>();
  let cursor: string | undefined;
  do {
    const page = await contracts.countVersions({ task, ...(cursor === undefined ? {} : { cursor }) });
    for (const row of page.counts) addCount(found, row);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return [...found.values()].sort(
    (a, b) => a.version - b.version || (a.fingerprint < b.fingerprint ? -1 : 1),
  );
}

type VersionCounter = { -readonly [Key in keyof VersionStats]: VersionStats[Key] };

function addCount(found: Map<string, VersionCounter>, row: VersionCount): void {
  const { version, fingerprint, state, count } = row;
  const key = `${version} ${fingerprint}`;
  const none = Object.fromEntries(OPEN_STATES.map((open) => [open, 0])) as Record<OpenState, number>;
  const stats = found.get(key) ?? { version, fingerprint, ...none, total: 0 };
  stats[state] += count;
  stats.total += count;
  found.set(key, stats);
}

function workersOn(workers: readonly LiveWorker[], task: string | undefined): readonly LiveWorker[] {
  const chosen =
    task === undefined
      ? workers
      : workers
          .map((worker) => ({ ...worker, tasks: worker.tasks.filter((known) => known.task === task) }))
          .filter((worker) => worker.tasks.length > 0);
  return [...chosen].sort((a, b) => a.startedAt - b.startedAt || (a.worker < b.worker ? -1 : 1));
}

/** Decodes a snapshot; what cannot be read is left out and named in `corrupt`, so that a page never breaks. */
export function decodeSnapshot(serializer: Serializer, job: JobSnapshot): JobInfo {
  const { payload, result, progress, ...plain } = job;
  let corrupt = job.corrupt;
  const decode = (data: Encoded, side: "input" | "output"): unknown => {
    try {
      return decodeValue(serializer, data, { task: job.task, side });
    } catch (error) {
      corrupt ??= (error as Error).message;
      return undefined;
    }
  };
  const values = {
    payload: job.corrupt === undefined ? decode(payload, "input") : undefined,
    ...(result === undefined ? {} : { result: decode(result, "output") }),
    ...(progress === undefined ? {} : { progress: decode(progress, "output") }),
  };
  return { ...plain, ...values, ...(corrupt === undefined ? {} : { corrupt }) };
}
