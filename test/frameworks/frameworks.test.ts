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

/** A page of somebody else, in the browser of somebody who is let in. */
const FORGED = { ...ADA, origin: "https://evil.example", "sec-fetch-site": "cross-site" };

/** What a pause is answered with, and whether the task then is paused. */
async function pausedBy(example: Example, headers: Record<string, string>): Promise<[number, boolean]> {
  const { status } = await example.change("POST", "/jobs/api/v1/tasks/email.send/pause", headers);
  const task = (await (await example.get("/jobs/api/v1/tasks/email.send")).json()) as { pausedAt?: number };
  return [status, task.pausedAt !== undefined];
}

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
    for (const path of ["/jobs", "/jobs/", "/jobs/tasks/email.send"]) {
      const page = await example.get(path, { ...ADA, accept: "text/html" });
      const text = await page.text();
      expect([path, page.status, page.headers.get("content-type"), /content="\/jobs"/.test(text)]).toEqual([
        ...[path, 200, "text/html; charset=utf-8", true],
      ]);
    }
    const me = (await (await example.get("/jobs/api/v1/me")).json()) as { role: string };
    expect(me.role).toBe("admin");
    expect(await pausedBy(example, {})).toEqual([refused, false]);
    expect(await pausedBy(example, FORGED)).toEqual([403, false]);
    expect(await pausedBy(example, ADA)).toEqual([200, true]);
    // A stream, and a connection without a request, are open while the example is asked to end, and do not hold it up.
    let ended: Promise<number | NodeJS.Signals> | undefined;
    await example.connect();
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
    const page = await example.get("/jobs/tasks/email.send", { ...ADA, accept: "text/html" });
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('content="/jobs"')]);
    const task = await (await example.get("/jobs/api/v1/tasks/email.send")).json();
    expect(task).toMatchObject({ name: "email.send", workers: 1 });
    expect(await pausedBy(example, {})).toEqual([401, false]);
    expect(await pausedBy(example, FORGED)).toEqual([403, false]);
    expect(await pausedBy(example, ADA)).toEqual([200, true]);
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

  it("works in an application that answers no requests, with the modules of one that does", async () => {
    expect(await ask("headless")).toEqual({ text: "hello Ada 1" });
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
        stranger: [403, 403, 403, false],
        known: [200, "grace", "operator"],
        base: "/api/ops/jobs",
        forged: [403, false],
        change: [200, true],
        event: "snapshot",
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
