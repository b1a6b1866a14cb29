/** What starting a server on this machine takes, whichever it is. */
import { type ChildProcess, spawnSync } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, existsSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { delimiter, join } from "node:path";

const ANSWER_LIMIT_MS = 2000;

/** Files of this name in the folders of the PATH that may be run. */
export function onPath(name: string): string[] {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => join(folder, name)).filter(isExecutable);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return false;
  }
}

/** Whether {@link install} may work: on a Debian, as root. */
export function canInstall(): boolean {
  const isDebian = existsSync("/etc/debian_version") && onPath("apt-get").length > 0;
  return isDebian && process.getuid?.() === 0;
}

/** Installs a package of Debian's; `why` is told first. Does nothing where it may not. */
export function install(name: string, why: string): void {
  if (!canInstall()) return;
  process.stderr.write(`${why}: installing Debian's with apt-get.\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  spawnSync("apt-get", ["update", "-qq"], { stdio: "ignore", env });
  spawnSync("apt-get", ["install", "-y", "-qq", name], { stdio: "ignore", env });
}

/** One that nobody listens on, on loopback. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("the system gave no free port");
  return address.port;
}

/**
 * Connects, and resolves with what `ask` finds out over the connection; with false when it breaks, or after 2 s.
 *
 * @param to.host as in a url: an IPv6 address may stand in brackets
 */
export async function reaches(
  to: { readonly host: string; readonly port: number },
  ask: (socket: Socket, answer: (isThere: boolean) => void) => void,
): Promise<boolean> {
  const socket = connect(to.port, to.host.replace(/^\[|\]$/g, ""));
  try {
    return await new Promise<boolean>((resolve) => {
      socket.setTimeout(ANSWER_LIMIT_MS, () => resolve(false));
      socket.once("error", () => resolve(false));
      socket.once("close", () => resolve(false));
      ask(socket, resolve);
    });
  } finally {
    socket.destroy();
  }
}

/** Ends a process, unless it has ended, and waits until it has. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.ref();
  child.kill(signal);
  await gone;
}

/** Prints where a server is, and keeps it until this process is interrupted. */
export async function serve(server: { readonly url: string; stop(): Promise<void> }): Promise<void> {
  process.stdout.write(`${server.url}\n`);
  const keepAlive = setInterval(() => undefined, 1 << 30);
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  clearInterval(keepAlive);
  await server.stop();
}
