import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installOwnPackages } from "../../scripts/own-packages.js";
import { SCHEMAS } from "../../src/board/http/schemas.js";
import { ROUTES } from "../../src/board/routes/routes.js";
import { as, type BoardKit, boardKit, OWN_PAGE, ROLE_TOKENS } from "./board-kit.js";

let kit: BoardKit;
let document: {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>;
};
let job = "";
let flow = "";

beforeAll(async () => {
  kit = boardKit({ auth: { token: ROLE_TOKENS }, path: "/jobs" });
  const { app } = kit;
  const client = app.task("email.send", async () => "sent");
  await app.start();
  await client.dispatch({ to: "ada" }).result;
  job = (await client.dispatch({ to: "bob" }, { delay: "1h" })).id;
  const started = await app.workflow(client.step({ to: "eve" }));
  await started.result;
  flow = started.id;
  await app.schedules.upsert("daily", { task: "email.send", every: "1h", data: { to: "all" } });
  document = (await kit.ask("/jobs/api/v1/openapi.json", { headers: as("viewer") })).json;
});

afterAll(() => kit[Symbol.asyncDispose]());

/** With components where the document has them. */
function validatorOf(name: string) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addSchema({ $id: "doc", components: { schemas: SCHEMAS } });
  return ajv.compile({ $ref: `doc#/components/schemas/${name}` });
}

describe("the document of the API", () => {
  it("is OpenAPI 3.1, as its own schema has it", async () => {
    const folder = fileURLToPath(new URL("./openapi/", import.meta.url));
    installOwnPackages(folder);
    const path = `${folder}node_modules/@seriousme/openapi-schema-validator/index.js`;
    const { Validator } = (await import(/* @vite-ignore */ path)) as {
      Validator: new () => { validate(document: object): Promise<{ valid: boolean; errors?: unknown }> };
    };
    const { valid, errors } = await new Validator().validate(document);
    expect([valid, errors ?? []]).toEqual([true, []]);
  });

  it("has every call once, under a name of its own, and every shape that is answered", () => {
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    expect(operations).toHaveLength(ROUTES.length);
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(ROUTES.length);
    for (const { answers } of ROUTES) if (answers !== undefined) expect(SCHEMAS).toHaveProperty(answers);
  });
});

describe("every call", () => {
  const named = (path: string) =>
    path
      .replace("/workflows/:id", `/workflows/${flow}`)
      .replace(":task", "email.send")
      .replace(":name", "daily")
      .replace("/workers/:id", "/workers/none")
      .replace(":id", job);

  it("that reads answers what it declares", async () => {
    for (const { answers, path } of ROUTES.filter(
      (route) => route.method === "GET" && route.answers !== undefined,
    )) {
      const { status, json } = await kit.ask(`/jobs/api/v1${named(path)}`, { headers: as("admin") });
      if (path === "/operations/:id") continue;
      expect(status, path).toBe(200);
      const validate = validatorOf(answers ?? "");
      validate(json);
      expect(validate.errors ?? [], path).toEqual([]);
    }
  });

  it("that changes something answers what it declares, or what went wrong", async () => {
    const bodies: Readonly<Record<string, object>> = {
      "/bulk": { action: "promote", q: "state:delayed", dryRun: true },
      "/jobs/:task/:id/priority": { priority: 7 },
      "/jobs/:task/:id/reschedule": { delay: "2h" },
      "/tasks/:task/jobs": { data: { to: "eve" }, options: { delay: "1h" } },
    };
    for (const { answers, path, method, status: wanted = 200 } of ROUTES.filter(
      (route) => route.method !== "GET",
    )) {
      if (path === "/session" || path.startsWith("/operations")) continue;
      const headers = { ...OWN_PAGE, ...as("admin") };
      const { status, json } = await kit.ask(`/jobs/api/v1${named(path)}`, {
        method,
        headers,
        body: bodies[path] ?? {},
      });
      expect(status, `${method} ${path}`).toBeLessThan(500);
      const validate = validatorOf(status === wanted || status === 409 ? (answers ?? "") : "Error");
      validate(json);
      expect(validate.errors ?? [], `${method} ${path} ${status}`).toEqual([]);
    }
  });
});

describe("a change of many", () => {
  const headers = { ...OWN_PAGE, ...as("operator") };
  const bulk = (body: object) => kit.ask("/jobs/api/v1/bulk", { method: "POST", headers, body });

  it("is counted first, goes on by itself, and tells how far it is", async () => {
    const client = kit.app.register({ name: "slow.task", version: 1 });
    await client.dispatchMany(
      Array.from({ length: 30 }, (_, n) => ({ n })),
      { delay: "1h" },
    );
    const what = { action: "cancel", task: "slow.task", q: "data.n>=10", reason: "too many" };
    const preview = await bulk({ ...what, dryRun: true });
    expect([preview.status, preview.json.matched, preview.json.sample.length]).toEqual([200, 20, 5]);
    const begun = await bulk(what);
    expect(begun.status).toBe(202);
    expect(begun.json).toMatchObject({
      action: "cancel",
      by: "operator",
      filter: "data.n>=10 task:slow.task",
    });
    const path = `/jobs/api/v1/operations/${begun.json.id}`;
    await expect.poll(async () => (await kit.ask(path, { headers })).json.state).toBe("done");
    expect((await kit.ask(path, { headers })).json).toMatchObject({ matched: 20, applied: 20 });
    expect((await kit.app.jobs.count({ task: "slow.task" })).delayed).toBe(10);
    const { items } = await kit.app.audit.list();
    expect(items[0]).toMatchObject({ action: "job.cancel", by: "operator", reason: "too many", count: 20 });
  });

  it("stops when it is told to", async () => {
    const begun = await bulk({ action: "promote", task: "slow.task", q: "state:delayed", perSecond: 1 });
    const path = `/jobs/api/v1/operations/${begun.json.id}`;
    await expect.poll(async () => (await kit.ask(path, { headers })).json.applied).toBeGreaterThan(0);
    const stopped = await kit.ask(path, { method: "DELETE", headers });
    expect(stopped.json.state).toBe("stopped");
    expect(stopped.json.applied).toBeLessThan(10);
  });

  it("of single jobs says what became of them", async () => {
    const begun = await bulk({ action: "promote", ids: [{ task: "slow.task", id: "none" }] });
    const path = `/jobs/api/v1/operations/${begun.json.id}`;
    await expect.poll(async () => (await kit.ask(path, { headers })).json.state).toBe("done");
    expect((await kit.ask(path, { headers })).json).toMatchObject({ matched: 1, applied: 0, missing: 1 });
  });

  it("refuses what does not say which jobs are meant", async () => {
    expect((await bulk({ action: "cancel" })).status).toBe(400);
    expect((await bulk({ action: "prioritize", q: "state:delayed" })).status).toBe(400);
  });
});

describe("names in paths", () => {
  it.each([
    ["with slashes", "a/b/../c", (id: string) => encodeURIComponent(id)],
    ["of other alphabets", "Ünï/✓ 名前", (id: string) => encodeURIComponent(id)],
    ["that no path can have", "..", (id: string) => `_?id=${encodeURIComponent(id)}`],
    ["with a percent sign", "%2F", (id: string) => encodeURIComponent(id)],
  ])("%s are found", async (_what, id, written) => {
    const client = kit.app.register({ name: "odd.names", version: 1 });
    await client.lane("second").dispatch({ id }, { delay: "1h" });
    const { adapter } = (await import("../../src/app/app-internals.js")).internalsOf(kit.app).observed;
    const plain = { version: 1, fingerprint: "", headers: {}, priority: 0, payload: "{}" };
    await adapter.insert([{ ...plain, id, task: "odd.names/second" } as never]);
    const path = `/jobs/api/v1/jobs/${encodeURIComponent("odd.names/second")}/${written(id)}`;
    const found = await kit.ask(path, { headers: as("viewer") });
    expect([found.status, found.json.id]).toEqual([200, id]);
  });
});
