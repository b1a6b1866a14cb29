/** Which jobs a list or a change of many is about: tasks, states, and what says yes to one of them. */
import type { Clock } from "../../core/clock.js";
import { OptionError } from "../../core/errors.js";
import type { ParsedFilter } from "../../core/job-filter/job-filter.js";
import {
  type FilterMoment,
  matchesFilter,
  needsHistory,
  statesChosen,
  taskPatternsOf,
  tasksChosen,
} from "../../core/job-filter/match-filter.js";
import { parseJobFilter } from "../../core/job-filter/parse-filter.js";
import type { JobState } from "../../core/lifecycle.js";
import { type Check, describe, isCallable } from "../../core/options.js";
import type { Job, JobDetails } from "./job.js";
import type { JobWalkHost, JobWalkQuery } from "./job-walk.js";
import type { KnownTasks } from "./known-tasks.js";

/** Says which jobs are meant: a filter in words, or a function that says true to them. */
export type JobWhere<Chosen = Job> = string | ((job: Chosen) => boolean);

/** As it was given: a filter is read by then. */
type Where = ParsedFilter | ((job: Job) => boolean);

/** Takes a {@link JobWhere}. */
export const jobWhere: Check<Where> = (value, option) => {
  if (typeof value === "string") return parseJobFilter(value);
  if (isCallable(value)) return value as (job: Job) => boolean;
  throw new OptionError(
    `expected ${option} to be a filter such as "state:failed age>1h", or a function, got ${describe(value)}`,
    { option },
  );
};

/** Whether it is a filter without a term, which says yes to everything. */
export function saysNothing(where: Where | undefined): boolean {
  return where === undefined || ("terms" in where && where.terms.length === 0);
}

/** What choosing asks of an app. */
export interface ChoosingHost extends JobWalkHost {
  readonly clock: Clock;
  readonly tasks: KnownTasks;
}

/**
 * Chooses among the tasks that are named, or all there are. Tasks and states that a filter rules out are not looked at.
 *
 * @throws {TaskoraError} `TASK_NOT_FOUND` for a task of a filter that nobody has met
 */
export async function chooseJobs(
  host: ChoosingHost,
  given: {
    readonly task: readonly string[] | undefined;
    readonly states: readonly JobState[];
    readonly where: Where | undefined;
  },
): Promise<Pick<JobWalkQuery, "tasks" | "states" | "where" | "details">> {
  const { where } = given;
  const tasks = given.task ?? (await host.tasks.all());
  if (where === undefined) return { tasks, states: given.states };
  if (!("terms" in where)) return { tasks, states: given.states, where };
  await host.tasks.requireChosen(taskPatternsOf(where));
  const details = needsHistory(where) ? true : undefined;
  const hosts = details && (await hostsOf(host));
  const fits = (job: Job | JobDetails): boolean => {
    const moment: FilterMoment = { now: host.clock.now(), ...(hosts === undefined ? {} : { hosts }) };
    return matchesFilter(where, job, moment);
  };
  return {
    ...{ tasks: tasksChosen(where, tasks), states: statesChosen(where, given.states), details },
    ...(saysNothing(where) ? {} : { where: fits }),
  };
}

/** Machines of live workers, by the worker. */
async function hostsOf({ adapter }: ChoosingHost): Promise<ReadonlyMap<string, string>> {
  const workers = (await adapter.contracts?.workers()) ?? [];
  return new Map(workers.map(({ worker, host }) => [worker, host]));
}
