import { type ChildProcess, spawn } from "node:child_process";

/** What a loading process is started with. */
export interface ChildCommand {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Starts a loading process. */
export function spawnChild({ args, cwd, env }: ChildCommand): ChildProcess {
  return spawn(process.execPath, args, { cwd, stdio: ["ignore", "pipe", "pipe", "ipc"], env });
}

/**
 * A loading process started ahead of the change it will load, since starting one takes longer than loading one
 * contract. It has loaded tsx and zod and nothing of the user's; each is used once.
 *
 * Life: `prepare` while a watcher is idle → `take` when something changed → `prepare` again, or `stop`.
 */
export class Standby {
  #child: ChildProcess | undefined;
  readonly #kill = (): void => void this.#child?.kill("SIGKILL");

  /** Starts the process, unless one is waiting. */
  prepare(command: ChildCommand): void {
    if (this.#child !== undefined) return;
    const child = spawnChild(command);
    this.#child = child;
    process.once("exit", this.#kill);
    // One that cannot start or ends early is not there when it is needed, and another is started then.
    for (const event of ["error", "exit"] as const) child.once(event, () => this.#forget(child));
  }

  /** The process that waits, to be told what to load; undefined when there is none. */
  take(): ChildProcess | undefined {
    const child = this.#child;
    if (child === undefined || child.connected !== true) return undefined;
    this.#forget(child);
    return child;
  }

  /** Ends the process that waits. */
  stop(): void {
    this.#kill();
  }

  #forget(child: ChildProcess): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    process.off("exit", this.#kill);
  }
}
