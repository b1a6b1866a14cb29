import { createHash } from "node:crypto";
import type { Adapter, Notice } from "taskora/adapter";
import { redisAdapter } from "taskora/redis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import * as scripts from "../../src/redis/scripts.generated.js";
import { type RedisCluster, slotOf, startCluster } from "../support/redis-cluster.js";
import { uniquePrefix } from "../support/redis-server.js";
import { Collected } from "../support/signals.js";

const RULE = { ageMs: 3_600_000, count: 1000 };
const RETENTION = { completed: RULE, failed: RULE, cancelled: RULE, expired: RULE };
const CLAIM = { lease: "worker", leaseMs: 60_000, count: 1 };

/** Servers that know as little of sharded channels as Redis 6.2. */
const UNKNOWN = ["SSUBSCRIBE", "SUNSUBSCRIBE", "SPUBLISH"];

/** What scripts would choose by the server's version, which is newer here than what it knows. */
function tellPlainly(): void {
  for (const script of Object.values(scripts) as { text: string; sha1: string }[]) {
    script.text = script.text.replace("local spread = false", 'local spread = "PUBLISH"');
    script.sha1 = createHash("sha1").update(script.text).digest("hex");
  }
}

let cluster: RedisCluster;
const prefix = uniquePrefix();
const open: Adapter[] = [];

beforeAll(async () => {
  tellPlainly();
  cluster = await startCluster({ args: UNKNOWN.flatMap((name) => ["--rename-command", name, ""]) });
}, 60_000);

afterEach(async () => void (await Promise.all(open.splice(0).map((adapter) => adapter.close()))));
afterAll(() => cluster.stop());

/** The name of a task that the nth master has. */
function taskOn(nth: number): string {
  for (let number = 0; ; number++) {
    const name = `task-${number}`;
    if (cluster.ownerOf(slotOf(`${prefix}:{${name}}:`)) === cluster.masters[nth]) return name;
  }
}

async function adapterAt(nth: number): Promise<Adapter> {
  const adapter = redisAdapter({ url: cluster.urls[nth] as string, prefix });
  open.push(adapter);
  await adapter.connect();
  return adapter;
}

describe("what is told in a cluster that knows no sharded channels", () => {
  it.each([0, 1, 2])("is heard of a task on master %i", { timeout: 30_000 }, async (nth) => {
    const task = taskOn(nth);
    const [app, worker] = [await adapterAt(0), await adapterAt(1)];
    const [events, outcomes, cancels] = [
      new Collected<string>(),
      new Collected<string>(),
      new Collected<string>(),
    ];
    await app.subscribe(
      { kind: "events", task },
      (notice) => notice.kind === "event" && events.push(notice.event.type),
    );
    await app.subscribe(
      { kind: "outcomes" },
      (notice) => notice.kind === "outcome" && outcomes.push(notice.outcome.id),
    );
    await worker.subscribe(
      { kind: "cancels", task },
      (notice: Notice) => notice.kind === "cancel" && cancels.push(notice.id),
    );
    const waiting = worker.claim([{ task, ...CLAIM }], { waitMs: 20_000 });
    const id = "one";
    await app.insert([{ task, id, payload: "{}", version: 1, fingerprint: "", priority: 0, watch: true }]);
    const [claimed] = await waiting;
    const [job] = claimed?.jobs ?? [];
    expect(job?.id).toBe(id);
    await app.cancel([{ task, id, reason: "by hand", retention: RETENTION }]);
    expect(await cancels.reach(1)).toEqual([id]);
    const settlements = [{ id, fence: job?.fence ?? 0, event: "cancel", reason: "by hand" } as const];
    await worker.settle([{ task, lease: CLAIM.lease, retention: RETENTION, settlements }]);
    expect(await outcomes.reach(1)).toEqual([id]);
    expect(await events.reach(3)).toEqual(["waiting", "active", "cancelled"]);
  });
});
