import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROLES, type Role } from "../../src/board/api.js";
import type { Route } from "../../src/board/http/route.js";
import { ROUTES } from "../../src/board/routes/routes.js";
import {
  type Answered,
  type Asked,
  as,
  type BoardKit,
  boardKit,
  OWN_PAGE,
  ROLE_TOKENS,
} from "./board-kit.js";

let kit: BoardKit;

beforeAll(async () => {
  kit = boardKit({
    auth: {
      token: [
        ...ROLE_TOKENS,
        { name: "mail", token: "mail-0123456789abc", role: "admin", tasks: ["email.*"] },
      ],
    },
    permissions: (user, action, task) =>
      !(user.name === "operator" && action === "job.cancel" && task === "pay"),
  });
  kit.app.task("email.send", { handler: async () => "sent" });
  kit.app.task("pay", { handler: async () => "paid" });
  await kit.app.connect();
});

afterAll(() => kit[Symbol.asyncDispose]());

/** Bodies without which a call is refused before it asks whether there is a job. */
const BODIES: Readonly<Record<string, object>> = {
  "/bulk": { action: "retry", q: "state:failed", dryRun: true },
  "/jobs/:task/:id/priority": { priority: 1 },
  "/jobs/:task/:id/reschedule": { delay: "1m" },
};

const pathOf = ({ path }: Route) => path.replace(/:task/, "email.send").replace(/:\w+/g, "none");

function ask(route: Route, headers: Readonly<Record<string, string>>): Promise<Answered> {
  const body = route.method === "GET" ? {} : { body: BODIES[route.path] ?? {} };
  const own = route.method === "GET" ? {} : OWN_PAGE;
  return kit.ask(`/api/v1${pathOf(route)}`, {
    method: route.method,
    headers: { ...own, ...headers },
    ...body,
  });
}

const GUARDED = ROUTES.filter(({ role, path }) => role !== "open" && path !== "/stream");

describe("every call of the API", () => {
  it("is guarded, and says what it takes", () => {
    expect(
      ROUTES.filter(({ role }) => role === "open")
        .map(({ path }) => path)
        .sort(),
    ).toEqual(expect.arrayContaining(["/session", "/session"]));
    for (const { path, method, query, body } of ROUTES) {
      expect(query, `${method} ${path}`).toBeDefined();
      if (method !== "GET" && path !== "/session" && !path.startsWith("/operations"))
        expect(body, path).toBeDefined();
    }
    const names = ROUTES.map(({ method, path }) => `${method} ${path}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it("answers nobody who is not known", async () => {
    for (const route of GUARDED) expect((await ask(route, {})).status, route.path).toBe(401);
  });

  it.each(ROLES)("answers a %s what that role may, and nothing else", async (role: Role) => {
    const wrong: string[] = [];
    for (const route of GUARDED) {
      const { status } = await ask(route, as(role));
      const may = ROLES.indexOf(role) >= ROLES.indexOf(route.role as Role);
      if ((status === 403) === may || status === 401 || status >= 500)
        wrong.push(`${route.method} ${route.path} ${status}`);
    }
    expect(wrong).toEqual([]);
  });

  it("refuses a change that another page may have asked for", async () => {
    for (const route of ROUTES.filter(({ method }) => method !== "GET")) {
      const path = `/api/v1${pathOf(route)}`;
      const crossed = { ...as("admin"), "x-taskora-board": "1", origin: "http://evil.test" };
      const bare: Asked = { method: route.method, headers: as("admin"), body: {} };
      expect((await kit.ask(path, bare)).status, path).toBe(403);
      expect((await kit.ask(path, { ...bare, headers: crossed })).status, path).toBe(403);
      expect(
        (await kit.ask(path, { ...bare, headers: { ...as("admin"), "sec-fetch-site": "cross-site" } }))
          .status,
      ).toBe(403);
    }
  });

  it("shows one who sees some tasks nothing of others", async () => {
    await kit.app.register({ name: "pay", version: 1 }).dispatch({ n: 1 }, { delay: "1h" });
    await kit.app.register({ name: "email.send", version: 1 }).dispatch({ n: 1 }, { delay: "1h" });
    const headers = { authorization: "Bearer mail-0123456789abc" };
    for (const route of GUARDED.filter(({ method, path }) => method === "GET" && !path.includes(":"))) {
      const { status, text } = await ask(route, headers);
      if (route.path === "/metrics") expect(status).toBe(403);
      else expect(status, route.path).toBeLessThan(400);
      expect(text, route.path).not.toContain('"pay"');
    }
    for (const route of GUARDED.filter(({ path }) => path.includes(":task"))) {
      const own = route.method === "GET" ? {} : OWN_PAGE;
      const path = `/api/v1${route.path.replace(":task", "pay").replace(/:\w+/g, "none")}`;
      const body = route.method === "GET" ? {} : { body: BODIES[route.path] ?? {} };
      const { status } = await kit.ask(path, {
        method: route.method,
        headers: { ...own, ...headers },
        ...body,
      });
      expect(status, path).toBe(403);
    }
    const bulk = { method: "POST", headers: { ...OWN_PAGE, ...headers } };
    const all = await kit.ask("/api/v1/bulk", {
      ...bulk,
      body: { action: "cancel", all: true, dryRun: true },
    });
    const { waiting, delayed } = await kit.app.jobs.count({ task: "email.send" });
    expect(all.json.matched).toBe(waiting + delayed);
    const named = { action: "cancel", task: "pay", dryRun: true };
    expect((await kit.ask("/api/v1/bulk", { ...bulk, body: named })).status).toBe(403);
    const ids = { action: "cancel", ids: [{ task: "pay", id: "1" }] };
    expect((await kit.ask("/api/v1/bulk", { ...bulk, body: ids })).status).toBe(403);
  });

  it("asks permissions for each action and task", async () => {
    const headers = { ...OWN_PAGE, ...as("operator") };
    const cancel = (task: string) =>
      kit.ask(`/api/v1/jobs/${task}/none/cancel`, { method: "POST", headers, body: {} });
    expect((await cancel("pay")).status).toBe(403);
    expect((await cancel("email.send")).status).toBe(404);
    const body = { action: "cancel", q: "state:delayed", dryRun: true };
    expect(
      (await kit.ask("/api/v1/bulk", { method: "POST", headers, body: { ...body, task: "pay" } })).status,
    ).toBe(403);
  });
});
