import type { Adapter, Notice, RawJobEvent } from "taskora/adapter";
import { redisAdapter } from "taskora/redis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ClusterNode, type RedisCluster, slotOf, startCluster } from "../support/redis-cluster.js";
import { uniquePrefix } from "../support/redis-server.js";

const RULE = { ageMs: 3_600_000, count: 1000 };
const RETENTION = { completed: RULE, failed: RULE, cancelled: RULE, expired: RULE };
const CLAIM = { lease: "worker", leaseMs: 60_000, count: 1 };

/** What one subscription hears. */
class Ear {
  readonly heard: Notice[] = [];
  #stirred: () => void = () => undefined;

  readonly listen = (notice: Notice): void => {
    this.heard.push(notice);
    this.#stirred();
  };

  /** Resolves when something like this has been heard since `from`. */
  async hears(isIt: (notice: Notice) => boolean, from = 0): Promise<void> {
    while (!this.heard.slice(from).some(isIt)) {
      await new Promise<void>((resolve) => {
        this.#stirred = resolve;
      });
    }
  }

  /** Resolves when it was told that something may be missing. */
  lost(from: number): Promise<void> {
    return this.hears(({ kind }) => kind === "lost", from);
  }
}

let cluster: RedisCluster;
let prefix: string;
let task: string;

beforeAll(async () => {
  cluster = await startCluster({ replicas: true, nodeTimeoutMs: 1000 });
}, 60_000);

afterAll(() => cluster.stop());

beforeEach(() => {
  prefix = uniquePrefix();
});

const open: Adapter[] = [];

afterEach(async () => void (await Promise.all(open.splice(0).map((adapter) => adapter.close()))));

function rootOf(name: string): string {
  return `${prefix}:{${name}}:`;
}

/** The name of a task that the nth master had at first. */
function taskOn(nth: number): string {
  for (let number = 0; ; number++) {
    const name = `task-${number}`;
    if (cluster.ownerOf(slotOf(rootOf(name))) === cluster.masters[nth]) return name;
  }
}

/** An adapter that stores and listens, and one that works, each with its ears. */
async function listeners(): Promise<{
  readonly app: Adapter;
  readonly worker: Adapter;
  readonly events: Ear;
  readonly outcomes: Ear;
  readonly cancels: Ear;
}> {
  const [app, worker] = cluster.urls.map((url) => redisAdapter({ url, prefix })) as [Adapter, Adapter];
  open.push(app, worker);
  await Promise.all([app.connect(), worker.connect()]);
  const [events, outcomes, cancels] = [new Ear(), new Ear(), new Ear()];
  await app.subscribe({ kind: "events", task }, events.listen);
  await app.subscribe({ kind: "outcomes" }, outcomes.listen);
  await worker.subscribe({ kind: "cancels", task }, cancels.listen);
  return { app, worker, events, outcomes, cancels };
}

/** One job is cancelled while it runs and ends all the same; whoever listens hears everything of it. */
async function expectAllHeard(parts: Awaited<ReturnType<typeof listeners>>, id: string): Promise<void> {
  const { app, worker, events, outcomes, cancels } = parts;
  await app.insert([{ task, id, payload: "{}", version: 1, fingerprint: "", priority: 0, watch: true }]);
  const [claimed] = await worker.claim([{ task, ...CLAIM }]);
  const [job] = claimed?.jobs ?? [];
  expect(job?.id).toBe(id);
  await app.cancel([{ task, id, reason: "by hand", retention: RETENTION }]);
  await cancels.hears((notice) => notice.kind === "cancel" && notice.id === id);
  const settlements = [{ id, fence: job?.fence ?? 0, event: "cancel", reason: "by hand" } as const];
  await worker.settle([{ task, lease: CLAIM.lease, retention: RETENTION, settlements }]);
  await outcomes.hears((notice) => notice.kind === "outcome" && notice.outcome.id === id);
  const isEvent = (type: RawJobEvent["type"]) => (notice: Notice) =>
    notice.kind === "event" && notice.event.type === type && notice.event.id === id;
  for (const type of ["waiting", "active", "cancelled"] as const) await events.hears(isEvent(type));
}

/** How often any node has been asked for each command. */
async function callsOf(command: string): Promise<number> {
  const infos = await Promise.all(cluster.masters.map(({ redis }) => redis.info("commandstats")));
  return infos.reduce((sum, info) => {
    return sum + Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(info)?.[1] ?? 0);
  }, 0);
}

async function moveSlot(slot: number, from: ClusterNode, to: ClusterNode): Promise<void> {
  await to.redis.cluster("SETSLOT", slot, "IMPORTING", from.id);
  await from.redis.cluster("SETSLOT", slot, "MIGRATING", to.id);
  for (;;) {
    const keys = (await from.redis.cluster("GETKEYSINSLOT", slot, 1000)) as string[];
    if (keys.length === 0) break;
    await from.redis.call("MIGRATE", "127.0.0.1", String(to.port), "", "0", "5000", "KEYS", ...keys);
  }
  for (const { redis } of [to, from]) await redis.cluster("SETSLOT", slot, "NODE", to.id);
}

describe("what is told in a cluster", () => {
  it("of a task goes over sharded channels, and arrives", async () => {
    task = taskOn(0);
    const before = await callsOf("ssubscribe");
    const parts = await listeners();
    await expectAllHeard(parts, "one");
    expect(await callsOf("ssubscribe")).toBeGreaterThanOrEqual(before + 2);
    expect(await callsOf("spublish")).toBeGreaterThan(0);
  });

  it("is heard after a task's slot has moved, and listeners learn of it", async () => {
    task = taskOn(1);
    const parts = await listeners();
    await expectAllHeard(parts, "before");
    const { events, cancels } = parts;
    const from = [events.heard.length, cancels.heard.length] as const;
    const slot = slotOf(rootOf(task));
    await moveSlot(slot, cluster.masters[1] as ClusterNode, cluster.masters[0] as ClusterNode);
    await Promise.all([events.lost(from[0]), cancels.lost(from[1])]);
    await expectAllHeard(parts, "after");
  });

  it("is heard after a replica took over, and all listeners learn of it", async () => {
    task = taskOn(2);
    const parts = await listeners();
    await expectAllHeard(parts, "before");
    const { events, cancels, outcomes } = parts;
    const from = [events, cancels, outcomes].map(({ heard }) => heard.length);
    const replica = cluster.replicas[2] as ClusterNode;
    for (let looks = 0; !String(await replica.redis.info("replication")).includes("role:master"); looks++) {
      if (looks % 300 === 0) await replica.redis.cluster("FAILOVER").catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await Promise.all([events, cancels, outcomes].map((ear, nth) => ear.lost(from[nth] ?? 0)));
    await expectAllHeard(parts, "after");
  }, 60_000);
});
