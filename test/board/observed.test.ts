import { createTaskora, type Taskora } from "taskora";
import { type Board, createBoard } from "taskora/board";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { oldestOf } from "../../src/board/observe/series.js";
import { mergeErrorGroups } from "../../src/core/observe/measure-store.js";
import { gate } from "../support/signals.js";
import { VirtualWorld } from "../support/virtual-world.js";
import { as, boardKit, ROLE_TOKENS, serve } from "./board-kit.js";

let world: VirtualWorld;
let app: Taskora;
let board: Board;

beforeEach(() => {
  world = new VirtualWorld();
  app = createTaskora({ adapter: world.adapter(), clock: world.clock, logger: false });
  board = createBoard(app, { auth: { token: ROLE_TOKENS }, logger: false });
});

afterEach(async () => {
  await board.close();
  await app.close({ timeout: 0 });
  await world.close();
});

async function get(path: string, headers: object = as("viewer")) {
  const response = await board.fetch(new Request(`http://board.test${path}`, { headers: { ...headers } }));
  const text = await response.text();
  return { status: response.status, headers: response.headers, text };
}

async function getJson(path: string, headers?: object) {
  const { status, text } = await get(path, headers);
  return { status, json: JSON.parse(text) as never };
}

describe("the board's numbers", () => {
  it("are one overview for all who ask", async () => {
    const task = world.drive().app.task("email.send", () => undefined);
    await task.dispatch(1);
    const { status, json } = await getJson("/api/v1/overview");
    expect(status).toBe(200);
    expect(json).toMatchObject({
      tasks: [{ name: "email.send", counts: { waiting: 1 }, severity: "critical" }],
      notes: [{ check: "workers" }],
    });
  });

  it("are columns of how runs went, with the bins of a heat map and the releases of that time", async () => {
    const worker = createTaskora({
      ...{ adapter: world.adapter(), clock: world.clock, logger: false, release: "41c0" },
    });
    const end = gate();
    const task = worker.task("image.resize", { concurrency: 3, handler: () => end.opened });
    await worker.start();
    const jobs = [await task.dispatch(1), await task.dispatch(2), await task.dispatch(3)];
    await world.clock.advance(2000);
    end.open();
    await Promise.all(jobs.map((job) => job.result));
    await world.clock.advance(11_000);
    const now = world.clock.now();
    const { status, json } = await getJson(`/api/v1/tasks/image.resize/series?from=${now - 300_000}&step=1m`);
    expect(status).toBe(200);
    const { at, completed, run, wait, runBins, releases, stepMs } = json as {
      [key: string]: never;
    } & {
      at: number[];
      completed: number[];
      run: { p50: (number | null)[] };
      wait: { p99: (number | null)[] };
    };
    expect(stepMs).toBe(60_000);
    expect(at.map((each) => each % 60_000)).toEqual(at.map(() => 0));
    const filled = completed.findIndex((count) => count > 0);
    expect(completed[filled]).toBe(3);
    expect(run.p50[filled]).toBeGreaterThan(1900);
    expect(run.p50[filled]).toBeLessThan(2100);
    expect(wait.p99[filled]).toBeLessThan(100);
    expect(run.p50.filter((value) => value !== null)).toHaveLength(1);
    const [[upperMs, count]] = (runBins as unknown as readonly unknown[])[filled] as [[number, number]];
    expect([upperMs >= 2000 && upperMs < 2200, count]).toEqual([true, 3]);
    expect(releases).toMatchObject([{ name: "41c0" }]);
    await worker.close({ timeout: 0 });
  });

  it("have at most 1 500 steps, and none of a task that is not there", async () => {
    await world
      .drive()
      .app.task("pay", () => undefined)
      .dispatch(1);
    const now = world.clock.now();
    const wide = await getJson(`/api/v1/tasks/pay/series?from=${now - 3 * 86_400_000}&to=${now + 1e12}`);
    expect(wide.status).toBe(400);
    expect(wide.json).toMatchObject({ error: { code: "OPTION_INVALID" } });
    expect((await get("/api/v1/tasks/none/series")).status).toBe(404);
    expect((await get("/api/v1/tasks/pay/series?step=abc")).status).toBe(400);
  });

  it("can be looked at thoroughly", async () => {
    await world
      .drive()
      .app.task("pay", () => undefined)
      .dispatch(1);
    const { json } = await getJson("/api/v1/doctor");
    expect(json).toMatchObject({ kind: "memory", tasks: 1, notes: [{ check: "workers", task: "pay" }] });
  });
});

describe("the board's stream", () => {
  const open = async (topics: string) => {
    const gone = new AbortController();
    const response = await board.fetch(
      new Request(`http://board.test/api/v1/stream?topics=${encodeURIComponent(topics)}`, {
        ...{ headers: as("viewer"), signal: gone.signal },
      }),
    );
    return { response, gone };
  };

  it("tells of a job until it is over, for as long as somebody reads", async () => {
    const driven = world.drive().app;
    const task = driven.task("email.send", () => undefined);
    const { id } = await task.dispatch("hello");
    const topic = `job:${encodeURIComponent("email.send")}/${id}`;
    const { response, gone } = await open(`home,${topic}`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    expect(response.headers.get("x-accel-buffering")).toBe("no");
    expect(response.headers.get("cache-control")).toContain("no-store");
    let text = "";
    const reading = (async () => {
      for await (const part of response.body as unknown as AsyncIterable<Uint8Array>)
        text += new TextDecoder().decode(part);
    })().catch(() => undefined);
    await world.clock.advance(1000);
    expect(text).toContain(`"topic":"${topic}","value":{`);
    await driven.start();
    await world.clock.advance(2000);
    expect(text).toMatch(/event: delta\ndata: .*"state":"completed"/);
    expect(text).toMatch(/^retry: 2000\n\n/);
    gone.abort();
    await world.settle();
    await reading;
  });

  it.each([
    ["no topic there is", "moon"],
    ["a job without its task", "job:abc"],
    ["too many", Array.from({ length: 21 }, (_, nth) => `task:t${nth}`).join(",")],
    ["a name that cannot be read", "task:%E0%A4%A"],
  ])("refuses %s", async (_what, topics) => {
    expect((await open(topics)).response.status).toBe(400);
  });

  it("tells nothing of a task that is not for whoever asks", async () => {
    await using kit = boardKit({
      auth: { token: [{ name: "bob", role: "viewer", tasks: ["email.*"], token: "bob-0123456789ab" }] },
    });
    const headers = { authorization: "Bearer bob-0123456789ab" };
    expect((await kit.ask("/api/v1/stream?topics=task:pay", { headers })).status).toBe(403);
  });

  it("ends when the board closes", async () => {
    const { response } = await open("home");
    await world.settle();
    await board.close();
    expect(await response.text()).toContain("event: bye");
  });

  it("goes over a socket as it comes, and stops when the reader has gone", async () => {
    const own = createTaskora({ adapter: world.adapter(), logger: false });
    const served = createBoard(own, { logger: false });
    await using server = await serve(served.node);
    const gone = new AbortController();
    const response = await fetch(`http://127.0.0.1:${server.port}/api/v1/stream`, { signal: gone.signal });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = "";
    while (!text.includes("event: snapshot")) text += new TextDecoder().decode((await reader.read()).value);
    expect(text).toContain('"topic":"home"');
    gone.abort();
    await reader.closed.catch(() => undefined);
    await served.close();
    await own.close();
  });
});

describe("probes", () => {
  it("say that the board lives, that the store answers, and how many findings are critical", async () => {
    expect(await getJson("/healthz", {})).toEqual({ status: 200, json: { status: "ok" } });
    expect(await getJson("/readyz", {})).toEqual({ status: 200, json: { status: "ready" } });
    expect((await getJson("/healthz?deep", {})).json).toEqual({ status: "ok", critical: 0, warnings: 0 });
    await world
      .drive()
      .app.task("pay", () => undefined)
      .dispatch(1);
    await world.clock.advance(2000);
    const { status, json } = await getJson("/healthz?deep", {});
    expect({ status, json }).toEqual({ status: 503, json: { status: "critical", critical: 1, warnings: 0 } });
  });

  it("say that the store is away", async () => {
    const { app: cut, store } = world.drive();
    store.always("refused", "connect", "tasks", "observe.gauges");
    const own = createBoard(cut, { auth: { token: ROLE_TOKENS }, logger: false });
    const status = async (path: string) => (await own.fetch(new Request(`http://board.test${path}`))).status;
    expect([await status("/healthz"), await status("/readyz"), await status("/healthz?deep")]).toEqual([
      200, 503, 503,
    ]);
    await own.close();
  });

  it("give the metrics of the store to who may see them", async () => {
    await world
      .drive()
      .app.task("pay", () => undefined)
      .dispatch(1);
    expect((await get("/metrics", {})).status).toBe(401);
    const { status, headers, text } = await get("/metrics");
    expect([status, headers.get("content-type")]).toEqual([200, expect.stringContaining("text/plain")]);
    expect(text).toContain('taskora_queue_jobs{task="pay",state="waiting"} 1');
    expect((await get("/metrics", as("metrics"))).status).toBe(200);
    expect((await get("/api/v1/me", as("metrics"))).status).toBe(403);
  });
});

describe("the oldest of a series", () => {
  it("follows from how long jobs had waited when they began, and from what waits now", () => {
    const longest = [0, 0, 90_000, 0];
    const stepMs = 60_000;
    expect(oldestOf(longest, { stepMs, waitsMs: Number.NEGATIVE_INFINITY })).toEqual([
      null,
      30_000,
      90_000,
      null,
    ]);
    expect(oldestOf(longest, { stepMs, waitsMs: 70_000 })).toEqual([null, 30_000, 90_000, 70_000]);
    expect(oldestOf(longest, { stepMs, waitsMs: 500_000 })).toEqual([320_000, 380_000, 440_000, 500_000]);
  });
});

describe("error groups of several days", () => {
  it("say how many came on each", () => {
    const day = (nth: number, count: number) => {
      const at = nth * 86_400_000 + 5;
      const [kind, sample] = [
        { name: "E", message: "m" },
        { jobId: `j${nth}`, version: 1 },
      ];
      return {
        ...{ task: "a", fingerprint: "f", kind, count },
        firstAt: at,
        lastAt: at,
        first: sample,
        last: sample,
      };
    };
    const [group] = mergeErrorGroups([day(1, 2), day(3, 4)]);
    expect(group).toMatchObject({
      count: 6,
      firstAt: 86_400_005,
      first: { jobId: "j1" },
      last: { jobId: "j3" },
    });
    expect(group?.days).toEqual([
      { at: 86_400_000, count: 2 },
      { at: 259_200_000, count: 4 },
    ]);
  });
});
