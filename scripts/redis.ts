/**
 * Finds or starts a Redis for tests, the demo and the bench: `REDIS_URL` first, then a `redis-server` or
 * `valkey-server` on the PATH (installed by apt-get on a Debian with root). A started server listens on a
 * free loopback port, writes nothing but its log to a temporary directory, and ends with `stop` or with this
 * process. Run directly (`tsx scripts/redis.ts`) it prints the address and serves until it is interrupted.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { canInstall, end, freePort, install, onPath, reaches, serve } from "./local-server.js";

const BINARIES = ["redis-server", "valkey-server"];
const START_DEADLINE_MS = 15_000;
const INSTALL_HINT =
  "No Redis found: install redis-server (Debian, Ubuntu: apt-get install redis-server; macOS: brew install " +
  "redis) or set REDIS_URL=redis://host:port.";

/** A reachable server. */
export interface RedisServer {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Undefined when the server is somebody else's (`REDIS_URL`). */
  readonly pid?: number;
  /** Ends a server that was started here; leaves others alone. Idempotent. */
  stop(): Promise<void>;
}

/** How {@link startRedis} starts a server. */
export interface StartRedisOptions {
  /** More command line arguments, such as `["--maxmemory", "5mb"]`. */
  readonly args?: readonly string[];
  /** Default: a free one. Give the old one to bring a stopped server back. */
  readonly port?: number;
}

/** Whether {@link startRedis} finds a server, or may install one. */
export function canStartRedis(): boolean {
  return findBinary() !== undefined || canInstall();
}

/**
 * Looks whether tests can have a Redis, and installs one where that is possible, before anything else is done.
 *
 * @returns what stands in the way, in one sentence; undefined: nothing
 */
export async function missingRedis(): Promise<string | undefined> {
  const url = process.env.REDIS_URL;
  if (url === undefined || url === "") {
    return findBinary() === undefined && installBinary() === undefined ? INSTALL_HINT : undefined;
  }
  if (await answersPing(url)) return undefined;
  return `No Redis answers at REDIS_URL=${url.replace(/\/\/.*@/, "//")}: start it, or unset REDIS_URL to use a redis-server on the PATH.`;
}

/** `REDIS_URL` when it is set, else a server started here. */
export async function findOrStartRedis(options: StartRedisOptions = {}): Promise<RedisServer> {
  const url = process.env.REDIS_URL;
  if (url === undefined || url === "") return startRedis(options);
  const { hostname, port } = new URL(url);
  return { url, host: hostname, port: Number(port || 6379), stop: () => Promise.resolve() };
}

/**
 * Starts a private server and waits until it answers.
 *
 * @throws {Error} saying what to install, or the end of the server's log when it does not come up
 */
export async function startRedis(options: StartRedisOptions = {}): Promise<RedisServer> {
  const binary = findBinary() ?? installBinary();
  if (binary === undefined) throw new Error(INSTALL_HINT);
  const port = options.port ?? (await freePort());
  const directory = await mkdtemp(join(tmpdir(), "taskora-redis-"));
  const log = join(directory, "redis.log");
  const output = openSync(log, "a");
  const child = spawn(binary, serverArguments({ port, directory, log, extra: options.args ?? [] }), {
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  const killWithUs = () => child.kill("SIGKILL");
  process.once("exit", killWithUs);
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= end(child, "SIGKILL").then(() => {
      process.off("exit", killWithUs);
      return rm(directory, { recursive: true, force: true });
    });
    return stopping;
  };
  try {
    await untilReachable({ child, port, log });
  } catch (error) {
    await stop();
    throw error;
  }
  child.unref();
  const pid = child.pid === undefined ? {} : { pid: child.pid };
  return { url: `redis://127.0.0.1:${port}`, host: "127.0.0.1", port, ...pid, stop };
}

function serverArguments(server: {
  readonly port: number;
  readonly directory: string;
  readonly log: string;
  readonly extra: readonly string[];
}): string[] {
  const { port, directory, log, extra } = server;
  return [
    ["--port", String(port), "--bind", "127.0.0.1", "--dir", directory, "--logfile", log],
    ["--save", "", "--appendonly", "no", "--daemonize", "no", ...extra],
  ].flat();
}

function findBinary(): string | undefined {
  return BINARIES.flatMap(onPath)[0];
}

function installBinary(): string | undefined {
  install("redis-server", "There is no redis-server on the PATH");
  return findBinary();
}

async function untilReachable(server: {
  readonly child: ChildProcess;
  readonly port: number;
  readonly log: string;
}): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  while (Date.now() < deadline && server.child.exitCode === null) {
    if (await answersPing(`redis://127.0.0.1:${server.port}`)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const log = existsSync(server.log) ? await readFile(server.log, "utf8") : "it wrote no log";
  throw new Error(`Redis did not come up on port ${server.port}. The end of its log:\n${log.slice(-2000)}`);
}

/** Any reply counts, also "NOAUTH": the server is up. Over TLS only the connection is tried. */
async function answersPing(url: string): Promise<boolean> {
  const { hostname, port, protocol } = new URL(url);
  return reaches({ host: hostname, port: Number(port || 6379) }, (socket, answer) => {
    if (protocol === "rediss:") socket.once("connect", () => answer(true));
    socket.once("data", (data) => answer(!data.toString().startsWith("-LOADING")));
    socket.write("PING\r\n");
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await serve(await findOrStartRedis());
