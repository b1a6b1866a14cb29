/** Runs `taskora dev`: a store, the generator and the worker of a project, in one terminal. */
import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import type { AppEvents, Taskora } from "taskora";
import { projectOptions } from "../commands/project.js";
import { adapterOf, shownUrl } from "../commands/store.js";
import { lineOf } from "../operate/tail.js";
import { type Context, failure, type Outcome, refusal } from "../outcome.js";
import { renderFinding } from "../render-finding.js";
import { count } from "../report.js";
import { stoppedBySignals } from "../signals.js";
import { isColored } from "../terminal.js";
import { findWorker, workerPlaces } from "./entry.js";
import { type LocalStore, openLocalStore } from "./local-store.js";
import { noteRunning } from "./running.js";
import { watchFiles } from "./watch-files.js";
import { DevWorker } from "./worker.js";

/** The flags of `taskora dev`. */
export interface DevFlags {
  readonly config?: string;
  readonly store?: string;
  readonly worker?: string;
}

/** What writes to the terminal, by its name before each line. */
const SPEAKERS = {
  dev: "bold",
  store: "dim",
  generate: "yellow",
  worker: "cyan",
  jobs: "green",
  board: "bold",
} as const;
type Speaker = keyof typeof SPEAKERS;
type Say = (speaker: Speaker, text: string) => void;

/** The file that lends programs the store of `taskora dev`; it stands beside the command line. */
const PRELOADS = ["../cli/dev-preload.js", "./cli/dev-preload.js"];

function preload(): string {
  const files = PRELOADS.map((path) => new URL(path, import.meta.url));
  const found = files.find((file) => existsSync(file));
  if (found === undefined) throw new Error(`there is no ${files.join(", and no ")}`);
  return found.href;
}

/** Runs `taskora dev` until a signal ends it. */
export async function runDev(flags: DevFlags, context: Context): Promise<Outcome> {
  const { terminal } = context;
  const signal = stoppedBySignals();
  const say: Say = (speaker, text) => {
    if (context.isJson) {
      const data = { from: speaker, text };
      return context.report({ exitCode: 0, data, findings: [], show: () => undefined });
    }
    const name = terminal.outColors[SPEAKERS[speaker]](speaker.padEnd(8));
    for (const line of text.split("\n")) terminal.out(`${name} ${line}`);
  };
  const project = await projectOf(flags, context);
  if ("exitCode" in project) return project;
  const entry = flags.worker === undefined ? undefined : resolve(flags.worker);
  if (entry !== undefined && !existsSync(entry)) {
    const hint = "Give the file that starts the worker, such as src/worker/main.ts.";
    return refusal({ code: "COMMAND_LINE", message: `there is no file ${flags.worker}`, hint }, context);
  }
  const asked = { named: flags.store ?? process.env.TASKORA_DEV_STORE, cwd: project.root };
  const store = await openStoreOf(asked, say, context);
  if ("exitCode" in store) return store;
  const closes: (() => unknown)[] = [store.close];
  try {
    await runOver(store, { flags, project, entry, say, closes, context });
    await Promise.race([aborted(signal), store.lost.then(() => say("store", "The store ended."))]);
  } finally {
    say("dev", "Ending.");
    // The worker first: it gives back what it has while the store is there.
    for (const close of closes.toReversed()) await close();
  }
  return { exitCode: 0, data: {}, findings: [], isLine: true, show: () => undefined };
}

/** The store, or why there is none. */
async function openStoreOf(
  asked: Parameters<typeof openLocalStore>[0],
  say: Say,
  context: Context,
): Promise<LocalStore | Outcome> {
  if (/^pglite:.*:\/\//.test(asked.named ?? "")) {
    const message = "taskora dev keeps jobs of PGlite in a folder, and the url names none.";
    return refusal({ code: "COMMAND_LINE", message, hint: "Name one: --store pglite:./data." }, context);
  }
  try {
    return await openLocalStore(asked, (line) => say("store", line));
  } catch (error) {
    const { isTaskoraError } = await import("taskora");
    if (!isTaskoraError(error)) throw error;
    const hint = "Name another: --store memory does without a folder and a server.";
    return refusal({ code: "STORE_UNREADABLE", message: error.message, hint }, context);
  }
}

/** Where the project lies. */
interface Project {
  readonly root: string;
  readonly hasConfig: boolean;
  readonly handlerDirs: readonly string[];
}

/** Without a config nothing is generated, and the worker is run all the same. */
async function projectOf(flags: DevFlags, context: Context): Promise<Project | Outcome> {
  const { codegen, terminal } = context;
  try {
    const { root, handlerDirs } = await codegen.loadConfig(projectOptions(flags, terminal));
    return { root, hasConfig: true, handlerDirs };
  } catch (error) {
    if (!(error instanceof codegen.CodegenError)) throw error;
    const [first] = error.findings;
    const root = process.cwd();
    // A config with a mistake is shown by the generator, which waits until it is mended.
    if (first?.code !== "CONFIG_NOT_FOUND" || flags.config !== undefined)
      return flags.config === undefined && existsSync("taskora.config.ts")
        ? { root, hasConfig: true, handlerDirs: [] }
        : failure(error.findings, context);
    const hasWorker = flags.worker !== undefined || findWorker(workerPlaces(root, [])) !== undefined;
    return hasWorker ? { root, hasConfig: false, handlerDirs: [] } : failure(error.findings, context);
  }
}

interface Run {
  readonly flags: DevFlags;
  readonly project: Project;
  readonly entry: string | undefined;
  readonly say: Say;
  /** What has to be closed, the last one first. */
  readonly closes: (() => unknown)[];
  readonly context: Context;
}

async function runOver(store: LocalStore, run: Run): Promise<void> {
  const { project, entry, say, closes, context } = run;
  const shown = store.url.startsWith("dev:") ? "" : `${shownUrl(store.url)}${store.about === "" ? "" : ", "}`;
  say("store", `${shown}${store.about}`);
  closes.push(noteRunning(project.root, store.url));
  const colors = isColored(context.terminal.outColors) ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" };
  const isLent = store.url.startsWith("dev:");
  const worker = new DevWorker({
    ...{ root: project.root, entry, places: workerPlaces(project.root, project.handlerDirs) },
    env: { ...process.env, ...store.env, ...colors },
    preloads: isLent ? [preload()] : [],
    onLine: (line) => say("worker", line),
    say: (text) => say("dev", `worker: ${text}`),
  });
  const listener = await tellJobs(store, run);
  closes.push(() => listener?.close({ timeout: 0 }));
  closes.push(await openBoard(listener, run));
  closes.push(() => worker.close());
  if (project.hasConfig) closes.push(generateAlways(run, () => worker.restart()));
  else worker.restart();
  const watcher = watchFiles(project.root, (path) => worker.changed(path));
  closes.push(() => watcher.close());
}

/** Runs the generator after each change of a contract. The worker starts once it has generated. */
function generateAlways({ flags, say, context }: Run, onFirst: () => void): () => Promise<void> {
  const { codegen, terminal } = context;
  let isFirst = true;
  let shown = "";
  const tell = (text: string) => {
    if (text !== shown) say("generate", text);
    shown = text;
  };
  const watcher = codegen.watch({
    ...projectOptions(flags, terminal),
    onResult({ tasks, changes, newHandlers }) {
      const files = changes.length === 0 ? "nothing to write" : `${count(changes.length, "file")} written`;
      shown = "";
      tell(`✔ ${count(tasks.length, "task")}: ${files}`);
      const root = process.cwd();
      for (const path of newHandlers) say("generate", `Fill in the new handler: ${relative(root, path)}`);
      if (isFirst) onFirst();
      isFirst = false;
    },
    onError(error) {
      if (!(error instanceof codegen.CodegenError)) throw error;
      const { columns, talkColors: colors } = terminal;
      const options = { cwd: process.cwd(), colors, columns: columns - 10, codeFrame: codegen.codeFrame };
      tell(error.findings.map((finding) => renderFinding(finding, options)).join("\n"));
    },
  });
  return () => watcher.close();
}

const TOLD: readonly string[] = ["completed", "failed", "retrying", "cancelled"];

/** Tells how jobs end, whoever dispatched them. */
async function tellJobs(store: LocalStore, { say, context }: Run): Promise<Taskora> {
  const { createTaskora } = await import("taskora");
  const adapter = store.adapter ?? (await adapterOf({ url: store.url, from: "--store" }, "5s"));
  const app = createTaskora({ adapter, logger: false });
  app.on("*", (event: AppEvents["*"]) => {
    if (TOLD.includes(event.type)) say("jobs", lineOf(event, context.terminal));
  });
  // Where nothing can be told, as before the first worker has made its tables, the rest works all the same.
  await app.connect().catch((error: Error) => say("jobs", `Their ends are not told: ${error.message}`));
  const where = store.about === "" ? ` --store ${shownUrl(store.url)}` : "";
  say(
    "dev",
    `In another terminal: npx taskora dispatch${where} …, npx taskora top${where}. Ctrl-C ends all.`,
  );
  return app;
}

/** Opens the board beside it, on a port of its own. Returns what closes it. */
async function openBoard(app: Taskora, { say }: Run): Promise<() => Promise<void>> {
  const { createBoard } = await import("taskora/board");
  const board = createBoard(app, { auth: { oneTimeUrl: true }, logger: false });
  // Another project may have the usual one.
  await board.listen().catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") throw error;
    return board.listen({ port: 0 });
  });
  say("board", `${board.oneTimeUrl()} lets your browser in, once.`);
  return () => board.close();
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    signal.addEventListener("abort", () => done(), { once: true });
  });
}
