import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { createTaskora, type Taskora } from "taskora";
import { redisAdapter } from "taskora/redis";
import { afterEach, describe, expect, it } from "vitest";
import { PROJECT } from "../docs/documents.js";
import { ownRedis } from "../support/redis-server.js";
import { runCommand } from "../support/run-command.js";

const ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function serverWith(...args: readonly string[]): Promise<string> {
  const server = await ownRedis({ args });
  ends.push(() => server.stop());
  return server.url;
}

/** As it is installed here. */
function versionOf(name: string): string {
  return JSON.parse(readFileSync(join(PROJECT, "node_modules", name, "package.json"), "utf8")).version;
}

function appOver(url: string): Taskora {
  const app = createTaskora({ adapter: redisAdapter(url, { allowEviction: true }), logger: false });
  ends.push(() => app.close());
  return app;
}

describe("taskora doctor", () => {
  it("finds nothing where all is well", async () => {
    const url = await serverWith("--appendonly", "yes", "--maxmemory-policy", "noeviction");
    const app = appOver(url);
    const add = app.task("add", ({ a, b }: { readonly a: number; readonly b: number }) => a + b);
    await app.start();
    await (await add.dispatch({ a: 1, b: 2 })).result;
    const { code, stdout, stderr } = await runCommand("doctor", "--store", url);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(
      /^✔ All is well at redis:\/\/127\.0\.0\.1:\d+: 1 server, 1 task, 0 schedules\.\n$/,
    );
  });

  it("says what is wrong, why it matters and what to do", async () => {
    const url = await serverWith("--appendonly", "no", "--maxmemory-policy", "allkeys-lru");
    await appOver(url).register({ name: "email.send", version: 1 }).dispatch({ to: "ada" });
    const { code, stdout, stderr } = await runCommand("doctor", "--store", url);
    expect(code).toBe(7);
    expect(stderr).toMatch(/^✖ 3 findings, 2 critical at redis:/);
    const words = stdout.replace(/\s+/g, " ");
    expect(words).toContain("critical eviction The server");
    expect(words).toContain("→ CONFIG SET maxmemory-policy noeviction");
    expect(words).toContain("warning persistence The server");
    expect(words).toContain("critical workers Nobody works on email.send, and 1 of its jobs waits.");
    const answer = JSON.parse((await runCommand("doctor", "--store", url, "--json")).stdout) as object;
    expect(answer).toMatchObject({
      ...{ v: 1, command: "doctor", exitCode: 7 },
      data: {
        looked: { kind: "redis", tasks: 1 },
        versions: {
          ...{ node: process.versions.node, zod: versionOf("zod"), ioredis: versionOf("ioredis") },
          pg: versionOf("pg"),
        },
      },
      findings: [
        { code: "eviction", severity: "error" },
        { code: "persistence", severity: "warning" },
        {
          code: "workers",
          severity: "error",
          task: "email.send",
          hint: expect.stringContaining("taskora workers"),
        },
      ],
    });
  });

  it("looks through what the store holds with --deep", async () => {
    const url = await serverWith("--appendonly", "yes", "--maxmemory-policy", "noeviction");
    const mail = appOver(url).register({ name: "email.send", version: 1 });
    const { id } = await mail.dispatch({ to: "ada" }, { delay: "1h" });
    await mail.dispatch({ to: "bob" }, { delay: "2h" });
    const deep = () => runCommand("doctor", "--deep", "--store", url, "--json");
    const healthy = JSON.parse((await deep()).stdout) as object;
    expect(healthy).toMatchObject({ exitCode: 0, findings: [], data: { looked: { passed: [] } } });
    const redis = new Redis(url);
    await redis.hdel("taskora:{email.send}:jobs", id);
    await redis.quit();
    const said = `«delayed» of email.send names 1 job that is not stored. ${id}`;
    expect(JSON.parse((await deep()).stdout)).toMatchObject({
      exitCode: 7,
      findings: [{ code: "contents", severity: "error", task: "email.send", message: said }],
    });
    const { stdout, stderr } = await runCommand("doctor", "--deep", "--most", "1", "--store", url);
    expect(stdout.replace(/\s+/g, " ")).toContain(said);
    expect(stderr).toContain("Not looked at: email.send: delayed.");
    // The plain one does not look there.
    expect(JSON.parse((await runCommand("doctor", "--store", url, "--json")).stdout)).toMatchObject({
      ...{ exitCode: 0, data: { checks: expect.not.arrayContaining(["contents"]) } },
    });
    const board = await runCommand("doctor", "--deep", "--board", "http://127.0.0.1:1");
    expect({ code: board.code, said: board.stderr }).toMatchObject({
      ...{ code: 2, said: expect.stringContaining("needs the store itself") },
    });
  });
});
