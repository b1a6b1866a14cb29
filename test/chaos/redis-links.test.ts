import { redisAdapter } from "taskora/redis";
import { describe, expect, it } from "vitest";
import type { Adapter, ClaimedJob, Retention, SettleReply } from "../../src/core/adapter.js";
import { sharedRedis, uniquePrefix } from "../support/redis-server.js";
import { startProxy } from "../support/tcp-proxy.js";

const TASK = "chaos.links";
const JOBS = 4000;
const KEPT = { ageMs: 3_600_000, count: 100_000 };
const RETENTION: Retention = { completed: KEPT, failed: KEPT, cancelled: KEPT, expired: KEPT };

/** Ends and takes jobs with two calls under way, as a worker does, until nothing is left; counts what it got. */
async function work(adapter: Adapter, lease: string, got: Map<string, number>): Promise<void> {
  const ended: ClaimedJob[] = [];
  let left = true;
  const lane = async () => {
    while (left || ended.length > 0) {
      const settlements = ended
        .splice(0)
        .map(({ id, fence }) => ({ id, fence, event: "complete", result: "1" }) as const);
      const batch = { task: TASK, lease, retention: RETENTION, settlements };
      const replies = await adapter.settle([{ ...batch, claim: { leaseMs: 60_000, count: 7 } }]);
      take(replies[0]);
    }
  };
  const take = (reply: SettleReply | undefined) => {
    const jobs = reply?.jobs ?? [];
    for (const job of jobs) got.set(job.id, (got.get(job.id) ?? 0) + 1);
    ended.push(...jobs);
    left = jobs.length > 0;
  };
  await Promise.all([lane(), lane()]);
}

describe("links that are cut again and again", () => {
  it("lose no job and hand none out twice, though nobody's lease ends", async () => {
    const server = await sharedRedis();
    const proxy = await startProxy(server);
    const prefix = uniquePrefix();
    const open = async () => {
      const adapter = redisAdapter({ host: "127.0.0.1", port: proxy.port, prefix, deadline: "20s" });
      await adapter.connect();
      return adapter;
    };
    const [producer, one, two] = [await open(), await open(), await open()];
    let cuts = 0;
    const cutting = setInterval(() => {
      cuts += 1;
      if (cuts % 2 === 0) proxy.swallowAnswers();
      else proxy.cut();
    }, 7);
    const got = new Map<string, number>();
    for (let from = 0; from < JOBS; from += 100) {
      const jobs = Array.from({ length: 100 }, (_, index) => ({
        task: TASK,
        id: `job-${from + index}`,
        payload: "{}",
        version: 1,
        fingerprint: "",
        priority: 0,
      }));
      expect(new Set((await producer.insert(jobs)).map(({ status }) => status))).toEqual(
        new Set(["inserted"]),
      );
    }
    await Promise.all([work(one, "one", got), work(two, "two", got)]);
    clearInterval(cutting);
    const [counts] = await producer.count([TASK]);
    expect(counts).toMatchObject({ waiting: 0, active: 0, completed: JOBS });
    expect([...got.values()].filter((times) => times > 1)).toEqual([]);
    expect(got.size).toBe(JOBS);
    expect(cuts).toBeGreaterThan(3);
    await Promise.all([producer.close(), one.close(), two.close()]);
    await proxy.stop();
  });
});
