import { createTaskora, type Taskora } from "taskora";
import { defineTask } from "taskora/contract";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { chain } from "taskora/workflow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { RedactRules } from "../../src/board/redact/rules.js";
import { ROUTES } from "../../src/board/routes/routes.js";
import { as, type BoardKit, boardKit, OWN_PAGE, ROLE_TOKENS } from "./board-kit.js";

/** One for each place, so that a failure says where it came from. */
const canary = (place: string) => `CANARY-${place}-4711`;

const charge = defineTask({
  name: "card.charge",
  input: z.object({
    iban: z.string(),
    owner: z.object({ note: z.string().meta({ sensitive: true }), city: z.string() }),
    deep: z.object({ a: z.array(z.object({ pin: z.string() })) }),
    url: z.string(),
    isBad: z.boolean(),
  }),
  output: z.object({ receipt: z.string().meta({ sensitive: true }), password: z.string(), ok: z.boolean() }),
});

const input = (isBad: boolean) => ({
  iban: canary("iban"),
  owner: { note: canary("note"), city: "Berlin" },
  deep: { a: [{ pin: canary("pin") }] },
  url: `postgres://ada:${canary("url")}@db.internal/shop`,
  isBad,
});

const store = createMemoryStore();
const workers: Taskora[] = [];
let kit: BoardKit;
let ids: Readonly<Record<string, string>>;

/** The board has no code of the contract; whoever works on it has. */
function makeWorker(): Taskora {
  const app = createTaskora({ adapter: memoryAdapter({ store }), logger: false });
  workers.push(app);
  app.implement(charge, async (data, ctx) => {
    await ctx.progress({ token: canary("progress"), at: 1 });
    ctx.log.info(`charges ${canary("iban")}, password=${canary("log")}`, {
      ...{ token: canary("field"), note: canary("note") },
    });
    if (data.isBad)
      throw Object.assign(
        new Error(`refused ${canary("iban")} of ${canary("note")}: Bearer ${canary("bearer")}`),
        {
          cause: new Error(`by ${canary("pin")}`),
        },
      );
    return { receipt: canary("receipt"), password: canary("result"), ok: true };
  });
  return app;
}

beforeAll(async () => {
  kit = boardKit(
    {
      auth: { token: ROLE_TOKENS },
      redact: {
        paths: ["deep.**.pin", "owner.note"],
        keys: ["iban", "password", "authorization", "token", "card"],
      },
    },
    { app: { adapter: memoryAdapter({ store }) } },
  );
  const app = makeWorker();
  const client = app.register(charge);
  const headers = { authorization: canary("header"), tenant: "acme" };
  await app.start();
  const good = await client.dispatch(input(false), { headers });
  const bad = await client.dispatch(input(true), { headers });
  const flow = await app.workflow(chain(client.step(input(true))));
  await good.result;
  await bad.result.catch(() => undefined);
  await flow.result.catch(() => undefined);
  await app.schedules.upsert("nightly", {
    task: charge,
    every: "1h",
    data: input(false),
    reason: `token=${canary("why")}`,
  });
  await app.schedules.trigger("nightly", { by: "ada" });
  await app.jobs.retry(
    { task: charge.name, id: bad.id },
    { reason: `password: ${canary("reason")}`, by: "ada" },
  );
  await bad.waitFor("10s").catch(() => undefined);
  const waiting = await client.dispatch(input(false), { delay: "1h", headers });
  await app.jobs.cancel(waiting, { reason: `password=${canary("cancel")}` });
  ids = { good: good.id, bad: bad.id, flow: flow.id, waiting: waiting.id };
  // What it counted is told at the latest when it closes.
  await app.close();
  await makeWorker().start();
});

afterAll(async () => {
  await kit[Symbol.asyncDispose]();
  await Promise.all(workers.map((worker) => worker.close()));
});

/** Every call that reads, with what there is. */
function reads(): readonly string[] {
  const jobs = [ids.good, ids.bad, ids.waiting];
  return ROUTES.filter(({ method, path }) => method === "GET" && path !== "/stream").flatMap(({ path }) => {
    const named = path
      .replace(":task", charge.name)
      .replace(":name", "nightly")
      .replace("/workflows/:id", `/workflows/${ids.flow}`);
    return /\/jobs\/|\/job-ids\//.test(named)
      ? jobs.map((id) => named.replace(":id", String(id)))
      : [named.replace(":id", "1")];
  });
}

describe("what leaves the board", () => {
  it.each(["viewer", "operator", "admin"] as const)("shows a %s no value that is hidden", async (role) => {
    const shown: string[] = [];
    for (const path of reads().filter((each) => !each.endsWith("/reveal"))) {
      const { status, text } = await kit.ask(`/api/v1${path}`, { headers: as(role) });
      const isNone = /operations\/1$|\/reveal$|\/audit$/.test(path);
      if (!isNone) expect(status, path).toBe(200);
      shown.push(...(text.match(/CANARY-\w+/g) ?? []).map((found) => `${path} ${found}`));
    }
    expect([...new Set(shown)]).toEqual([]);
  });

  it("still shows everything else", async () => {
    const { json } = await kit.ask(`/api/v1/jobs/${charge.name}/${ids.bad}`, { headers: as("viewer") });
    expect(json).toMatchObject({
      data: { iban: "▪ text of 16", owner: { note: "▪ text of 16", city: "Berlin" }, isBad: true },
      headers: { authorization: "▪ text of 18", tenant: "acme" },
      progress: { token: "▪ text of 20", at: 1 },
      error: { message: "refused ▪ of ▪: Bearer ▪" },
    });
    expect(json.data.url).toBe("postgres://ada:▪@db.internal/shop");
    expect(json.logs[0].message).toBe("charges ▪, password=▪");
    const { json: groups } = await kit.ask("/api/v1/errors", { headers: as("viewer") });
    expect(groups.items[0].message).toMatch(/^refused ▪ of ▪/);
    const { json: flow } = await kit.ask(`/api/v1/workflows/${ids.flow}`, { headers: as("viewer") });
    expect(flow.steps[0].error.message).toBe("refused ▪ of ▪: Bearer ▪");
    const { json: schedule } = await kit.ask("/api/v1/schedules/nightly", { headers: as("viewer") });
    expect(schedule.data.owner).toEqual({ note: "▪ text of 16", city: "Berlin" });
  });

  it("shows an admin who asks for it all of one job, and keeps that in the audit list", async () => {
    const path = `/api/v1/jobs/${charge.name}/${ids.good}/reveal`;
    expect((await kit.ask(path, { headers: as("operator") })).status).toBe(403);
    const { json } = await kit.ask(path, { headers: as("admin") });
    expect(json.data).toEqual(input(false));
    const { json: audit } = await kit.ask("/api/v1/audit", { headers: as("admin") });
    expect(audit.items[0]).toMatchObject({
      action: "job.reveal",
      by: "admin",
      jobId: ids.good,
      task: charge.name,
    });
  });

  it("in a stream goes through the same function", async () => {
    const { Redactor } = await import("../../src/board/redact/redactor.js");
    const { internalsOf } = await import("../../src/app/app-internals.js");
    const { observed, operated } = internalsOf(kit.app);
    const redactor = new Redactor({
      adapter: observed.adapter,
      readJobs: operated.readJobs,
      redact: { keys: ["iban"], paths: ["**"] },
    });
    const job = await kit.app.jobs.get({ task: charge.name, id: String(ids.bad) });
    const text = JSON.stringify(await redactor.redact({ topic: "job", value: { inner: [job] } }));
    expect(text).not.toContain("CANARY-iban");
    expect(text).not.toContain("CANARY-note");
  });
});

describe("a search", () => {
  const find = (q: string, role: "viewer" | "operator" | "admin") =>
    kit.ask(`/api/v1/jobs?q=${encodeURIComponent(q)}`, { headers: as(role) });

  it.each([
    ["data.iban:CANARY*", "by its key"],
    ["data.owner.note:CANARY*", "by the contract"],
    ["data.deep.a.0.pin:CANARY*", "by a path"],
    ["-data.iban:x", "turned around"],
    ["header.authorization:CANARY*", "in a header"],
  ])("for %s is refused, where the value is hidden %s", async (q) => {
    const refused = await find(q, "operator");
    expect([refused.status, refused.json.error.code]).toEqual([403, "BOARD_FORBIDDEN"]);
    expect((await find(q, "admin")).status).toBe(200);
  });

  it("finds nothing by what an error does not show, nor by that it is not there", async () => {
    const idsOf = async (q: string, role: "viewer" | "admin") =>
      (await find(q, role)).json.items.map((job: { id: string }) => job.id);
    expect(await idsOf("error:CANARY-iban", "admin")).toContain(ids.bad);
    expect(await idsOf("error:CANARY-iban", "viewer")).toEqual([]);
    expect(await idsOf("state:failed -error:CANARY-iban", "viewer")).toContain(ids.bad);
    expect(await idsOf("error:refused", "viewer")).toContain(ids.bad);
    const body = { action: "retry", q: "error:CANARY-iban", dryRun: true };
    const bulk = await kit.ask("/api/v1/bulk", {
      method: "POST",
      headers: { ...OWN_PAGE, ...as("operator") },
      body,
    });
    expect(bulk.json).toMatchObject({ matched: 0, sample: [] });
  });

  it("says where a filter cannot be read", async () => {
    const { status, json } = await find("state:nonsense", "viewer");
    expect([status, json.error.code, json.error.position]).toEqual([400, "FILTER_INVALID", 6]);
  });
});

describe("running a job again", () => {
  it("puts back what was hidden in data that was changed", async () => {
    const headers = { ...OWN_PAGE, ...as("operator") };
    const path = `/api/v1/jobs/${charge.name}/${ids.good}`;
    const { json: shown } = await kit.ask(path, { headers });
    const data = { ...shown.data, owner: { ...shown.data.owner, city: "Paris" } };
    const { status, json } = await kit.ask(`${path}/again`, {
      method: "POST",
      headers,
      body: { data, reason: "moved" },
    });
    expect(status).toBe(201);
    const again = await kit.app.jobs.get({ task: charge.name, id: json.id });
    expect(again?.data).toEqual({ ...input(false), owner: { note: canary("note"), city: "Paris" } });
  });
});

describe("rules", () => {
  it("hide by words in keys and by paths", () => {
    const rules = new RedactRules({ paths: ["user.email", "*.ref", "**.x"] });
    const hide = (value: unknown) => rules.hide(value, value, new Set());
    expect(hide({ user: { email: "a@b", name: "a" }, any: { ref: 1 }, deep: { er: { x: [1] } } })).toEqual({
      user: { email: "▪ text of 3", name: "a" },
      any: { ref: "▪ number" },
      deep: { er: { x: "▪ list of 1" } },
    });
    for (const key of [
      "password",
      "userPassword",
      "API_KEY",
      "apiKey",
      "x-api-key",
      "Authorization",
      "session_cookie",
    ])
      expect(hide({ [key]: "v" })).toEqual({ [key]: "▪ text of 1" });
    expect(hide({ list: [{ token: "v" }, "plain"] })).toEqual({ list: [{ token: "▪ text of 1" }, "plain"] });
  });

  it("hide in texts", () => {
    const rules = new RedactRules({});
    expect(rules.text('{"password":"hunter2","a":1}')).toBe('{"password":"▪","a":1}');
    expect(rules.text("GET /?api_key=abc123&x=1")).toBe("GET /?api_key=▪&x=1");
    expect(rules.text("Authorization: Bearer abcdefghijk")).not.toContain("abcdefghijk");
    expect(rules.text("nothing to see")).toBe("nothing to see");
  });
});
