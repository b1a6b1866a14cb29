import { fileURLToPath } from "node:url";
import type { DayReport } from "../producer/shop-day.js";
import { writeAccount } from "./account.js";
import { Closers } from "./closers.js";
import type { Flags } from "./flags.js";
import { runGenerator } from "./generate.js";
import { listenForInterrupt } from "./interrupt.js";
import { JobFeed } from "./job-feed.js";
import { describeMode, openShop } from "./open-shop.js";
import type { Picture } from "./pictures.js";
import type { RunningShop } from "./running-shop.js";
import { openStage, type Stage } from "./stage.js";
import { printArrivals, printCounts, printResults, readCounts } from "./summary.js";
import { TASK_VIEWS } from "./task-views.js";
import type { Terminal } from "./terminal.js";
import { count, seconds } from "./text.js";
import { armShot, type ShotReport } from "./worker-shot.js";
import { listThumbnails, openWorld, type World } from "./world.js";

const DEFAULT_OUT = fileURLToPath(new URL("../out", import.meta.url));

/** To the start of the line, which is cleared. */
const LINE_START = "\r\u001B[2K";

/** The demo's own things, given from step to step. */
interface Run {
  readonly flags: Flags;
  readonly terminal: Terminal;
  readonly closers: Closers;
  /** Aborts when the process is asked to stop. */
  readonly signal: AbortSignal;
}

/** A shop at work, and who watches it. */
interface Scene {
  readonly world: World;
  readonly shop: RunningShop;
  readonly feed: JobFeed;
}

/** Runs the whole demo and closes everything it opened, also when it fails or is interrupted. */
export async function runDemo(flags: Flags, terminal: Terminal): Promise<void> {
  const interrupt = listenForInterrupt();
  const { signal } = interrupt;
  const closers = new Closers();
  let jobs = 0;
  // Closing the shop ends whatever is awaited of it.
  const closeEarly = () => void closers.closeAll().catch(reportFailure);
  signal.addEventListener("abort", closeEarly);
  try {
    jobs = await playDay({ flags, terminal, closers, signal });
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    await closers.closeAll();
    interrupt.dispose();
  }
  // Since the process began: what the reader has waited for.
  const elapsed = seconds(performance.now());
  terminal.write(`\n${terminal.colors.green("✔")} ${count(jobs, "job")} accounted for, ${elapsed} in all\n`);
}

/** Resolves with the number of jobs that the store counted. */
async function playDay(run: Run): Promise<number> {
  const { flags, terminal, closers } = run;
  terminal.write(`${terminal.colors.bold("taskora shop")} ${terminal.colors.dim(describeMode(flags))}\n\n`);
  begin(run, "contracts", "compiling them to clients and handlers");
  announce(run, "contracts", await runGenerator());
  begin(run, "pictures", "painting some to make thumbnails of");
  const world = await openWorld(flags.out ?? DEFAULT_OUT, {
    closers,
    painting: (file, position) => begin(run, "pictures", `painting ${file}, ${position}`),
  });
  announce(run, "pictures", describePictures(world.pictures));
  announce(
    run,
    "servers",
    `${world.mail.url}, ${count(world.receiver.subscribers.length, "webhook subscriber")}`,
  );
  let stage: Stage | undefined;
  const say = (line: string) => (stage === undefined ? terminal.write(`${line}\n`) : stage.say(line));
  const shop = await openShop(flags, { closers, say });
  const scene: Scene = { world, shop, feed: new JobFeed(shop.observer, TASK_VIEWS) };
  await shop.open();
  announce(run, "worker", shop.pids().length === 0 ? "in this process" : `process ${shop.pids().join(", ")}`);
  stage = openStage(scene.feed, terminal);
  try {
    const { day, shot } = await watchDay(scene, flags, say);
    await scene.feed.idle();
    stage.close();
    run.signal.throwIfAborted();
    return await sumUp(run, scene, { day, shot });
  } finally {
    stage.close();
  }
}

function reportFailure(error: unknown): void {
  process.stderr.write(`Closing failed: ${error instanceof Error ? error.message : String(error)}\n`);
}

/** What is being done, in a terminal where the line of what is done takes its place. */
function begin({ terminal, signal }: Run, title: string, text: string): void {
  signal.throwIfAborted();
  if (terminal.isLive) terminal.write(`${LINE_START}… ${title.padEnd(9)} ${terminal.colors.dim(text)}`);
}

function announce({ terminal, signal }: Run, title: string, text: string): void {
  signal.throwIfAborted();
  const start = terminal.isLive ? LINE_START : "";
  terminal.write(`${start}${terminal.colors.green("✔")} ${title.padEnd(9)} ${terminal.colors.dim(text)}\n`);
}

function describePictures(pictures: readonly Picture[]): string {
  const megapixels = Math.max(...pictures.map(({ width, height }) => width * height)) / 1e6;
  const megabytes = pictures.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
  return `${count(pictures.length, "file")}, ${megabytes.toFixed(1)} MB, up to ${megapixels.toFixed(0)} megapixels`;
}

interface DayOutcome {
  readonly day: DayReport;
  readonly shot: ShotReport | undefined;
}

async function watchDay(scene: Scene, flags: Flags, say: (line: string) => void): Promise<DayOutcome> {
  const { world, shop, feed } = scene;
  const { replaceWorker } = shop;
  const armed = flags.kill && replaceWorker !== undefined ? armShot({ feed, replaceWorker, say }) : undefined;
  const running = shop.runDay({
    pictures: world.pictures.map(({ path }) => path),
    thumbnailFolder: world.thumbnailFolder,
    subscribers: world.receiver.subscribers,
  });
  const [day, shot] = await Promise.all([running.finally(() => armed?.disarm()), armed?.report]);
  return { day, shot };
}

async function sumUp({ flags, terminal }: Run, scene: Scene, { day, shot }: DayOutcome): Promise<number> {
  const { world, shop, feed } = scene;
  const files = await listThumbnails(world);
  const tasks = TASK_VIEWS.map(({ task }) => task);
  const counts = await readCounts(shop.observer, tasks);
  printResults(day, { terminal, jobs: feed.jobs });
  printArrivals({ ...world, files }, terminal);
  printCounts(counts, terminal);
  if (flags.report !== undefined) {
    const { mail, receiver, webhookSecret } = world;
    const arrived = { files, mails: mail.mails, requests: receiver.requests, webhookSecret };
    await writeAccount(flags.report, { pids: shop.pids(), day, counts, shot, ...arrived });
  }
  return counts.all?.total ?? 0;
}
