/** Which jobs a list or a change of many is about: tasks, states, and what says yes to one of them. */
import type { Clock } from "../../core/clock.js";
import { OptionError } from "../../core/errors.js";
import type { ParsedFilter } from "../../core/job-filter/job-filter.js";
import {
  type FilterMoment,
  looksAtJobs,
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

/** A filter that looks at jobs as somebody sees them, so that it finds nothing by what is not shown. */
export class SeenFilter {
  readonly filter: ParsedFilter;
  readonly see: (job: Job | JobDetails) => Job | JobDetails;
  /** Is told of jobs before they are seen, to read what that takes. */
  readonly prepare: JobWalkQuery["prepare"];

  constructor(
    filter: ParsedFilter,
    see: (job: Job | JobDetails) => Job | JobDetails,
    prepare?: JobWalkQuery["prepare"],
  ) {
    this.filter = filter;
    this.see = see;
    this.prepare = prepare;
  }
}

/** As it was given: a filter is read by then. */
type Where = ParsedFilter | SeenFilter | ((job: Job) => boolean);

/** Takes a {@link JobWhere}. */
export const jobWhere: Check<Where> = (value, option) => {
  if (typeof value === "string") return parseJobFilter(value);
  if (value instanceof SeenFilter) return value;
  if (isCallable(value)) return value as (job: Job) => boolean;
  throw new OptionError(
    `expected ${option} to be a filter such as "state:failed age>1h", or a function, got ${describe(value)}`,
    { option },
  );
};

/** Whether it is a filter without a term, which says yes to everything. */
export function saysNothing(where: Where | undefined): boolean {
  if (where instanceof SeenFilter) return where.filter.terms.length === 0;
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
): Promise<Pick<JobWalkQuery, "tasks" | "states" | "where" | "details" | "prepare">> {
  const { where } = given;
  const tasks = given.task ?? (await host.tasks.all());
  if (where === undefined) return { tasks, states: given.states };
  const { filter, see } = where instanceof SeenFilter ? where : { filter: where, see: (job: Job) => job };
  if (!("terms" in filter)) return { tasks, states: given.states, where: filter };
  await host.tasks.requireChosen(taskPatternsOf(filter));
  const details = needsHistory(filter) ? true : undefined;
  const hosts = details && (await hostsOf(host));
  const fits = (job: Job | JobDetails): boolean => {
    const moment: FilterMoment = { now: host.clock.now(), ...(hosts === undefined ? {} : { hosts }) };
    return matchesFilter(filter, see(job), moment);
  };
  return {
    ...{ tasks: tasksChosen(filter, tasks), states: statesChosen(filter, given.states), details },
    ...(looksAtJobs(filter) ? { where: fits } : {}),
    ...(where instanceof SeenFilter ? { prepare: where.prepare } : {}),
  };
}

/** Machines of live workers, by the worker. */
async function hostsOf({ adapter }: ChoosingHost): Promise<ReadonlyMap<string, string>> {
  const workers = (await adapter.contracts?.workers()) ?? [];
  return new Map(workers.map(({ worker, host }) => [worker, host]));
}
