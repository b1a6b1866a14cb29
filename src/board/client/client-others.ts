/** Tasks, workers, errors, schedules, workflows and the audit list of a store, over the HTTP API of its board. */

import type { WorkflowState } from "../../app/handles/workflow-handle.js";
import type { AuditEntry, AuditList } from "../../app/operate/audit-list.js";
import type { TaskBacklog } from "../../app/operate/backlog.js";
import type { BulkResult, ChangeOptions, ChangeResult } from "../../app/operate/change.js";
import type { ErrorGroupInfo, ErrorListQuery, Errors } from "../../app/operate/errors.js";
import { taskName } from "../../app/operate/known-tasks.js";
import { type Listing, listing, type Page } from "../../app/operate/page.js";
import type { ImplementedContract } from "../../app/operate/task-contracts.js";
import type { DrainOptions, TaskHandle } from "../../app/operate/task-handle.js";
import type { TaskInfo, Tasks } from "../../app/operate/tasks.js";
import type { Release, WorkerInfo, WorkerListQuery, Workers } from "../../app/operate/workers.js";
import type { ScheduleInfo } from "../../app/schedules/schedule-options.js";
import type { Schedules } from "../../app/schedules/schedules.js";
import type { WorkflowInfo, WorkflowList, WorkflowListQuery } from "../../app/workflows/workflow-list.js";
import { anything, instant, integer, oneOrMany, someText } from "../../core/checks.js";
import { TaskoraError } from "../../core/errors.js";
import type { JobRef } from "../../core/job.js";
import { optionSet } from "../../core/options.js";
import type { StepSnapshot } from "../../core/workflow/store.js";
import type { ScheduleDetails, WorkflowDetails } from "../api.js";
import type { Asked, BoardApi, Call } from "./board-api.js";
import { CHANGE_OVER_HTTP, PAGE_QUERY, PAGE_SHAPE, SAID } from "./client-checks.js";

/** {@link TaskHandle} as far as a board has it. */
export type BoardTaskHandle = Pick<TaskHandle, "name" | "pause" | "resume" | "drain" | "contracts">;

/** {@link Tasks} as far as a board has them. */
export interface BoardTasks extends Pick<Tasks, "list" | "get" | "backlog"> {
  /** As {@link Tasks.handle}. */
  handle(task: string): BoardTaskHandle;
}

/** {@link Schedules} as far as a board has them. */
export interface BoardSchedules
  extends Pick<Schedules, "list" | "get" | "upcoming" | "pause" | "resume" | "remove"> {
  /** As {@link Schedules.trigger}, with what names the job in place of its handle. */
  trigger(
    name: string,
    change?: ChangeOptions,
  ): Promise<{ readonly status: "applied"; readonly job: JobRef } | { readonly status: "missing" }>;
}

/** A workflow, over HTTP. */
export interface BoardWorkflowHandle {
  readonly id: string;
  /** All steps in the order they were written; none when the workflow is not stored (any more). */
  getSteps(): Promise<readonly StepSnapshot[]>;
  /** Ends it and all its steps: those that have not begun at once, the others are told. */
  cancel(change?: ChangeOptions): Promise<ChangeResult>;
  /** Runs a failed workflow again, without what had completed. */
  resume(
    change?: ChangeOptions,
  ): Promise<
    { readonly status: "applied" | "missing" } | { readonly status: "refused"; readonly state: WorkflowState }
  >;
}

/** {@link WorkflowList} as far as a board has it: a list is without results. */
export interface BoardWorkflows extends Pick<WorkflowList, "list" | "get"> {
  /** As {@link WorkflowList.handle}. */
  handle(id: string): BoardWorkflowHandle;
}

/** {@link Workers} as far as a board has them. */
export type BoardWorkers = Pick<Workers, "list" | "quiet" | "resume" | "close" | "releases">;

const ERROR_QUERY = optionSet({ ...PAGE_SHAPE, task: taskName, from: instant });
const WORKER_QUERY = optionSet({ ...PAGE_SHAPE, task: taskName });
const WORKFLOW_QUERY = optionSet({ ...PAGE_SHAPE, state: oneOrMany(someText) });
const UPCOMING = optionSet({ count: integer(1, 1000) });
const DRAIN = optionSet({ ...SAID, states: anything });

/** A list behind a call that takes a cursor. */
function pages<Item>(
  api: BoardApi,
  path: string,
  { cursor: from, ...query }: Asked & { readonly cursor?: string | undefined },
): Listing<Item> {
  return listing((cursor) => api.ask<Page<Item>>({ path, query: { ...query, cursor } }), from);
}

/** A change that says `missing` where there is nothing. */
async function changed<Result = ChangeResult>(
  api: BoardApi,
  call: Omit<Call, "body">,
  said: ChangeOptions = {},
): Promise<Result | { readonly status: "missing" }> {
  const body = CHANGE_OVER_HTTP.read(said, "a change");
  return (await api.find<Result>({ method: "POST", ...call, body })) ?? { status: "missing" };
}

/** Makes the tasks. */
export function createBoardTasks(api: BoardApi): BoardTasks {
  const get = async (task: unknown) =>
    api.find<TaskInfo & { readonly backlog?: TaskBacklog }>({
      path: "/tasks/:task",
      params: { task: taskName(task, "task") },
    });
  return {
    list: (query = {}) => pages(api, "/tasks", PAGE_QUERY.read(query, "list()")),
    async get(task) {
      const found = await get(task);
      if (found === undefined) return undefined;
      const { backlog: _backlog, ...info } = found;
      return info;
    },
    async backlog(task) {
      const found = await get(task);
      if (found?.backlog !== undefined) return found.backlog;
      if (found !== undefined)
        throw new TaskoraError("NOT_SUPPORTED", "The store of the board keeps nothing for operators.");
      throw new TaskoraError("TASK_NOT_FOUND", `The board knows no task ${taskName(task, "task")}.`);
    },
    handle: (task) => taskHandle(api, taskName(task, "task")),
  };
}

function taskHandle(api: BoardApi, name: string): BoardTaskHandle {
  const params = { task: name };
  const at = (verb: string) => ({ path: `/tasks/:task/${verb}`, params });
  return {
    name,
    async pause(change = {}) {
      return api.ask({ ...at("pause"), method: "POST", body: CHANGE_OVER_HTTP.read(change, "pause()") });
    },
    async resume(change = {}) {
      return api.ask({ ...at("resume"), method: "POST", body: CHANGE_OVER_HTTP.read(change, "resume()") });
    },
    async drain(options: DrainOptions = {}) {
      return api.ask<BulkResult>({ ...at("drain"), method: "POST", body: DRAIN.read(options, "drain()") });
    },
    contracts: () => api.ask<readonly ImplementedContract[]>(at("contracts")),
  };
}

/** Makes the workers. */
export function createBoardWorkers(api: BoardApi): BoardWorkers {
  const tell = (verb: string) => (id: string, change?: ChangeOptions) =>
    changed(api, { path: `/workers/:id/${verb}`, params: { id } }, change);
  return {
    list: (query: WorkerListQuery = {}) =>
      pages<WorkerInfo>(api, "/workers", WORKER_QUERY.read(query, "list()")),
    quiet: tell("quiet"),
    resume: tell("resume"),
    close: tell("close"),
    releases: () => api.ask<readonly Release[]>({ path: "/releases" }),
  };
}

/** Makes the kinds of errors. */
export function createBoardErrors(api: BoardApi): Errors {
  return {
    list: (query: ErrorListQuery = {}) =>
      pages<ErrorGroupInfo>(api, "/errors", ERROR_QUERY.read(query, "list()")),
  };
}

/** Makes the audit list. */
export function createBoardAudit(api: BoardApi): AuditList {
  return { list: (query = {}) => pages<AuditEntry>(api, "/audit", PAGE_QUERY.read(query, "list()")) };
}

/** Makes the schedules. */
export function createBoardSchedules(api: BoardApi): BoardSchedules {
  const at = (name: string, verb = "") => ({ path: `/schedules/:name${verb}`, params: { name } });
  return {
    list: (query = {}) => {
      const { limit, cursor: from } = PAGE_QUERY.read(query, "list()");
      return listing(async (cursor) => {
        const asked = { path: "/schedules", query: { limit, cursor } };
        const { items, ...rest } = await api.ask<Page<StoredWithFingerprint>>(asked);
        return { items: items.map(scheduleOf), ...rest };
      }, from);
    },
    async get(name) {
      const found = await api.find<ScheduleDetails>(at(name));
      return found === undefined ? undefined : scheduleOf(found);
    },
    async upcoming(name, options = {}) {
      const { count } = UPCOMING.read(options, "upcoming()");
      return (await api.find<ScheduleDetails>({ ...at(name), query: { upcoming: count } }))?.upcoming;
    },
    pause: (name, change) => changed(api, at(name, "/pause"), change),
    resume: (name, change) => changed(api, at(name, "/resume"), change),
    remove: (name, change) => changed(api, { ...at(name), method: "DELETE" }, change),
    async trigger(name, change = {}) {
      const body = CHANGE_OVER_HTTP.read(change, "trigger()");
      const job = await api.find<JobRef>({ ...at(name, "/trigger"), method: "POST", body });
      return job === undefined
        ? { status: "missing" }
        : { status: "applied", job: { task: job.task, id: job.id } };
    },
  };
}

type StoredWithFingerprint = ScheduleInfo & { readonly fingerprint?: string };

/** Without what the board tells beside it. */
function scheduleOf(told: StoredWithFingerprint & { readonly upcoming?: unknown }): ScheduleInfo {
  const { fingerprint: _fingerprint, upcoming: _upcoming, ...schedule } = told;
  return schedule;
}

/** Makes the workflows. */
export function createBoardWorkflows(api: BoardApi): BoardWorkflows {
  const read = (id: string) => api.find<WorkflowDetails>({ path: "/workflows/:id", params: { id } });
  return {
    list: (query: WorkflowListQuery = {}) =>
      pages<WorkflowInfo>(api, "/workflows", WORKFLOW_QUERY.read(query, "list()")),
    async get(id) {
      const found = await read(id);
      if (found === undefined) return undefined;
      const { steps: _steps, ...workflow } = found;
      return workflow;
    },
    handle: (id) => ({
      id,
      getSteps: async () => ((await read(id))?.steps ?? []).flatMap(stepsOf),
      cancel: (change) => changed(api, { path: "/workflows/:id/cancel", params: { id } }, change),
      resume: (change) => changed(api, { path: "/workflows/:id/resume", params: { id } }, change),
    }),
  };
}

/** The end of a group is no step. */
function stepsOf({ node, task, state, jobId, error }: WorkflowDetails["steps"][number]): StepSnapshot[] {
  if (task === undefined) return [];
  const rest = { ...(jobId === undefined ? {} : { jobId }), ...(error === undefined ? {} : { error }) };
  return [{ node, task, state, ...rest }];
}
