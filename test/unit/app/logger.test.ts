import { readFileSync } from "node:fs";
import { Writable } from "node:stream";
import { pino } from "pino";
import { createTaskora, type Logger, type Taskora } from "taskora";
import { memoryAdapter } from "taskora/memory";
import { redisAdapter } from "taskora/redis";
import { VirtualClock } from "taskora/testing";
import { afterEach, describe, expect, it } from "vitest";
import winston from "winston";
import { WorkLog } from "../../../src/app/work-log.js";
import { Pools } from "../../../src/worker/pool.js";
import { describeBehaviour } from "../../support/behaviour.js";
import { ownRedis } from "../../support/redis-server.js";
import { Collected, rejection } from "../../support/signals.js";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));

/** A logger that keeps what it is given: `[level, text, …details]`. */
function keeping() {
  const lines = new Collected<readonly unknown[]>();
  const at =
    (level: string) =>
    (...args: unknown[]) =>
      lines.push([level, ...args]);
  const logger: Logger = { info: at("info"), warn: at("warn"), error: at("error") };
  return { logger, lines };
}

describeBehaviour("what a process that works says", ({ app }) => {
  it("names tasks, concurrency, store and version when it starts, and says when it closes", async () => {
    const { logger, lines } = keeping();
    const tasks = app({ logger });
    tasks.task("mail.send", { concurrency: 3, handler: () => 1 });
    tasks.task("mail.sort", () => 2);
    tasks.register({ name: "elsewhere", version: 1 });
    await tasks.start();
    await tasks.close();
    const store = lines.items[0]?.[1]?.toString().replace(/^.*, over (.*), taskora .*$/, "$1");
    expect(lines.items).toEqual([
      [
        "info",
        `[taskora] working on mail.send (3 at once), mail.sort (10 at once), over ${store}, taskora ${version}`,
      ],
      ["info", "[taskora] closed"],
    ]);
    expect(store).toMatch(/^(memory|redis at 127\.0\.0\.1:\d+, prefix test-\w+)$/);
  });

  it("has a line when it is made quiet, and one when it resumes, however often it is asked", async () => {
    const { logger, lines } = keeping();
    const tasks = app({ logger });
    tasks.quiet();
    expect(lines.items).toEqual([]);
    await tasks.start();
    tasks.quiet();
    tasks.resume();
    tasks.resume();
    await tasks.close();
    expect(lines.items.slice(1)).toEqual([
      ["info", "[taskora] begins no more jobs until it resumes"],
      ["info", "[taskora] begins jobs again"],
      ["info", "[taskora] closed"],
    ]);
  });

  it("counts tasks past the tenth", async () => {
    const { logger, lines } = keeping();
    const tasks = app({ logger });
    for (let n = 1; n <= 12; n++) tasks.task(`task${n}`, () => n);
    await tasks.start();
    expect(lines.items[0]?.[1]).toMatch(/task10 \(10 at once\), 2 more tasks, over/);
  });

  it("is nothing where nothing works", async () => {
    const { logger, lines } = keeping();
    const tasks = app({ logger });
    await tasks.register({ name: "later", version: 1 }).dispatch(1);
    await tasks.close();
    expect(lines.items).toEqual([]);
  });

  it("has one line per job that fails for good, with its error, whoever else listens", async () => {
    const { logger, lines } = keeping();
    const tasks = app({ logger });
    const fragile = tasks.task("fragile", {
      retry: { attempts: 2, delay: 1 },
      handler: () => {
        throw new TypeError("no such thing");
      },
    });
    fragile.on("failed", () => undefined);
    await tasks.start();
    const job = fragile.dispatch(1);
    await rejection(job.result);
    const [, line] = await lines.reach(2);
    expect(line?.slice(0, 2)).toEqual([
      "error",
      `[taskora] job ${job.id} (fragile) failed for good: TypeError: no such thing`,
    ]);
    expect(line?.[2]).toBeInstanceOf(Error);
    expect(line?.[2]).toMatchObject({ name: "TypeError", message: "no such thing" });
    await tasks.close();
    expect(lines.items).toHaveLength(3);
  });
});

it("a dispatch nobody awaits is a line of its own also while the store is away", () => {
  const lines: string[] = [];
  const log = new WorkLog((_, text) => lines.push(text), {
    clock: new VirtualClock(),
    adapter: memoryAdapter(),
  });
  const away = () => Object.assign(new Error("no answer"), { code: "STORE_UNAVAILABLE" });
  log.started([], new Pools({ concurrency: undefined, pools: new Map() }));
  log.error(away(), { isHeard: true });
  log.error(away(), { isHeard: true });
  log.error(away(), { isHeard: false, task: "mail", jobId: "one" });
  log.error(away(), { isHeard: true, task: "mail", jobId: "two" });
  expect(lines.slice(1)).toEqual([expect.stringContaining("the store is away"), "no answer"]);
});

describe("a store that goes away", () => {
  const open: Taskora[] = [];
  afterEach(async () => {
    for (const app of open.splice(0)) await app.close({ timeout: 0 });
  });

  it("is one line, and one when it is back, with or without listeners", async () => {
    const first = await ownRedis();
    const { logger, lines } = keeping();
    const app = createTaskora({ adapter: redisAdapter({ url: first.url, deadline: "300ms" }), logger });
    open.push(app);
    const away = new Collected<unknown>();
    app.on("error", away.push);
    // The second one is empty, which is another matter.
    app.on("warning", () => undefined);
    app.task("steady", () => 1);
    await app.start();
    await first.stop();
    await away.reach(3);
    const second = await ownRedis({ port: first.port });
    await lines.reach(3);
    await app.close();
    await second.stop();
    const [, left, back] = lines.items;
    expect(left?.[1]).toMatch(/^\[taskora\] the store is away, and is tried until it is back\. Redis at /);
    expect(left?.[2]).toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(back?.[1]).toMatch(/^\[taskora\] the store is back after [\d.]+m?s$/);
    expect(lines.items.map(([level]) => level)).toEqual(["info", "error", "info", "info"]);
  });
});

describe("a logger", () => {
  const open: Taskora[] = [];
  const make = (logger: unknown) => {
    const app = createTaskora({ adapter: memoryAdapter(), logger: logger as Logger });
    open.push(app);
    return app;
  };
  afterEach(async () => {
    for (const app of open.splice(0)) await app.close({ timeout: 0 });
  });

  /** Lets a job fail and gives what a logger wrote about it, as JSON lines. */
  async function failWith(makeLogger: (out: Writable) => unknown): Promise<Record<string, unknown>> {
    const written = new Collected<Record<string, unknown>>();
    const out = new Writable({
      write(chunk: Buffer, _, done) {
        for (const line of chunk.toString().trim().split("\n")) written.push(JSON.parse(line));
        done();
      },
    });
    const app = make(makeLogger(out));
    const fragile = app.task("fragile", () => {
      throw Object.assign(new TypeError("no such thing"), { code: "E_THING" });
    });
    await app.start();
    const job = fragile.dispatch(1, { attempts: 1 });
    await rejection(job.result);
    const [, line = {}] = await written.reach(2);
    expect(line).toMatchObject({ task: "fragile", jobId: job.id });
    return line;
  }

  it("of pino gets fields and the error under err", async () => {
    const line = await failWith((out) => pino({ level: "info" }, out));
    expect(line.msg).toMatch(/^\[taskora\] job \S+ \(fragile\) failed for good: TypeError: no such thing$/);
    expect(line).toMatchObject({ level: 50, err: { message: "no such thing", code: "E_THING" } });
    expect((line.err as { stack: string }).stack).toContain("logger.test.ts");
  });

  it("of winston gets an error that JSON shows, and its own text only", async () => {
    const line = await failWith((stream) =>
      winston.createLogger({ transports: [new winston.transports.Stream({ stream })] }),
    );
    expect(line.message).toMatch(/failed for good: TypeError: no such thing$/);
    expect(line).toMatchObject({ level: "error", error: { name: "TypeError", code: "E_THING" } });
    expect((line.error as { stack: string }).stack).toContain("logger.test.ts");
  });

  it("may be a child of either", async () => {
    const line = await failWith((out) => pino({ level: "info" }, out).child({ service: "mail" }));
    expect(line).toMatchObject({ service: "mail", err: { code: "E_THING" } });
  });

  it("that throws costs no job", async () => {
    const broken = () => {
      throw new Error("disk full");
    };
    const app = make({ info: broken, warn: broken, error: broken });
    const add = app.task("add", (n: number) => n + 1);
    await app.start();
    expect(await add.dispatch(1).result).toBe(2);
  });

  it.each([
    [
      { warn: console.warn, error: console.error },
      /with the methods info, warn and error, or false, got .* without info/,
    ],
    [null, /expected logger to be console/],
    ["console", /got "console" without info, warn, error/],
  ])("that cannot be written to is refused: %o", (logger, message) => {
    expect(() => make(logger)).toThrow(message);
  });

  it("is silenced by false", async () => {
    const app = make(false);
    app.task("add", () => 1);
    await app.start();
    await app.close();
  });
});

it("the version that is said is that of the package", async () => {
  const { VERSION } = await import("../../../src/app/version.js");
  expect(VERSION).toBe(version);
});
