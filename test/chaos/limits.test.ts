import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { createKeys } from "../../src/redis/keys.js";
import { keeping } from "../../src/testing/conformance/stage.js";
import { adapterAt, type StoreAddress } from "../support/adapter-at.js";
import { type Evidence, Fleet, storiesOf } from "../support/chaos.js";
import { CHAOS_TASK } from "../support/chaos-protocol.js";
import { chaosStores } from "../support/chaos-stores.js";
import type { Program } from "../support/child.js";
import { schemaSql } from "../support/postgres-clock.js";
import { postgresFaults, postgresLeftovers } from "../support/postgres-faults.js";

const KILLS = 5;
const WORKERS = 3;
/** So many jobs are under way or waiting at any time, so that every kill hits some and others are blocked. */
const OUTSTANDING = 60;
const SEED = Number(process.env.FLOW_CHAOS_SEED ?? 20_260_101);
/** Every key and how many of its jobs may run at once. */
const LIMITS = new Map([
  ["one", 1],
  ["two", 2],
  ["five", 5],
]);
const GROUPS = ["small", "large", "heavy"];
const UNIQUE = ["x", "y", "z"];
/** What stays of a task whose jobs are all gone, however many there were; leases for a day at most. */
const BOOKKEEPING = ["meta", "wake", "leases", "lost"];
/** What the workers counted by the minute, which goes by itself. */
const MEASURED = /^(minutes|ten-minutes|errors):/;

/** What is written about each job under the name `limit:<key>` or `unique:<key>`. */
type Holders = Map<string, string>;

describe.each(chaosStores)(
  "random kill -9 among workers of jobs with limits, groups and unique keys, on $store,",
  ({ store, open }) => {
    it("ends each once, lets none too many run and leaves nothing behind", async () => {
      const address = await open();
      const random = randomFrom(SEED);
      const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
      const fleet = new Fleet({ ...address, lease: "3s" });
      const holders: Holders = new Map();
      const ids = new Set<string>();
      let isOver = false;
      const keepOneGoing = async (): Promise<void> => {
        while (!isOver) {
          const [limit, max] = pick([...LIMITS]);
          const unique = pick(UNIQUE);
          const [options, holds] = pick([
            [{ concurrency: { key: limit, limit: max } }, `limit:${limit}`],
            [{ concurrency: { key: limit, limit: max }, group: pick(GROUPS) }, `limit:${limit}`],
            [{ deduplicate: unique }, `unique:${unique}`],
            [{ deduplicate: unique, group: { key: "weighty", weight: 3 } }, `unique:${unique}`],
            [{ group: pick(GROUPS), priority: pick([0, 0, 1, -1]) }, ""],
          ] as const);
          const id = await fleet.work({ ms: random() * 40 }, options);
          ids.add(id);
          holders.set(id, holds);
        }
      };
      const lanes = Array.from({ length: OUTSTANDING }, keepOneGoing);
      const workers: Program[] = Array.from({ length: WORKERS }, () => fleet.startWorker());
      for (let kill = 0; kill < KILLS; kill++) {
        const index = Math.floor(random() * WORKERS);
        const worker = workers[index] as Program;
        await worker.printed("ready");
        await new Promise((resolve) => setTimeout(resolve, random() * 300));
        await fleet.kill(worker);
        workers[index] = fleet.startWorker();
      }
      isOver = true;
      await Promise.all(lanes);
      for (const worker of workers) worker.kill("SIGTERM");
      await Promise.all(workers.map((worker) => worker.exited));

      const evidence = await fleet.evidence();
      const stories = storiesOf(evidence);
      expect([...stories.keys()].sort()).toEqual([...ids].sort());
      for (const [id, story] of stories) expect(story, id).toMatchObject({ dones: 1, ranAgain: false });
      expectNoneTooMany(evidence, holders);
      expect(await fleet.app.jobs.count()).toMatchObject({ completed: ids.size, total: ids.size });
      expect(fleet.errors).toEqual([]);
      await fleet.close();
      await prune(address);
      expect(await (store === "Redis" ? keysLeft(address) : rowsLeft(address))).toEqual([]);
    }, 300_000);
  },
);

/** Goes through the book with who runs; what a killed worker ran is over when it is gone. */
function expectNoneTooMany(evidence: readonly Evidence[], holders: Holders): void {
  const running = new Map<string, number>();
  for (const { event, id, pid } of evidence) {
    if (event === "start") running.set(id, pid);
    if (event === "end") running.delete(id);
    if (event === "gone") for (const [lost, by] of running) if (by === pid) running.delete(lost);
    if (event !== "start") continue;
    const holds = holders.get(id) ?? "";
    if (holds === "") continue;
    const together = [...running.keys()].filter((other) => holders.get(other) === holds);
    const [kind, key = ""] = holds.split(":");
    const most = kind === "limit" ? (LIMITS.get(key) ?? 0) : 1;
    expect(together.length, `${together.join(", ")} of ${holds} at once`).toBeLessThanOrEqual(most);
  }
}

/** Takes every job out of the store. */
async function prune(address: StoreAddress): Promise<void> {
  const adapter = adapterAt(address);
  await adapter.connect();
  const none = { ageMs: 0, count: 0 };
  const retention = keeping({ completed: none });
  for (let more = true; more; ) {
    const [reply] = await adapter.sweep([{ task: CHAOS_TASK, retention, stallLimit: 1, scope: "all" }]);
    more = reply?.more ?? false;
  }
  // A claim clears away the turns of groups that are empty.
  await adapter.claim([{ task: CHAOS_TASK, lease: "last", leaseMs: 1, count: 1 }]);
  await adapter.close();
}

/** Keys of the task that are left, but for the bookkeeping. */
async function keysLeft({ url, prefix }: StoreAddress): Promise<readonly string[]> {
  const redis = new Redis(url);
  const root = createKeys(prefix).root(CHAOS_TASK);
  const keys = (await keysOf(redis, prefix)).filter((key) => key.startsWith(root));
  await redis.quit();
  const kinds = keys.map((key) => key.slice(root.length));
  return kinds.filter((kind) => !BOOKKEEPING.includes(kind) && !MEASURED.test(kind));
}

/** What is left in the tables, and what contradicts something else in them. Leases of the killed end some seconds later. */
async function rowsLeft({ url, prefix }: StoreAddress): Promise<readonly string[]> {
  const sql = schemaSql(url, prefix);
  const left = await postgresLeftovers(sql);
  return [...(await postgresFaults(sql)), ...left.filter((each) => !each.startsWith("a lease"))];
}

async function keysOf(redis: Redis, prefix: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1000 })) {
    found.push(...(keys as string[]));
  }
  return found;
}

/** Mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
