import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createTaskora, type Taskora } from "taskora";
import { redisAdapter } from "taskora/redis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { countAction, doAction } from "../../src/cli/top/actions.js";
import { loadPlace } from "../../src/cli/top/load.js";
import { placeOf } from "../../src/cli/top/place.js";
import { builtPackage } from "../support/built.js";
import { sharedRedis, uniquePrefix } from "../support/redis-server.js";
import { runCommand } from "../support/run-command.js";

let store: readonly string[];
let app: Taskora;

beforeAll(async () => {
  const { url } = await sharedRedis();
  const prefix = uniquePrefix();
  store = ["--store", url, "--prefix", prefix];
  app = createTaskora({ adapter: redisAdapter(url, { prefix }), logger: false });
  const mail = app.task("email.send", {
    retry: { attempts: 1 },
    handler: (n: number) => {
      if (n > 0) throw new Error(`SMTP 421 for "u${n}@example.com"`);
    },
  });
  await app.start();
  const jobs = await mail.dispatchMany([0, 1, 2]);
  await Promise.all(jobs.map((job) => job.result.catch(() => undefined)));
  await mail.dispatch(0, { delay: "1h" });
});

afterAll(() => app.close());

describe("taskora top without a terminal", () => {
  it("prints the tasks once, with what is wrong", async () => {
    const { code, stdout } = await runCommand("top", "--interval", "100ms", ...store);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^TASK +WAIT +ACT +DLY +RTY +FAIL/m);
    expect(stdout).toMatch(/^email\.send +· +· +1 +· +2 /m);
    expect(stdout).not.toContain("\u001b");
  });

  it("has a shape for programs", async () => {
    const { code, stdout } = await runCommand("top", "--once", "--json", "--interval", "100ms", ...store);
    const { v, data } = JSON.parse(stdout) as { v: number; data: { top: Record<string, unknown> } };
    expect({ code, v }).toEqual({ code: 0, v: 1 });
    expect(Object.keys(data.top)).toEqual([
      "store",
      "at",
      "sum",
      "workers",
      "slots",
      "oldest",
      "symptoms",
      "tasks",
    ]);
    expect(data.top.sum).toMatchObject({
      waiting: 0,
      active: 0,
      delayed: 1,
      retrying: 0,
      failed: 2,
      done: 3,
    });
    expect(data.top.workers).toBe(1);
    expect(data.top.tasks).toEqual([
      expect.objectContaining({ name: "email.send", delayed: 1, failed: 2, isPaused: false, workers: 1 }),
    ]);
  });

  it("refuses tasks that there are not, and odd intervals", async () => {
    const unknown = await runCommand("top", "--task", "emial.*", "--interval", "100ms", ...store);
    expect(unknown).toMatchObject({ code: 6, stderr: expect.stringContaining("no task that fits emial.*") });
    expect(await runCommand("top", "--interval", "1ms", ...store)).toMatchObject({ code: 2 });
  });
});

describe("what top does", () => {
  const FAILED = { kind: "jobs", task: "email.send", state: "failed", where: 'error:"SMTP 421"' } as const;

  it("is counted first, then done, and written down", async () => {
    const retry = { verb: "retry", target: FAILED } as const;
    expect(await countAction(app, retry)).toEqual({
      count: 2,
      question: 'Retry 2 jobs of email.send that fit error:"SMTP 421"?',
    });
    const pause = { kind: "task", task: "email.send", isPaused: false } as const;
    expect(await doAction(app, { verb: "pause", target: pause })).toBe("email.send paused.");
    expect(await doAction(app, retry)).toBe("2 jobs retried.");
    expect(await countAction(app, retry)).toMatchObject({ count: 0 });
    expect(await doAction(app, { verb: "cancel", target: { ...FAILED, state: "all", where: "" } })).toBe(
      "3 jobs cancelled.",
    );
    const { items } = await app.audit.list();
    expect(items.map(({ reason }) => reason)).toContain("by hand, in taskora top");
  });

  it("tells a worker to be quiet, and to go on", async () => {
    const [worker] = (await app.workers.list()).items;
    const target = { kind: "worker", id: worker?.id ?? "", isPaused: false } as const;
    expect(await doAction(app, { verb: "quiet", target })).toBe(`worker ${worker?.id} was told to be quiet.`);
    expect(await doAction(app, { verb: "resume", target })).toBe(
      `worker ${worker?.id} was told to be resumed.`,
    );
    expect(await doAction(app, { verb: "quiet", target: { ...target, id: "none" } })).toBe(
      "worker none is gone.",
    );
  });

  it("tells of a filter that cannot be read, in place of the jobs", async () => {
    const { items: tasks } = await app.tasks.list();
    const loaded = await loadPlace(app, placeOf("jobs", { filter: "sate:failed" }), tasks);
    expect(loaded).toMatchObject({ view: "jobs", problem: expect.stringContaining("sate") });
  });
});

const HAS_SCRIPT = spawnSync("script", ["--version"]).status === 0;
if (!HAS_SCRIPT)
  console.warn("SKIPPED: the program script is missing, so taskora top was not tried on a terminal");

describe.skipIf(!HAS_SCRIPT)("taskora top on a terminal", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("gives it back after %s", async (signal, code) => {
    const program = join(builtPackage(), "dist/cli/main.js");
    const command = `stty cols 60 rows 20; echo pid=$$; exec ${process.execPath} ${program} top ${store.join(" ")}`;
    const child = spawn("script", ["-qec", command, "/dev/null"], { stdio: ["pipe", "pipe", "inherit"] });
    let text = "";
    const seen = new Promise<void>((resolve) => {
      child.stdout.on("data", (data: Buffer) => {
        text += data.toString();
        if (text.includes("email.send")) resolve();
      });
    });
    const closed = once(child, "close");
    await Promise.race([seen, closed]);
    process.kill(Number(/pid=(\d+)/.exec(text)?.[1]), signal);
    expect((await closed)[0]).toBe(code);
    expect(text).toContain("\u001b[?1049h");
    expect(text.endsWith("\u001b[?7h\u001b[?25h\u001b[0m\u001b[?1049l")).toBe(true);
    expect(text.split("\u001b[?1049l")).toHaveLength(2);
  });
});
