import type { Adapter } from "../../core/adapter.js";
import { limitArguments } from "../../core/arguments.js";
import { integer, oneOf, oneOrMany, someText, text } from "../../core/checks.js";
import type { StoredError } from "../../core/errors.js";
import { JOB_STATES, type JobState } from "../../core/lifecycle.js";
import { optionSet } from "../../core/options.js";
import type { Serializer } from "../../core/serializer.js";
import { WORKFLOW_TASK } from "../../core/workflow/step.js";
import {
  WORKFLOW_STATES,
  type WorkflowHandle,
  type WorkflowState,
  workflowState,
} from "../handles/workflow-handle.js";
import { decodeJob, type Job } from "../operate/job.js";
import { walkJobs } from "../operate/job-walk.js";
import { type Listing, listing } from "../operate/page.js";

/** A workflow as it stands. Times are ms since the epoch on the store's clock. */
export interface WorkflowInfo {
  readonly id: string;
  readonly state: WorkflowState;
  /** When it was stored. */
  readonly enqueuedAt: number;
  /** Of a delayed one: when its first steps may start. */
  readonly dueAt?: number;
  /** When it expires, if it has a TTL. */
  readonly expiresAt?: number;
  /** When it ended. */
  readonly finishedAt?: number;
  /** Of a completed one: what its last part gave. */
  readonly result?: unknown;
  /** Of a failed one: of the step that failed it. */
  readonly error?: StoredError;
  /** Of a cancelled one. */
  readonly reason?: string;
}

/** Which workflows are listed. */
export interface WorkflowListQuery {
  /** Those in a state, or in some. Default: all. */
  readonly state?: WorkflowState | readonly WorkflowState[] | undefined;
  /** Of a page before. */
  readonly cursor?: string | undefined;
  /** Most workflows of a page, 1 to 1 000. Default 100. */
  readonly limit?: number | undefined;
}

/** The workflows that the store holds, whoever started them. */
export interface WorkflowList {
  /** State by state: running by age, delayed by due time, ended ones newest first. */
  list(query?: WorkflowListQuery): Listing<WorkflowInfo>;
  /** `undefined` when it is not stored (any more). */
  get(id: string): Promise<WorkflowInfo | undefined>;
  /** The handle of a workflow. Does not look whether it is there. */
  handle<Result = unknown>(id: string): WorkflowHandle<Result>;
}

/** What the workflows of a store need from their app. */
export interface WorkflowListHost {
  readonly adapter: Adapter;
  readonly serializer: Serializer;
  handle<Result>(id: string): WorkflowHandle<Result>;
  connect(): Promise<void>;
}

const LIST = optionSet({
  state: oneOrMany<WorkflowState>(oneOf(WORKFLOW_STATES)),
  cursor: text,
  limit: integer(1, 1000),
});

/** Where the job that stands for a workflow is while the workflow is in a state. */
const JOB_STATES_OF: { readonly [State in WorkflowState]?: readonly JobState[] } = { running: ["waiting"] };

/** Makes the workflows of an app. */
export function createWorkflowList(host: WorkflowListHost): WorkflowList {
  const tasks = [WORKFLOW_TASK];
  const workflows: WorkflowList = {
    list: (query = {}) => {
      const { state: wanted, cursor: from, limit = 100 } = LIST.read(query, "list()");
      const ofJobs = wanted?.flatMap((state) => JOB_STATES_OF[state] ?? [state as JobState]) ?? JOB_STATES;
      return listing(async (cursor) => {
        await host.connect();
        const { items, ...rest } = await walkJobs(host, { tasks, states: ofJobs, limit, cursor });
        return { items: items.map(infoOf), ...rest };
      }, from);
    },
    async get(id) {
      const ref = { task: WORKFLOW_TASK, id: someText(id, "id") };
      await host.connect();
      const [job] = await host.adapter.read([ref]);
      return job === undefined ? undefined : infoOf(decodeJob(host.serializer, job));
    },
    handle: (id) => host.handle(someText(id, "id")),
  };
  return limitArguments(workflows, "workflows.", { throws: { list: 1, handle: 1 }, rejects: { get: 1 } });
}

function infoOf({
  id,
  state,
  enqueuedAt,
  dueAt,
  expiresAt,
  finishedAt,
  result,
  error,
  reason,
}: Job): WorkflowInfo {
  return {
    ...{ id, state: workflowState(state), enqueuedAt },
    ...(dueAt === undefined ? {} : { dueAt }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
    ...(result === undefined ? {} : { result }),
    ...(error === undefined ? {} : { error }),
    ...(reason === undefined ? {} : { reason }),
  };
}
