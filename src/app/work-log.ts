import type { Adapter } from "../core/adapter.js";
import type { Clock } from "../core/clock.js";
import { formatDuration } from "../core/duration.js";
import { reviveError, type StoredError } from "../core/errors.js";
import { APP_POOL, DEFAULT_CONCURRENCY, type Pools } from "../worker/pool.js";
import type { RunnableTask } from "../worker/runnable-task.js";
import type { LogSubject, WriteLine } from "./logger.js";
import { VERSION } from "./version.js";

/** Tasks that are named in the line of a start; more are counted. */
const MOST_NAMED = 10;

/**
 * The lines of a process that works: when it starts, when its store goes away and is back, when a job has failed for
 * good, when it is made quiet and resumes, when it closes. While the store is away only the first error is a line.
 */
export class WorkLog {
  readonly #write: WriteLine;
  readonly #clock: Clock;
  readonly #store: string;
  #isWorking = false;
  #awaySince: number | undefined;

  constructor(write: WriteLine, { clock, adapter }: { readonly clock: Clock; readonly adapter: Adapter }) {
    this.#write = write;
    this.#clock = clock;
    this.#store = adapter.address === undefined ? adapter.name : `${adapter.name} at ${adapter.address}`;
  }

  started(tasks: readonly RunnableTask[], pools: Pools): void {
    this.#isWorking = true;
    const [app, ...others] = pools.all.filter(({ name, isGiven }) => isGiven || name === APP_POOL);
    const named = tasks.slice(0, MOST_NAMED).map((task) => withBounds(task, app?.isGiven === true));
    const rest = tasks.length > MOST_NAMED ? [`${tasks.length - MOST_NAMED} more tasks`] : [];
    const what = tasks.length === 0 ? "no task yet" : [...named, ...rest].join(", ");
    const sizes = others.map(({ name, size }) => `pool ${name}: ${size}`);
    const together = app?.isGiven === true ? [`together ${app.size} at once`, ...sizes] : sizes;
    const bounds = together.map((bound) => `, ${bound}`).join("");
    this.#write("info", `working on ${what}${bounds}, over ${this.#store}, taskora ${VERSION}`);
  }

  quiet(): void {
    if (this.#isWorking) this.#write("info", "begins no more jobs until it resumes");
  }

  resumed(): void {
    if (this.#isWorking) this.#write("info", "begins jobs again");
  }

  closed(): void {
    if (!this.#isWorking) return;
    this.#isWorking = false;
    this.#awaySince = undefined;
    this.#write("info", "closed");
  }

  jobFailed(error: StoredError, { task, jobId }: { readonly task: string; readonly jobId: string }): void {
    const message = `job ${jobId} (${task}) failed for good: ${error.name}: ${error.message}`;
    this.#write("error", message, { error: reviveError(error), task, jobId });
  }

  /** An error that reached the app; `isHeard`: a listener of its own was told. */
  error(error: unknown, { isHeard, ...about }: LogSubject & { readonly isHeard: boolean }): void {
    const message = error instanceof Error ? error.message : String(error);
    const isAway = (error as { code?: unknown } | null)?.code === "STORE_UNAVAILABLE";
    // A job that was not stored is a line of its own: nobody else may hear of it.
    if (this.#isWorking && isAway && about.jobId === undefined) {
      if (this.#awaySince !== undefined) return;
      this.#awaySince = this.#clock.monotonic();
      this.#write("error", `the store is away, and is tried until it is back. ${message}`, {
        error,
        ...about,
      });
    } else if (!isHeard) {
      this.#write("error", message, { error, ...about });
    }
  }

  /** For how long the store has been away, as far as a process that works noticed, in ms; undefined: it is not. */
  get storeAwayMs(): number | undefined {
    return this.#awaySince === undefined ? undefined : this.#clock.monotonic() - this.#awaySince;
  }

  /** The store has answered a worker. */
  storeAnswered(): void {
    if (this.#awaySince === undefined) return;
    const awayMs = this.#clock.monotonic() - this.#awaySince;
    this.#awaySince = undefined;
    this.#write("info", `the store is back after ${formatDuration(awayMs)}`);
  }
}

/** A task with what bounds its jobs beside those of others. */
function withBounds({ name, pool, concurrency }: RunnableTask, isShared: boolean): string {
  const own = concurrency ?? (pool === undefined && !isShared ? DEFAULT_CONCURRENCY : undefined);
  const bounds = [own && `${own} at once`, pool && `pool ${pool}`].filter(Boolean);
  return bounds.length === 0 ? name : `${name} (${bounds.join(", ")})`;
}
