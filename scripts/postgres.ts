/**
 * Finds or starts a PostgreSQL for tests, the demo and the bench: `DATABASE_URL` first, then the newest server that is
 * installed (by apt-get on a Debian with root), then one that npm brings. A started server listens on a free loopback port, keeps its data in a
 * temporary directory, and ends with `stop` or with this process. It refuses to run as root, so root starts it as the user
 * `postgres`. Run directly (`tsx scripts/postgres.ts`) it prints the address and serves until it is interrupted.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  chownSync,
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "pg";
import { embeddedPostgres } from "./embedded-postgres.js";
import { canInstall, end, freePort, install, isExecutable, reaches, serve } from "./local-server.js";

const START_DEADLINE_MS = 30_000;
/** Where Debian, Fedora and Homebrew put what is not on the PATH. */
const FOLDERS = ["/usr/lib/postgresql", "/usr/local/opt", "/opt/homebrew/opt"];
const INSTALL_HINT =
  "No PostgreSQL found: install its server (Debian, Ubuntu: apt-get install postgresql; macOS: brew install " +
  "postgresql@17) or set DATABASE_URL=postgres://user:password@host:port/database.";

/** A reachable server. */
export interface PostgresServer {
  /** With user and database. */
  readonly url: string;
  readonly port: number;
  /** Undefined when the server is somebody else's (`DATABASE_URL`). */
  readonly pid?: number;
  /** Where a server that was started here keeps its data. */
  readonly directory?: string;
  /** Ends a server that was started here; leaves others alone. Idempotent. */
  stop(): Promise<void>;
  /** Ends it as a crash would (`pg_ctl stop -m immediate`), and starts it again on its data. Only of one that was started here. */
  restart?(): Promise<void>;
}

/** How {@link startPostgres} starts a server. */
export interface StartPostgresOptions {
  /** More settings, such as `{ max_connections: "5" }`. What a test has written need not survive: `fsync` is off. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The server that npm brings, though another is installed. Default: only where there is no other. */
  readonly embedded?: boolean;
  /** A server whose standby this one is, by a copy of its data and all that it writes from then on. It was started here. */
  readonly standbyOf?: PostgresServer;
}

/** The files of an installed server. */
interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
}

/** Who runs a server: another user where this process is root. */
export interface Runner {
  readonly uid?: number;
  readonly gid?: number;
}

/** Whether {@link startPostgres} finds a server, or may install one. */
export function canStartPostgres(): boolean {
  return findBinaries() !== undefined || canInstall() || embeddedPostgres() !== undefined;
}

/**
 * Looks whether tests can have a PostgreSQL, and installs one where that is possible, before anything else is done.
 *
 * @returns what stands in the way, in one sentence; undefined: nothing
 */
export async function missingPostgres(): Promise<string | undefined> {
  const url = process.env.DATABASE_URL;
  if (url === undefined || url === "") {
    return findOrBringBinaries() === undefined ? INSTALL_HINT : undefined;
  }
  const { hostname, port } = new URL(url);
  if (await accepts(hostname, Number(port || 5432))) return undefined;
  return `No PostgreSQL answers at DATABASE_URL=${url.replace(/\/\/.*@/, "//")}: start it, or unset DATABASE_URL to use a server that is installed.`;
}

/** `DATABASE_URL` when it is set, else a server started here. */
export async function findOrStartPostgres(options: StartPostgresOptions = {}): Promise<PostgresServer> {
  const url = process.env.DATABASE_URL;
  if (url === undefined || url === "") return startPostgres(options);
  return { url, port: Number(new URL(url).port || 5432), stop: () => Promise.resolve() };
}

/**
 * Makes a database of its own, starts a server for it and waits until it answers.
 *
 * @throws {Error} saying what to install, or the end of the server's log when it does not come up
 */
export async function startPostgres(options: StartPostgresOptions = {}): Promise<PostgresServer> {
  const binaries = options.embedded === true ? embeddedBinaries() : findOrBringBinaries();
  if (binaries === undefined) throw new Error(INSTALL_HINT);
  const runner = findRunner();
  const directory = await mkdtemp(join(tmpdir(), "taskora-postgres-"));
  if (runner.uid !== undefined) chownSync(directory, runner.uid, runner.gid ?? runner.uid);
  const data = join(directory, "data");
  if (options.standbyOf === undefined) makeDatabase(binaries, { data, runner });
  else await copyDatabase({ data, runner, from: options.standbyOf });
  const port = await freePort();
  const log = join(directory, "postgres.log");
  let child = launch(binaries, { data, port, log, runner, options });
  const quitWithUs = () => child.kill("SIGQUIT");
  // At once, as after a crash: nobody needs the data any more.
  const quit = () => end(child, "SIGQUIT");
  process.once("exit", quitWithUs);
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= quit().then(() => {
      process.off("exit", quitWithUs);
      return rm(directory, { recursive: true, force: true });
    });
    return stopping;
  };
  const restart = async () => {
    await quit();
    await rm(log, { force: true });
    child = launch(binaries, { data, port, log, runner, options });
    await untilReady({ child, port, log });
    child.unref();
  };
  try {
    await untilReady({ child, port, log });
  } catch (error) {
    await stop();
    throw error;
  }
  child.unref();
  const pid = child.pid === undefined ? {} : { pid: child.pid };
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  return { url, port, directory: data, ...pid, stop, restart };
}

function launch(
  { postgres }: Binaries,
  by: {
    readonly data: string;
    readonly port: number;
    readonly log: string;
    readonly runner: Runner;
    readonly options: StartPostgresOptions;
  },
): ChildProcess {
  const output = openSync(by.log, "a");
  const child = spawn(postgres, ["-D", by.data, ...settingsOf(by.port, by.options)], {
    ...by.runner,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  return child;
}

/** A copy of an empty database that is kept, since making one takes a second of the processor. */
function makeDatabase(
  binaries: Binaries,
  { data, runner }: { readonly data: string; readonly runner: Runner },
): void {
  const model = modelFor(binaries, runner);
  if (!existsSync(join(model, "PG_VERSION"))) {
    const fresh = `${data}.model`;
    initialise(binaries, { data: fresh, runner });
    try {
      renameSync(fresh, model);
    } catch {
      // Another process was first, or the model would be on another disk: this one is for us alone.
      renameSync(fresh, data);
      return;
    }
  }
  copyFiles(model, data, runner);
}

function copyFiles(from: string, to: string, runner: Runner): void {
  const { status, stderr } = spawnSync("cp", ["-a", from, to], {
    ...runner,
    encoding: "utf8",
    cwd: tmpdir(),
  });
  if (status !== 0) throw new Error(`the database ${from} was not copied: ${stderr.slice(-2000)}`);
}

/** A standby of a server that was started here, and runs. By its own functions, since npm brings no `pg_basebackup`. */
async function copyDatabase({
  data,
  runner,
  from,
}: {
  readonly data: string;
  readonly runner: Runner;
  readonly from: PostgresServer;
}): Promise<void> {
  if (from.directory === undefined) throw new Error("a standby needs a server that was started here");
  const client = new Client({ connectionString: from.url });
  await client.connect();
  try {
    const { rows: about } = await client.query(
      "select current_setting('server_version_num')::int as version",
    );
    const isOld = about[0].version < 150_000;
    await client.query(`select ${isOld ? "pg_start_backup('', true, false)" : "pg_backup_start('', true)"}`);
    copyFiles(from.directory, data, runner);
    const stopped = await client.query(
      `select labelfile from ${isOld ? "pg_stop_backup(false, false)" : "pg_backup_stop(false)"}`,
    );
    const put = (name: string, text: string) => {
      appendFileSync(join(data, name), text);
      if (runner.uid !== undefined) chownSync(join(data, name), runner.uid, runner.gid ?? runner.uid);
    };
    put("backup_label", stopped.rows[0].labelfile);
    put("standby.signal", "");
    put("postgresql.auto.conf", `primary_conninfo = 'host=127.0.0.1 port=${from.port} user=postgres'\n`);
    rmSync(join(data, "postmaster.pid"));
  } finally {
    await client.end();
  }
}

/** Where the model of these programs and this user is. */
function modelFor({ initdb }: Binaries, { uid = process.getuid?.() }: Runner): string {
  const { mtimeMs } = statSync(initdb);
  const key = createHash("sha256").update(`${initdb} ${mtimeMs} ${uid}`).digest("hex").slice(0, 12);
  return join(tmpdir(), `taskora-postgres-model-${key}`);
}

function initialise(
  { initdb }: Binaries,
  { data, runner }: { readonly data: string; readonly runner: Runner },
): void {
  const args = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"];
  const { status, stderr } = spawnSync(initdb, args, { ...runner, encoding: "utf8", cwd: tmpdir() });
  if (status !== 0) throw new Error(`initdb made no database: ${stderr.slice(-2000)}`);
}

function settingsOf(port: number, { settings = {} }: StartPostgresOptions): readonly string[] {
  const all = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    port: String(port),
    fsync: "off",
    full_page_writes: "off",
    max_connections: "200",
    shared_buffers: "64MB",
    ...settings,
  };
  return Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

function findOrBringBinaries(): Binaries | undefined {
  return findBinaries() ?? installBinaries() ?? embeddedBinaries();
}

function embeddedBinaries(): Binaries | undefined {
  const folder = embeddedPostgres();
  if (folder === undefined) return undefined;
  return { postgres: join(folder, "postgres"), initdb: join(folder, "initdb") };
}

function findBinaries(): Binaries | undefined {
  const onPath = (process.env.PATH ?? "").split(delimiter);
  for (const folder of [...onPath, ...FOLDERS.flatMap(versionsIn)]) {
    const found = { postgres: join(folder, "postgres"), initdb: join(folder, "initdb") };
    if (isExecutable(found.postgres) && isExecutable(found.initdb)) return found;
  }
  return undefined;
}

/** The newest version first. */
function versionsIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const versions = readdirSync(folder).filter((name) => /^(postgresql@)?\d+$/.test(name));
  const number = (name: string) => Number(name.replace(/\D/g, ""));
  return versions.sort((a, b) => number(b) - number(a)).map((name) => join(folder, name, "bin"));
}

/** Root starts servers that refuse to run as root as the user `postgres`, or else as nobody. */
export function findRunner(): Runner {
  if (process.getuid?.() !== 0) return {};
  const idOf = (flag: string, name: string) =>
    Number(spawnSync("id", [flag, name], { encoding: "utf8" }).stdout.trim() || Number.NaN);
  const name = Number.isNaN(idOf("-u", "postgres")) ? "nobody" : "postgres";
  return { uid: idOf("-u", name), gid: idOf("-g", name) };
}

function installBinaries(): Binaries | undefined {
  install("postgresql", "There is no PostgreSQL server here");
  return findBinaries();
}

/** It listens before it can be used, so its log is read. */
async function untilReady(server: {
  readonly child: ChildProcess;
  readonly port: number;
  readonly log: string;
}): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  let log = "";
  while (Date.now() < deadline && server.child.exitCode === null) {
    log = existsSync(server.log) ? await readFile(server.log, "utf8") : "";
    if (/ready to accept (read-only )?connections/.test(log) && (await accepts("127.0.0.1", server.port)))
      return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(
    `PostgreSQL did not come up on port ${server.port}. The end of its log:\n${log.slice(-2000)}`,
  );
}

function accepts(host: string, port: number): Promise<boolean> {
  return reaches({ host, port }, (socket, answer) => socket.once("connect", () => answer(true)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await serve(await findOrStartPostgres());
