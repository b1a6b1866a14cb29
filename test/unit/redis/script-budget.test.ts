import { Redis } from "ioredis";
import { createTaskora } from "taskora";
import { redisAdapter } from "taskora/redis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  claimPlainScript,
  insertPlainScript,
  settlePlainScript,
} from "../../../src/redis/scripts.generated.js";
import { ownRedis } from "../../support/redis-server.js";

const KB = 1024;
let server: Awaited<ReturnType<typeof ownRedis>>;
let admin: Redis;

beforeEach(async () => {
  server = await ownRedis();
  admin = new Redis(server.url);
});

afterEach(async () => {
  await admin.quit();
  await server.stop();
});

/** What the store has been sent, those questions included. */
async function received(): Promise<number> {
  return Number(/total_net_input_bytes:(\d+)/.exec(await admin.info("stats"))?.[1] ?? 0);
}

describe("what is sent to a store that knows no script yet", () => {
  it("is at most 16 KB by a producer that dispatches one plain job", async () => {
    const before = await received();
    const producer = createTaskora({ adapter: redisAdapter(server.url) });
    await producer.register({ name: "plain", version: 1 }).dispatch("hello");
    await producer.close();
    expect((await received()) - before).toBeLessThanOrEqual(16 * KB);
  });

  it("is at most 96 KB by a worker until its first plain job has ended", async () => {
    const producer = createTaskora({ adapter: redisAdapter(server.url) });
    const { result } = producer.register({ name: "plain", version: 1 }).dispatch("hello");
    const before = await received();
    const worker = createTaskora({ adapter: redisAdapter(server.url) });
    worker.task("plain", async (text) => text);
    await worker.start();
    expect(await result).toBe("hello");
    expect((await received()) - before).toBeLessThanOrEqual(96 * KB);
    await Promise.all([producer.close(), worker.close()]);
  });
});

describe("a script of plain jobs", () => {
  it.each([insertPlainScript, claimPlainScript, settlePlainScript])(
    "is small and knows no other concern: $name",
    ({ text }) => {
      expect(text.length).toBeLessThanOrEqual(13 * KB);
      expect(text).not.toMatch(/limits_start|workflow_over|pass_gates|take_batches|enter_group/);
    },
  );
});
