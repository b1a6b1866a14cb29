import { createTaskora, type Taskora } from "taskora";
import { type Board, createBoard } from "taskora/board";
import { redisAdapter } from "taskora/redis";
import { chain } from "taskora/workflow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sharedRedis, uniquePrefix } from "../support/redis-server.js";
import { runCommand } from "../support/run-command.js";

const TOKENS = { admin: "admin-0123456789", viewer: "viewer-0123456789" };

/** What changes between two readings, whoever reads. */
const VOLATILE: ReadonlySet<string> = new Set([
  "seenAt",
  "silentMs",
  "vitals",
  "totals",
  "backlog",
  "slots",
  "running",
]);

interface World {
  readonly app: Taskora;
  readonly board: Board;
  readonly url: string;
  readonly store: readonly string[];
  readonly remote: readonly string[];
  readonly failed: readonly string[];
  readonly delayed: readonly string[];
  readonly workflow: string;
  readonly worker: string;
}

let world: World;

beforeAll(async () => {
  const { url: redis } = await sharedRedis();
  const prefix = uniquePrefix();
  const adapter = () => redisAdapter(redis, { prefix });
  const work = createTaskora({ adapter: adapter(), logger: false });
  const mail = work.task("email.send", {
    ...{ concurrency: 20, retry: { attempts: 1 } },
    handler: (data: { readonly n: number }, ctx) => {
      ctx.log.info("sending", { n: data.n });
      throw Object.assign(new Error(data.n % 2 === 0 ? "SMTP 421" : "no route"), { code: "ESMTP" });
    },
  });
  await work.start();
  const jobs = await mail.dispatchMany(Array.from({ length: 12 }, (_, n) => ({ n })));
  await Promise.all(jobs.map((job) => job.result.catch(() => undefined)));
  const flow = await work.workflow(chain(mail.step({ n: 0 })));
  await flow.result.catch(() => undefined);
  await work.schedules.upsert("nightly", { task: "sms.send", data: { n: 9 }, cron: "30 2 * * *" });
  await work.schedules.upsert("weekly", { task: "sms.send", every: "7d" });
  await mail.pause({ by: "ada", reason: "the printer is on fire" });
  await mail.resume({ by: "ada" });
  // What was counted is told at the end.
  await work.close();
  const app = createTaskora({ adapter: adapter(), logger: false });
  app.task("spare", () => undefined);
  await app.start();
  const sms = app.register({ name: "sms.send", version: 1 });
  const later = await sms.dispatchMany(
    Array.from({ length: 6 }, (_, n) => ({ n })),
    { delay: "1h", headers: { tenant: "acme" } },
  );
  const [worker] = (await app.workers.list()).items;
  const shown = createTaskora({ adapter: adapter(), logger: false });
  const token = Object.entries(TOKENS).map(([role, each]) => ({
    name: role,
    token: each,
    role: role as "admin",
  }));
  const board = createBoard(shown, { auth: { token }, path: "/board", logger: false });
  const { url } = await board.listen({ port: 0 });
  world = {
    ...{ app, board, url, store: ["--store", redis, "--prefix", prefix] },
    remote: ["--board", url, "--token", TOKENS.admin],
    failed: jobs.map(({ id }) => id),
    delayed: later.map(({ id }) => id),
    ...{ workflow: flow.id, worker: worker?.id ?? "" },
  };
  closing.push(
    () => board.close(),
    () => shown.close(),
    () => app.close(),
  );
});

const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
});

interface Answer {
  readonly code: number | null;
  /** Null where the command could not run. */
  readonly data: Readonly<Record<string, unknown>> | null;
  readonly findings: readonly { readonly code: string; readonly message: string }[];
}

async function answerOf(args: readonly string[], where: readonly string[]): Promise<Answer> {
  const { code, stdout } = await runCommand(...args, ...where, "--json");
  const { data, findings } = JSON.parse(stdout) as Omit<Answer, "code">;
  return { code, data, findings };
}

/** The answer of both ways, without what time changes. */
async function both(
  ...args: readonly string[]
): Promise<{ readonly store: unknown; readonly board: unknown }> {
  const store = settled(await answerOf(args, world.store));
  const board = settled(await answerOf(args, world.remote));
  return { store, board };
}

function settled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(settled);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [
    key,
    VOLATILE.has(key) ? typeof each : settled(each),
  ]);
  return Object.fromEntries(entries);
}

type Words = (given: World) => readonly string[];

/** What is read is the same either way, also where there is nothing. */
const READS: readonly (readonly [string, Words])[] = [
  ["tasks", () => ["tasks"]],
  ["jobs list", () => ["jobs", "list"]],
  ["jobs list by a filter", () => ["jobs", "list", "state:failed", "data.n<4 error:421"]],
  [
    "jobs list of tasks and states",
    () => ["jobs", "list", "--task", "sms.send,email.send", "--state", "delayed"],
  ],
  ["jobs list, oldest first", () => ["jobs", "list", "--state", "failed", "--oldest", "--limit", "3"]],
  ["jobs list of no task", () => ["jobs", "list", "--task", "sms.sned"]],
  ["jobs list of no filter", () => ["jobs", "list", "stat:failed"]],
  ["jobs get by id", ({ failed }) => ["jobs", "get", failed[3] ?? ""]],
  ["jobs get by task and id", ({ failed }) => ["jobs", "get", failed[3] ?? "", "--task", "email.send"]],
  ["jobs get of nothing", () => ["jobs", "get", "nope"]],
  ["jobs logs", ({ failed }) => ["jobs", "logs", failed[3] ?? ""]],
  ["errors", () => ["errors"]],
  ["errors of a task", () => ["errors", "--task", "email.send", "--days", "1"]],
  ["errors of no task", () => ["errors", "--task", "email.sned"]],
  ["workers", () => ["workers"]],
  ["workers of a task", () => ["workers", "--task", "spare"]],
  ["workers of no task", () => ["workers", "--task", "spaer"]],
  ["schedules", () => ["schedules"]],
  ["schedules get", () => ["schedules", "get", "nightly"]],
  ["schedules get of nothing", () => ["schedules", "get", "nope"]],
  ["schedules next", () => ["schedules", "next", "nightly", "--count", "7"]],
  ["workflows", () => ["workflows", "--state", "failed"]],
  ["workflows get", ({ workflow }) => ["workflows", "get", workflow]],
  ["workflows get of nothing", () => ["workflows", "get", "nope"]],
  ["audit", () => ["audit"]],
];

describe("through a board", () => {
  it.each(READS)("%s is what it is over the store", async (_, words) => {
    const { store, board } = await both(...words(world));
    expect(board).toEqual(store);
  });

  it("is something in each list", async () => {
    const data = async (...args: readonly string[]) => (await answerOf(args, world.remote)).data ?? {};
    expect((await data("tasks")).tasks).toHaveLength(3);
    expect((await data("jobs")).jobs).toHaveLength(19);
    expect((await data("errors")).errors).toHaveLength(2);
    expect((await data("workers")).workers).toHaveLength(1);
    expect((await data("schedules")).schedules).toHaveLength(2);
    expect((await data("workflows")).workflows).toHaveLength(1);
    const { stdout } = await runCommand("tasks", ...world.remote);
    expect(stdout).toMatch(/^sms\.send +· +· +· +6 /m);
  });

  it("changes a job, and says what did not allow it, or that there is none", async () => {
    const [first = "", second = ""] = world.delayed;
    const change = async (...args: readonly string[]) => {
      const { code, data, findings } = await answerOf(["jobs", ...args], world.remote);
      return { code, jobs: data?.jobs, findings: findings.map((finding) => finding.code) };
    };
    const done = (status: string, id: string, task = "sms.send") => ({
      ...{ code: 0, jobs: [{ id, task, status }], findings: [] },
    });
    expect(await change("prioritize", first, "--priority", "7")).toEqual(done("applied", first));
    expect(await change("reschedule", first, "--delay", "2h")).toEqual(done("applied", first));
    expect(await world.app.jobs.get({ id: first })).toMatchObject({ priority: 7, state: "delayed" });
    expect(await change("cancel", first, "--reason", "no more")).toEqual(done("applied", first));
    expect(await change("cancel", first)).toEqual({
      ...{ code: 4, findings: ["CHANGE_REFUSED"] },
      jobs: [{ id: first, task: "sms.send", status: "refused", state: "cancelled" }],
    });
    expect(await change("retry", world.failed[0] ?? "")).toEqual(
      done("applied", world.failed[0] ?? "", "email.send"),
    );
    expect(await change("promote", second)).toEqual(done("applied", second));
    expect(await change("remove", first, "--yes")).toEqual(done("applied", first));
    expect(await change("remove", first, "--yes")).toMatchObject({ code: 6, findings: ["JOB_UNKNOWN"] });
    const { data } = await answerOf(["audit", "--limit", "1"], world.remote);
    expect(data?.entries).toMatchObject([{ action: "job.remove", by: "admin" }]);
  });

  it("counts many jobs, changes them, and follows that to its end", async () => {
    const where = ["jobs", "retry", "--where", "task:email.send error:421"];
    const { store, board } = await both(...where, "--dry-run");
    expect(board).toEqual(store);
    expect(board).toMatchObject({ code: 0, data: { matched: 6, applied: 0 } });
    const asked = await answerOf(where, world.remote);
    expect(asked).toMatchObject({ code: 3, findings: [{ code: "DECLINED" }] });
    const done = await answerOf([...where, "--yes", "--reason", "mended"], world.remote);
    expect(done).toMatchObject({ code: 0, data: { matched: 6, applied: 6, refused: 0 } });
    expect(await world.app.jobs.count({ task: "email.send" })).toMatchObject({ waiting: 7, failed: 6 });
    const limited = ["jobs", "remove", "--task", "email.send", "--state", "failed", "--limit", "2", "--yes"];
    expect(await answerOf(limited, world.remote)).toMatchObject({ code: 0, data: { applied: 2 } });
    const wrong = await answerOf(["jobs", "cancel", "--where", "task:emial.*", "--yes"], world.remote);
    expect(wrong).toMatchObject({ code: 6, findings: [{ code: "TASK_UNKNOWN" }] });
    expect(await answerOf(["tasks", "drain", "email.send", "--yes"], world.remote)).toMatchObject({
      ...{ code: 0, data: { tasks: [{ matched: 7, applied: 7 }] } },
    });
  });

  it("changes tasks, schedules, workflows and workers", async () => {
    const change = async (...args: readonly string[]) => {
      const { code, data } = await answerOf(args, world.remote);
      return { code, ...data };
    };
    const task = { task: "sms.send", status: "applied" };
    expect(await change("tasks", "pause", "sms.send", "--reason", "x")).toMatchObject({
      code: 0,
      tasks: [task],
    });
    expect(await change("tasks", "resume", "sms.send")).toMatchObject({ code: 0, tasks: [task] });
    expect(await change("tasks", "pause", "sms.sned")).toMatchObject({ code: 6 });
    const schedule = { code: 0, schedule: "nightly", status: "applied" };
    for (const verb of ["pause", "resume"])
      expect(await change("schedules", verb, "nightly")).toEqual({ action: verb, ...schedule });
    expect(await change("schedules", "trigger", "nightly")).toMatchObject({
      ...schedule,
      job: { task: "sms.send" },
    });
    expect(await change("schedules", "remove", "weekly", "--yes")).toMatchObject({
      code: 0,
      status: "applied",
    });
    expect(await change("schedules", "pause", "weekly")).toMatchObject({ code: 6 });
    const { workflow, worker } = world;
    expect(await change("workflows", "resume", workflow)).toMatchObject({ code: 0, status: "applied" });
    expect(await change("workflows", "resume", workflow)).toMatchObject({ code: 4, state: "running" });
    expect(await change("workflows", "cancel", workflow, "--yes")).toMatchObject({
      code: 0,
      status: "applied",
    });
    for (const verb of ["quiet", "resume"])
      expect(await change("workers", verb, worker)).toMatchObject({
        code: 0,
        workers: [{ status: "requested" }],
      });
    expect(await change("workers", "quiet", "nobody")).toMatchObject({ code: 6 });
  });

  it("dispatches, reads the numbers for Prometheus, and examines the store", async () => {
    const data = ["--data", '{"n":3}', "--delay", "1h", "--priority", "4", "--header", "tenant=acme"];
    const made = await answerOf(["dispatch", "sms.send", ...data], world.remote);
    expect(made).toMatchObject({ code: 0, data: { task: "sms.send", version: 1, isDuplicate: false } });
    expect(await world.app.jobs.get({ id: String(made.data?.id) })).toMatchObject({
      ...{ data: { n: 3 }, priority: 4, headers: { tenant: "acme" }, state: "delayed" },
    });
    expect(await answerOf(["dispatch", "sms.sned"], world.remote)).toMatchObject({ code: 6 });
    expect(await answerOf(["dispatch", "sms.send", "--force"], world.remote)).toMatchObject({ code: 2 });
    const { stdout } = await runCommand("metrics", ...world.remote);
    expect(stdout).toContain('task="sms.send"');
    const { store, board } = (await both("doctor")) as {
      readonly store: { readonly data: { readonly looked: object } };
      readonly board: { readonly data: { readonly looked: object } };
    };
    expect(board.data.looked).toEqual(store.data.looked);
  });
});

describe("a board that does not let somebody do it", () => {
  const fails = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await runCommand(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    return stderr.replace(/\s+/g, " ");
  };

  it("says so of a wrong token, and of a role that may not", async () => {
    const wrong = await fails("tasks", "--board", world.url, "--token", "wrong-0123456789");
    expect(wrong).toContain("error BOARD_UNREADABLE The token is none that this board knows.");
    expect(wrong).toContain("named by --board");
    expect(wrong).not.toContain("wrong-0123456789");
    const viewer = ["--board", world.url, "--token", TOKENS.viewer];
    expect(await fails("tasks", "pause", "sms.send", ...viewer)).toContain("This needs the role operator");
    expect(await fails("audit", ...viewer)).toContain("This needs the role admin");
    expect((await runCommand("tasks", ...viewer)).code).toBe(0);
  });

  it("says so of one that is away, and of what is none", async () => {
    const closed = createBoard(world.app, { logger: false });
    const { url } = await closed.listen({ port: 0 });
    await closed.close();
    const away = await fails("jobs", "list", "--board", url);
    expect(away).toContain(`The board at ${url} does not answer: connect ECONNREFUSED`);
    const other = ["--board", `${world.url}/nope`, "--token", TOKENS.admin];
    expect(await fails("jobs", "list", ...other)).toContain(
      "error BOARD_UNREADABLE There is no page /nope/api/v1/me.",
    );
    expect(await fails("jobs", "list", "--board", "redis://127.0.0.1:1")).toContain(
      "expected the URL of a board",
    );
  });

  it.each([
    ["export", ["export"]],
    ["import", ["import", "-"]],
    ["tail", ["tail"]],
    ["top", ["top", "--once"]],
    ["board", ["board", "--no-open"]],
  ])("says that %s needs the store", async (_, args) => {
    expect(await fails(...args, ...world.remote)).toContain(
      "This command needs the store itself, and --board names a",
    );
  });

  it("takes neither two places, nor what only a store can do", async () => {
    expect(await fails("tasks", ...world.remote, ...world.store.slice(0, 2))).toContain(
      "--board and --store do not go together",
    );
    expect(await fails("tasks", "--token", "x", ...world.store)).toContain("--token lets into a board");
    const by = await fails("tasks", "pause", "sms.send", "--by", "ada", ...world.remote);
    expect(by).toContain("by cannot be given to a board: it names who asks, by their token");
    expect(await fails("jobs", "list", "--fast", ...world.remote)).toContain(
      "fast cannot be given to a board",
    );
  });

  it("is named by the environment too, where no flag names a store", async () => {
    process.env.TASKORA_BOARD_URL = world.url;
    process.env.TASKORA_BOARD_TOKEN = TOKENS.viewer;
    try {
      expect((await runCommand("tasks", "--json")).code).toBe(0);
      expect(await fails("export")).toContain("TASKORA_BOARD_URL names a board");
      expect((await runCommand("audit", ...world.store)).code).toBe(0);
    } finally {
      process.env.TASKORA_BOARD_URL = "";
      process.env.TASKORA_BOARD_TOKEN = "";
    }
  });
});
