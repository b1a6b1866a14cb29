import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

const END_WITH_PARENT = new URL("./end-with-parent.ts", import.meta.url).href;

/** How a service is started. */
export interface ServiceOptions {
  readonly name: string;
  /** Path of its TypeScript file. */
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
  /** Gets what the service writes, line by line. */
  readonly onLine: (line: string) => void;
}

/**
 * A service in a process of its own, started the way a user would start it. Life: spawned → (stopped | killed | ended
 * by itself). It ends when this process ends.
 */
export class ServiceProcess {
  readonly name: string;
  /** Resolves with the exit code, or with the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** The first message it sends, if it sends one. */
  readonly message: Promise<unknown>;
  readonly #child: ChildProcess;

  constructor({ name, file, env, onLine }: ServiceOptions) {
    this.name = name;
    // Not `tsx file`: that would be two processes, and a killed parent would leave the other one working.
    this.#child = spawn(process.execPath, ["--import", "tsx", "--import", END_WITH_PARENT, file], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    const child = this.#child;
    this.message = new Promise((resolve) => child.once("message", resolve));
    this.ended = once(child, "exit").then(([code, signal]) => (signal ?? code) as number | NodeJS.Signals);
    for (const stream of [child.stdout, child.stderr]) if (stream !== null) eachLine(stream, onLine);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** SIGKILL: it gets no chance to say good-bye. */
  async shoot(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }

  /** SIGTERM, then waits: it finishes what it is at. */
  async stop(): Promise<number | NodeJS.Signals> {
    this.#child.kill("SIGTERM");
    return await this.ended;
  }
}

function eachLine(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream }).on("line", onLine);
}
