/**
 * Generates again whenever an input changes. Life: run → watch the folders of what was read → a change marks
 * the state dirty → run again. One run at a time: changes during a run cause one more run at its end, however
 * many they were. When a run fails, the files on disk stay as the last good run left them.
 */
import { type FSWatcher, watch as watchFolder } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { aFunction } from "../src/core/checks.js";
import { optionSet, required } from "../src/core/options.js";
import { contains, globBase } from "./config-folders.js";
import { CodegenError } from "./finding.js";
import { GENERATE_SHAPE, type GenerateOptions, type GenerateResult, generateAgain } from "./generate.js";
import { findConfig } from "./load/find-config.js";
import { ProjectMemory } from "./load/project-memory.js";
import { prepareChild } from "./load/run-child.js";
import { Standby } from "./load/standby.js";
import { importClosure } from "./source/import-chain.js";

/** An editor saves several files, or one in several steps: what comes this close together is one change. */
const GATHER_MS = 30;

/** Options of {@link watch}. */
export interface WatchOptions extends Omit<GenerateOptions, "dryRun"> {
  /** After each run that succeeded; `ms` is how long it took. */
  readonly onResult: (result: GenerateResult, ms: number) => void;
  /** After each run that failed, with a {@link CodegenError} or a bug. */
  readonly onError: (error: unknown) => void;
  /** When a run has ended and the next change is waited for. */
  readonly onIdle?: (() => void) | undefined;
}

/** A running watch. */
export interface Watcher {
  /** Stops watching; a run that is going on is finished first. */
  close(): Promise<void>;
}

const { dryRun, ...SHAPE } = GENERATE_SHAPE;
const WATCH = optionSet({
  ...SHAPE,
  onResult: required(aFunction()),
  onError: required(aFunction()),
  onIdle: aFunction(),
});

/** Generates now and after each change, until closed. */
export function watch(options: WatchOptions): Watcher {
  WATCH.read(options, "watch()");
  const session = new WatchSession(options);
  session.start();
  return session;
}

class WatchSession implements Watcher {
  readonly #options: WatchOptions;
  readonly #watchers = new Map<string, FSWatcher>();
  /** Changes to other files in a watched folder are none of ours. */
  #files: ReadonlySet<string> = new Set();
  #bases: readonly string[] = [];
  #ignored: readonly string[] = [];
  #running: Promise<void> | undefined;
  #dirty = false;
  readonly #memory = new ProjectMemory();
  readonly #standby = new Standby();
  /** What changed since the last good run; `"unknown"`: something did, and the system does not say what. */
  #changes: Set<string> | "unknown" = new Set();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
    await this.#running;
    this.#standby.stop();
  }

  async #run(): Promise<void> {
    do {
      this.#dirty = false;
      await this.#runOnce();
    } while (this.#dirty && !this.#closed);
    this.#running = undefined;
    if (this.#closed) return;
    this.#options.onIdle?.();
    const root = this.#memory.report?.config?.root;
    if (root !== undefined && !this.#closed) prepareChild(root, this.#standby);
  }

  async #runOnce(): Promise<void> {
    const startedAt = performance.now();
    const changed = this.#changes;
    this.#changes = new Set();
    try {
      const incremental = {
        memory: this.#memory,
        changed: changed === "unknown" ? new Set<string>() : changed,
        standby: this.#standby,
      };
      const result = await generateAgain(this.#options, incremental);
      if (this.#closed) return;
      this.#follow(result);
      this.#options.onResult(result, performance.now() - startedAt);
    } catch (error) {
      if (this.#closed) return;
      this.#changes = joinChanges(changed, this.#changes);
      this.#followError(error);
      this.#options.onError(error);
    }
  }

  #follow(result: GenerateResult): void {
    const { root, patterns, ignored } = result.watched;
    this.#files = importClosure(result.inputs);
    this.#bases = patterns.map((pattern) => resolve(root, globBase(pattern)));
    this.#ignored = ignored;
    this.#watchFolders([...this.#bases, ...[...this.#files].map((file) => dirname(file))], root);
  }

  /** The files at fault are watched too: correcting one of them is what the user does next. */
  #followError(error: unknown): void {
    const files = new Set(this.#files);
    const { cwd = process.cwd(), configFile } = this.#options;
    if (error instanceof CodegenError) {
      for (const { at, importChain } of error.findings) {
        if (at !== undefined) files.add(at.file);
        for (const file of importChain ?? []) files.add(file);
      }
    }
    const config = this.#configFile(cwd, configFile);
    files.add(config);
    this.#files = files;
    this.#watchFolders(
      [...files].map((file) => dirname(file)),
      cwd,
    );
  }

  #configFile(cwd: string, configFile: string | undefined): string {
    try {
      return findConfig({ cwd, ...(configFile === undefined ? {} : { configFile }) });
    } catch (error) {
      if (error instanceof CodegenError) return resolve(cwd, configFile ?? "taskora.config.ts");
      throw error;
    }
  }

  #watchFolders(folders: readonly string[], root: string): void {
    for (const folder of new Set(folders)) {
      if (this.#closed || this.#watchers.has(folder) || folder.includes(`${sep}node_modules`)) continue;
      const isRecursive = this.#bases.includes(folder) && folder !== root;
      const watcher = watchFolder(folder, { recursive: isRecursive }, (_event, name) => {
        if (name === null) this.#changed(undefined);
        else if (this.#concerns(join(folder, name))) this.#changed(join(folder, name));
      });
      watcher.on("error", () => this.#unwatch(folder));
      this.#watchers.set(folder, watcher);
    }
  }

  /** A folder that is deleted ends its watcher; the next run watches what is there then. */
  #unwatch(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
    this.#changed(undefined);
  }

  #concerns(path: string): boolean {
    if (this.#files.has(path)) return true;
    if (!/\.[cm]?[jt]sx?$/.test(path) || this.#ignored.some((dir) => contains(dir, path))) return false;
    return this.#bases.some((base) => contains(base, path));
  }

  /** @param path absolute; undefined when it is not known what changed */
  #changed(path: string | undefined): void {
    if (this.#closed) return;
    if (path === undefined) this.#changes = "unknown";
    else if (this.#changes !== "unknown") this.#changes.add(path);
    this.#dirty = true;
    if (this.#running !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#running === undefined && !this.#closed) this.#running = this.#run();
    }, GATHER_MS);
  }
}

/** A run that failed has used up nothing. */
function joinChanges(a: Set<string> | "unknown", b: Set<string> | "unknown"): Set<string> | "unknown" {
  return a === "unknown" || b === "unknown" ? "unknown" : new Set([...a, ...b]);
}
