/** The store of `taskora dev`: the one that is named, a folder of PGlite among them, else a Redis of its own, else memory. */
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { TaskoraOptions } from "taskora";
import type { Adapter } from "taskora/adapter";
import { pgliteFolder } from "../commands/store.js";
import { type Child, startChild } from "./children.js";

/** A store that runs. */
export interface LocalStore {
  readonly url: string;
  /** What it is, for people. */
  readonly about: string;
  /** What programs are told in their environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Set where its adapter is not that of its url. */
  readonly adapter?: TaskoraOptions["adapter"];
  /** Resolves when it ends by itself. */
  readonly lost: Promise<void>;
  close(): Promise<void>;
}

const NEVER = new Promise<never>(() => undefined);

/** Names of the servers that speak Redis, as they are installed. */
const SERVERS = ["redis-server", "valkey-server"] as const;

/** Starts it. */
export async function openLocalStore(
  { named, cwd }: { readonly named: string | undefined; readonly cwd: string },
  onLine: (line: string) => void,
): Promise<LocalStore> {
  if (named?.startsWith("pglite:")) return openPglite(named);
  if (named !== undefined && named !== "memory")
    return { url: named, about: "", env: envOf(named), lost: NEVER, close: () => Promise.resolve() };
  const server =
    named === "memory" ? undefined : SERVERS.map(programOnPath).find((path) => path !== undefined);
  if (server === undefined) return openMemory("in this process: jobs go when it ends");
  if (!canLoad("ioredis", cwd))
    return openMemory("in this process; with npm i ioredis the Redis of this machine is used");
  return openRedis(server, onLine);
}

/** The variables by which programs usually name their store. */
export function envOf(url: string): Readonly<Record<string, string>> {
  const usual = /^redis/.test(url) ? { REDIS_URL: url } : /^postgres/.test(url) ? { DATABASE_URL: url } : {};
  return { TASKORA_STORE: url, ...usual };
}

function programOnPath(name: string): string | undefined {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // It is not in this folder.
    }
  }
  return undefined;
}

/** Whether a package is installed where a project lies. */
export function canLoad(name: string, cwd: string): boolean {
  try {
    createRequire(join(cwd, "package.json")).resolve(name);
    return true;
  } catch {
    return false;
  }
}

async function openMemory(why: string): Promise<LocalStore> {
  const { createMemoryStore, memoryAdapter } = await import("taskora/memory");
  const store = createMemoryStore();
  return serve(() => memoryAdapter({ store }), `memory, ${why}`);
}

/**
 * A folder of PGlite has one owner: this process, which lends it to the programs it runs.
 *
 * @throws {TaskoraError} `STORE_UNAVAILABLE` when another process has the folder, `DEPENDENCY_MISSING`
 */
async function openPglite(url: string): Promise<LocalStore> {
  const { postgresAdapter } = await import("taskora/postgres");
  const pglite = pgliteFolder(url);
  const open = () => postgresAdapter({ pglite });
  // The folder is there, with its tables, or it is said why not before anything else begins; and it stays open.
  const owner = open();
  await owner.connect();
  const served = await serve(open, `PGlite in ${pglite}: jobs stay when it ends`);
  return { ...served, close: () => served.close().finally(() => owner.close()) };
}

/** Lends programs a store that is in this process. */
async function serve(open: () => Adapter, about: string): Promise<LocalStore> {
  const { serveStore } = await import("./store-server.js");
  const folder = temporaryFolder();
  const path =
    process.platform === "win32"
      ? `\\\\.\\pipe\\taskora-dev-${process.pid}`
      : join(folder.path, "store.sock");
  const server = await serveStore(open, path);
  return {
    ...{ url: `dev:${path}`, about, lost: NEVER },
    env: { TASKORA_STORE: `dev:${path}`, TASKORA_DEV_SOCKET: path },
    adapter: open(),
    close: async () => {
      await server.close();
      folder.remove();
    },
  };
}

/** It is gone when this process ends, however that comes. */
function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "taskora-dev-"));
  const remove = () => rmSync(path, { recursive: true, force: true });
  process.once("exit", remove);
  return { path, remove };
}

const PORTS_TRIED = 5;

/** Another program may take a port between the moment it was free and the moment the server listens: then another is taken. */
export async function openRedis(
  server: string,
  onLine: (line: string) => void,
  freePort: () => Promise<number> = aFreePort,
): Promise<LocalStore> {
  const folder = temporaryFolder();
  for (let tried = 1; ; tried++) {
    const port = await freePort();
    const child = startRedis(server, port, folder.path, onLine);
    const gone = new AbortController();
    const ended = child.ended.then(() => gone.abort());
    const state = await isReady(port, gone.signal);
    if (state === "ready") {
      const url = `redis://127.0.0.1:${port}`;
      const close = () => child.stop().then(folder.remove);
      return { url, about: `${server}, in a temporary folder`, env: envOf(url), lost: ended, close };
    }
    await child.stop();
    if (tried === PORTS_TRIED) {
      folder.remove();
      throw new Error(`${server} did not start ${PORTS_TRIED} times. --store memory does without it.`);
    }
  }
}

function startRedis(server: string, port: number, cwd: string, onLine: (line: string) => void): Child {
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  // What it says while all is well helps nobody.
  const warn = (line: string) => (/#|error|fatal/i.test(line) ? onLine(line) : undefined);
  return startChild({ command: server, args: [...args, "--loglevel", "warning"], cwd, onLine: warn });
}

const READY_MS = 10_000;

/** A server of somebody else on the port would answer as well: it is asked for its folder. */
async function isReady(port: number, signal: AbortSignal): Promise<"ready" | "silent"> {
  const { connect } = await import("node:net");
  for (
    const begun = performance.now();
    performance.now() - begun < READY_MS && !signal.aborted;
    await wait(20)
  ) {
    const said = await new Promise<string>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => socket.write("CONFIG GET dir\r\n"));
      socket.once("data", (data) => {
        resolve(data.toString());
        socket.destroy();
      });
      socket.once("error", () => resolve(""));
      socket.setTimeout(1000, () => socket.destroy());
      socket.once("close", () => resolve(""));
    });
    if (said.includes("taskora-dev-") && !signal.aborted) return "ready";
  }
  return "silent";
}

function aFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
