import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it } from "vitest";
import { builtPackage } from "../support/built.js";
import { ownRedis } from "../support/redis-server.js";
import { runCommand } from "../support/run-command.js";

const children: ChildProcess[] = [];
const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }
  for (const end of ends.splice(0).reverse()) await end();
});

/** Starts `taskora board`; the URL that it prints, and who reads on. */
async function board(
  ...args: readonly string[]
): Promise<{ readonly child: ChildProcess; readonly url: URL }> {
  const program = join(builtPackage(), "dist/cli/main.js");
  const cwd = mkdtempSync(join(tmpdir(), "taskora-board-"));
  ends.push(() => rmSync(cwd, { recursive: true }));
  const child = spawn(process.execPath, [program, "board", "--port", "0", "--no-open", ...args], {
    ...{ cwd, stdio: ["ignore", "pipe", "inherit"] },
  });
  children.push(child);
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const ended = once(child, "exit").then(([code]) => Promise.reject(new Error(`it ended with ${code}`)));
  ended.catch(() => undefined);
  const [line] = (await Promise.race([once(lines, "line"), ended])) as [string];
  return { child, url: new URL(line) };
}

/** Opens a one-time URL as a browser does: what it is redirected to, with the cookie that it was given. */
async function enter(url: URL): Promise<{ readonly cookie: string; readonly page: string }> {
  const first = await fetch(url, { redirect: "manual" });
  expect(first.status).toBe(303);
  const cookie = first.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  return { cookie, page: new URL(first.headers.get("location") ?? "", url).href };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

async function look(
  page: string,
  cookie: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(page, { headers: { cookie, accept: "text/html" } });
  return { status: response.status, text: await response.text() };
}

describe("taskora board", () => {
  it("says why its store is away, becomes the board when it is there, and says so when it goes", async () => {
    const port = await freePort();
    const { child, url } = await board("--store", `redis://user:s3cret@127.0.0.1:${port}`);
    expect(url.hostname).toBe("127.0.0.1");
    const { cookie, page } = await enter(url);
    expect((await fetch(url, { redirect: "manual" })).status).toBe(401);
    const away = await look(page, cookie);
    expect(away.status).toBe(503);
    expect(away.text).toContain(`redis://127.0.0.1:${port}`);
    expect(away.text).toContain("ECONNREFUSED");
    expect(away.text).toContain("No server listens there");
    expect(away.text).toContain('http-equiv="refresh"');
    expect(away.text).not.toContain("s3cret");
    const stranger = await look(page, "");
    expect([stranger.status, stranger.text.includes("ECONNREFUSED")]).toEqual([401, false]);
    const redis = await ownRedis({ port, args: ["--user", "user", "on", ">s3cret", "~*", "&*", "+@all"] });
    await expect.poll(async () => (await look(page, cookie)).status, { timeout: 15_000 }).toBe(200);
    await redis.stop();
    await expect.poll(async () => (await look(page, cookie)).status, { timeout: 15_000 }).toBe(503);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
    await expect(
      new Promise((resolve, reject) => {
        connect(Number(url.port), "127.0.0.1").once("connect", resolve).once("error", reject);
      }),
    ).rejects.toThrow("ECONNREFUSED");
  });

  it("lets nobody change anything with --read-only", async () => {
    const redis = await ownRedis();
    ends.push(() => redis.stop());
    const { url } = await board("--store", redis.url, "--read-only");
    const { cookie } = await enter(url);
    const response = await fetch(new URL("/api/v1/me", url), { headers: { cookie } });
    expect(await response.json()).toMatchObject({ role: "viewer" });
    for (const head of ["GET //[ HTTP/1.1\r\nHost: a", "GET / HTTP/1.1\r\nHost: a:b@c"]) {
      const socket = connect(Number(url.port), "127.0.0.1");
      socket.resume().end(`${head}\r\nConnection: close\r\n\r\n`);
      await once(socket, "close");
    }
    expect((await fetch(new URL("/healthz", url))).status).toBe(200);
  });
});

describe("taskora board, before it opens a port", () => {
  it("says what is wrong with its flags", async () => {
    const missing = await runCommand(
      "board",
      "--store",
      "redis://127.0.0.1:1",
      "--password-file",
      "/no/such",
    );
    expect([missing.code, missing.stderr.includes("/no/such cannot be read")]).toEqual([2, true]);
    expect((await runCommand("board", "--port", "70000")).code).toBe(2);
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    ends.push(() => taken.close());
    const { port } = taken.address() as { port: number };
    const answer = await runCommand(
      "board",
      "--store",
      "redis://127.0.0.1:1",
      "--port",
      `${port}`,
      "--no-open",
    );
    expect([answer.code, answer.stderr.includes("is in use")]).toEqual([2, true]);
  });
});
