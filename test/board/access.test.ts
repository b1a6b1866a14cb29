import { createTaskora } from "taskora";
import { createBoard, hashPassword } from "taskora/board";
import { memoryAdapter } from "taskora/memory";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Asked, as, askSocket, boardKit, cookieOf, OWN_PAGE, ROLE_TOKENS, serve } from "./board-kit.js";

afterEach(() => vi.unstubAllEnvs());

const login = (password: string, rest: object = {}, headers: object = {}) => ({
  ...{ method: "POST", headers: { ...OWN_PAGE, ...headers }, body: { password, ...rest } },
});

describe("a board without auth", () => {
  it("answers a request of this machine to a local name, as admin", async () => {
    await using kit = boardKit();
    const { port } = await kit.board.listen({ port: 0 });
    const answer = await askSocket(port, "/api/v1/me", { headers: { host: `localhost:${port}` } });
    expect(answer.json).toMatchObject({ user: "local", role: "admin", canLogOut: false });
  });

  it.each([
    ["another name", { host: "evil.example" }, 403, "BOARD_HOST_REFUSED"],
    ["another name that begins alike", { host: "localhost.evil.example" }, 403, "BOARD_HOST_REFUSED"],
    ["another name before a local one", { host: "evil@localhost" }, 400, undefined],
    ["a proxy", { "x-forwarded-for": "1.2.3.4" }, 401, "BOARD_AUTH_REQUIRED"],
    ["a proxy by the standard", { forwarded: "for=127.0.0.1" }, 401, "BOARD_AUTH_REQUIRED"],
    ["a proxy that names an address", { "x-real-ip": "127.0.0.1" }, 401, "BOARD_AUTH_REQUIRED"],
  ])("refuses %s", async (_what, headers, status, code) => {
    await using kit = boardKit();
    const { port } = await kit.board.listen({ port: 0 });
    const sent = { host: `127.0.0.1:${port}`, ...headers };
    const answer = await askSocket(port, "/api/v1/me", { headers: sent });
    expect([answer.status, answer.json?.error?.code]).toEqual([status, code]);
    const page = await askSocket(port, "/", { headers: sent });
    expect(page.status).toBe(status);
  });

  it("answers under a name that is allowed", async () => {
    await using kit = boardKit({ allowedHosts: ["Board.internal"] });
    const { port } = await kit.board.listen({ port: 0 });
    const answer = await askSocket(port, "/api/v1/me", { headers: { host: `board.internal:${port}` } });
    expect(answer.status).toBe(200);
  });

  it("answers nobody where no socket tells who asks", async () => {
    await using kit = boardKit();
    const answer = await kit.ask("/api/v1/me", { headers: { host: "localhost" } });
    expect([answer.status, answer.json.error.code]).toEqual([401, "BOARD_AUTH_REQUIRED"]);
  });

  it("opens no port that others reach", async () => {
    await using kit = boardKit();
    const opening = kit.board.listen({ host: "0.0.0.0", port: 0 });
    await expect(opening).rejects.toMatchObject({ code: "BOARD_AUTH_REQUIRED" });
    await using mounted = boardKit({ auth: "host-app" });
    await expect(mounted.board.listen({ port: 0 })).rejects.toMatchObject({ code: "BOARD_AUTH_REQUIRED" });
    await using guarded = boardKit({ auth: { password: "correct horse" } });
    expect(await guarded.board.listen({ host: "0.0.0.0", port: 0 })).toMatchObject({ host: "0.0.0.0" });
  });

  it("is guarded by a token of the environment", async () => {
    vi.stubEnv("TASKORA_BOARD_TOKEN", "token-of-the-environment");
    await using kit = boardKit();
    const { port } = await kit.board.listen({ port: 0 });
    const bare = await askSocket(port, "/api/v1/me");
    expect(bare.status).toBe(401);
    const headers = { authorization: "Bearer token-of-the-environment" };
    expect((await askSocket(port, "/api/v1/me", { headers })).json.role).toBe("admin");
  });
});

describe("options of a board", () => {
  const make = (options: object) => () => createBoard(createTaskora({ adapter: memoryAdapter() }), options);

  it.each([
    [{ auth: "none" }, /auth to be an object such as/],
    [{ auth: {} }, /name a way in/],
    [{ auth: { password: undefined } }, /variable of the environment/],
    [{ auth: { password: "" } }, /auth.password/],
    [{ auth: { token: "short" } }, /16 characters/],
    [{ auth: { users: [{ name: "ada", hash: "plain", role: "admin" }] } }, /taskora board hash/],
    [{ auth: { users: [{ name: "ada", hash: "plain", role: "root" }] } }, /hash|role/],
    [{ auth: { passwort: "x" } }, /Did you mean "password"/],
    [{ path: "jobs" }, /such as "\/jobs"/],
    [{ traceUrl: "https://tempo.example" }, /\{traceId\}/],
    [{ sessionSecret: "short" }, /32 characters/],
  ])("refuses %j", (options, message) => {
    expect(make(options)).toThrow(message);
  });

  it("say once that the application guards", () => {
    const warn = vi.fn();
    make({ auth: "host-app", logger: { info: warn, warn, error: warn } })();
    expect(warn.mock.calls.flat().join()).toMatch(/guard its path/);
  });
});

describe("a login", () => {
  it("by password gives a session, until it is ended", async () => {
    await using kit = boardKit({ auth: { password: "correct horse" }, path: "/jobs" });
    expect((await kit.ask("/jobs/api/v1/me")).status).toBe(401);
    const entered = await kit.ask("/jobs/api/v1/session", login("correct horse"));
    expect(entered.status).toBe(200);
    expect(entered.headers.getSetCookie()[0]).toMatch(
      /^taskora-board=[\w-]{43}; Path=\/jobs; Max-Age=43200; HttpOnly; SameSite=Strict$/,
    );
    const headers = { cookie: cookieOf(entered) };
    expect((await kit.ask("/jobs/api/v1/me", { headers })).json).toMatchObject({
      user: "admin",
      canLogOut: true,
    });
    const left = await kit.ask("/jobs/api/v1/session", {
      method: "DELETE",
      headers: { ...OWN_PAGE, ...headers },
    });
    expect(left.headers.getSetCookie()[0]).toMatch(/^taskora-board=; .*Max-Age=0/);
    expect((await kit.ask("/jobs/api/v1/me", { headers })).status).toBe(401);
  });

  it("by name and password gives the role of that user", async () => {
    const users = [
      { name: "ada", hash: await hashPassword("engine"), role: "operator" as const, tasks: ["email.*"] },
    ];
    await using kit = boardKit({ auth: { users } });
    for (const [user, password] of [
      ["ada", "wrong"],
      ["bob", "engine"],
      ["", "engine"],
    ] as const) {
      const refused = await kit.ask("/api/v1/session", login(password, { user }));
      expect([refused.status, refused.json.error.code]).toEqual([401, "BOARD_LOGIN_FAILED"]);
    }
    const entered = await kit.ask("/api/v1/session", login("engine", { user: "ada" }));
    const me = await kit.ask("/api/v1/me", { headers: { cookie: cookieOf(entered) } });
    expect(me.json).toMatchObject({ user: "ada", role: "operator", tasks: ["email.*"] });
  });

  it("is refused the sixth time within a minute, and each time for longer", async () => {
    await using kit = boardKit({ auth: { password: "correct horse" } }, { isVirtual: true });
    const beside = { address: "10.0.0.1" };
    const tryOnce = (password = "guess") => kit.ask("/api/v1/session", { ...login(password), beside });
    for (let nth = 0; nth < 5; nth++) expect((await tryOnce()).status).toBe(401);
    const sixth = await tryOnce("correct horse");
    expect([sixth.status, sixth.headers.get("retry-after")]).toEqual([429, "60"]);
    await kit.clock.advance(61_000);
    for (let nth = 0; nth < 5; nth++) expect((await tryOnce()).status).toBe(401);
    expect((await tryOnce()).headers.get("retry-after")).toBe("120");
    await kit.clock.advance(121_000);
    expect((await tryOnce("correct horse")).status).toBe(200);
  });

  it("that comes from nobody knows where is limited with all others, and no longer each time", async () => {
    const basic = { user: "bob", password: "bob's own" };
    const auth = { password: "correct horse", basic };
    await using kit = boardKit({ auth }, { isVirtual: true });
    const tryOnce = (password = "guess") => kit.ask("/api/v1/session", login(password));
    const authorization = `Basic ${Buffer.from(`${basic.user}:${basic.password}`).toString("base64")}`;
    const asBob = () => kit.ask("/api/v1/me", { headers: { authorization } });
    for (let round = 0; round < 2; round++) {
      expect([(await asBob()).status, (await tryOnce("correct horse")).status]).toEqual([200, 200]);
      for (let nth = 0; nth < 50; nth++) expect((await tryOnce()).status).toBe(401);
      expect((await tryOnce("correct horse")).headers.get("retry-after")).toBe("60");
      expect((await asBob()).status).toBe(429);
      await kit.clock.advance(61_000);
    }
  });

  it("is limited for each address, and by the trusted proxy's word", async () => {
    await using kit = boardKit(
      { auth: { password: "correct horse" }, trustProxy: true },
      { isVirtual: true },
    );
    const from = (address: string, password = "guess") =>
      kit.ask("/api/v1/session", login(password, {}, { "x-forwarded-for": `9.9.9.9, ${address}` }));
    for (let nth = 0; nth < 6; nth++) await from("2001:db8::1");
    expect((await from("2001:db8:0:0:ffff::7")).status).toBe(429);
    expect((await from("2001:db8:0:1::1", "correct horse")).status).toBe(200);
    for (let nth = 0; nth < 50; nth++) await from(`10.0.0.${nth}`);
    expect((await from("10.1.1.1")).status).toBe(429);
  });

  it("is over after an hour without a request, and after twelve in all", async () => {
    await using kit = boardKit({ auth: { password: "correct horse" } }, { isVirtual: true });
    const enter = async () => ({
      cookie: cookieOf(await kit.ask("/api/v1/session", login("correct horse"))),
    });
    const isIn = async (headers: { cookie: string }) =>
      (await kit.ask("/api/v1/me", { headers })).status === 200;
    const idle = await enter();
    await kit.clock.advance(3_601_000);
    expect(await isIn(idle)).toBe(false);
    const busy = await enter();
    for (let nth = 0; nth < 24; nth++) {
      await kit.clock.advance(1_790_000);
      expect(await isIn(busy)).toBe(true);
    }
    await kit.clock.advance(1_790_000);
    expect(await isIn(busy)).toBe(false);
  });

  it("with a secret is known to every process that has it, and to no other", async () => {
    const options = { auth: { password: "correct horse" }, sessionSecret: "s".repeat(32) };
    await using one = boardKit(options, { isVirtual: true });
    await using other = boardKit(options, { isVirtual: true });
    await using changed = boardKit({ ...options, auth: { password: "another" } });
    const headers = { cookie: cookieOf(await one.ask("/api/v1/session", login("correct horse"))) };
    expect((await other.ask("/api/v1/me", { headers })).status).toBe(200);
    expect((await changed.ask("/api/v1/me", { headers })).status).toBe(401);
    const forged = { cookie: headers.cookie.replace(/\..*/, (mac) => `.${"A".repeat(mac.length - 1)}`) };
    expect((await other.ask("/api/v1/me", { headers: forged })).status).toBe(401);
    await other.clock.advance(600_000);
    const renewed = await other.ask("/api/v1/me", { headers });
    expect(cookieOf(renewed)).toMatch(/^taskora-board=./);
    await one.ask("/api/v1/session", { method: "DELETE", headers: { ...OWN_PAGE, ...headers } });
    expect((await one.ask("/api/v1/me", { headers })).status).toBe(401);
    await other.clock.advance(3_601_000);
    expect((await other.ask("/api/v1/me", { headers })).status).toBe(401);
  });

  it("marks its cookie for https alone where the page is", async () => {
    await using kit = boardKit({ auth: { password: "correct horse" }, trustProxy: true });
    const entered = await kit.ask(
      "/api/v1/session",
      login("correct horse", {}, { "x-forwarded-proto": "https" }),
    );
    expect(entered.headers.getSetCookie()[0]).toMatch(/; Secure$/);
  });
});

describe("other ways in", () => {
  it("by token give the role of that token", async () => {
    await using kit = boardKit({ auth: { token: ROLE_TOKENS } });
    for (const role of ["viewer", "operator", "admin"] as const)
      expect((await kit.ask("/api/v1/me", { headers: as(role) })).json).toMatchObject({ user: role, role });
    const wrong = await kit.ask("/api/v1/me", { headers: { authorization: "Bearer viewer-0123456788" } });
    expect([wrong.status, wrong.json.error.code]).toEqual([401, "BOARD_AUTH_REQUIRED"]);
  });

  it("by the SHA-256 of a token", async () => {
    const sha256 = "ef61a579c907bbed674c0dbcbcf7f7af8f851538eef7b8e58c5bee0b8cfdac4a";
    await using kit = boardKit({ auth: { token: [{ name: "ci", sha256, role: "viewer" }] } });
    const headers = { authorization: "Bearer 0123456789abcdef01234567" };
    const { createHash } = await import("node:crypto");
    const digest = createHash("sha256").update("0123456789abcdef01234567").digest("hex");
    expect((await kit.ask("/api/v1/me", { headers })).status).toBe(digest === sha256 ? 200 : 401);
    await using right = boardKit({ auth: { token: [{ name: "ci", sha256: digest, role: "viewer" }] } });
    expect((await right.ask("/api/v1/me", { headers })).json.user).toBe("ci");
  });

  it("by HTTP Basic ask the browser, and count wrong passwords", async () => {
    await using kit = boardKit(
      { auth: { basic: { user: "ada", password: "engine:1" } } },
      { isVirtual: true },
    );
    const basic = (text: string) => ({
      ...{ headers: { authorization: `Basic ${Buffer.from(text).toString("base64")}` } },
      beside: { address: "10.0.0.1" },
    });
    const bare = await kit.ask("/api/v1/me");
    expect([bare.status, bare.headers.get("www-authenticate")]).toEqual([401, 'Basic realm="taskora"']);
    expect((await kit.ask("/api/v1/me", basic("ada:engine:1"))).json.user).toBe("ada");
    for (let nth = 0; nth < 5; nth++) expect((await kit.ask("/api/v1/me", basic("ada:no"))).status).toBe(401);
    expect((await kit.ask("/api/v1/me", basic("ada:no"))).status).toBe(429);
    expect((await kit.ask("/api/v1/me", basic("ada:engine:1"))).status).toBe(429);
    await kit.clock.advance(61_000);
    expect((await kit.ask("/api/v1/me", basic("ada:engine:1"))).status).toBe(200);
  });

  it("by the application's own word, which may be a response", async () => {
    const authenticate = (request: Request) => {
      const who = request.headers.get("x-user");
      if (who === "away") return Response.redirect("http://board.test/login", 302);
      if (who === "odd") return { user: "odd", role: "root" } as never;
      return who === null ? null : { user: who, role: "viewer" as const, tasks: ["email.*"] };
    };
    await using kit = boardKit({ auth: { authenticate } });
    const ask = (user: string) => kit.ask("/api/v1/me", { headers: { "x-user": user } });
    expect((await ask("ada")).json).toMatchObject({ user: "ada", role: "viewer", tasks: ["email.*"] });
    expect((await ask("away")).status).toBe(302);
    expect((await ask("odd")).status).toBe(500);
    expect((await kit.ask("/api/v1/me")).status).toBe(401);
  });

  it("by a URL that is of use once", async () => {
    await using kit = boardKit({ auth: { oneTimeUrl: true }, path: "/jobs" });
    expect((await kit.ask("/jobs/")).status).toBe(401);
    expect(() => kit.board.oneTimeUrl()).toThrow(/origin/);
    const url = new URL(kit.board.oneTimeUrl({ origin: "https://board.test", role: "operator" }));
    expect(url.pathname).toBe("/jobs/");
    const entered = await kit.ask(`${url.pathname}${url.search}&from=mail`);
    expect([entered.status, entered.headers.get("location")]).toEqual([303, "/jobs/?from=mail"]);
    const me = await kit.ask("/jobs/api/v1/me", { headers: { cookie: cookieOf(entered) } });
    expect(me.json).toMatchObject({ user: "local", role: "operator" });
    expect((await kit.ask(`${url.pathname}${url.search}`)).status).toBe(401);
    const elsewhere = kit.board
      .oneTimeUrl({ origin: "https://board.test" })
      .replace("/jobs/?", "//evil.test?");
    const sent = await kit.ask(elsewhere.slice("https://board.test".length));
    expect(sent.headers.get("location") ?? "/").toMatch(/^\/(?!\/)/);
  });
});

describe("a change", () => {
  const change = (headers: Record<string, string>) => ({ method: "DELETE", headers });

  it.each([
    ["without the board's header", { "sec-fetch-site": "same-origin" }],
    ["of a page of another site", { "x-taskora-board": "1", "sec-fetch-site": "cross-site" }],
    ["of a page of a sister domain", { "x-taskora-board": "1", "sec-fetch-site": "same-site" }],
    ["of another origin", { "x-taskora-board": "1", origin: "http://evil.test" }],
    ["of another port", { "x-taskora-board": "1", origin: "http://board.test:81" }],
    ["of no origin", { "x-taskora-board": "1", origin: "null" }],
    ["that does not say where it comes from", { "x-taskora-board": "1" }],
  ])("%s is refused", async (_what, headers) => {
    await using kit = boardKit({ auth: { password: "correct horse" } });
    const answer = await kit.ask("/api/v1/session", change(headers));
    expect([answer.status, answer.json.error.code]).toEqual([403, "BOARD_ORIGIN_REFUSED"]);
  });

  it("of the board's own page is taken", async () => {
    await using kit = boardKit({ auth: { password: "x" }, allowedHosts: ["jobs.example.com"] });
    for (const headers of [
      { "x-taskora-board": "1", origin: "http://board.test" },
      { "x-taskora-board": "1", origin: "https://jobs.example.com" },
      OWN_PAGE,
    ])
      expect((await kit.ask("/api/v1/session", change(headers))).status).toBe(200);
  });
});

describe("every answer", () => {
  it("has headers that keep other pages and scripts away", async () => {
    await using kit = boardKit({ auth: { token: ROLE_TOKENS } });
    for (const path of ["/", "/api/v1/me", "/api/v1/nothing", "/assets/nothing.js"]) {
      const { headers } = await kit.ask(path);
      expect(headers.get("content-security-policy")).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
          "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
      );
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("access-control-allow-origin")).toBeNull();
    }
  });

  it.each([
    ["a long query", `/api/v1/me?q=${"x".repeat(2100)}`, {}, 414],
    ["an unknown name in the query", "/api/v1/me?q=1", {}, 400],
    ["an unknown name in the body", "/api/v1/session", login("x", { admin: true }), 400],
    ["no JSON", "/api/v1/session", { ...login("x"), text: "{" }, 400],
    ["another type", "/api/v1/session", login("x", {}, { "content-type": "text/plain" }), 415],
    ["a large body", "/api/v1/session", login("x".repeat(1 << 20)), 413],
    ["a deep body", "/api/v1/session", { ...login("x"), text: `${"[".repeat(65)}${"]".repeat(65)}` }, 400],
    ["another method", "/api/v1/me", { method: "PATCH", headers: OWN_PAGE }, 405],
  ] as const)("to %s says what is wrong", async (_what, path, asked: Asked, status) => {
    await using kit = boardKit({ auth: { token: ROLE_TOKENS, password: "x" } });
    const answer = await kit.ask(path, { ...asked, headers: { ...asked.headers, ...as("admin") } });
    expect([answer.status, answer.json.error.code]).toEqual([
      status,
      status === 405 ? "BOARD_NOT_FOUND" : "BOARD_REQUEST_INVALID",
    ]);
  });
});

describe("a board on node:http", () => {
  it("reads a body that the application has parsed, and answers a path that names another host", async () => {
    await using kit = boardKit({ auth: { password: "correct horse" } });
    await using parsed = await serve((incoming, outgoing) => {
      const parts: Buffer[] = [];
      incoming.on("data", (part: Buffer) => parts.push(part));
      incoming.on("end", () => {
        const body = JSON.parse(Buffer.concat(parts).toString() || "{}") as unknown;
        kit.board.node(Object.assign(incoming, { body }), outgoing);
      });
    });
    const headers = { ...OWN_PAGE, "content-type": "application/json" };
    const sent = { method: "POST", headers, body: { password: "correct horse" } };
    expect((await askSocket(parsed.port, "/api/v1/session", sent)).status).toBe(200);
    await using plain = await serve(kit.board.node);
    expect((await askSocket(plain.port, "/api/v1/session", sent)).status).toBe(200);
    expect((await askSocket(plain.port, "//evil.example/api/v1/me")).status).toBe(401);
    expect((await askSocket(plain.port, "/", { headers: { host: "a b" } })).status).toBe(400);
  });
});

describe("a change that is told", () => {
  it.each([
    ["Bun", { requestIP: () => ({ address: "203.0.113.1" }), address: { port: 80 } }, "203.0.113.1"],
    ["Deno", { remoteAddr: { hostname: "203.0.113.2" } }, "203.0.113.2"],
    ["Hono on Node", { incoming: { socket: { remoteAddress: "::ffff:203.0.113.3" } } }, "203.0.113.3"],
    ["an application", { address: "203.0.113.4" }, "203.0.113.4"],
    ["nobody", undefined, undefined],
  ])("is told with the address that %s knows", async (_who, beside, address) => {
    await using kit = boardKit({ auth: { token: ROLE_TOKENS } });
    await kit.app.register({ name: "pay", version: 1 }).dispatch(1);
    const told = kit.app.once("audit");
    const headers = { ...OWN_PAGE, ...as("operator") };
    await kit.ask("/api/v1/tasks/pay/pause", { method: "POST", headers, body: {}, beside });
    const where = address === undefined ? {} : { address };
    expect(await told).toEqual({
      ...{ type: "audit", action: "task.pause", status: "applied", task: "pay", at: expect.any(Number) },
      ...{ by: "operator", ...where },
    });
    expect((await kit.app.audit.list()).items[0]?.address).toBe(address);
  });

  it("is told with the last address that a trusted proxy names, and no other header's", async () => {
    for (const [trustProxy, address] of [
      [true, "198.51.100.7"],
      [false, "127.0.0.1"],
    ] as const) {
      await using kit = boardKit({ auth: { token: ROLE_TOKENS }, trustProxy });
      const { port } = await kit.board.listen({ port: 0 });
      await kit.app.register({ name: "pay", version: 1 }).dispatch(1);
      const told = kit.app.once("audit");
      const headers = { "x-forwarded-for": "9.9.9.9, 198.51.100.7", "content-type": "application/json" };
      await askSocket(port, "/api/v1/tasks/pay/pause", {
        ...{ method: "POST", headers: { ...OWN_PAGE, ...as("admin"), ...headers }, body: {} },
      });
      expect((await told).address).toBe(address);
    }
  });
});
