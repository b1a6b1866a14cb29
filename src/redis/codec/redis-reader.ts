/**
 * Looks at jobs with nothing but plain reads: no script, no mark in a new store, no job moved because it is overdue.
 * So it may look at a store in production, through a user with rights to read only, and at a replica.
 */
import type { JobSnapshot } from "../../core/job.js";
import { makeCluster, type NodeAddress, seedOf } from "../cluster/cluster-client.js";
import { ClusterLink } from "../cluster/cluster-link.js";
import { loadClientClass, makeClient } from "../connection/client.js";
import { Link } from "../connection/link.js";
import {
  type RedisAdapterArguments,
  type RedisSettings,
  resolveRedisOptions,
} from "../connection/redis-options.js";
import { ClusterNodeError, checkReadable, checkReadableCluster } from "../connection/store-check.js";
import { toStoreError, unavailable } from "../connection/store-errors.js";
import type { StoreLink } from "../connection/store-link.js";
import { createKeys, type Keys, STORE_AS_TASK, type TaskKey } from "../keys.js";
import { clampInteger } from "../session.js";
import { decodeRecord, isBeside, toSnapshot } from "./job-record.js";
import { STATE_LETTERS } from "./record-layout.js";

/** States whose jobs may still run. */
export type ReadableState = "waiting" | "delayed" | "retrying" | "failed";

/** Which jobs to read. */
export interface ReadQuery {
  /** The name of the task. */
  readonly task: string;
  /** One state; each is read in its own order. */
  readonly state: ReadableState;
  /** 1 to 1 000; what lies outside is moved to the nearer end. */
  readonly limit: number;
}

/** Reads jobs of a store and changes nothing in it. */
export interface RedisReader {
  /**
   * Connects and checks that the store can be read.
   *
   * @throws {TaskoraError} `STORE_UNAVAILABLE`, `STORE_AUTH`, `STORE_UNSUPPORTED`, `STORE_FORMAT`
   */
  connect(): Promise<void>;
  /** The jobs of one state that come first; failed ones from the newest. Overdue ones are left out. */
  list(query: ReadQuery): Promise<{ readonly jobs: readonly JobSnapshot[] }>;
  /** Names of the tasks and lanes that the store has met, the first 100 000. */
  tasks(): Promise<readonly string[]>;
  /** Closes the connection it opened. A read under way fails. */
  close(): Promise<void>;
}

/**
 * Makes a reader of the jobs that a {@link redisAdapter} with the same options keeps. Needs the package `ioredis`.
 *
 * @param given as for `redisAdapter`; eviction is of no concern to a reader
 * @throws {OptionError} for unknown or impossible options
 */
export function redisReader(...given: RedisAdapterArguments): RedisReader {
  return new Reader(resolveRedisOptions(...given));
}

/** Records asked for at once, so that neither side holds many payloads. */
const RECORDS_PER_CALL = 50;
const MOST_IDS = 1000;
const MOST_TASKS = 100_000;

class Reader implements RedisReader {
  readonly #settings: RedisSettings;
  readonly #keys: Keys;
  #link: StoreLink | undefined;

  constructor(settings: RedisSettings) {
    this.#settings = settings;
    this.#keys = createKeys(settings.prefix);
  }

  async connect(): Promise<void> {
    const { where, deadlineMs, seeds } = this.#settings;
    const deadlineAt = performance.now() + deadlineMs;
    const clientClass = await loadClientClass();
    try {
      await this.#use(
        seeds === undefined ? this.#server(clientClass) : this.#cluster(clientClass, seeds),
        deadlineAt,
      );
    } catch (error) {
      await this.close();
      if (!(error instanceof ClusterNodeError) || seeds !== undefined) throw toStoreError(error, where);
      await this.#use(this.#cluster(clientClass, [seedOf(this.#settings)]), deadlineAt);
    }
  }

  async #use(link: StoreLink, deadlineAt: number): Promise<void> {
    this.#link = link;
    try {
      await link.ready(deadlineAt);
    } catch (error) {
      link.close();
      throw error;
    }
  }

  #server(clientClass: unknown): StoreLink {
    const { connection, where, deadlineMs } = this.#settings;
    return new Link({
      make: (nth) => makeClient(clientClass, connection, nth),
      where,
      db: connection.db,
      connectMs: connection.connectMs,
      onOpen: (wire) => checkReadable(wire, { where, formatKey: this.#keys.format }),
      silenceMs: deadlineMs,
      answers: "at once",
    });
  }

  #cluster(clientClass: unknown, seeds: readonly NodeAddress[]): StoreLink {
    const { connection, where, deadlineMs } = this.#settings;
    return new ClusterLink({
      where,
      seeds,
      make: (nodes) => makeCluster(clientClass, connection, { seeds: nodes, deadlineMs }),
      onOpen: (store, masters) =>
        checkReadableCluster(store, masters, { where, formatKey: this.#keys.format }),
      onReopened: () => undefined,
      onMastersChanged: () => undefined,
    });
  }

  async list(query: ReadQuery): Promise<{ readonly jobs: readonly JobSnapshot[] }> {
    const limit = clampInteger(query.limit, 1, MOST_IDS);
    const ids = await this.#ids(query, limit);
    const jobs: JobSnapshot[] = [];
    for (let from = 0; from < ids.length && jobs.length < limit; from += RECORDS_PER_CALL) {
      jobs.push(...(await this.#jobs(query, ids.slice(from, from + RECORDS_PER_CALL))));
    }
    return { jobs: jobs.slice(0, limit) };
  }

  async tasks(): Promise<readonly string[]> {
    const roots = await this.#send("ZRANGE", STORE_AS_TASK, "known", ["0", String(MOST_TASKS - 1)]);
    return textsOf(roots).flatMap((root) => this.#keys.taskOf(root) ?? []);
  }

  async close(): Promise<void> {
    this.#link?.close();
    this.#link = undefined;
  }

  /** What the indexes of a state name first. The list of waiting jobs may name one twice, or one that left. */
  async #ids({ task, state }: ReadQuery, limit: number): Promise<readonly string[]> {
    const last = String(limit - 1);
    switch (state) {
      case "waiting": {
        const lists = await Promise.all([
          this.#send("ZRANGE", task, "prioritized", ["0", last]),
          this.#send("LRANGE", task, "waiting", ["0", last]),
          this.#send("ZRANGE", task, "parked", ["0", last]),
        ]);
        return [...new Set(lists.flatMap(textsOf))];
      }
      case "delayed":
      case "retrying":
        return textsOf(await this.#send("ZRANGE", task, state, ["0", last]));
      case "failed":
        return textsOf(await this.#send("ZRANGE", task, state, ["0", last, "REV"]));
    }
  }

  async #jobs({ task, state }: ReadQuery, ids: readonly string[]): Promise<readonly JobSnapshot[]> {
    const [records, payloads, claims, endings, expiries, [seconds, micros]] = await Promise.all([
      this.#send("HMGET", task, "jobs", ids) as Promise<readonly (Buffer | null)[]>,
      this.#send("HMGET", task, "payloads", ids) as Promise<readonly (Buffer | null)[]>,
      this.#send("HMGET", task, "active", ids) as Promise<readonly (Buffer | null)[]>,
      this.#send("HMGET", task, "done", ids) as Promise<readonly (Buffer | null)[]>,
      this.#send("ZMSCORE", task, "ttl", ids) as Promise<readonly (Buffer | null)[]>,
      this.#open().send("TIME", []) as Promise<readonly Buffer[]>,
    ]);
    const now = Number(seconds) * 1000 + Number(micros) / 1000;
    return ids.flatMap((id, index) => {
      const record = records[index] ?? undefined;
      const expiry = expiries[index]?.toString("latin1") ?? "";
      const isOverdue = expiry !== "" && Number(expiry) <= now;
      const isElsewhere = (claims[index] ?? endings[index] ?? undefined) !== undefined;
      if (record === undefined || isElsewhere || isOverdue) return [];
      if ((decodeRecord(record)?.state ?? state) !== state) return [];
      const payload = isBeside(record) ? (payloads[index] ?? undefined) : undefined;
      const parts = { id, state: STATE_LETTERS[state], record, payload, claim: NOTHING, progress: NOTHING };
      return toSnapshot(task, { ...parts, due: "", expiry, group: "" }) ?? [];
    });
  }

  #send(command: string, task: string, key: TaskKey, args: readonly string[]): Promise<unknown> {
    return this.#open().send(command, [this.#keys.key(task, key), ...args]);
  }

  #open(): StoreLink {
    if (this.#link !== undefined) return this.#link;
    throw unavailable(this.#settings.where, "the reader is not connected");
  }
}

const NOTHING = Buffer.alloc(0);

function textsOf(reply: unknown): readonly string[] {
  return (reply as readonly Buffer[]).map(String);
}
