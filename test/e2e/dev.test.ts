import { type ChildProcess, execFileSync, execSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createTaskora } from "taskora";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { afterEach, describe, expect, it } from "vitest";
import { loadPglite, PGLITE_FILE } from "../../scripts/pglite.js";
import { findWorker, runnerOf, workerPlaces } from "../../src/cli/dev/entry.js";
import { openRedis } from "../../src/cli/dev/local-store.js";
import { socketAdapter } from "../../src/cli/dev/socket-adapter.js";
import { serveStore } from "../../src/cli/dev/store-server.js";
import { isSource } from "../../src/cli/dev/watch-files.js";
import { type InstalledProject, installedProject } from "../codegen/support/installed-project.js";
import { tempProject } from "../codegen/support/temp-project.js";
import { PROJECT } from "../docs/documents.js";
import { parseMarkdown } from "../docs/markdown.js";
import { builtPackage } from "../support/built.js";
import { hasRedisServer, sharedRedis } from "../support/redis-server.js";

const projects: { dispose(): void }[] = [];
const running: ChildProcess[] = [];

afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
  for (const project of projects.splice(0)) project.dispose();
});

/** `taskora dev`, and waiting for what it says. */
function startDev(project: InstalledProject, ...args: readonly string[]) {
  return heard(project.start(["dev", ...args]));
}

function heard(child: ChildProcess) {
  running.push(child);
  let text = "";
  const waits = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (data: Buffer) => {
      text += data.toString();
      for (const look of waits) look();
    });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  /** Resolves once it has said so after what was seen before. */
  const says = (wanted: RegExp, from = 0): Promise<number> =>
    new Promise((resolve, reject) => {
      const look = () => {
        const found = wanted.exec(text.slice(from));
        if (found === null) return;
        waits.delete(look);
        resolve(from + found.index + found[0].length);
      };
      waits.add(look);
      look();
      void ended.then(() => reject(new Error(`It ended without saying ${wanted}:\n${text}`)));
    });
  return { child, says, ended, text: () => text };
}

/** The shell blocks of the README's first minute. */
function firstMinute(): readonly string[] {
  const { blocks } = parseMarkdown("README.md", readFileSync(join(PROJECT, "README.md"), "utf8"));
  const at = blocks.findIndex(({ text }) => text.includes("taskora dev"));
  return blocks.slice(at, at + 2).flatMap(({ text }) => text.split("\n"));
}

/** As a program of the project would. */
async function dispatchOver(url: string, data: object): Promise<void> {
  const app = createTaskora({ adapter: socketAdapter(url.replace(/^dev:/, "")), logger: false });
  const jobs = app.task("email.send", { retry: { attempts: 1 }, handler: (given: object) => given });
  await jobs.dispatch(data);
  await app.close();
}

/** Names a store of its own, as in production. */
const PGLITE_WORKER = `import { createTaskora } from "taskora";
import { redisAdapter } from "taskora/redis";
const taskora = createTaskora({ adapter: redisAdapter("redis://127.0.0.1:1") });
taskora.task("add", ({ a, b }) => a + b);
await taskora.start();
process.once("SIGTERM", () => taskora.close());
`;

describe("taskora dev", { timeout: 90_000 }, () => {
  it("leads from an empty folder to a finished job in less than a minute, and through mistakes", async () => {
    const lines = firstMinute().filter((line) => !line.startsWith("npm "));
    expect(lines.map((line) => line.split(" ").slice(0, 3).join(" "))).toEqual(
      ["init", "dev", "dispatch", "top"].map((command) => `npx taskora ${command}`),
    );
    // What npm would install is laid there: the time of a network is not ours.
    const project = installedProject(["zod", "tsx", "ts-morph", "typescript", "@types"]);
    projects.push(project);
    const begun = performance.now();
    expect(await project.run(["init", "--yes"])).toMatchObject({ code: 0 });
    const dev = startDev(project);
    let at = await dev.says(/worker +\[taskora\] working on email\.send/);
    const [, url = ""] = /^board +(http:\/\/127\.0\.0\.1:\d+\/\?key=\S+) /m.exec(dev.text()) ?? [];
    const { status, headers: given } = await fetch(url, { redirect: "manual" });
    expect(status).toBe(303);
    const headers = { cookie: given.getSetCookie()[0]?.split(";")[0] ?? "" };
    const overview = await (await fetch(new URL("/api/v1/overview", url), { headers })).json();
    expect(overview).toMatchObject({ workers: [{ running: 0 }], sum: { counts: { waiting: 0 } } });
    const data = /--data '(.*)'/.exec(lines[2] ?? "")?.[1] ?? "";
    expect(await project.run(["dispatch", "email.send", "--data", data])).toMatchObject({ code: 0 });
    at = await dev.says(/jobs +\S+ completed email\.send \S+ +\{"messageId":"\S+@example\.com"\}/, at);
    const seconds = (performance.now() - begun) / 1000;
    console.info(`From taskora init to a job that is seen finished: ${seconds.toFixed(1)} s`);
    expect(seconds).toBeLessThan(60);
    expect(dev.text()).toContain("store    memory, in this process");

    const handler = project.read("src/worker/handlers/email-send.ts");
    project.write({ "src/worker/handlers/email-send.ts": `${handler}\nthrow new Error("bad import");\n` });
    at = await dev.says(/handlers\/email-send\.ts changed: starting again/, at);
    at = await dev.says(/worker +Error: bad import/, at);
    at = await dev.says(/worker: ended with 1; it is started again after the next change/, at);
    // The jobs are where they were, and wait for the next worker.
    await dispatchOver(
      JSON.parse(project.read("node_modules/.cache/taskora/dev.json")).url,
      JSON.parse(data),
    );
    project.write({ "src/worker/handlers/email-send.ts": handler });
    at = await dev.says(/completed email\.send/, at);

    const contract = project.read("contracts/email.ts");
    project.write({ "contracts/email.ts": `${contract}\nthrow new Error("bad contract");\n` });
    at = await dev.says(/generate +error CONTRACT_THREW/, at);
    project.write({ "contracts/email.ts": contract });
    at = await dev.says(/generate +✔ 1 task/, at);
    expect(dev.text().match(/error CONTRACT_THREW/g)).toHaveLength(1);

    dev.child.kill("SIGINT");
    expect(await dev.ended).toBe(0);
    expect(dev.text()).toMatch(/worker +\[taskora\] closed/);
    const left = readdirSync(join(project.dir, "node_modules/.tmp")).filter((name) =>
      name.startsWith("taskora-dev-"),
    );
    expect(left).toEqual([]);
    expect(project.has("node_modules/.cache/taskora/dev.json")).toBe(false);
  });

  // 49 s on a busy machine, most of it npm: on demand alone.
  it.runIf(process.env.FIRST_MINUTE === "npm")("is installed by npm as the README has it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "taskora-first-minute-"));
    projects.push({ dispose: () => rmSync(folder, { recursive: true, force: true }) });
    const lines = firstMinute();
    const begun = performance.now();
    const packed = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder, PROJECT];
    const [{ filename }] = JSON.parse(execFileSync("npm", packed, { encoding: "utf8" })) as [
      { filename: string },
    ];
    const type = (line: string) => execSync(line, { cwd: folder, encoding: "utf8", stdio: "pipe" });
    for (const line of lines.slice(0, lines.indexOf("npx taskora dev")))
      type(line.replace("npm install taskora ", `npm install ./${filename} `));
    // In a group of its own, as a terminal has it: Ctrl-C reaches npx and what it runs.
    const dev = heard(spawn("npx", ["taskora", "dev"], { cwd: folder, detached: true }));
    const at = await dev.says(/worker +\[taskora\] working on email\.send/);
    type(lines.find((line) => line.includes("dispatch")) ?? "");
    await dev.says(/jobs +\S+ completed email\.send/, at);
    expect((performance.now() - begun) / 1000).toBeLessThan(60);
    process.kill(-(dev.child.pid ?? 0), "SIGINT");
    await dev.ended;
  });

  it("keeps the jobs of PGlite in a folder, which it owns and lends", { timeout: 240_000 }, async () => {
    await loadPglite();
    const project = installedProject([], { "worker.mjs": PGLITE_WORKER });
    projects.push(project);
    symlinkSync(dirname(dirname(dirname(PGLITE_FILE))), join(project.dir, "node_modules/@electric-sql"));
    const begin = () => startDev(project, "--worker", "worker.mjs", "--store", "pglite:./data");
    const end = (dev: ReturnType<typeof startDev>) => {
      dev.child.kill("SIGINT");
      return dev.ended;
    };
    const first = begin();
    await first.says(/store +PGlite in \.\/data: jobs stay when it ends/);
    await first.says(/worker +\[taskora\] working on add/);
    const job = await project.run(["dispatch", "add", "--data", '{"a":1,"b":2}', "--json"]);
    await first.says(/jobs +\S+ completed add \S+ +3/);
    const { data } = JSON.parse(job.stdout) as { readonly data: { readonly id: string } };
    const other = heard(project.start(["dev", "--worker", "worker.mjs", "--store", "pglite:./data"]));
    expect(await other.ended).toBe(2);
    expect(other.text()).toMatch(/in use by process \d+/);
    expect(await end(first)).toBe(0);
    expect(project.has("data.pid")).toBe(false);

    const second = begin();
    await second.says(/worker +\[taskora\] working on add/);
    const found = await project.run(["jobs", "get", data.id, "--json"]);
    expect(JSON.parse(found.stdout)).toMatchObject({ data: { job: { state: "completed", result: 3 } } });
    expect(await end(second)).toBe(0);
  });

  it("takes another port where one is taken, and leaves nothing behind", async () => {
    const { url } = await sharedRedis();
    const taken = Number(new URL(url).port);
    const ports = [taken, taken];
    const asked: (number | undefined)[] = [];
    const store = await openRedis(
      "redis-server",
      () => undefined,
      async () => {
        const port = ports.shift();
        asked.push(port);
        return port ?? freePort();
      },
    );
    expect({ asked, isOther: store.url !== `redis://127.0.0.1:${taken}` }).toEqual({
      asked: [taken, taken, undefined],
      isOther: true,
    });
    await store.close();
    await store.lost;
  });

  it.skipIf(!hasRedisServer)("takes its Redis and its worker along when it is killed", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const project = tempProject({
      "worker.mjs": `import { connect } from "node:net";\nconnect(${port}, "127.0.0.1");\n`,
    });
    projects.push(project);
    symlinkSync(join(PROJECT, "node_modules/ioredis"), join(project.dir, "node_modules/ioredis"));
    const worker = once(server, "connection");
    const main = join(builtPackage(), "dist/cli/main.js");
    // What a kill leaves in the temporary folder goes with the project.
    const env = { ...process.env, TMPDIR: project.dir };
    const args = [main, "dev", "--worker", "worker.mjs"];
    const dev = heard(spawn(process.execPath, args, { cwd: project.dir, env }));
    await dev.says(/store.* redis:/);
    const [, redisPort] = /redis:\/\/127\.0\.0\.1:(\d+)/.exec(dev.text()) ?? [];
    const redis = connect(Number(redisPort), "127.0.0.1");
    await once(redis, "connect");
    const [workerSocket] = await worker;
    // No line of theirs is seen any more: that their sockets close says that they ended.
    const ends = [redis, workerSocket].map((socket) => {
      socket.on("error", () => undefined).resume();
      return once(socket, "close");
    });
    dev.child.kill("SIGKILL");
    await Promise.all([dev.ended, ...ends]);
    server.close();
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("the store of taskora dev", () => {
  it("does for programs on its socket what memory does, and keeps the jobs of those that go", async () => {
    const project = tempProject();
    projects.push(project);
    const path = join(project.dir, "s.sock");
    const store = createMemoryStore();
    const server = await serveStore(() => memoryAdapter({ store }), path);
    const producer = createTaskora({ adapter: socketAdapter(path), logger: false });
    const bytes = producer.task("bytes.count", { input: undefined, handler: (data: string) => data.length });
    const first = await bytes.dispatch("abc", { delay: 1 });
    const worker = createTaskora({ adapter: socketAdapter(path), logger: false });
    worker.task("bytes.count", { handler: (data: string) => data.length });
    await worker.start();
    expect(await first.result).toBe(3);
    await worker.close();
    const waiting = await bytes.dispatch("abcd");
    const next = createTaskora({ adapter: socketAdapter(path), logger: false });
    next.task("bytes.count", {
      retry: { attempts: 1 },
      handler: () => {
        throw new RangeError("too long");
      },
    });
    await next.start();
    await expect(waiting.result).rejects.toThrow("too long");
    await next.close();
    await producer.close();
    await server.close();
    const late = createTaskora({ adapter: socketAdapter(path), logger: false });
    await expect(late.connect()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await late.close();
  });
});

describe("the worker of a project", () => {
  it("is looked for beside its handlers, then where most put it", () => {
    const project = tempProject({ "src/worker.ts": "", "apps/mail/main.mts": "" });
    projects.push(project);
    const found = (dirs: readonly string[]) => findWorker(workerPlaces(project.dir, dirs));
    expect(found([])).toBe(join(project.dir, "src/worker.ts"));
    expect(found([join(project.dir, "apps/mail/tasks.gen")])).toBe(join(project.dir, "apps/mail/main.mts"));
  });

  it("is run by the tsx of the project, else by a Node that can, else it is said what to install", () => {
    const project = installedProject(["tsx"]);
    const bare = installedProject([]);
    projects.push(project, bare);
    expect(runnerOf(join(project.dir, "a.ts"), project.dir).args?.[1]).toMatch(/^file:.*tsx/);
    expect(runnerOf(join(bare.dir, "a.ts"), bare.dir, true)).toEqual({ args: [] });
    expect(runnerOf(join(bare.dir, "a.ts"), bare.dir, false).missing).toContain("npm i -D tsx");
    expect(runnerOf(join(bare.dir, "a.mjs"), bare.dir, false)).toEqual({ args: [] });
  });

  it.each([
    ["src/a.ts", true],
    ["a.json", true],
    ["src/a.md", false],
    ["node_modules/a/b.js", false],
    [".taskora/contracts/a.json", false],
    ["dist/a.js", false],
    ["src/.#a.ts", false],
  ])("reads %s: %s", (path, is) => {
    expect(isSource(path)).toBe(is);
  });
});
