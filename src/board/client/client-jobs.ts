/** The jobs of a store, over the HTTP API of its board. */
import { jobStates, taskNames } from "../../app/operate/bulk.js";
import type { ChangeOptions, ChangeResult } from "../../app/operate/change.js";
import type { Job, JobDetails } from "../../app/operate/job.js";
import { type JobLogs, logPlace, logsOf } from "../../app/operate/job-logs.js";
import type { JobCounts, JobListQuery, Jobs } from "../../app/operate/jobs.js";
import { type Listing, listing, pageOf } from "../../app/operate/page.js";
import { instant, oneOf, someText, text } from "../../core/checks.js";
import { type Duration, parseDuration } from "../../core/duration.js";
import { OptionError } from "../../core/errors.js";
import type { JobRef } from "../../core/job.js";
import { JOB_STATES, type JobState } from "../../core/lifecycle.js";
import { type Check, optionSet, required } from "../../core/options.js";
import type { JobsPage } from "../api.js";
import type { BoardApi } from "./board-api.js";
import { changeMany } from "./client-bulk.js";
import { CHANGE_OVER_HTTP, notOverHttp, PAGE_SHAPE, SAID } from "./client-checks.js";

/**
 * {@link Jobs} as far as a board has them. What a contract calls sensitive, or a key of the board, is hidden. A change of many goes on in
 * the board; the result of one that a signal stopped has no cursor: the same call again does the rest.
 */
export interface BoardJobs
  extends Pick<
    Jobs,
    | "count"
    | "list"
    | "get"
    | "logs"
    | "cancel"
    | "promote"
    | "reschedule"
    | "changePriority"
    | "remove"
    | "cancelAll"
    | "retryAll"
    | "promoteAll"
    | "rescheduleAll"
    | "changePriorityAll"
    | "removeAll"
  > {
  /** As {@link Jobs.retry}, without a handle. */
  retry(ref: JobRef, change?: ChangeOptions): Promise<ChangeResult>;
}

/** Of whoever sees no task. */
const NOTHING: JobCounts = {
  ...(Object.fromEntries(JOB_STATES.map((state) => [state, 0])) as Record<JobState, number>),
  total: 0,
};

const hiddenAlone: Check<"hidden"> = (value, option) => {
  if (value === "hidden") return value;
  throw new OptionError(
    `expected ${option} to be "hidden": a board shows what is hidden of one job, by get()`,
    {
      option,
    },
  );
};

const LANE = notOverHttp('a lane is a task there, as "email.send/secondary"');
const COUNT = optionSet({ task: taskNames, lane: LANE });
const LIST = optionSet({
  ...PAGE_SHAPE,
  task: taskNames,
  lane: LANE,
  state: jobStates,
  order: oneOf(["oldest", "newest"]),
  where: text,
  fast: notOverHttp("it reads at its own pace"),
  sensitive: hiddenAlone,
});
const GET = optionSet({ sensitive: oneOf(["shown", "hidden"]) });
const LOGS = optionSet({ sensitive: oneOf(["shown", "hidden"]), after: logPlace });
const REF = optionSet({ id: required(someText), task: someText });
const RESCHEDULE = optionSet({ ...SAID, delay: parseDuration, runAt: instant });

/** Makes them. */
export function createBoardJobs(api: BoardApi): BoardJobs {
  const change = async (ref: JobRef, verb: string, body: object): Promise<ChangeResult> => {
    const { task, id } = ref;
    const isRemoved = verb === "remove";
    const call = { path: isRemoved ? "/jobs/:task/:id" : `/jobs/:task/:id/${verb}`, params: { task, id } };
    const done = await api.find<ChangeResult>({ ...call, method: isRemoved ? "DELETE" : "POST", body });
    return done ?? { status: "missing" };
  };
  const simply =
    (verb: string) =>
    (ref: JobRef, said: ChangeOptions = {}): Promise<ChangeResult> =>
      change(ref, verb, CHANGE_OVER_HTTP.read(said, `${verb}()`));
  const jobs = {
    async count(query: Pick<JobListQuery, "task" | "lane"> = {}): Promise<JobCounts> {
      const { task } = COUNT.read(query, "count()");
      const page = await api.ask<JobsPage>({ path: "/jobs", query: { task, limit: 1 } });
      return page.counts ?? NOTHING;
    },
    list: (query: JobListQuery = {}) => listJobs(api, query),
    async get(ref: unknown, options: Pick<JobListQuery, "sensitive"> = {}): Promise<JobDetails | undefined> {
      const { sensitive } = GET.read(options, "get()");
      return findJob(api, ref, sensitive === "shown");
    },
    async logs(ref: unknown, options: object = {}): Promise<JobLogs | undefined> {
      const { sensitive, after } = LOGS.read(options, "logs()");
      const { id, task } = REF.read(idAndTask(ref), "job");
      if (task !== undefined && sensitive !== "shown")
        return api.find<JobLogs>({ path: "/jobs/:task/:id/logs", params: { task, id }, query: { after } });
      const job = await findJob(api, ref, sensitive === "shown");
      return job && logsOf(job, after);
    },
    cancel: simply("cancel"),
    retry: simply("retry"),
    promote: simply("promote"),
    remove: simply("remove"),
    async reschedule(ref: JobRef, to: { readonly delay?: Duration; readonly runAt?: Date | number }) {
      return change(ref, "reschedule", RESCHEDULE.read(to, "reschedule()"));
    },
    async changePriority(ref: JobRef, priority: number, said: ChangeOptions = {}) {
      return change(ref, "priority", { priority, ...CHANGE_OVER_HTTP.read(said, "changePriority()") });
    },
    cancelAll: (query: object) => changeMany(api, "cancel", query),
    retryAll: (query: object) => changeMany(api, "retry", query),
    promoteAll: (query: object) => changeMany(api, "promote", query),
    removeAll: (query: object) => changeMany(api, "remove", query),
    rescheduleAll: (query: object) => changeMany(api, "reschedule", query),
    changePriorityAll: (query: object) => changeMany(api, "prioritize", query),
  };
  // The types of data are those that the program declares: over HTTP as over the store.
  return jobs as unknown as BoardJobs;
}

function listJobs(api: BoardApi, query: JobListQuery): Listing<Job> {
  const { where: q, cursor: from, sensitive: _hidden, ...rest } = LIST.read(query, "list()");
  const { task, state, order, limit } = rest;
  return listing(async (cursor) => {
    const asked = { task, state, order, limit, q, cursor };
    const page = await api.ask<JobsPage>({ path: "/jobs", query: asked });
    return pageOf(page.items, page.cursor);
  }, from);
}

async function findJob(api: BoardApi, ref: unknown, isShown: boolean): Promise<JobDetails | undefined> {
  const { id, task } = REF.read(idAndTask(ref), "job");
  const found =
    task === undefined
      ? await api.find<JobDetails>({ path: "/job-ids/:id", params: { id } })
      : await api.find<JobDetails>({ path: "/jobs/:task/:id", params: { task, id } });
  if (found === undefined || !isShown) return found;
  return api.find<JobDetails>({ path: "/jobs/:task/:id/reveal", params: { task: found.task, id } });
}

/** A job of a list and a handle have more. */
function idAndTask(ref: unknown): unknown {
  if (typeof ref !== "object" || ref === null || !("id" in ref)) return ref;
  return { id: ref.id, task: "task" in ref ? ref.task : undefined };
}
