import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTaskora, type Taskora } from "taskora";
import { redisAdapter } from "taskora/redis";
import { chain } from "taskora/workflow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { builtPackage } from "../support/built.js";
import { sharedRedis, uniquePrefix } from "../support/redis-server.js";
import { runCommand } from "../support/run-command.js";
import { rejection } from "../support/signals.js";

interface Seeded {
  readonly url: string;
  readonly prefix: string;
  readonly app: Taskora;
  /** A failed job, and one that is delayed. */
  readonly failed: string;
  readonly delayed: string;
  /** One that failed. */
  readonly workflow: string;
  /** The id of a worker that may be told anything; `""`: there is none. */
  readonly worker: string;
}

const AWAY = ["--store", "redis://:hunter2@127.0.0.1:1", "--timeout", "300ms"];
const folder = mkdtempSync(join(tmpdir(), "taskora-operate-"));
const apps: Taskora[] = [];
let seeded: Seeded;

/** Failed jobs of one task, delayed ones of another. */
async function seed(many: number): Promise<Seeded> {
  const { url } = await sharedRedis();
  const prefix = uniquePrefix();
  const app = createTaskora({
    ...{ adapter: redisAdapter(url, { prefix }), logger: false },
    defaults: { retention: { failed: { count: 10_000 } } },
  });
  apps.push(app);
  const mail = app.task("email.send", {
    ...{ concurrency: 200, retry: { attempts: 1 } },
    handler: (data: { readonly n: number }, ctx) => {
      ctx.log.info("sending", { n: data.n });
      throw Object.assign(new Error(data.n % 2 === 0 ? "SMTP 421\u001b[31m" : "no route"), { code: "ESMTP" });
    },
  });
  const text = app.register({ name: "sms.send", version: 1 });
  await app.start();
  const jobs = await mail.dispatchMany(Array.from({ length: many }, (_, n) => ({ n })));
  await Promise.all(jobs.map((job) => rejection(job.result)));
  const flow = await app.workflow(chain(mail.step({ n: 0 })));
  await rejection(flow.result);
  await app.schedules.upsert("weekly", { task: "sms.send", every: "7d" });
  await app.schedules.upsert("nightly", {
    task: "sms.send",
    data: { n: 9 },
    cron: "30 2 * * *",
    timezone: "Europe/Berlin",
  });
  const later = await text.dispatch({ n: 1 }, { delay: "1h", headers: { tenant: "acme" } });
  app.quiet();
  return { url, prefix, app, failed: jobs[0]?.id ?? "", delayed: later.id, workflow: flow.id, worker: "" };
}

/** Runs a command over the seeded store. */
function over({ url, prefix }: Seeded, ...args: readonly string[]) {
  return runCommand(...args, "--store", url, "--prefix", prefix);
}

beforeAll(async () => {
  const { app, ...store } = await seed(20);
  const spare = createTaskora({ adapter: redisAdapter(store.url, { prefix: store.prefix }), logger: false });
  apps.push(spare);
  spare.task("spare", () => undefined);
  await spare.start();
  const [worker] = (await app.workers.list({ task: "spare" })).items;
  seeded = { ...store, app, worker: worker?.id ?? "" };
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await Promise.all(apps.map((app) => app.close()));
});

type Words = (seed: Seeded) => readonly string[];

/** Each command: one that goes well, and where there is one what is not found, and what needs `--yes`. */
const COMMANDS: readonly {
  readonly command: string;
  readonly ok: Words;
  readonly missing?: Words;
  readonly asks?: Words;
}[] = [
  { command: "tasks list", ok: () => ["tasks"] },
  ...["pause", "resume"].map((verb) => ({
    command: `tasks ${verb}`,
    ok: () => ["tasks", verb, "sms.send"],
    missing: () => ["tasks", verb, "sms.sned"],
  })),
  {
    command: "tasks drain",
    ok: () => ["tasks", "drain", "sms.send", "--yes"],
    missing: () => ["tasks", "drain", "sms.sned", "--yes"],
    asks: () => ["tasks", "drain", "sms.send"],
  },
  {
    command: "jobs list",
    ok: () => ["jobs", "list", "state:failed", "data.n<4"],
    missing: () => ["jobs", "list", "task:emial.send"],
  },
  ...["get", "logs"].map((verb) => ({
    command: `jobs ${verb}`,
    ok: ({ failed }: Seeded) => ["jobs", verb, failed],
    missing: () => ["jobs", verb, "nope"],
  })),
  {
    command: "jobs promote",
    ok: ({ delayed }) => ["jobs", "promote", delayed, "--dry-run"],
    missing: () => ["jobs", "promote", "nope"],
    asks: () => ["jobs", "promote", "--where", "task:sms.send"],
  },
  {
    command: "jobs reschedule",
    ok: ({ delayed }) => ["jobs", "reschedule", delayed, "--delay", "2h"],
    missing: () => ["jobs", "reschedule", "nope", "--delay", "2h"],
    asks: () => ["jobs", "reschedule", "--all", "--delay", "2h"],
  },
  {
    command: "jobs prioritize",
    ok: ({ delayed }) => ["jobs", "prioritize", delayed, "--priority", "-5"],
    missing: () => ["jobs", "prioritize", "nope", "--priority", "1"],
    asks: () => ["jobs", "prioritize", "--task", "sms.send", "--priority", "1"],
  },
  {
    command: "jobs retry",
    ok: ({ failed }) => ["jobs", "retry", failed],
    missing: () => ["jobs", "retry", "nope"],
    asks: () => ["jobs", "retry", "--where", "error:421"],
  },
  {
    command: "jobs cancel",
    ok: ({ delayed }) => ["jobs", "cancel", delayed, "--reason", "no more"],
    missing: () => ["jobs", "cancel", "--where", "task:emial.*", "--yes"],
    asks: ({ delayed, failed }) => ["jobs", "cancel", delayed, failed],
  },
  {
    command: "jobs remove",
    ok: ({ delayed }) => ["jobs", "remove", delayed, "--yes"],
    missing: () => ["jobs", "remove", "nope", "--yes"],
    asks: ({ failed }) => ["jobs", "remove", failed],
  },
  {
    command: "dispatch",
    ok: () => ["dispatch", "sms.send", "--data", '{"n":3}', "--delay", "1h"],
    missing: () => ["dispatch", "sms.sned", "--data", "{}"],
  },
  { command: "schedules list", ok: () => ["schedules"] },
  ...["get", "next", "pause", "resume", "trigger"].map((verb) => ({
    command: `schedules ${verb}`,
    ok: () => ["schedules", verb, "nightly"],
    missing: () => ["schedules", verb, "nightyl"],
  })),
  {
    command: "schedules remove",
    ok: () => ["schedules", "remove", "weekly", "--yes"],
    missing: () => ["schedules", "remove", "nightyl", "--yes"],
    asks: () => ["schedules", "remove", "nightly"],
  },
  { command: "workflows list", ok: () => ["workflows", "--state", "failed"] },
  {
    command: "workflows get",
    ok: ({ workflow }) => ["workflows", "get", workflow],
    missing: () => ["workflows", "get", "nope"],
  },
  {
    command: "workflows resume",
    ok: ({ workflow }) => ["workflows", "resume", workflow],
    missing: () => ["workflows", "resume", "nope"],
  },
  {
    command: "workflows cancel",
    ok: ({ workflow }) => ["workflows", "cancel", workflow, "--yes"],
    missing: () => ["workflows", "cancel", "nope", "--yes"],
    asks: ({ workflow }) => ["workflows", "cancel", workflow],
  },
  {
    command: "workers list",
    ok: () => ["workers"],
    missing: () => ["workers", "--task", "sms.sned"],
  },
  {
    command: "workers quiet",
    ok: ({ worker }) => ["workers", "quiet", worker, "--reason", "deploy"],
    missing: () => ["workers", "quiet", "nobody"],
  },
  {
    command: "workers resume",
    ok: ({ worker }) => ["workers", "resume", worker],
    missing: ({ worker }) => ["workers", "resume", worker, "nobody"],
  },
  {
    command: "workers close",
    ok: ({ worker }) => ["workers", "close", worker, "--yes"],
    missing: () => ["workers", "close", "nobody", "--yes"],
    asks: ({ worker }) => ["workers", "close", worker],
  },
  { command: "errors", ok: () => ["errors"], missing: () => ["errors", "--task", "sms.sned"] },
  { command: "audit", ok: () => ["audit"] },
  { command: "metrics", ok: () => ["metrics"] },
  {
    command: "import",
    ok: () => ["import", exported(), "--yes"],
    asks: () => ["import", exported()],
  },
];

/** A file with one job that waits, and one that has ended. */
function exported(): string {
  const file = join(folder, "one.ndjson");
  const job = { v: 1, task: "sms.send", id: "old", data: { n: 5 }, version: 1, headers: {}, priority: 3 };
  writeFileSync(
    file,
    `${JSON.stringify({ ...job, state: "waiting" })}\n${JSON.stringify({ ...job, id: "b", state: "completed" })}\n`,
  );
  return file;
}

describe.each(COMMANDS)("taskora $command", ({ command, ok, missing, asks }) => {
  it("answers with data alone on stdout", async () => {
    const { code, stdout } = await over(seeded, ...ok(seeded), "--json");
    const answer = JSON.parse(stdout) as object;
    expect(Object.keys(answer)).toEqual(["v", "command", "exitCode", "data", "findings"]);
    expect({ code, answer }).toMatchObject({ code: 0, answer: { v: 1, command, exitCode: 0, findings: [] } });
  });

  it("says that the store is away, without its password", async () => {
    const { code, stdout, stderr } = await runCommand(...ok(seeded), ...AWAY);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("error STORE_UNREADABLE");
    expect(stderr.replace(/\s+/g, " ")).toContain("redis://127.0.0.1:1, named by --store");
    expect(stderr).not.toContain("hunter2");
  });

  it.skipIf(missing === undefined)("says what is not there", async () => {
    const { code, stdout } = await over(seeded, ...(missing?.(seeded) ?? []), "--json");
    const { findings, exitCode } = JSON.parse(stdout) as { exitCode: number; findings: { code: string }[] };
    expect({ code, exitCode }).toEqual({ code: 6, exitCode: 6 });
    expect(findings.map((finding) => finding.code)).toEqual([expect.stringMatching(/_UNKNOWN$/)]);
  });

  it.skipIf(asks === undefined)("changes nothing without --yes where nobody can be asked", async () => {
    const before = await seeded.app.jobs.count();
    const { code, stdout, stderr } = await over(seeded, ...(asks?.(seeded) ?? []));
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toContain("Add --yes");
    expect(await seeded.app.jobs.count()).toEqual(before);
  });
});

describe("what the commands print", () => {
  it("is a table of tasks, and a word where nobody works", async () => {
    const store = await seed(3);
    await over(store, "tasks", "pause", "email.send");
    const { stdout } = await over(store, "tasks");
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toBe("TASK        WAIT  OLDEST  ACT  DELAY  RETRY  FAIL  DONE  WORK");
    expect(lines[1]).toMatch(/^email\.send +· +· +· +· +· +4 +· +1 {2}paused \d+m?s$/);
    expect(lines[2]).toMatch(/^sms\.send +· +· +· +1 +· +· +· +0$/);
  });

  it("fits 80 columns, and holds nothing that a terminal obeys", async () => {
    const store = await seed(3);
    const { stdout, stderr } = await over(store, "jobs", "list", "--oldest", "--state", "failed");
    expect(stderr).toBe("");
    expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).toContain("SMTP 421\\x1b[31m");
    const details = await over(store, "jobs", "get", store.failed);
    expect(details.stdout).toMatch(/^state +failed$/m);
    expect(details.stdout).toMatch(/^data +\{"n":0\}$/m);
    expect(details.stdout).toMatch(/^ +1 {2}\S+ \S+ +\d+\w+ +failed +\S+ +SMTP 421\\x1b/m);
    expect((await over(store, "jobs", "logs", store.failed)).stdout).toMatch(/ info {2}sending \{"n":0\}\n$/);
  });

  it("has the columns that are asked for", async () => {
    const columns = "id,due,header.tenant,data.n";
    const { stdout } = await over(
      seeded,
      "jobs",
      "list",
      "state:delayed",
      "--columns",
      columns,
      "--limit",
      "1",
    );
    expect(stdout).toMatch(/^ID +DUE +header\.tenant +data\.n\n\S+ +in \w+ +/);
    const wrong = await over(seeded, "jobs", "list", "--columns", "nope");
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("Columns: id, state, task") });
  });

  it("points at the place where a filter cannot be read", async () => {
    const { code, stderr } = await over(seeded, "jobs", "list", "task:email.send", "stat:failed");
    expect(code).toBe(2);
    expect(stderr).toContain(`    task:email.send stat:failed\n${" ".repeat(20)}^`);
  });

  it("refuses a verb that there is not, and a change of everything that nobody asked for", async () => {
    expect(await over(seeded, "jobs", "retyr")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("unknown command 'retyr' of jobs"),
    });
    expect(await over(seeded, "jobs", "remove", "--yes")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("everything has to be asked for: expected ids"),
    });
    expect(await over(seeded, "jobs", "list", "--limit", "many")).toMatchObject({ code: 2 });
    expect(await runCommand("tasks", "--store", "http://x")).toMatchObject({ code: 2, stdout: "" });
  });

  it("keeps its shape, by which programs read it", async () => {
    const store = await seed(2);
    const shape = async (...args: readonly string[]) =>
      shapeOf((JSON.parse((await over(store, ...args, "--json")).stdout) as { data: unknown }).data);
    expect(await shape("tasks")).toEqual({
      tasks: [
        {
          ...{ name: "string", contract: "string", workers: "number" },
          backlog: { waiting: "number", slots: "number", workMs: "number", drainMs: "number" },
          totals: { at: "number", in: "number", out: expect.any(Object) },
          counts: Object.fromEntries(
            ["waiting", "delayed", "active", "completed", "failed", "retrying", "cancelled", "expired"].map(
              (state) => [state, "number"],
            ),
          ),
        },
      ],
    });
    expect(await shape("jobs", "list", "state:failed", "--limit", "1")).toEqual({
      cursor: "string",
      jobs: [
        {
          ...{ task: "string", id: "string", state: "string", version: "number", fingerprint: "string" },
          ...{ headers: {}, priority: "number", attempt: "number", stalls: "number", enqueuedAt: "number" },
          ...{ startedAt: "number", finishedAt: "number", data: { n: "number" } },
          error: { name: "string", message: "string", stack: "string", code: "string" },
        },
      ],
    });
    const counts = { matched: "number", applied: "number", refused: "number", missing: "number" };
    expect(await shape("jobs", "retry", "--all", "--dry-run")).toEqual({
      ...{ action: "string", dryRun: "boolean", ...counts },
    });
    expect(await shape("jobs", "retry", store.failed)).toEqual({
      ...{ action: "string", dryRun: "boolean", jobs: [{ id: "string", task: "string", status: "string" }] },
    });
    expect(await shape("dispatch", "sms.send", "--data", "1")).toEqual({
      ...{ id: "string", task: "string", version: "number", isDuplicate: "boolean" },
    });
  });
});

/** The types of a value: of a list those of its first item. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shapeOf(each)]));
}

describe("taskora dispatch", () => {
  it("reads data of the command line, of a file and of no JSON, and gives what it was told", async () => {
    const file = join(folder, "job.json");
    writeFileSync(file, '{"n":7}');
    const given = ["--priority", "5", "--attempts", "4", "--header", "tenant=a=b", "--delay", "2h"];
    const { stdout } = await over(seeded, "dispatch", "sms.send", "--data", `@${file}`, ...given);
    const job = await seeded.app.jobs.get({ task: "sms.send", id: stdout.trim() });
    expect(job).toMatchObject({
      data: { n: 7 },
      priority: 5,
      maxAttempts: 4,
      headers: { tenant: "a=b" },
      state: "delayed",
    });
    const absent = await over(seeded, "dispatch", "sms.send", "--data", "@nowhere.json", "--json");
    expect({ code: absent.code, answer: JSON.parse(absent.stdout) }).toMatchObject({
      ...{ code: 2, answer: { findings: [{ code: "FILE_UNREADABLE" }] } },
    });
    expect(await over(seeded, "dispatch", "sms.send", "--data", "{n:1}")).toMatchObject({
      ...{ code: 2, stderr: expect.stringContaining("--data is no JSON") },
    });
  });

  it("takes the version that a worker has, and a task that nobody has met only when it is told so", async () => {
    const fresh = uniquePrefix();
    const made = await over(
      seeded,
      "dispatch",
      `new.${fresh.replace(/[^a-z0-9]/gi, "")}`,
      "--force",
      "--json",
    );
    expect(JSON.parse(made.stdout)).toMatchObject({ exitCode: 0, data: { version: 1, isDuplicate: false } });
    const twice = ["dispatch", "email.send", "--data", "1", "--idempotency", fresh, "--json"];
    await over(seeded, ...twice);
    expect(JSON.parse((await over(seeded, ...twice)).stdout)).toMatchObject({ data: { isDuplicate: true } });
  });
});

describe("a contract that a worker has told", () => {
  it("is what data has to fit, and whose version the job has", async () => {
    const store = await seed(1);
    const app = createTaskora({ adapter: redisAdapter(store.url, { prefix: store.prefix }), logger: false });
    apps.push(app);
    app.implement(
      { name: "order.pay", version: 3, input: z.object({ cents: z.int().min(1) }) },
      () => undefined,
    );
    await app.start();
    await expect
      .poll(async () => (await app.tasks.handle("order.pay").contracts())[0]?.input, { timeout: 20_000 })
      .toBeDefined();
    app.quiet();
    const wrong = await over(store, "dispatch", "order.pay", "--data", '{"cents":0}');
    expect(wrong).toMatchObject({ code: 2, stdout: "" });
    expect(wrong.stderr).toContain("    cents has to be at least 1\n");
    const right = await over(
      store,
      "dispatch",
      "order.pay",
      "--data",
      '{"cents":5}',
      "--delay",
      "1h",
      "--json",
    );
    expect(JSON.parse(right.stdout)).toMatchObject({ exitCode: 0, data: { version: 3 } });
    expect(
      await over(store, "dispatch", "order.pay", "--data", '{"cents":0}', "--contract-version", "2"),
    ).toMatchObject({
      code: 0,
    });
  });
});

describe("a change of many jobs", () => {
  it("counts exactly, stops on SIGINT with what it has done, and a second run does the rest", async () => {
    const store = await seed(2000);
    const where = ["jobs", "retry", "--where", 'task:email.* error:"421" data.n>999'];
    const dry = await over(store, ...where, "--dry-run", "--json");
    expect(JSON.parse(dry.stdout)).toMatchObject({ data: { dryRun: true, matched: 500, applied: 0 } });
    const { url, prefix, app } = store;
    const args = [...where, "--rate", "300", "--yes", "--json", "--store", url, "--prefix", prefix];
    const main = join(builtPackage(), "dist/cli/main.js");
    const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    const closed = once(child, "close");
    await expect.poll(async () => (await app.jobs.count()).waiting, { timeout: 20_000 }).toBeGreaterThan(0);
    child.kill("SIGINT");
    const [code] = (await closed) as [number];
    const answer = JSON.parse(stdout) as { data: { applied: number; cursor: string } };
    expect({ code, answer }).toMatchObject({
      ...{ code: 3, answer: { exitCode: 3, data: { action: "retry" }, findings: [{ code: "STOPPED" }] } },
    });
    const { applied } = answer.data;
    expect(applied).toBeGreaterThan(0);
    expect(applied).toBeLessThan(500);
    expect((await app.jobs.count()).waiting).toBe(applied);
    const rest = await over(store, ...where, "--yes", "--json");
    expect(JSON.parse(rest.stdout)).toMatchObject({ exitCode: 0, data: { applied: 500 - applied } });
    expect(await app.jobs.count()).toMatchObject({ waiting: 500, failed: 1501 });
  });

  it("says which of several jobs could not be changed", async () => {
    const store = await seed(2);
    const { code, stdout } = await over(
      store,
      "jobs",
      "promote",
      store.failed,
      store.delayed,
      "--yes",
      "--json",
    );
    expect({ code, answer: JSON.parse(stdout) }).toMatchObject({
      code: 4,
      answer: {
        data: { jobs: [{ id: store.failed, status: "refused", state: "failed" }, { status: "applied" }] },
        findings: [{ code: "CHANGE_REFUSED" }],
      },
    });
  });
});

describe("taskora schedules next", () => {
  it("knows the hour that is skipped in Berlin's March", async () => {
    const store = await seed(1);
    const { app } = store;
    await app.schedules.upsert("spring", {
      ...{ task: "sms.send", cron: "30 2 * * *", timezone: "Europe/Berlin" },
      startAt: Date.UTC(2027, 2, 26, 12),
    });
    const { stdout } = await over(store, "schedules", "next", "spring", "--count", "3");
    expect(stdout.split("\n").map((line) => line.replace(/ +\S+$/, ""))).toEqual([
      "UTC                  Europe/Berlin",
      "2027-03-27 01:30:00  2027-03-27 02:30:00 GMT+1",
      "2027-03-28 01:00:00  2027-03-28 03:00:00 GMT+2",
      "2027-03-29 00:30:00  2027-03-29 02:30:00 GMT+2",
      "",
    ]);
    await app.schedules.pause("spring");
    expect(await over(store, "schedules", "next", "spring")).toMatchObject({
      stdout: "",
      stderr: "spring is paused.\n",
    });
    expect((await over(store, "schedules")).stdout).toMatch(
      /^spring +sms\.send +30 2 \* \* \* Europe\/Berlin +0 +· +paused$/m,
    );
  });
});

describe("taskora workflows", () => {
  it("shows the steps, and refuses to resume what has not failed", async () => {
    const store = await seed(1);
    const { stdout } = await over(store, "workflows", "get", store.workflow);
    expect(stdout).toMatch(/^state +failed$/m);
    expect(stdout).toMatch(/^ +\d+ {2}email\.send {2}failed +\S+ +SMTP 421/m);
    await over(store, "workflows", "resume", store.workflow);
    const { code, stdout: text } = await over(store, "workflows", "resume", store.workflow, "--json");
    expect({ code, answer: JSON.parse(text) }).toMatchObject({
      ...{
        code: 4,
        answer: { data: { status: "refused", state: "running" }, findings: [{ code: "CHANGE_REFUSED" }] },
      },
    });
  });
});

describe("the flags that name a store", () => {
  it("says which stores there are where a url names none", async () => {
    for (const url of ["mysql://127.0.0.1/x", "postgress://127.0.0.1/x", "127.0.0.1:6379"]) {
      expect(await runCommand("jobs", "list", "--store", url)).toMatchObject({
        ...{ code: 2, stderr: expect.stringMatching(/expected --store to hold redis:.*\n.*postgres:/) },
      });
    }
  });

  it("names the flag whose time cannot be read", async () => {
    expect(await runCommand("jobs", "list", ...AWAY.slice(0, 2), "--timeout", "banana")).toMatchObject({
      ...{
        code: 2,
        stderr: expect.stringContaining("option '--timeout <time>' argument 'banana' is invalid"),
      },
    });
  });
});

describe("taskora tail", () => {
  it("tells events that a filter chooses, and says what that costs", async () => {
    const store = await seed(1);
    const other = store.app.register({ name: "other.task", version: 1 });
    const text = store.app.register({ name: "sms.send", version: 1 });
    const told = over(store, "tail", "task:sms.*", "state:delayed", "--limit", "2", "--json");
    // Whoever listens is told from when it listens: jobs are dispatched until it has heard two.
    let isDone = false;
    const done = told.finally(() => {
      isDone = true;
    });
    for (let n = 0; !isDone && n < 500; n++) {
      await other.dispatch({ n }, { delay: "1h" });
      await text.dispatch({ n }, { delay: "1h" });
    }
    const { code, stdout, stderr } = await done;
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { data: { event: object } });
    expect(code).toBe(0);
    expect(stderr).toContain("a busy task may cost it twice as much");
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatchObject({
      v: 1,
      command: "tail",
      data: { event: { type: "delayed", task: "sms.send" } },
    });
    expect(lines[2]).toMatchObject({ exitCode: 0, data: { events: 2 } });
  });

  it("listens until it is stopped, also where nothing happens", async () => {
    const { url, prefix } = await seed(1);
    const main = join(builtPackage(), "dist/cli/main.js");
    const args = ["tail", "--json", "--store", url, "--prefix", prefix];
    const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    const closed = once(child, "close");
    child.stdout.resume();
    await Promise.race([once(child.stderr, "data"), closed]);
    // Time enough to end by itself: another command begins and ends meanwhile.
    expect(await runCommand("--version")).toMatchObject({ code: 0 });
    expect(child.exitCode).toBe(null);
    child.kill("SIGINT");
    expect(await closed).toEqual([0, null]);
  });

  it("refuses what events do not tell, and a task that nobody has met", async () => {
    expect(await over(seeded, "tail", "age>5m")).toMatchObject({
      ...{ code: 2, stderr: expect.stringContaining("what events tell") },
    });
    expect(await over(seeded, "tail", "task:emial.send")).toMatchObject({ code: 6 });
    expect(await runCommand("tail", ...AWAY)).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("taskora export and import", () => {
  it("carry jobs from one store to another, each once", async () => {
    const store = await seed(30);
    const { code, stdout } = await over(store, "export", "task:email.send state:failed");
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { data: { n: number } });
    expect({ code, jobs: lines.length }).toEqual({ code: 0, jobs: 31 });
    expect(lines[0]).toMatchObject({
      v: 1,
      task: "email.send",
      state: "failed",
      version: 1,
      error: { code: "ESMTP" },
    });
    const file = join(folder, "jobs.ndjson");
    writeFileSync(file, stdout);
    const other = await seed(1);
    const carry = async (...args: readonly string[]) =>
      (JSON.parse((await over(other, "import", file, "--json", ...args)).stdout) as { data: object }).data;
    expect(await carry("--dry-run")).toEqual({ dryRun: true, dispatched: 31, known: 0, skipped: 0 });
    expect(await carry("--yes")).toEqual({ dryRun: false, dispatched: 31, known: 0, skipped: 0 });
    expect(await carry("--yes")).toEqual({ dryRun: false, dispatched: 0, known: 31, skipped: 0 });
    expect(await carry("--yes", "--state", "waiting")).toMatchObject({ skipped: 31 });
    const waiting = await other.app.jobs.list({ task: "email.send", state: "waiting", limit: 100 });
    expect(waiting.items).toHaveLength(31);
    expect(new Set(waiting.items.map(({ data }) => (data as { n: number }).n)).size).toBe(30);
  });

  it("say what is wrong with a file", async () => {
    const file = join(folder, "bad.ndjson");
    writeFileSync(file, '\n{"v":9}\n');
    expect(await over(seeded, "import", file, "--yes")).toMatchObject({
      ...{ code: 2, stderr: expect.stringContaining("line 2 has not the form of version 1") },
    });
    // Nobody is asked about a file that is not there.
    expect(await over(seeded, "import", "nowhere")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/nowhere.*ENOENT/),
    });
    expect(await over(seeded, "export", "task:emial.send")).toMatchObject({ code: 6, stdout: "" });
    expect(await runCommand("export", ...AWAY)).toMatchObject({ code: 2, stdout: "" });
  });
});
