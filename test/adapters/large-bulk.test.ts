import { Redis } from "ioredis";
import { type BulkResult, createTaskora } from "taskora";
import { redisAdapter } from "taskora/redis";
import { expect, it } from "vitest";
import { ownRedis } from "../support/redis-server.js";

/** `LARGE_BULK=100000` takes as many as an incident leaves behind; that takes most of a minute on a busy machine. */
const JOBS = Number(process.env.LARGE_BULK ?? 20_000);
/** Those that are chosen. */
const CHOSEN = (JOBS * 3) / 5;
const STOPPED_AT = JOBS / 10;
const PER_CALL = 1000;

it(`counts, stops and goes on exactly among ${JOBS} jobs`, { timeout: 180_000 }, async () => {
  const server = await ownRedis({});
  const redis = new Redis(server.url);
  const adapter = redisAdapter(server.url);
  const app = createTaskora({ adapter, logger: false });
  await app.connect();
  const job = { task: "bill.send", version: 1, fingerprint: "", priority: 0, delayMs: 3_600_000 };
  for (let from = 0; from < JOBS; from += PER_CALL) {
    const some = Array.from({ length: PER_CALL }, (_, nth) => from + nth);
    await adapter.insert(some.map((n) => ({ ...job, id: `j${n}`, payload: JSON.stringify({ n }) })));
  }
  await redis.config("SET", "slowlog-log-slower-than", "10000");
  await redis.slowlog("RESET");
  await redis.config("RESETSTAT");
  const where = `state:delayed data.n>=${JOBS - CHOSEN}`;

  const dry = await app.jobs.cancelAll({ where, dryRun: true });
  expect(dry).toMatchObject({ matched: CHOSEN, applied: 0 });
  expect(await app.jobs.count({ task: "bill.send" })).toMatchObject({ delayed: JOBS, cancelled: 0 });

  const stop = new AbortController();
  const { signal } = stop;
  const onProgress = ({ applied }: BulkResult) => (applied >= STOPPED_AT ? stop.abort() : undefined);
  const first = await app.jobs.cancelAll({ where, signal, onProgress });
  expect(first.applied).toBeGreaterThanOrEqual(STOPPED_AT);
  expect(first.applied).toBeLessThan(2 * STOPPED_AT);
  expect(await app.jobs.count({ task: "bill.send" })).toMatchObject({
    delayed: JOBS - first.applied,
  });

  const rest = await app.jobs.cancelAll({ where, cursor: first.cursor });
  expect(rest).toMatchObject({ applied: CHOSEN - first.applied });
  expect(rest.cursor).toBeUndefined();
  let listed = 0;
  for await (const { data } of app.jobs.list({ where: "state:delayed", limit: 1000 })) {
    expect((data as { readonly n: number }).n).toBeLessThan(JOBS - CHOSEN);
    listed += 1;
  }
  expect(listed).toBe(JOBS - CHOSEN);

  const stats = await redis.info("commandstats");
  const [, calls, perCall] = /cmdstat_evalsha:calls=(\d+),usec=\d+,usec_per_call=([\d.]+)/.exec(stats) ?? [];
  const slow = await redis.slowlog("LEN");
  console.info(`${calls} scripts, ${perCall} µs each; ${slow} took more than 10 ms`);
  await app.close();
  await redis.quit();
  await server.stop();
});
