import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ScheduleStore, ScheduleWrite } from "../../../src/core/schedule-store.js";
import { createKeys } from "../../../src/redis/keys.js";
import { commandArguments, type ScriptRunner } from "../../../src/redis/runner.js";
import type { Script, ScriptArgument } from "../../../src/redis/script.js";
import type { Session } from "../../../src/redis/session.js";
import { redisScheduleStore } from "../../../src/redis/verbs/schedule-store.js";
import { sharedRedis, uniquePrefix } from "../../support/redis-server.js";

let redis: Redis;
beforeAll(async () => {
  redis = new Redis((await sharedRedis()).url);
});
afterAll(async () => {
  await redis.quit();
});

/** A store whose process is killed instead of sending its nth call, or one that lives. */
function aStore(prefix: string, callsLeft = Number.POSITIVE_INFINITY): ScheduleStore {
  let left = callsLeft;
  const run = async (
    script: Script<readonly ScriptArgument[], unknown>,
    roots: string | readonly string[],
    args: readonly ScriptArgument[],
  ) => {
    left -= 1;
    if (left < 0) throw new Error("killed");
    return redis.callBuffer("EVAL", commandArguments(script.text, roots, args));
  };
  const link = {
    inOneWrite: <T>(write: () => T) => write(),
    together: (roots: readonly string[]) => [roots],
  };
  const session = {
    keys: createKeys(prefix),
    runner: { link, run } as unknown as ScriptRunner,
  } as Session;
  return redisScheduleStore({
    with: (verb) => verb(session),
    subscriber: () => {
      throw new Error("nobody subscribes");
    },
    changes: "",
  });
}

const PLAN = { name: "nightly", plan: "{}", payload: "1" };

async function write(store: ScheduleStore, fields: Pick<ScheduleWrite, "task" | "expectedRevision">) {
  const [reply] = await store.write([{ ...PLAN, nextSlotAt: 1000, ...fields }]);
  return reply?.status === "stored" ? reply.revision : 0;
}

/** Tasks in which the schedule would fire. */
async function firesIn(store: ScheduleStore, tasks: readonly string[]): Promise<readonly string[]> {
  const due = await Promise.all(tasks.map((task) => store.due({ tasks: [task], limit: 10 })));
  return due.flatMap(({ schedules }) => schedules.map(({ task }) => task));
}

const TASKS = ["a", "b", "c"];

describe("the names of schedules in Redis", () => {
  it("are held by one task, whoever creates them at once", async () => {
    for (let round = 0; round < 20; round++) {
      const prefix = uniquePrefix();
      const revisions = await Promise.all(
        TASKS.map((task) => write(aStore(prefix), { task, expectedRevision: 0 })),
      );
      expect(revisions.filter((revision) => revision > 0)).toHaveLength(1);
      const store = aStore(prefix);
      const [read] = (await store.read([PLAN.name])).schedules;
      expect(await firesIn(store, TASKS)).toEqual([read?.task]);
    }
  });

  it.each([0, 1, 2, 3, 4, 5, 6])("a move that dies before its call %i is carried on", async (calls) => {
    const prefix = uniquePrefix();
    const store = aStore(prefix);
    const revision = await write(store, { task: "a", expectedRevision: 0 });
    const dying = write(aStore(prefix, calls), { task: "b", expectedRevision: revision }).catch(() => 0);
    await dying;
    expect((await firesIn(store, TASKS)).length).toBeLessThanOrEqual(1);
    const [read] = (await store.read([PLAN.name])).schedules;
    expect(read?.task).toBe(calls < 3 ? "a" : "b");
    expect(await firesIn(store, TASKS)).toEqual([read?.task]);
    expect((await store.list({ limit: 10 })).schedules).toEqual([read]);
    expect(await store.remove([PLAN.name])).toEqual(["removed"]);
    expect(await write(store, { task: "c", expectedRevision: 0 })).toBeGreaterThan(read?.revision ?? 0);
  });

  it.each([1, 2])("a creation that dies before its call %i leaves the name free", async (calls) => {
    const prefix = uniquePrefix();
    await write(aStore(prefix, calls - 1), { task: "a", expectedRevision: 0 }).catch(() => 0);
    const store = aStore(prefix);
    expect((await store.read([PLAN.name])).schedules).toEqual([undefined]);
    expect((await store.list({ limit: 1 })).schedules).toEqual([]);
    expect(await write(store, { task: "b", expectedRevision: 0 })).toBeGreaterThan(0);
    expect(await firesIn(store, TASKS)).toEqual(["b"]);
  });

  it("a removal that dies leaves the name free", async () => {
    const prefix = uniquePrefix();
    const store = aStore(prefix);
    const revision = await write(store, { task: "a", expectedRevision: 0 });
    await expect(aStore(prefix, 2).remove([PLAN.name])).rejects.toThrow("killed");
    expect((await store.read([PLAN.name])).schedules).toEqual([undefined]);
    expect(await write(store, { task: "b", expectedRevision: 0 })).toBeGreaterThan(revision);
  });

  it("keep what is known of runs when they move, and move back", async () => {
    const store = aStore(uniquePrefix());
    let revision = await write(store, { task: "a", expectedRevision: 0 });
    const job = { task: "a", id: "nightly@1000", payload: "1", priority: 0, version: 1, fingerprint: "" };
    const fire = { slotAt: 1000, overlap: "allow" as const, job };
    const slot = { name: PLAN.name, task: "a", revision, expectedSlotAt: 1000, nextSlotAt: 2000, fire };
    expect(await store.fire([slot as Parameters<ScheduleStore["fire"]>[0][number]])).toEqual(["fired"]);
    for (const task of ["b", "c", "b", "a"]) {
      const moved = await write(store, { task, expectedRevision: revision });
      expect(moved).toBeGreaterThan(revision);
      revision = moved;
      const [read] = (await store.read([PLAN.name])).schedules;
      expect(read).toMatchObject({ task, revision, runs: 1, lastSlotAt: 1000 });
      expect(read?.lastJobId).toBeUndefined();
    }
  });
});
