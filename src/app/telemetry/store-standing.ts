/** How a store stands, for whoever exports its numbers: one bounded reading of its tasks and schedules. */
import type { TaskGauges } from "../../core/observe/gauges.js";
import { WORKFLOW_TASK } from "../../core/workflow/step.js";
import type { AppInternals } from "../app-internals.js";

/** Tasks of one reading; what stands beyond is added up under {@link OTHER_TASKS}. */
export const MOST_TASKS = 500;
/** In place of a name. */
export const OTHER_TASKS = "other";
/** Gauges of one call. */
const TASKS_PER_CALL = 25;
/** Schedules of one reading. */
const MOST_SCHEDULES = 500;
const SCHEDULES_PER_PAGE = 100;

/** One task. */
export interface StandingTask {
  readonly name: string;
  readonly gauges: TaskGauges;
}

/** One schedule whose next slot has come without being fired. */
export interface StandingSchedule {
  readonly name: string;
  /** How long ago its next slot was, in ms; 0: it is not late. */
  readonly lateMs: number;
}

export interface StoreStanding {
  /** In the order of their names. */
  readonly tasks: readonly StandingTask[];
  readonly schedules: readonly StandingSchedule[];
}

type Observed = AppInternals["observed"];

/** Reads all of it. An adapter that keeps nothing for operators has no tasks here. */
export async function readStanding(observed: Observed): Promise<StoreStanding> {
  await observed.connect();
  const [tasks, schedules] = await Promise.all([readTasks(observed), readSchedules(observed)]);
  return { tasks, schedules };
}

async function readTasks({ adapter }: Observed): Promise<readonly StandingTask[]> {
  const { observe } = adapter;
  if (observe === undefined) return [];
  const names = (await adapter.tasks()).filter((name) => name !== WORKFLOW_TASK).toSorted();
  const standing: StandingTask[] = [];
  for (let at = 0; at < names.length; at += TASKS_PER_CALL) {
    const some = names.slice(at, at + TASKS_PER_CALL);
    const gauges = await observe.gauges(some);
    for (const [index, name] of some.entries()) standing.push({ name, gauges: gauges[index] as TaskGauges });
  }
  return standing;
}

async function readSchedules({ adapter }: Observed): Promise<readonly StandingSchedule[]> {
  const found: StandingSchedule[] = [];
  let after: string | undefined;
  while (adapter.schedules !== undefined && found.length < MOST_SCHEDULES) {
    const page = await adapter.schedules.list({
      limit: SCHEDULES_PER_PAGE,
      ...(after === undefined ? {} : { after }),
    });
    for (const { name, nextSlotAt = page.now } of page.schedules)
      found.push({ name, lateMs: Math.max(0, page.now - nextSlotAt) });
    after = page.schedules.at(-1)?.name;
    if (page.schedules.length < SCHEDULES_PER_PAGE) break;
  }
  return found;
}
