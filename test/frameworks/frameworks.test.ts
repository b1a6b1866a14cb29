import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ADA, Example, type Start } from "./example.js";
import { binaryOf, buildExamples, builtFixture, EXAMPLES, installFrameworks, ROOT } from "./installed.js";

const ON_NODE = ["node-http", "express4", "express5", "fastify", "hono", "nest"];
const NODE = { command: process.execPath, args: ["node_modules/.built/main.mjs"] };
/** By folder; Bun and Deno are known once they are installed. */
const STARTS: Readonly<Record<string, () => Omit<Start, "folder">>> = {
  ...Object.fromEntries(ON_NODE.map((folder) => [folder, () => NODE])),
  bun: () => ({ command: binaryOf("@oven", "bin/bun"), args: ["main.ts"] }),
  deno: () => ({
    command: binaryOf("@deno", "deno"),
    args: ["run", "--allow-net", "--allow-env", "--allow-read", "--allow-sys", "main.ts"],
  }),
};
/** Compiles what it is asked for. */
const NEXT: Start = {
  folder: "next",
  command: process.execPath,
  args: [join(EXAMPLES, "node_modules/next/dist/bin/next"), "dev", "-p", "0", "--hostname", "127.0.0.1"],
};
/** Guards of Nest refuse with another status. */
const REFUSED: Readonly<Record<string, number>> = { nest: 403 };

/** A machine that runs other tests beside takes long to start eight programs. */
const PATIENCE = 120_000;

beforeAll(() => {
  installFrameworks();
  buildExamples(ON_NODE);
}, 300_000);

describe.concurrent("the board in each framework", { timeout: PATIENCE }, () => {
  it.each(Object.entries(STARTS))("works, and is guarded, in %s", async (folder, start) => {
    const example = await Example.start({ folder, ...start() });
    const refused = REFUSED[folder] ?? 401;
    expect([
      (await example.get("/jobs", {})).status,
      (await example.get("/jobs/api/v1/me", {})).status,
    ]).toEqual([refused, refused]);
    expect((await example.change("DELETE", "/jobs/api/v1/session", {})).status).toBe(refused);
    for (const path of ["/jobs", "/jobs/", "/jobs/tasks/email.send"]) {
      const page = await example.get(path, { ...ADA, accept: "text/html" });
      const text = await page.text();
      expect([path, page.status, page.headers.get("content-type"), /content="\/jobs"/.test(text)]).toEqual([
        ...[path, 200, "text/html; charset=utf-8", true],
      ]);
    }
    const me = (await (await example.get("/jobs/api/v1/me")).json()) as { role: string };
    expect(me.role).toBe("admin");
    const forged = { ...ADA, origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    expect((await example.change("DELETE", "/jobs/api/v1/session")).status).toBe(200);
    expect((await example.change("DELETE", "/jobs/api/v1/session", forged)).status).toBe(403);
    // A stream is open while the example is asked to end, and does not hold it up.
    let ended: Promise<number | NodeJS.Signals> | undefined;
    const events = await example.events("/jobs/api/v1/stream?topics=home", 2, async () => {
      ended = example.end();
      await ended;
    });
    expect(events.slice(0, 2)).toEqual(["snapshot", "delta"]);
    expect(["SIGTERM", 0], example.said).toContain(await ended);
    expect(example.said).toContain("[taskora] closed");
  });
});

describe("the board in Next", { timeout: PATIENCE }, () => {
  it("works, and is guarded", async () => {
    const example = await Example.start(NEXT);
    expect((await example.get("/jobs", {})).status).toBe(401);
    expect((await example.change("DELETE", "/jobs/api/v1/session", {})).status).toBe(401);
    const page = await example.get("/jobs/tasks/email.send", { ...ADA, accept: "text/html" });
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('content="/jobs"')]);
    const task = await (await example.get("/jobs/api/v1/tasks/email.send")).json();
    expect(task).toMatchObject({ name: "email.send", workers: 1 });
    expect((await example.change("DELETE", "/jobs/api/v1/session")).status).toBe(200);
    const events = await example.events("/jobs/api/v1/stream?topics=home", 2);
    expect(events.slice(0, 2)).toEqual(["snapshot", "delta"]);
    await example.end();
  });
});

describe("taskora/nest", { timeout: PATIENCE }, () => {
  let ask: (name: string) => Promise<unknown>;

  beforeAll(async () => {
    const { cases } = (await import(builtFixture("nest-app"))) as {
      cases: Readonly<Record<string, () => Promise<unknown>>>;
    };
    ask = async (name) => cases[name]?.();
  });

  it("handles jobs with what is injected, by methods of providers, as long as the application runs", async () => {
    const answer = { result: { text: "hello Ada 1" }, wasReady: true, isReady: false };
    expect([await ask("options"), await ask("existing")]).toEqual([answer, answer]);
  });

  it("makes the app of other providers, and handles jobs by methods of controllers", async () => {
    expect(await ask("async")).toEqual({ text: "hello Grace 1" });
  });

  it("lets handlers rest where it is told so", async () => {
    expect(await ask("resting")).toEqual({ waiting: 1 });
  });

  it.each(["request", "transient", "dependent"])(
    "refuses a handler that is not there once: %s",
    async (name) => {
      expect(await ask(name)).toMatch(
        /^OPTION_INVALID: .*\.greet, which handles greet, .* a job is no request/,
      );
    },
  );

  it("refuses two handlers of one task", async () => {
    expect(await ask("twice")).toMatch(/^CONTRACT_CONFLICT: /);
  });

  it("names options that it does not know", async () => {
    expect(await ask("typo")).toMatch(/^OPTION_INVALID: unknown option "strat" .*Did you mean "start"/);
    expect(await ask("boardTypo")).toMatch(/^OPTION_INVALID: unknown option "auht" .*Did you mean "auth"/);
  });

  it.each(["express", "fastify"])(
    "shows the board behind guards, prefix and versions of Nest on %s",
    async (name) => {
      expect(await ask(name)).toEqual({
        stranger: [403, 403],
        known: [200, "grace", "operator"],
        base: "/api/ops/jobs",
        change: 200,
      });
    },
  );
});

describe("the types", { timeout: PATIENCE }, () => {
  it.each([join(EXAMPLES, "tsconfig.check.json"), join(ROOT, "test/frameworks/fixtures/tsconfig.json")])(
    "fit those of the frameworks in %s",
    (project) => {
      const compiler = join(ROOT, "node_modules/typescript-7.0/bin/tsc");
      const { stdout } = spawnSync(process.execPath, [compiler, "-p", project], { encoding: "utf8" });
      expect(stdout).toBe("");
    },
  );
});
