import { spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestRunner } from "vitest";
import {
  canInstall,
  end,
  freePort,
  install,
  isExecutable,
  onPath,
  reaches,
} from "../../scripts/local-server.js";
import { findRunner } from "../../scripts/postgres.js";
import { endsWithFile } from "./ends-with-file.js";

const BINARY = "/usr/sbin/pgbouncer";

/**
 * The url of a PgBouncer in transaction mode before a server, ended after the file. It refuses to run as root, so root
 * starts it as the user `postgres`. Where there is none, and none can be installed, the running test is skipped and says so.
 */
export async function poolerBefore(url: string): Promise<string> {
  const binary = findBinary();
  if (binary === undefined) {
    TestRunner.getCurrentTest()?.context.skip("needs PgBouncer (Debian: apt-get install pgbouncer)");
    throw new Error("unreachable");
  }
  const server = new URL(url);
  const directory = await mkdtemp(join(tmpdir(), "taskora-pgbouncer-"));
  const port = await freePort();
  const settings = join(directory, "pgbouncer.ini");
  await writeFile(settings, settingsOf(server, port));
  const runner = findRunner();
  if (runner.uid !== undefined) chownSync(directory, runner.uid, runner.gid ?? runner.uid);
  const child = spawn(binary, [settings], { ...runner, stdio: "ignore" });
  endsWithFile(async () => {
    await end(child, "SIGINT");
    await rm(directory, { recursive: true, force: true });
  });
  child.unref();
  const failed = once(child, "exit").then(() => {
    throw new Error("PgBouncer ended at once");
  });
  await Promise.race([untilReached(port), failed]);
  return url.replace(`${server.hostname}:${server.port}`, `127.0.0.1:${port}`);
}

function findBinary(): string | undefined {
  const find = () => [...onPath("pgbouncer"), ...[BINARY].filter(isExecutable)][0];
  const found = find();
  if (found !== undefined || !canInstall()) return found;
  install("pgbouncer", "There is no PgBouncer here");
  return find();
}

function settingsOf({ hostname, port }: URL, listenPort: number): string {
  return `[databases]
* = host=${hostname} port=${port} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listenPort}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 8
max_client_conn = 200
ignore_startup_parameters = extra_float_digits
`;
}

async function untilReached(port: number): Promise<void> {
  for (;;) {
    const isThere = await reaches({ host: "127.0.0.1", port }, (socket, answer) =>
      socket.once("connect", () => answer(true)),
    );
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
