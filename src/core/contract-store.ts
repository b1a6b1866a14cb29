import type { JobState } from "./lifecycle.js";
import type { GivenCommand, WorkerCommand } from "./observe/vitals.js";

/**
 * A small store beside the port: which workers implement which contracts, how they are and what they are told to do, and how
 * many jobs of each contract are in flight. An adapter may do without it; workers then announce nothing and nobody is warned.
 *
 * - An announcement lives on the store's clock. It ends when it was not prolonged for its `ttlMs`, or when it is
 *   withdrawn; afterwards nothing of it is read.
 * - A second announcement of the same worker takes the place of the first; what the worker was told to do stays.
 */
export interface ContractStore {
  /** Says what a worker implements, for the next `ttlMs`. */
  announce(announcement: WorkerAnnouncement): Promise<void>;
  /** Makes an announcement last `ttlMs` from now, and keeps the vitals of its worker where it says any. */
  prolong(request: ProlongRequest): Promise<ProlongReply>;
  /**
   * Tells a worker to do something: every later {@link prolong} of it says so, and those who hear the `cancels` topic of
   * `task` are told at once. What is told last counts.
   */
  tell(request: TellRequest): Promise<"applied" | "missing">;
  /** Ends an announcement; one that is unknown is fine. */
  withdraw(worker: string): Promise<void>;
  /** Every worker whose announcement lives, in no particular order. */
  workers(): Promise<readonly LiveWorker[]>;
  /**
   * Counts jobs of a task that have not ended, a bounded number per page. Sum the pages up. A job that is stored all
   * the while is counted at least once; one that moves to another state meanwhile is counted once, wherever it is met.
   * While the store gives memory back, a few may be counted twice.
   */
  countVersions(query: VersionQuery): Promise<VersionPage>;
}

/** A contract as a worker implements it. */
export interface ImplementedTask {
  /** Its name. */
  readonly task: string;
  /** Newer jobs are left for a newer worker. */
  readonly version: number;
  /** The oldest version it accepts. */
  readonly since: number;
  /** `""`: the contract is not generated. */
  readonly fingerprint: string;
}

/** What one worker process says of itself. */
export interface WorkerAnnouncement {
  /** Unique per process and start. */
  readonly worker: string;
  /** Name of the machine, for people. */
  readonly host: string;
  /** Of the process on that machine, for people. */
  readonly pid: number;
  /** How long ago it began to work. */
  readonly ageMs: number;
  /**
   * It ends this long after it was made or prolonged. Too short: a busy worker is missing from lists; too long: a
   * dead one stays.
   */
  readonly ttlMs: number;
  /** Everything the worker has a handler for, former names included. */
  readonly tasks: readonly ImplementedTask[];
  /** How it is, see `writeVitals`: at most {@link MAX_VITALS_BYTES}. Undefined: it does not say. */
  readonly vitals?: string;
}

export type ProlongRequest = Pick<WorkerAnnouncement, "worker" | "ttlMs" | "vitals">;

/** `missing`: the store knows no announcement of this worker; announce it again. */
export type ProlongReply =
  | { readonly status: "missing" }
  | {
      readonly status: "applied";
      /** Announcements that live, its own included; a few whose time is past may be counted. */
      readonly workers: number;
      /** What it was told to do last; undefined: nothing. */
      readonly command?: GivenCommand;
    };

export interface TellRequest {
  readonly worker: string;
  /** One that the worker works on. */
  readonly task: string;
  readonly command: WorkerCommand;
}

/** A worker whose announcement lives. */
export interface LiveWorker extends Omit<WorkerAnnouncement, "ageMs" | "ttlMs" | "vitals"> {
  /** When it began to work, ms since the epoch on the store's clock. */
  readonly startedAt: number;
  /** When it announced itself or prolonged that last, ms since the epoch on the store's clock. */
  readonly seenAt: number;
  /** How long ago that was when the store answered, in ms. */
  readonly silentMs: number;
  /** How it said that it is; undefined: it did not. */
  readonly vitals?: ToldVitals;
}

/** What a worker said of itself. */
export interface ToldVitals {
  /** When, ms since the epoch on the store's clock. */
  readonly at: number;
  /** As it was given. */
  readonly text: string;
}

/** The states of jobs that have not ended. */
export const OPEN_STATES = [
  "waiting",
  "delayed",
  "retrying",
  "active",
] as const satisfies readonly JobState[];

export type OpenState = (typeof OPEN_STATES)[number];

export interface VersionQuery {
  /** One that the store does not know counts nothing. */
  readonly task: string;
  /** From a page before. */
  readonly cursor?: string;
}

/** Sums of one stretch of jobs; what is zero is left out. */
export interface VersionPage {
  /** One per version, fingerprint and state that occurs in this stretch, in no order. */
  readonly counts: readonly VersionCount[];
  /** Undefined on the last page. */
  readonly cursor?: string;
}

/** Jobs of one version and fingerprint in one state. A job whose record cannot be read counts as version 0. */
export interface VersionCount {
  /** As stored with the jobs; 0 stands for records that cannot be read. */
  readonly version: number;
  /** As stored with the jobs; `""`: they were dispatched without a generated contract. */
  readonly fingerprint: string;
  /** One of the states of jobs that have not ended. */
  readonly state: OpenState;
  /** Jobs of this page alone; sum up the pages. */
  readonly count: number;
}

/** Why a job of a contract would find nobody to run it. */
export type ContractGap =
  /** No live worker has a handler for the task. */
  | "no-worker"
  /** Every one implements an older version: jobs wait for a newer worker. */
  | "older-workers"
  /** Every one accepts newer versions alone (`since`): jobs fail. */
  | "newer-workers"
  /** Every one has the same version with another fingerprint: the schemas differ. */
  | "other-fingerprint";

/** Whether any of the workers implements a contract; undefined: one does. */
export function contractGap(
  contract: Pick<ImplementedTask, "task" | "version" | "fingerprint">,
  workers: readonly Pick<LiveWorker, "tasks">[],
): ContractGap | undefined {
  const implemented = workers.flatMap(({ tasks }) => tasks.filter(({ task }) => task === contract.task));
  if (implemented.length === 0) return "no-worker";
  const reaching = implemented.filter(({ version }) => version >= contract.version);
  if (reaching.length === 0) return "older-workers";
  const accepting = reaching.filter(({ since }) => since <= contract.version);
  if (accepting.length === 0) return "newer-workers";
  return accepting.some((known) => isSameOrMigrated(contract, known)) ? undefined : "other-fingerprint";
}

function isSameOrMigrated(
  contract: Pick<ImplementedTask, "version" | "fingerprint">,
  known: ImplementedTask,
): boolean {
  if (known.version > contract.version) return true;
  if (known.fingerprint === "" || contract.fingerprint === "") return true;
  return known.fingerprint === contract.fingerprint;
}
