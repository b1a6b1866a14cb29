import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { builtProgram } from "./built.js";

/** How a program ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const children = new Set<ChildProcess>();

process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

/** A running test program: `test/support/programs/<name>.ts`, a process of its own. */
export class Program {
  readonly lines: string[] = [];
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #waiters = new Set<() => void>();
  #errors = "";

  constructor(name: string, args: readonly string[] = []) {
    const child = spawn(process.execPath, ["--enable-source-maps", builtProgram(name), ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    this.pid = child.pid ?? 0;
    children.add(child);
    this.exited = once(child, "close").then(([code, signal]) => {
      children.delete(child);
      for (const wake of this.#waiters) wake();
      return { code: code as number | null, signal: signal as NodeJS.Signals | null };
    });
    child.stderr?.on("data", (data: Buffer) => {
      this.#errors += data.toString();
    });
    if (child.stdout === null) throw new Error("no stdout");
    createInterface({ input: child.stdout }).on("line", (line) => {
      this.lines.push(line);
      for (const wake of this.#waiters) wake();
    });
  }

  /** What it wrote to stderr. */
  get errors(): string {
    return this.#errors;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits until the program has printed `line`; rejects with what it said when it ends without it. */
  async printed(line: string): Promise<void> {
    while (!this.lines.includes(line)) {
      if (!children.has(this.#child)) {
        throw new Error(
          `the program ended without "${line}". It said:\n${this.lines.join("\n")}\n${this.#errors}`,
        );
      }
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiters.delete(wake);
          resolve();
        };
        this.#waiters.add(wake);
      });
    }
  }
}
