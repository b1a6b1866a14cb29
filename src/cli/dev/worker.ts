/** The worker of `taskora dev`: started again after each change of a file, and waited for when there is none yet. */
import { statSync } from "node:fs";
import { join, relative } from "node:path";
import { now } from "../operate/now.js";
import { type Child, startChild } from "./children.js";
import { findWorker, runnerOf } from "./entry.js";

/** What a worker needs of `taskora dev`. */
export interface WorkerHost {
  readonly root: string;
  /** Given by name; undefined: it is looked for. */
  readonly entry: string | undefined;
  readonly places: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Modules that it loads first. */
  readonly preloads: readonly string[];
  /** What the worker writes. */
  onLine(line: string): void;
  /** What becomes of it. */
  say(text: string): void;
}

/** Keeps one worker going. Its steps come one after another. */
export class DevWorker {
  readonly #host: WorkerHost;
  #child: Child | undefined;
  #step: Promise<void> = Promise.resolve();
  #isDue = false;
  #isClosed = false;
  #said = "";
  #startedAt = 0;

  constructor(host: WorkerHost) {
    this.#host = host;
  }

  /** Starts it, or starts it again with what the files say now. Changes that come meanwhile lead to one more start. */
  restart(why?: string): void {
    if (this.#isDue || this.#isClosed) return;
    this.#isDue = true;
    this.#step = this.#step.then(async () => {
      this.#isDue = false;
      if (this.#isClosed) return;
      const before = this.#child;
      // One that is stopped for a new start is not told of.
      this.#child = undefined;
      if (before !== undefined && why !== undefined) this.#host.say(`${why} changed: starting again`);
      await before?.stop();
      this.#start();
    });
  }

  /** A file was written: starts again, unless the worker has read it so already, as what the generator wrote before. */
  changed(path: string): void {
    const { mtimeMs } = statSync(join(this.#host.root, path), { throwIfNoEntry: false }) ?? {};
    if (mtimeMs === undefined || mtimeMs > this.#startedAt) this.restart(path);
  }

  /** Ends it, as SIGTERM does. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#step;
    await this.#child?.stop();
  }

  #start(): void {
    const { root, entry, places, env, preloads, onLine, say } = this.#host;
    this.#child = undefined;
    const file = entry ?? findWorker(places);
    const runner = file === undefined ? undefined : runnerOf(file, root);
    if (file === undefined || runner?.args === undefined) {
      const usual = relative(root, places[0] ?? "");
      const why = runner?.missing ?? `There is no worker yet: ${usual} is run once it is there.`;
      // Not again after each change.
      if (why !== this.#said) say(why);
      this.#said = why;
      return;
    }
    this.#said = "";
    this.#startedAt = now();
    const imports = preloads.flatMap((url) => ["--import", url]);
    const child = startChild({
      command: process.execPath,
      args: ["--enable-source-maps", ...imports, ...runner.args, file],
      ...{ cwd: root, env, onLine },
    });
    this.#child = child;
    void child.ended.then((code) => {
      if (this.#child !== child || this.#isClosed) return;
      this.#child = undefined;
      say(`ended with ${code}; it is started again after the next change`);
    });
  }
}
