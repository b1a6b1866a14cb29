import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { Fleet } from "../support/chaos.js";
import { CHAOS_TASK } from "../support/chaos-protocol.js";
import { CHAOS_STORES, type ChaosStore } from "../support/chaos-stores.js";
import { runSql } from "../support/postgres-server.js";
import { Collected } from "../support/signals.js";

const JOBS = 50;
/** Longer than a store keeps what is kept for a listener that has fallen silent. */
const PATIENCE_MS = 150_000;

/** Who listens, and letters that nobody has taken, as the store has it. */
interface Left {
  readonly listeners: number;
  readonly letters: number;
}

const STORES = [
  {
    store: "Redis",
    open: CHAOS_STORES.Redis,
    left: async ({ url, prefix }: ChaosStore): Promise<Left> => {
      const redis = new Redis(url);
      const listeners = await redis.scard(`${prefix}:{${CHAOS_TASK}}:heard`);
      redis.disconnect();
      return { listeners, letters: 0 };
    },
  },
  {
    store: "Postgres",
    open: CHAOS_STORES.Postgres,
    left: async ({ url, prefix: schema }: ChaosStore): Promise<Left> => {
      const [found] = await runSql(
        url,
        `select (select count(*) from ${schema}.listener where kind = 'e') as listeners, (select count(*) from ${schema}.mail) as letters`,
      );
      return { listeners: Number(found?.listeners), letters: Number(found?.letters) };
    },
  },
];

describe.each(STORES)("a process that listens and works, killed with -9, on $store,", ({ open, left }) => {
  it("takes no event from the others, and what it left goes", { timeout: 240_000 }, async () => {
    const store = await open();
    const fleet = new Fleet({ ...store, lease: "1s" });
    const heard = new Collected<string>();
    fleet.app.on("completed", ({ id }) => heard.push(id), { task: CHAOS_TASK });
    await fleet.app.connect();
    const doomed = fleet.startWorker({ listens: true });
    await doomed.printed("ready");
    const before = await fleet.work({ ms: 1 });
    await doomed.printed(`heard ${before}`);
    expect(await left(store)).toMatchObject({ listeners: 2 });

    const running = Array.from({ length: JOBS }, () => fleet.work({ ms: 20 }));
    await fleet.kill(doomed);
    const worker = fleet.startWorker();
    await worker.printed("ready");
    const ids = [before, ...(await Promise.all(running)), await fleet.work({ ms: 1 })];
    await heard.reach(ids.length);
    expect([...heard.items].sort()).toEqual([...ids].sort());
    await expect
      .poll(() => left(store), { timeout: PATIENCE_MS, interval: 500 })
      .toEqual({ listeners: 1, letters: 0 });

    const after = await fleet.work({ ms: 1 });
    await heard.reach(ids.length + 1);
    expect(heard.items.at(-1)).toBe(after);
    worker.kill("SIGTERM");
    await worker.exited;
    expect(fleet.errors).toEqual([]);
    await fleet.close();
  });
});
