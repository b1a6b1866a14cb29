import type { JobEvent } from "taskora";
import type { JobFeed } from "./job-feed.js";
import type { RunningShop } from "./running-shop.js";
import { count, seconds } from "./text.js";

/** What became of a job whose worker was shot. */
export interface ShotJob {
  readonly id: string;
  readonly subject: string;
  /** From the shot to its start in another worker, in ms; undefined when it did not come back. */
  backAfterMs: number | undefined;
}

/** An account of one shot. */
export interface ShotReport {
  readonly lostPid: number;
  readonly nextPid: number;
  /** What the worker held when it was shot. */
  readonly held: readonly ShotJob[];
}

/** What a shot needs. */
export interface ShotOptions {
  readonly feed: JobFeed;
  readonly replaceWorker: NonNullable<RunningShop["replaceWorker"]>;
  readonly say: (line: string) => void;
}

/** The first picture that is partly done gives the signal. */
const VICTIM = "image.thumbnail";

/** A shot that is still to be fired, or under way. */
export interface ArmedShot {
  /** Resolves when every job the worker held runs again; undefined when it was disarmed. */
  readonly report: Promise<ShotReport | undefined>;
  /** Too late: there is nothing left to be in the middle of. */
  disarm(): void;
}

/**
 * Waits until the worker is in the middle of a picture, shoots it, starts another one, and follows the jobs it held
 * until they run again.
 */
export function armShot(options: ShotOptions): ArmedShot {
  let disarm = (): void => undefined;
  const report = new Promise<ShotReport | undefined>((resolve, reject) => {
    const stop = options.feed.listen((job, { type }) => {
      if (type !== "progress" || job.task !== VICTIM || job.progress > 0.5) return;
      stop();
      shoot(options).then(resolve, reject);
    });
    disarm = () => {
      if (stop()) resolve(undefined);
    };
  });
  return { report, disarm: () => disarm() };
}

async function shoot({ feed, replaceWorker, say }: ShotOptions): Promise<ShotReport> {
  const shotAt = performance.now();
  const { lost, next } = await replaceWorker();
  // What it settled before it died is still on its way here.
  await feed.idle();
  const held = heldJobs(feed);
  say(`✖ worker ${lost.pid} was shot (SIGKILL) in the middle of ${count(held.size, "job")}`);
  say(`  worker ${next.pid} takes over; it is given them when the leases end`);
  await allBack(held, feed, shotAt);
  say(describeReturn(held));
  return { lostPid: lost.pid, nextPid: next.pid, held: [...held.values()] };
}

type HeldJobs = Map<string, ShotJob>;

function heldJobs(feed: JobFeed): HeldJobs {
  const active = [...feed.jobs.values()].filter(({ state }) => state === "active");
  for (const job of active) job.note = "worker lost, lease runs";
  return new Map(active.map(({ id, subject }) => [id, { id, subject, backAfterMs: undefined }]));
}

/** Notes when each job runs again; one whose end was still on its way here was not held after all. */
function allBack(held: HeldJobs, feed: JobFeed, shotAt: number): Promise<void> {
  const missing = new Set(held.keys());
  if (missing.size === 0) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = feed.listen(({ id }, { type }) => {
      const job = held.get(id);
      if (job === undefined || !missing.has(id) || ON_ITS_WAY.has(type)) return;
      missing.delete(id);
      if (type === "active") job.backAfterMs = performance.now() - shotAt;
      else held.delete(id);
      if (missing.size > 0) return;
      stop();
      resolve();
    });
  });
}

/** What happens to a job between the loss of its worker and its next start. */
const ON_ITS_WAY: ReadonlySet<JobEvent["type"]> = new Set(["progress", "log", "stalled", "waiting"]);

function describeReturn(held: HeldJobs): string {
  const times = [...held.values()].map(({ backAfterMs = 0 }) => backAfterMs);
  if (times.length === 0) return "✔ the worker had settled all it held before it died";
  return `✔ all of them run again, the last one ${seconds(Math.max(...times))} after the shot`;
}
