import { createHash } from "node:crypto";
import { connect } from "node:net";
import { createTaskora } from "taskora";
import { hashPassword } from "taskora/board";
import { defineTask } from "taskora/contract";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { chain } from "taskora/workflow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { internalsOf } from "../../src/app/app-internals.js";
import { Redactor } from "../../src/board/redact/redactor.js";
import { RedactRules } from "../../src/board/redact/rules.js";
import { scrub } from "../../src/core/observe/sensitive.js";
import {
  as,
  askSocket,
  type BoardKit,
  boardKit,
  cookieOf,
  OWN_PAGE,
  ROLE_TOKENS,
  serve,
} from "./board-kit.js";

const pay = defineTask({
  name: "pay",
  input: z.object({ pin: z.string().meta({ sensitive: true }) }),
  output: z.object({ receipt: z.string().meta({ sensitive: true }) }),
});

const MAIL = { authorization: "Bearer mail-0123456789abc" };
const HALF = { authorization: "Bearer half-0123456789abc" };

let kit: BoardKit;
let areStepsGone = false;
let ids: Readonly<Record<"paid" | "flow", string>>;

/** `pay` is seen by all but `half` and `mail`; on it, and on its lanes, only `ada` changes anything. */
beforeAll(async () => {
  const store = createMemoryStore();
  const adapter = memoryAdapter({ store });
  const { workflows } = adapter;
  const readSteps = workflows?.readSteps.bind(workflows);
  Object.assign(workflows ?? {}, {
    readSteps: async (query: never) => (areStepsGone ? [] : readSteps?.(query)),
  });
  kit = boardKit(
    {
      auth: {
        token: [
          ...ROLE_TOKENS,
          { name: "mail", token: "mail-0123456789abc", role: "admin", tasks: ["email.*"] },
          { name: "half", token: "half-0123456789abc", role: "viewer" },
        ],
      },
      permissions: (user, action, task) =>
        task !== "pay" || (action === "read" ? user.name !== "half" : ["ada", "admin"].includes(user.name)),
    },
    { app: { adapter } },
  );
  const worker = createTaskora({ adapter: memoryAdapter({ store }), logger: false });
  worker.implement(pay, async () => ({ receipt: "receipt-4711" }));
  const client = worker.register(pay);
  await worker.start();
  const paid = await client.dispatch({ pin: "pin-4711" });
  const flow = await worker.workflow(chain(client.step({ pin: "pin-4711" })));
  await paid.result;
  await flow.result;
  await client.dispatch({ pin: "pin-0815" }, { delay: "1h" });
  await worker.close();
  await kit.app.register({ name: "email.send", version: 1 }).dispatch({ n: 1 }, { delay: "1h" });
  ids = { paid: paid.id, flow: flow.id };
});

afterAll(() => kit[Symbol.asyncDispose]());

const post = (path: string, headers: Readonly<Record<string, string>>, body: object = {}) =>
  kit.ask(`/api/v1${path}`, { method: "POST", headers: { ...OWN_PAGE, ...headers }, body });
const get = (path: string, headers: Readonly<Record<string, string>>) =>
  kit.ask(`/api/v1${path}`, { headers });

describe("permissions of a board", () => {
  it.each([{ q: "state:delayed" }, { q: "task:pay" }, { all: true }])(
    "hold for a change of many that names no task: %o",
    async (what) => {
      const { json } = await post("/bulk", as("operator"), { action: "cancel", dryRun: true, ...what });
      expect(json.sample.map(({ task }: { task: string }) => task)).not.toContain("pay");
      expect(json.matched).toBe("q" in what && what.q === "task:pay" ? 0 : 1);
      const admin = await post("/bulk", as("admin"), { action: "cancel", dryRun: true, q: "task:pay" });
      expect(admin.json.matched).toBe(1);
    },
  );

  it("hold for the lanes of a task", async () => {
    const statuses = [
      await post("/tasks/pay%2Flane/jobs", as("operator"), { data: {} }),
      await post("/tasks/pay/jobs", as("operator"), { data: {}, options: { lane: "lane" } }),
      await post("/jobs/pay%2Flane/1/cancel", as("operator")),
      await get("/jobs/pay%2Flane/1", HALF),
    ].map(({ status }) => status);
    expect(statuses).toEqual([403, 403, 403, 403]);
  });

  it.each(["half", "mail"])("hide from %s what tells of a task that they do not see", async (name) => {
    const headers = name === "half" ? HALF : MAIL;
    expect((await get(`/workflows/${ids.flow}`, headers)).status).toBe(404);
    expect((await get("/workflows", headers)).json.items).toEqual([]);
    expect((await kit.ask("/metrics", { headers })).status).toBe(403);
    for (const q of ["task:pay", "task:pai"]) {
      const { status, text } = await get(`/jobs?q=${q}`, headers);
      expect([status, text.includes("ean pay")]).toEqual([404, false]);
    }
  });

  it("hide workflows whose steps are not stored any more from who does not see every task", async () => {
    areStepsGone = true;
    expect((await get(`/workflows/${ids.flow}`, MAIL)).status).toBe(404);
    expect((await get("/workflows", MAIL)).json.items).toEqual([]);
    expect((await get(`/workflows/${ids.flow}`, as("admin"))).status).toBe(200);
    areStepsGone = false;
  });

  it("let nobody who sees some tasks look at, or change, what belongs to others", async () => {
    const { id } = await kit.app.register(pay).dispatch({ pin: "pin-1" }, { delay: "1h" });
    const removed = { method: "POST", headers: { ...OWN_PAGE, ...as("admin") }, body: { reason: "why" } };
    expect((await kit.ask(`/api/v1/jobs/pay/${id}/cancel`, removed)).status).toBe(200);
    expect((await get("/audit", as("admin"))).text).toContain('"pay"');
    expect((await get("/audit", MAIL)).text).not.toContain('"pay"');
    const { json: begun } = await post("/bulk", as("admin"), { action: "retry", q: "state:failed" });
    expect((await get("/operations", as("viewer"))).json).toHaveLength(1);
    expect((await get("/operations", MAIL)).json).toEqual([]);
    expect((await get(`/operations/${begun.id}`, MAIL)).status).toBe(404);
  });

  it("let nobody close a worker of a task on which they may not", async () => {
    await using other = boardKit({
      auth: { token: [{ name: "mail", token: "mail-0123456789abc", role: "admin", tasks: ["email.*"] }] },
    });
    other.app.task("pay", { handler: () => undefined });
    await other.app.start();
    const [worker] = (await other.app.workers.list()).items;
    const asked = { method: "POST", headers: { ...OWN_PAGE, ...MAIL }, body: {} };
    expect((await other.ask(`/api/v1/workers/${worker?.id}/close`, asked)).status).toBe(403);
    expect((await other.ask("/api/v1/workers", { headers: MAIL })).json.items).toEqual([]);
  });
});

describe("the job that stands for a workflow", () => {
  it("is neither read nor changed as a job", async () => {
    const path = `/jobs/%24workflow/${ids.flow}`;
    const answers = [
      await get(path, as("admin")),
      await get(`${path}/reveal`, as("admin")),
      await get(`/stream?topics=job:%24workflow/${ids.flow}`, as("admin")),
      await post(`${path}/cancel`, as("operator")),
      await post("/bulk", as("admin"), { action: "remove", ids: [{ task: "$workflow", id: ids.flow }] }),
      await post("/tasks/%24workflow/jobs", as("operator"), { data: {} }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403, 403]);
  });
});

describe("the result of a workflow", () => {
  it("is hidden by the contract of the job that gave it, which no live worker has", async () => {
    const schemas = { output: { properties: { receipt: { "x-taskora-sensitive": true } } } };
    const ref = { task: "pay", id: "1" };
    const redactor = new Redactor({
      adapter: {
        contracts: { workers: async () => [] },
        observe: {
          contracts: async (refs: readonly { fingerprint: string }[]) =>
            refs.map(({ fingerprint }) => (fingerprint === "f1" ? schemas : undefined)),
        },
      } as never,
      redact: {},
      readJobs: async () => [{ ...ref, fingerprint: "f1", headers: {}, attempt: 1, data: {} } as never],
    });
    const steps = [{ node: 0, state: "completed", task: "pay", jobId: "1" }];
    const workflow = {
      id: "1",
      state: "completed",
      enqueuedAt: 1,
      result: { receipt: "receipt-4711" },
      steps,
    };
    expect(JSON.stringify(await redactor.redact(workflow))).not.toContain("receipt-4711");
  });
});

describe("a search by somebody who is shown less", () => {
  const found = async (q: string) =>
    (
      await get(`/jobs?q=${encodeURIComponent(`task:pay state:completed ${q}`)}`, as("viewer"))
    ).json.items.map(({ id }: { id: string }) => id);

  it("finds nothing by what a contract hid that no live worker has", async () => {
    expect(await found("data.pin:pin-4711")).toEqual([]);
    expect(await found("data.pin:pin-*")).toEqual([]);
    expect(await found("-data.pin:pin-4711")).toContain(ids.paid);
  });

  it("is not told what an admin looked for", async () => {
    await post("/bulk", as("admin"), { action: "retry", q: "data.password:hunter2" });
    await post("/bulk", as("admin"), { action: "retry", q: "error:x header.x-api-key:hunter2" });
    const { text } = await get("/operations", as("viewer"));
    expect(text).toContain("▪ filter");
    expect(text).not.toContain("hunter2");
  });
});

describe("texts that somebody wrote", () => {
  const rules = new RedactRules({});

  it.each([
    ["letters", "a".repeat(1 << 20)],
    ["words of keys", "token".repeat(200_000)],
    ["quotes behind keys", 'token="'.repeat(150_000)],
    ["quotes with backslashes", 'token\\":\\"'.repeat(100_000)],
    ["brackets behind keys", "token:[{(".repeat(100_000)],
    ["addresses", "a://b:c".repeat(150_000)],
    ["blanks", `token${" ".repeat(1 << 20)}`],
    ["a long quote", `token="${"\\a".repeat(500_000)}`],
  ])("take no longer to clean than their length: %s", (_what, text) => {
    expect(rules.text(text)).not.toBe("");
  });

  it.each([
    ['{"password":"correct horse battery","a":1}', '{"password":"▪","a":1}'],
    ['{"password":"a\\"b c"}', '{"password":"▪"}'],
    ['{\\"password\\":\\"correct horse\\",\\"a\\":1}', '{\\"password\\":\\"▪\\",\\"a\\":1}'],
    ["password='correct horse', next", "password='▪', next"],
    ['{"tokens":["abc","def"],"a":1}', '{"tokens":▪,"a":1}'],
    ['{"card":{"number":"4111","cvc":"1"},"a":1}', '{"card":▪,"a":1}'],
    ["Cookie: sid=abc; csrf=def", "Cookie: ▪"],
    ["Authorization: Digest abcdef", "Authorization: ▪"],
    ["redis://u:pa@ss@host/0", "redis://u:▪@host/0"],
    ["amqp://u:p@h1,amqp://u:q@h2", "amqp://u:▪@h1,amqp://u:▪@h2"],
  ])("say nothing of what stands behind a key: %s", (text, shown) => {
    expect(rules.text(text)).toBe(shown);
  });

  it("are hidden as a whole where more is hidden than can be looked for", () => {
    const secrets = new Set(Array.from({ length: 100_000 }, (_, nth) => `secret-${nth}`));
    const logs = Array.from({ length: 1000 }, (_, nth) => ({ message: `says secret-${nth}`, at: nth }));
    expect(scrub(logs, secrets)[17]).toEqual({ message: "▪ text of 14", at: 17 });
  });

  it("are cleaned of the values of every job that they tell of, however many", async () => {
    const names = Array.from({ length: 700 }, (_, nth) => `canary-${String(nth).padStart(4, "0")}`);
    const asked: string[] = [];
    const { adapter } = internalsOf(kit.app).observed;
    const redactor = new Redactor({
      ...{ adapter, redact: {} },
      readJobs: async (refs) =>
        refs.map(({ task, id }) => {
          asked.push(id);
          return { task, id, fingerprint: "", headers: {}, attempt: 1, data: { password: id } } as never;
        }),
    });
    const groups = names.map((id) => ({
      ...{ task: "email.send", fingerprint: "1", message: `no ${id}`, name: "Error" },
      ...{ first: { jobId: id }, last: { jobId: id } },
    }));
    const messages = (await redactor.redact(groups)).map(({ message }) => message);
    expect(asked).toHaveLength(700);
    expect(new Set(messages)).toEqual(new Set(["no ▪"]));
  });
});

describe("a session", () => {
  const login = (body: object) => ({ method: "POST", headers: OWN_PAGE, body });

  it("of somebody's own does not make up for guesses at others", async () => {
    const users = [{ name: "bob", hash: await hashPassword("engine"), role: "viewer" as const }];
    await using guessed = boardKit({ auth: { password: "correct horse", users } }, { isVirtual: true });
    const beside = { address: "10.0.0.1" };
    const status = async (body: object) =>
      (await guessed.ask("/api/v1/session", { ...login(body), beside })).status;
    for (let nth = 0; nth < 4; nth++) expect(await status({ password: "guess" })).toBe(401);
    expect(await status({ user: "bob", password: "engine" })).toBe(200);
    expect(await status({ password: "guess" })).toBe(401);
    expect(await status({ password: "correct horse" })).toBe(429);
  });

  it("that is signed tells nothing of the password in its cookie", async () => {
    const options = { sessionSecret: "s".repeat(32) };
    await using one = boardKit({ ...options, auth: { password: "correct horse" } });
    const cookie = cookieOf(await one.ask("/api/v1/session", login({ password: "correct horse" })));
    const [content = ""] = (cookie.split("=")[1] ?? "").split(".");
    const { user } = JSON.parse(Buffer.from(content, "base64url").toString()) as { user: { stamp: string } };
    const digest = createHash("sha256").update("correct horse").digest("base64url");
    expect(user.stamp).not.toContain(digest.slice(0, 16));
  });

  it("that ends takes its streams with it, and goes on while one is open", async () => {
    await using own = boardKit({ auth: { password: "correct horse" } }, { isVirtual: true });
    const enter = async () => ({
      cookie: cookieOf(await own.ask("/api/v1/session", login({ password: "correct horse" }))),
    });
    const open = async (headers: { cookie: string }) => {
      const told = { isOver: false, text: "" };
      const asked = new Request("http://board.test/api/v1/stream?topics=op:1", { headers });
      const body = (await own.board.fetch(asked)).text();
      void body.then((text) => Object.assign(told, { text, isOver: true }));
      return told;
    };
    const out = await enter();
    const ended = await open(out);
    await own.ask("/api/v1/session", { method: "DELETE", headers: { ...OWN_PAGE, ...out } });
    await own.clock.advance(31_000);
    await expect.poll(() => ended.isOver).toBe(true);
    expect(ended.text).toContain("event: bye");
    const headers = await enter();
    const kept = await open(headers);
    for (let nth = 0; nth < 5; nth++) await own.clock.advance(1_800_000);
    expect(kept.isOver).toBe(false);
    expect((await own.ask("/api/v1/me", { headers })).status).toBe(200);
    for (let nth = 0; nth < 20; nth++) await own.clock.advance(1_800_000);
    await expect.poll(() => kept.isOver).toBe(true);
  });
});

describe("a board behind the guards of an application", () => {
  it.each([
    ["/healthz/../api/v1/me", "localhost"],
    ["/healthz/%2e%2e/api/v1/me", "localhost"],
    ["/healthz/.%2E/api/v1/me", "localhost"],
    ["/healthz\\..\\api\\v1\\me", "localhost"],
    ["/healthz", "localhost/api/v1/me?"],
    ["/healthz", "localhost/api/v1/me#"],
    ["/healthz", "localhost\\api\\v1\\me?"],
  ])("is not reached by a path that they take for another: %s of %s", async (path, host) => {
    await using guarded = boardKit({ auth: "host-app" });
    await using server = await serve((incoming, outgoing) => {
      if (incoming.url?.startsWith("/healthz")) guarded.board.node(incoming, outgoing);
      else outgoing.writeHead(403).end();
    });
    const { status, text } = await askSocket(server.port, path, { headers: { host } });
    expect([status, text]).toEqual([400, "Bad request"]);
  });

  it.each([
    ["who names no host", "", 403, "BOARD_HOST_REFUSED"],
    [
      "whom a proxy of old carries, and names its own host",
      "Host: 127.0.0.1\r\n",
      401,
      "BOARD_AUTH_REQUIRED",
    ],
  ])("takes nobody for a browser of this machine %s", async (_who, host, status, code) => {
    await using open = boardKit();
    const { port } = await open.board.listen({ port: 0 });
    const text = await new Promise<string>((resolve, reject) => {
      let read = "";
      const socket = connect(port, "127.0.0.1", () => socket.write(`GET /api/v1/me HTTP/1.0\r\n${host}\r\n`));
      socket.on("data", (part) => {
        read += String(part);
      });
      socket.on("error", reject).on("close", () => resolve(read));
    });
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(text).toContain(code);
  });

  it("answers no page of others, which would take its streams, and follows their links", async () => {
    const status = async (headers: object) => (await get("/me", { ...as("admin"), ...headers })).status;
    expect(await status({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" })).toBe(403);
    expect(await status({ "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors" })).toBe(403);
    expect(await status({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" })).toBe(200);
    expect(await status({ "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" })).toBe(200);
  });
});
