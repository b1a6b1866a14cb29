import { Redis } from "ioredis";
import { redisAdapter } from "taskora/redis";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Adapter, Notice } from "../../../src/core/adapter.js";
import { listenScript } from "../../../src/redis/scripts.generated.js";
import { EventMarks, MARK_MS, RENEWAL_MS } from "../../../src/redis/verbs/event-marks.js";
import { ownRedis } from "../../support/redis-server.js";
import { aJob, complete, TASK, take } from "./store.js";

const HEARD = `taskora:{${TASK}}:heard`;

describe("the mark of who listens to events", () => {
  let server: Awaited<ReturnType<typeof ownRedis>>;
  let admin: Redis;
  let adapter: Adapter;

  beforeEach(async () => {
    server = await ownRedis();
    admin = new Redis(server.url);
    adapter = redisAdapter(server.url);
    await adapter.connect();
  });

  afterEach(async () => {
    await adapter.close();
    await admin.quit();
    await server.stop();
  });

  const listen = (listener: (notice: Notice) => void = () => undefined) =>
    adapter.subscribe({ kind: "events", task: TASK }, listener);

  it("stands from when the subscription does, and goes with the last one", async () => {
    const [one, other] = [await listen(), await listen()];
    expect(await admin.pttl(HEARD)).toBeGreaterThan(MARK_MS - RENEWAL_MS);
    await one();
    expect(await admin.exists(HEARD)).toBe(1);
    await other();
    expect(await admin.exists(HEARD)).toBe(0);
  });

  it("is not set by who waits for outcomes and cancels", async () => {
    await adapter.subscribe({ kind: "outcomes" }, () => undefined);
    await adapter.subscribe({ kind: "cancels", task: TASK }, () => undefined);
    expect(await admin.exists(HEARD)).toBe(0);
  });

  it("lets events be made of what plain scripts would do", async () => {
    const seen: string[] = [];
    await adapter.insert([aJob({ id: "before" })]);
    await listen((notice) => notice.kind === "event" && seen.push(notice.event.type));
    await complete(adapter, await take(adapter, 1));
    await adapter.insert([aJob({ id: "after" })]);
    await expect.poll(() => seen).toEqual(["active", "completed", "waiting"]);
  });

  it("costs nobody an event when its listener dies, and expires", async () => {
    await listen();
    await adapter.close();
    expect(await admin.pttl(HEARD)).toBeLessThanOrEqual(MARK_MS);
    await adapter.connect();
    await adapter.insert([aJob({ id: "a" })]);
    expect((await take(adapter, 1)).length).toBe(1);
    await admin.del(HEARD);
  });

  it("of one who has died goes while others live", async () => {
    const markMs = 200;
    const say = (listener: string) =>
      admin.eval(listenScript.text, 1, `taskora:{${TASK}}:`, listener, markMs) as Promise<number>;
    expect([await say("dead"), await say("alive"), await say("alive")]).toEqual([1, 1, 0]);
    expect(await admin.scard(HEARD)).toBe(2);
    const again: number[] = [];
    await expect
      .poll(async () => {
        again.push(await say("alive"));
        return (await admin.smembers(HEARD)).map((member) => member.replace(/^\d+:/, ""));
      })
      .toEqual(["alive"]);
    expect(new Set(again)).toEqual(new Set([0]));
  });

  it("is set again when it was found gone with its connection, before the loss is told", async () => {
    const notices: Notice[] = [];
    await listen((notice) => notices.push(notice));
    await admin.del(HEARD);
    await admin.call("CLIENT", "KILL", "TYPE", "pubsub");
    await expect.poll(() => notices.map(({ kind }) => kind)).toEqual(["lost"]);
    expect(await admin.exists(HEARD)).toBe(1);
  });
});

describe("the marks of an adapter", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** Answers of the store, and what it was told. */
  function marks(answers: readonly (number | Error)[] = []) {
    const told: string[] = [];
    const left = [...answers];
    const run = (_script: unknown, root: unknown, args: unknown) => {
      told.push(`${root} ${(args as unknown[]).join(" ")}`);
      const answer = left.shift() ?? 0;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    };
    return { told, marks: new EventMarks({ run: run as never }, "me") };
  }

  it("are renewed while they stand, and no longer", async () => {
    const { told, marks: all } = marks();
    const mark = await all.set("a:", () => undefined);
    await vi.advanceTimersByTimeAsync(2 * RENEWAL_MS);
    await mark.remove();
    await vi.advanceTimersByTimeAsync(5 * RENEWAL_MS);
    expect(told).toEqual([...Array(3).fill("a: me-1 30000"), "a: me-1 0"]);
  });

  it("tell that events may have been missed when one was gone, also after calls that failed", async () => {
    const missed = vi.fn();
    const { marks: all } = marks([1, 0, new Error("away"), 1]);
    await all.set("a:", missed);
    await vi.advanceTimersByTimeAsync(2 * RENEWAL_MS);
    expect(missed).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(RENEWAL_MS);
    expect(missed).toHaveBeenCalledOnce();
    all.stop();
  });
});
