/** Processes that `taskora dev` started. None outlives it, and each is ended by its own id. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Writable } from "node:stream";

/** A process that was started. */
export interface Child {
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** Asks it to end, and makes it after some time. */
  stop(): Promise<void>;
}

/** How a process is started. */
export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Called with each line that it writes. */
  onLine(line: string): void;
}

/** As long as a worker may take for what it has begun. */
const STOP_MS = 8000;

/**
 * A shell that becomes the program. What it leaves beside it reads a pipe, which ends without a line when whoever holds its
 * other end was killed, and then kills the program.
 */
const BOUND = '{ read -r line <&3 || kill -9 $$; } >/dev/null 2>&1 & exec "$@" 3<&-';

/** Windows has no such shell: there a `kill -9` leaves them. */
function boundToThisProcess(command: string, args: readonly string[]): readonly [string, ...string[]] {
  return process.platform === "win32" ? [command, ...args] : ["sh", "-c", BOUND, "sh", command, ...args];
}

/** Starts a process in a group of its own: a Ctrl-C at the terminal reaches `taskora dev` alone, which ends it in good order. */
export function startChild({ command, args, cwd, env, onLine }: ChildOptions): Child {
  const [program, ...given] = boundToThisProcess(command, args);
  const child = spawn(program, given, {
    cwd,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const bond = child.stdio[3] as Writable;
  // Whoever reads it may be gone first, with the program.
  bond.on("error", () => undefined);
  child.once("exit", () => bond.end("\n"));
  const kill = () => void child.kill("SIGKILL");
  process.once("exit", kill);
  for (const stream of [child.stdout, child.stderr])
    if (stream !== null) createInterface(stream).on("line", onLine);
  const ended = new Promise<number | string>((resolve) => {
    child.once("error", (error) => {
      onLine(error.message);
      resolve(1);
    });
    child.once("close", (code, signal) => resolve(code ?? signal ?? 1));
  }).finally(() => process.off("exit", kill));
  return { ended, stop: () => stop(child, ended) };
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill("SIGTERM");
  const last = new AbortController();
  const { setTimeout: wait } = await import("node:timers/promises");
  const impatient = wait(STOP_MS, undefined, { signal: last.signal, ref: false })
    .then(() => void child.kill("SIGKILL"))
    .catch(() => undefined);
  await Promise.race([ended, impatient]);
  last.abort();
  await ended;
}
