/** The shapes that the API answers, as JSON Schema: what is always there, with its type. More may be there. */
import { JOB_STATES } from "../../core/lifecycle.js";
import { ROLES } from "../api.js";
import type { JsonSchema } from "./fields.js";

const TEXT = { type: "string" };
const NUMBER = { type: "number" };
const WHOLE = { type: "integer" };
const YES_OR_NO = { type: "boolean" };
const ANYTHING = {};
const WORDS = (...among: readonly string[]): JsonSchema => ({ type: "string", enum: among });
const LIST = (items: JsonSchema): JsonSchema => ({ type: "array", items });
const REF = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

/** @param optional those that may be left out */
function shape(
  required: Readonly<Record<string, JsonSchema>>,
  optional: Readonly<Record<string, JsonSchema>> = {},
) {
  return { type: "object", required: Object.keys(required), properties: { ...required, ...optional } };
}

const page = (name: string): JsonSchema => shape({ items: LIST(REF(name)) }, { cursor: TEXT });
const STATE = WORDS(...JOB_STATES);
const COUNTS = { type: "object", additionalProperties: WHOLE };
const STORED_ERROR = shape({ name: TEXT, message: TEXT }, { code: ANYTHING, stack: TEXT });
const JOB = {
  ...{ task: TEXT, id: TEXT, state: STATE, version: WHOLE, fingerprint: TEXT, headers: { type: "object" } },
  ...{ priority: WHOLE, attempt: WHOLE, stalls: WHOLE, enqueuedAt: NUMBER },
};
const JOB_MORE = {
  ...{
    data: ANYTHING,
    result: ANYTHING,
    progress: ANYTHING,
    error: STORED_ERROR,
    reason: TEXT,
    corrupt: TEXT,
  },
  ...{
    group: TEXT,
    waitingSince: NUMBER,
    dueAt: NUMBER,
    expiresAt: NUMBER,
    startedAt: NUMBER,
    finishedAt: NUMBER,
    worker: TEXT,
    maxAttempts: WHOLE,
  },
};
const SCHEDULE = {
  name: TEXT,
  task: TEXT,
  paused: YES_OR_NO,
  overlap: TEXT,
  onMissed: ANYTHING,
  jitter: NUMBER,
};
const SCHEDULE_MORE = {
  data: ANYTHING,
  every: NUMBER,
  cron: TEXT,
  timezone: TEXT,
  nextSlotAt: NUMBER,
  runs: WHOLE,
};
const TASK = { name: TEXT, contract: TEXT, counts: COUNTS };
const TASK_MORE = { lane: TEXT, pausedAt: NUMBER, workers: WHOLE, backlog: { type: "object" } };
const WORKFLOW = { id: TEXT, state: TEXT, enqueuedAt: NUMBER };
const BULK_RESULT = { matched: WHOLE, applied: WHOLE, refused: WHOLE, missing: WHOLE };
const OPERATION = {
  ...{ id: TEXT, action: TEXT, filter: TEXT, by: TEXT, startedAt: NUMBER, ...BULK_RESULT },
  state: WORDS("running", "done", "stopped", "failed"),
};
const NOTE = shape(
  { check: TEXT, severity: WORDS("warning", "critical"), what: TEXT, why: TEXT, advice: TEXT },
  { task: TEXT },
);
const CONTRACT = { version: WHOLE, since: WHOLE, fingerprint: TEXT, workers: WHOLE };

/** By the names that routes answer with. */
export const SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  Error: shape({ error: shape({ code: TEXT, message: TEXT }, { hint: TEXT, position: WHOLE }) }),
  Done: shape({ done: YES_OR_NO }),
  Me: shape(
    {
      ...{ user: TEXT, role: WORDS(...ROLES), version: TEXT, canLogOut: YES_OR_NO },
      features: shape({ observe: YES_OR_NO, schedules: YES_OR_NO, workflows: YES_OR_NO }),
      store: shape({ name: TEXT }, { address: TEXT }),
    },
    { tasks: LIST(TEXT), traceUrl: TEXT },
  ),
  Note: NOTE,
  Overview: shape({
    at: NUMBER,
    tasks: LIST({ type: "object" }),
    sum: { type: "object" },
    notes: LIST(REF("Note")),
  }),
  TaskSeries: shape({ at: LIST(NUMBER), stepMs: NUMBER, completed: LIST(NUMBER), failed: LIST(NUMBER) }),
  Examination: shape({
    kind: TEXT,
    servers: WHOLE,
    tasks: WHOLE,
    schedules: WHOLE,
    notes: LIST(REF("Note")),
  }),
  Task: shape(TASK, TASK_MORE),
  TaskPage: page("Task"),
  Contract: shape(CONTRACT, { input: { type: "object" }, output: { type: "object" } }),
  Contracts: LIST(REF("Contract")),
  ChangeResult: shape(
    { status: WORDS("applied", "unchanged", "requested", "missing", "refused") },
    { state: TEXT },
  ),
  BulkResult: shape(BULK_RESULT, { cursor: TEXT }),
  Dispatched: shape({ id: TEXT, task: TEXT, isDuplicate: YES_OR_NO }),
  Job: shape(JOB, JOB_MORE),
  JobsPage: shape({ items: LIST(REF("Job")) }, { cursor: TEXT, counts: COUNTS }),
  JobDetails: shape({ ...JOB, history: LIST({ type: "object" }), logs: LIST({ type: "object" }) }, JOB_MORE),
  JobLogs: shape({ task: TEXT, id: TEXT, state: TEXT, lines: LIST({ type: "object" }) }, { after: TEXT }),
  BulkPreview: shape({ ...BULK_RESULT, sample: LIST(REF("Job")) }),
  Operation: shape(OPERATION, { endedAt: NUMBER, error: TEXT, code: TEXT }),
  Operations: LIST(REF("Operation")),
  BulkAnswer: { anyOf: [REF("BulkPreview"), REF("Operation")] },
  ErrorGroup: shape(
    {
      task: TEXT,
      fingerprint: TEXT,
      name: TEXT,
      message: TEXT,
      count: WHOLE,
      days: LIST(shape({ at: NUMBER, count: WHOLE })),
      firstAt: NUMBER,
      lastAt: NUMBER,
    },
    { code: ANYTHING, first: { type: "object" }, last: { type: "object" } },
  ),
  ErrorPage: page("ErrorGroup"),
  Worker: shape(
    { id: TEXT, host: TEXT, pid: WHOLE, startedAt: NUMBER, state: TEXT, seenAt: NUMBER, silentMs: NUMBER },
    { tasks: LIST({ type: "object" }), vitals: { type: "object" } },
  ),
  WorkerPage: page("Worker"),
  Releases: LIST(shape({ name: TEXT, at: NUMBER })),
  TaskContracts: shape(
    { task: TEXT, contracts: LIST(shape(CONTRACT)) },
    { versions: LIST({ type: "object" }) },
  ),
  AllContracts: LIST(REF("TaskContracts")),
  StoreState: shape({ kind: TEXT, servers: LIST({ type: "object" }), notes: LIST(REF("Note")) }),
  AuditEntry: shape(
    { action: TEXT, at: NUMBER, status: TEXT },
    { by: TEXT, address: TEXT, reason: TEXT, task: TEXT, jobId: TEXT },
  ),
  AuditPage: page("AuditEntry"),
  ScheduleInfo: shape(SCHEDULE, SCHEDULE_MORE),
  SchedulePage: page("ScheduleInfo"),
  Schedule: shape({ ...SCHEDULE, upcoming: LIST(NUMBER) }, SCHEDULE_MORE),
  ScheduleRun: shape({ slot: NUMBER, outcome: TEXT }, { job: REF("Job") }),
  ScheduleRuns: page("ScheduleRun"),
  WorkflowInfo: shape(WORKFLOW, { error: STORED_ERROR, reason: TEXT, finishedAt: NUMBER }),
  WorkflowPage: page("WorkflowInfo"),
  Workflow: shape({ ...WORKFLOW, steps: LIST(shape({ node: WHOLE, state: TEXT })) }, { result: ANYTHING }),
};
