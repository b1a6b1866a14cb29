/** Reads what the screen shows beside the numbers of tasks, by place. */
import {
  type ErrorCode,
  isTaskoraError,
  type Job,
  type JobState,
  type TaskInfo,
  type Taskora,
} from "taskora";
import { now } from "../operate/now.js";
import type { Loaded, Place } from "./place.js";

const DAY_MS = 86_400_000;
const MOST_ROWS = 200;

/** What is known of a task. */
type KnownTask = Pick<TaskInfo, "name" | "counts">;

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
  tasks: readonly KnownTask[],
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
async function loadJobs(app: Taskora, place: Place, tasks: readonly KnownTask[]): Promise<Loaded> {
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
