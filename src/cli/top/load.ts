/** Reads what the screen shows: gauges of all tasks each time, what workers measured every ten seconds, and the rest by place. */
import {
  type ErrorCode,
  isTaskoraError,
  type Job,
  type JobState,
  type TaskInfo,
  type Taskora,
} from "taskora";
import { type Measured, measuredOf } from "../operate/doctor/measured.js";
import { now } from "../operate/now.js";
import { KEPT_MS, TotalsHistory } from "./history.js";
import type { Sample } from "./model.js";
import type { Loaded, Place } from "./place.js";

/** Workers tell what they measured so often. */
const MEASURED_EVERY_MS = 10_000;
/** Each task is asked for its measures by itself; of more tasks those that have most to do are. */
const MEASURED_TASKS = 50;
const DAY_MS = 86_400_000;
const MOST_ROWS = 200;

/** Reads one sample after another, and remembers what rates need. */
export class Sampler {
  readonly #app: Taskora;
  readonly #isWanted: (task: string) => boolean;
  readonly #history = new Map<string, TotalsHistory>();
  readonly #measured = new Map<string, Measured>();
  #measuredAt = -Infinity;
  #storeHasMeasures = true;
  #storeHasWorkers = true;

  /** @param tasks names, or beginnings of names with `*` after; empty: every task */
  constructor(app: Taskora, tasks: readonly string[]) {
    this.#app = app;
    const patterns = tasks.map((name) => name.split("*").map(escaped).join(".*"));
    const wanted = new RegExp(`^(${patterns.join("|")})$`);
    this.#isWanted = (task) => tasks.length === 0 || wanted.test(task);
  }

  /** Asks the store. Fails as the store does. */
  async read(): Promise<Sample> {
    const tasks: TaskInfo[] = [];
    for await (const task of this.#app.tasks.list({ limit: 1000 }))
      if (this.#isWanted(task.name)) tasks.push(task);
    const at = tasks.find(({ totals }) => totals !== undefined)?.totals?.at ?? now();
    await this.#remember(tasks, at);
    const workers = await this.#workers();
    return {
      ...{ at, tasks, measured: this.#measured, history: this.#history },
      ...(workers === undefined ? {} : { workers: workers.filter((worker) => this.#worksHere(worker)) }),
    };
  }

  #worksHere({ tasks }: { readonly tasks: readonly { readonly task: string }[] }): boolean {
    return tasks.length === 0 || tasks.some(({ task }) => this.#isWanted(task));
  }

  async #remember(tasks: readonly TaskInfo[], at: number): Promise<void> {
    const begun = performance.now();
    const isDue = this.#storeHasMeasures && begun - this.#measuredAt >= MEASURED_EVERY_MS;
    if (isDue) this.#measuredAt = begun;
    const busy = tasks.toSorted((a, b) => workOf(b) - workOf(a)).slice(0, MEASURED_TASKS);
    if (isDue) await Promise.all(busy.map(({ name }) => this.#measure(name, at)));
    for (const { name, totals } of tasks) {
      const history = this.#history.get(name) ?? new TotalsHistory();
      this.#history.set(name, history);
      if (totals !== undefined) history.add(totals);
    }
  }

  async #measure(task: string, at: number): Promise<void> {
    try {
      if (!this.#history.has(task)) {
        const history = new TotalsHistory();
        history.seed(await this.#app.tasks.series(task, { from: at - KEPT_MS, to: at }));
        this.#history.set(task, history);
      }
      this.#measured.set(task, await measuredOf(this.#app, task, at));
    } catch (error) {
      if (!isTaskoraError(error, "NOT_SUPPORTED")) throw error;
      this.#storeHasMeasures = false;
    }
  }

  async #workers(): Promise<Sample["workers"]> {
    if (!this.#storeHasWorkers) return undefined;
    try {
      return (await this.#app.workers.list({ limit: 1000 })).items;
    } catch (error) {
      if (!isTaskoraError(error, "NOT_SUPPORTED")) throw error;
      this.#storeHasWorkers = false;
      return undefined;
    }
  }
}

function workOf({ counts }: TaskInfo): number {
  return counts.waiting + counts.active * 1000 + counts.retrying;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** A mistake of whoever typed, or of the store's kind: it is shown in place of the table. */
const SHOWN: readonly ErrorCode[] = [
  "FILTER_INVALID",
  "OPTION_INVALID",
  "TASK_NOT_FOUND",
  "NOT_SUPPORTED",
  "NAME_INVALID",
];

/** What a place shows beside the sample; undefined: nothing more. Fails as the store does. */
export async function loadPlace(
  app: Taskora,
  place: Place,
  tasks: readonly TaskInfo[],
): Promise<Loaded | undefined> {
  try {
    switch (place.view) {
      case "tasks":
      case "workers":
        return undefined;
      case "jobs":
        return await loadJobs(app, place, tasks);
      case "job": {
        const { id = "", task } = place;
        return {
          view: "job",
          job: await app.jobs.get(task === undefined ? { id } : { id, task }, { sensitive: "hidden" }),
        };
      }
      case "errors": {
        const { items } = await app.errors.list({ from: now() - DAY_MS, limit: MOST_ROWS });
        const known = new Set(tasks.map(({ name }) => name));
        return { view: "errors", errors: items.filter(({ task }) => known.has(task)) };
      }
      case "schedules":
        return { view: "schedules", schedules: (await app.schedules.list({ limit: MOST_ROWS })).items };
    }
  } catch (error) {
    if (!isTaskoraError(error) || !SHOWN.includes(error.code)) throw error;
    return { view: place.view, problem: error.message };
  }
}

/** States in the order in which somebody on call looks at them. */
const OPEN_STATES = ["active", "retrying", "failed", "waiting", "delayed", "cancelled", "expired"] as const;

/** Asks only tasks that have jobs in a state, and for no more than fills some screens. */
async function loadJobs(app: Taskora, place: Place, tasks: readonly TaskInfo[]): Promise<Loaded> {
  const { task, state, filter } = place;
  const states: readonly JobState[] = state === "all" ? OPEN_STATES : [state];
  const known = tasks.filter(({ name }) => task === undefined || name === task);
  const pages = await Promise.all(
    states.map(async (each) => {
      const names = known.filter(({ counts }) => counts[each] > 0).map(({ name }) => name);
      if (names.length === 0) return { items: [] as readonly Job[], cursor: undefined };
      const limit = Math.ceil(MOST_ROWS / states.length);
      const where = filter === "" ? {} : { where: filter };
      return app.jobs.list({ task: names, state: each, limit, sensitive: "hidden", ...where });
    }),
  );
  // A filter that cannot be read is told of although there is nothing to look through.
  if (filter !== "") await app.jobs.list({ where: filter, state: [] });
  const jobs = pages.flatMap(({ items }) => items);
  return { view: "jobs", jobs, isMore: pages.some(({ cursor }) => cursor !== undefined) };
}
