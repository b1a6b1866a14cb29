import type { JobChange } from "../../core/adapter.js";
import { limitArguments, requireNoMore } from "../../core/arguments.js";
import { instant, integer, oneOf, someText, text, trueOrFalse } from "../../core/checks.js";
import { parseDuration } from "../../core/duration.js";
import { OptionError } from "../../core/errors.js";
import type { JobRef } from "../../core/job.js";
import { laneName, laneParts, laneTask } from "../../core/lane-name.js";
import { FINAL_STATES, JOB_STATES, type JobState } from "../../core/lifecycle.js";
import { requireLimitKey } from "../../core/limits/limit-key.js";
import { optionSet, required } from "../../core/options.js";
import type { TaskName } from "../../core/register.js";
import { priorityOption, type RescheduleOptions, resolveReschedule } from "../dispatch/dispatch-options.js";
import type { ProducerContext } from "../dispatch/producer-context.js";
import {
  type ChangeOfJob,
  type JobHandle,
  type RetryResult,
  StoredJobHandle,
} from "../handles/job-handle.js";
import { HeldKey, type KeyHandle } from "../handles/key-handle.js";
import type { TaskData, TaskMessage, TaskResult } from "../task-types.js";
import {
  BULK,
  BULK_OF_STATES,
  BULK_OF_STATES_SHAPE,
  type BulkChange,
  type BulkHost,
  type BulkOptions,
  changeMany,
  jobStates,
  type StatesOption,
  taskNames,
} from "./bulk.js";
import {
  type AuditAction,
  type BulkResult,
  type ChangeOptions,
  type ChangeResult,
  cancelResult,
  isDone,
  saidBy,
} from "./change.js";
import { chooseJobs, type JobWhere, jobWhere } from "./chosen-jobs.js";
import { hideInJobs, type SensitiveValues } from "./hidden-jobs.js";
import { detailsOf, type Job, type JobDetails, jobRef } from "./job.js";
import { type JobLogs, logPlace, logsOf } from "./job-logs.js";
import { walkJobs } from "./job-walk.js";
import { type TaskRef, taskName } from "./known-tasks.js";
import { type Listing, listing } from "./page.js";
import { RestingReader } from "./rest.js";

/** Jobs per state. */
export type JobCounts = Readonly<Record<JobState, number>> & { readonly total: number };

/** Which jobs are listed. */
export interface JobListQuery<Task extends TaskRef = TaskRef> extends StatesOption {
  /** Those of a task, or of some. Default: of every task that the store has met. */
  readonly task?: Task | readonly Task[] | undefined;
  /** Those of this lane of the tasks; the client of a lane, or `"email.send/secondary"`, is a task as well. */
  readonly lane?: string | undefined;
  /** `"oldest"`: of failed and cancelled jobs alone, those that ended first come first. Default: `"newest"`. */
  readonly order?: "oldest" | "newest" | undefined;
  /**
   * Only those that a filter such as `'data.order.id:17 age<1h'` chooses (see docs/operations.md), or a function says true to.
   */
  readonly where?: JobWhere<Job<TaskData<Task>, TaskResult<Task>>> | undefined;
  /** Does not rest between the pages of a search, which takes at most a third of the store's time otherwise. Default false. */
  readonly fast?: boolean | undefined;
  /**
   * `"hidden"`: values that the contract of a job calls sensitive (`.meta({ sensitive: true })`) are told by kind and length alone,
   * and taken out of its errors and logs. The contract is what a worker told the store. Default `"shown"`.
   */
  readonly sensitive?: SensitiveValues | undefined;
  /** Of a page before. */
  readonly cursor?: string | undefined;
  /** Most jobs of a page, 1 to 1 000. Default 100. */
  readonly limit?: number | undefined;
}

/** What names a job by the application's own key. */
export interface JobKey {
  /** Whose key it is. */
  readonly task: TaskRef;
  /** Of `deduplicate` or `idempotency`. */
  readonly key: string;
}

/**
 * The jobs that the store holds, whoever dispatched them. A job is named by anything with `task` and `id`: a job of a list,
 * a handle, an event. The name of a task that nobody has met is refused with `TASK_NOT_FOUND`.
 */
export interface Jobs {
  /** How many jobs of a task, of some, or of all there are in each state. */
  count(query?: Pick<JobListQuery, "task" | "lane">): Promise<JobCounts>;
  /**
   * Task by task and state by state, each in the order in which things will happen: waiting as they are claimed, delayed and
   * retrying by due time, ended ones newest first. Jobs that come or go meanwhile neither repeat nor hide others. A page with
   * `where` may be short, or empty, although more follow.
   */
  list<const Task extends TaskRef = TaskRef>(
    query?: JobListQuery<Task>,
  ): Listing<Job<TaskData<Task>, TaskResult<Task>>>;
  /** One job with its history and its logs; all tasks are looked through when none is named. */
  get<const Task extends TaskName = TaskName>(
    ref: { readonly task?: Task | undefined; readonly id: string },
    options?: Pick<JobListQuery, "sensitive">,
  ): Promise<JobDetails<TaskData<Task>, TaskResult<Task>> | undefined>;
  /** What a job has logged, or what has come since a call before; undefined: there is no such job. */
  logs(
    ref: { readonly task?: TaskName | undefined; readonly id: string },
    options?: Pick<JobListQuery, "sensitive"> & {
      /** {@link JobLogs.after} of an answer before. Default: from the oldest line that is kept. */
      readonly after?: string | undefined;
    },
  ): Promise<JobLogs | undefined>;
  /** The handle of a job. Does not look whether it is there. */
  handle<const Ref extends JobRef>(
    ref: Ref,
  ): JobHandle<TaskResult<Ref["task"]>, TaskMessage<Ref["task"]>, TaskData<Ref["task"]>>;
  handle<Result>(ref: JobRef): JobHandle<Result>;
  /** Whichever job of a task holds a key of `deduplicate` or `idempotency`. Does not look whether any does. */
  byKey<const Ref extends JobKey>(
    ref: Ref,
  ): KeyHandle<TaskResult<Ref["task"]>, TaskMessage<Ref["task"]>, TaskData<Ref["task"]>>;
  byKey<Result>(ref: JobKey): KeyHandle<Result>;

  /** As {@link JobHandle.cancel}. */
  cancel(ref: JobRef, change?: ChangeOptions): Promise<ChangeResult>;
  /** As {@link JobHandle.retry}. */
  retry<const Ref extends JobRef>(
    ref: Ref,
    change?: ChangeOptions,
  ): Promise<RetryResult<TaskResult<Ref["task"]>, TaskMessage<Ref["task"]>, TaskData<Ref["task"]>>>;
  retry<Result>(ref: JobRef, change?: ChangeOptions): Promise<RetryResult<Result>>;
  /** As {@link JobHandle.promote}. */
  promote(ref: JobRef, change?: ChangeOptions): Promise<ChangeResult>;
  /** As {@link JobHandle.reschedule}. */
  reschedule(ref: JobRef, to: RescheduleOptions): Promise<ChangeResult>;
  /** As {@link JobHandle.changePriority}. */
  changePriority(ref: JobRef, priority: number, change?: ChangeOptions): Promise<ChangeResult>;
  /** As {@link JobHandle.remove}. */
  remove(ref: JobRef, change?: ChangeOptions): Promise<ChangeResult>;

  /** Cancels jobs of states, by default of all that have not ended; active ones count as applied when they were told. */
  cancelAll<const Task extends TaskRef = TaskRef>(
    query: BulkOptions<Task> & StatesOption,
  ): Promise<BulkResult>;
  /** Makes every job that has failed wait again, as a fresh first attempt. */
  retryAll<const Task extends TaskRef = TaskRef>(query: BulkOptions<Task>): Promise<BulkResult>;
  /** Makes delayed and retrying jobs wait now. */
  promoteAll<const Task extends TaskRef = TaskRef>(query: BulkOptions<Task>): Promise<BulkResult>;
  /**
   * Gives jobs that have not started another time, by default all of them. `delay` counts from the call, on
   * this process's clock. Jobs that are due then already are passed over.
   *
   * @throws {OptionError} when the time has passed: `promoteAll` makes jobs wait now
   */
  rescheduleAll<const Task extends TaskRef = TaskRef>(
    query: BulkOptions<Task> & StatesOption & Pick<RescheduleOptions, "delay" | "runAt">,
  ): Promise<BulkResult>;
  /** Gives jobs that have not started another priority, −1 000 to 1 000. Those that have it are passed over. */
  changePriorityAll<const Task extends TaskRef = TaskRef>(
    query: BulkOptions<Task> & StatesOption & { readonly priority: number },
  ): Promise<BulkResult>;
  /** Deletes jobs of states, by default of all that have ended. */
  removeAll<const Task extends TaskRef = TaskRef>(
    query: BulkOptions<Task> & StatesOption,
  ): Promise<BulkResult>;
}

/** What the jobs of a store need from their app. */
export interface JobsHost extends BulkHost {
  readonly context: ProducerContext;
}

const COUNT = optionSet({ task: taskNames, lane: laneName });
const LIST = optionSet({
  task: taskNames,
  lane: laneName,
  state: jobStates,
  order: oneOf(["oldest", "newest"]),
  where: jobWhere,
  fast: trueOrFalse,
  sensitive: oneOf(["shown", "hidden"]),
  cursor: text,
  limit: integer(1, 1000),
});
const GET = optionSet({ sensitive: oneOf(["shown", "hidden"]) });
const LOGS = optionSet({ sensitive: oneOf(["shown", "hidden"]), after: logPlace });
const BY_KEY = optionSet({ task: required(taskName), key: required(requireLimitKey) });
const RESCHEDULE_ALL = optionSet({ ...BULK_OF_STATES_SHAPE, delay: parseDuration, runAt: instant });
const PRIORITIZE_ALL = optionSet({ ...BULK_OF_STATES_SHAPE, priority: required(priorityOption) });
const UNSTARTED: readonly JobState[] = ["waiting", "delayed", "retrying"];
const OPEN: readonly JobState[] = ["waiting", "delayed", "retrying", "active"];

/** The tasks that are asked for, or a lane of theirs. */
function namedTasks({
  task,
  lane,
}: {
  readonly task: readonly string[] | undefined;
  readonly lane: string | undefined;
}): readonly string[] | undefined {
  if (lane === undefined) return task;
  if (task !== undefined) return task.map((name) => laneTask(laneParts(name).contract, lane));
  throw new OptionError(`expected task beside lane "${lane}", got none`, { option: "task" });
}

/** Makes the jobs of an app. */
export function createJobs(host: JobsHost): Jobs {
  const handle = <Result, Data>(ref: JobRef) =>
    new StoredJobHandle<Result, unknown, Data>(jobRef(ref), host.context, "unknown");
  const jobs: Jobs = {
    count: async (query = {}) => countJobs(host, namedTasks(COUNT.read(query, "count()"))),
    list: <Task extends TaskRef>(query: JobListQuery<Task> = {}) =>
      listJobs(host, query as JobListQuery) as Listing<Job<TaskData<Task>, TaskResult<Task>>>,
    get: async <Task extends TaskName>(given: unknown, options: Pick<JobListQuery, "sensitive"> = {}) =>
      (await findJob(host, namedJob(given), GET.read(options, "get()").sensitive)) as
        | JobDetails<TaskData<Task>, TaskResult<Task>>
        | undefined,
    logs: async (ref, options = {}) => readLogs(host, ref, options),
    handle: <Result, Data>(given: JobRef, ...more: readonly unknown[]) =>
      handle<Result, Data>(alone(given, { call: "jobs.handle()", takes: 1, more })),
    byKey: <Result, Data>(ref: JobKey) => {
      const { task, key } = BY_KEY.read(ref, "byKey()");
      return new HeldKey<Result, unknown, Data>({ task, key }, host.context);
    },
    cancel: async (ref, change) => handle(ref).cancel(change),
    retry: async <Result, Data>(ref: JobRef, change?: ChangeOptions) =>
      handle<Result, Data>(ref).retry(change),
    promote: async (ref, change) => handle(ref).promote(change),
    reschedule: async (given: JobRef, to: RescheduleOptions, ...more: readonly unknown[]) =>
      handle(alone(given, { call: "jobs.reschedule()", takes: 2, more })).reschedule(to),
    changePriority: async (ref, priority, change) => handle(ref).changePriority(priority, change),
    remove: async (ref, change) => handle(ref).remove(change),
    cancelAll: async (query) => {
      const { state: states = OPEN, ...given } = BULK_OF_STATES.read(query, "cancelAll()");
      return changeAll(
        host,
        { action: "job.cancel", call: "cancelAll()", states, apply: cancelling(host) },
        given,
      );
    },
    retryAll: async (query) => {
      const given = BULK.read(query, "retryAll()");
      const apply = changing(host, { change: "revive" });
      return changeAll(host, { action: "job.retry", call: "retryAll()", states: ["failed"], apply }, given);
    },
    promoteAll: async (query) => {
      const given = BULK.read(query, "promoteAll()");
      const apply = changing(host, { change: "promote" });
      const states = ["delayed", "retrying"] as const;
      return changeAll(host, { action: "job.promote", call: "promoteAll()", states, apply }, given);
    },
    rescheduleAll: async (query) => rescheduleAll(host, query),
    changePriorityAll: async (query) => {
      const {
        priority,
        state: states = UNSTARTED,
        ...given
      } = PRIORITIZE_ALL.read(query, "changePriorityAll()");
      const change = { change: "prioritize", priority } as const;
      const call = { call: "changePriorityAll()", states, isDone: (job: Job) => job.priority === priority };
      return changeAll(host, { action: "job.prioritize", ...call, apply: changing(host, change) }, given);
    },
    removeAll: async (query) => {
      const { state: states = FINAL_STATES, ...given } = BULK_OF_STATES.read(query, "removeAll()");
      const apply = changing(host, { change: "remove" });
      return changeAll(host, { action: "job.remove", call: "removeAll()", states, apply }, given);
    },
  };
  return limitArguments(jobs, "jobs.", {
    throws: { list: 1, byKey: 1 },
    rejects: {
      ...{ count: 1, get: 2, logs: 2, cancel: 2, retry: 2, promote: 2, changePriority: 3, remove: 2 },
      ...{ cancelAll: 1, retryAll: 1, promoteAll: 1, rescheduleAll: 1, changePriorityAll: 1, removeAll: 1 },
    },
  });
}

async function countJobs(host: JobsHost, named: readonly string[] | undefined): Promise<JobCounts> {
  await host.connect();
  const names = named ?? (await host.tasks.all());
  const counts = await host.adapter.count(names);
  const sum = Object.fromEntries(
    JOB_STATES.map((state) => [state, counts.reduce((total, count) => total + count[state], 0)]),
  ) as Record<JobState, number>;
  const total = Object.values(sum).reduce((all, count) => all + count, 0);
  await host.tasks.require(
    (named ?? []).filter((_, index) => JOB_STATES.every((state) => counts[index]?.[state] === 0)),
  );
  return { ...sum, total };
}

function listJobs(host: JobsHost, query: JobListQuery): Listing<Job> {
  const given = LIST.read(query, "list()");
  const { state: states = JOB_STATES, where, limit = 100, cursor } = given;
  const named = namedTasks(given);
  const order = orderOf(given.order, states);
  const reader = given.fast === true ? undefined : new RestingReader(host.clock);
  return listing(async (from) => {
    await host.connect();
    const chosen = await chooseJobs(host, { task: named, states, where });
    const search = chosen.where === undefined ? chosen : { ...chosen, reader };
    const page = await walkJobs(host, { ...search, order, limit, cursor: from });
    if (page.items.length === 0) await host.tasks.require(named ?? []);
    return given.sensitive === "hidden"
      ? { ...page, items: await hideInJobs(host.adapter, page.items) }
      : page;
  }, cursor);
}

/** Stores keep the others in the order in which they are needed, or by number. */
function orderOf(order: "oldest" | "newest" | undefined, states: readonly JobState[]): "oldest" | undefined {
  if (order !== "oldest") return undefined;
  if (states.every((state) => state === "failed" || state === "cancelled")) return order;
  throw new OptionError(
    'expected order: "oldest" beside state: "failed" or "cancelled"; jobs of other states are listed in their one order',
    { option: "order" },
  );
}

async function findJob(
  host: JobsHost,
  { task, id }: NamedJob,
  sensitive: SensitiveValues | undefined,
): Promise<JobDetails | undefined> {
  await host.connect();
  const refs = (task === undefined ? await host.tasks.all() : [task]).map((name) => ({ task: name, id }));
  const found = (await host.adapter.read(refs, { details: true })).find((job) => job !== undefined);
  if (found === undefined) {
    if (task !== undefined) await host.tasks.require(task);
    return undefined;
  }
  const job = detailsOf(host.serializer, found);
  return sensitive === "hidden" ? (await hideInJobs(host.adapter, [job]))[0] : job;
}

async function readLogs(host: JobsHost, ref: unknown, options: object): Promise<JobLogs | undefined> {
  const named = namedJob(ref);
  const { sensitive, after } = LOGS.read(options, "logs()");
  const job = await findJob(host, named, sensitive);
  return job && logsOf(job, after);
}

/** As {@link jobRef}, with nothing behind what the call takes; whoever names a job by two texts is told how jobs are named first. */
function alone(
  given: unknown,
  { call, takes, more }: { readonly call: string; readonly takes: number; readonly more: readonly unknown[] },
): JobRef {
  const ref = jobRef(given);
  requireNoMore(call, takes, more);
  return ref;
}

interface NamedJob {
  readonly task: string | undefined;
  readonly id: string;
}

/** As {@link jobRef}, where the task may be left out. */
function namedJob(ref: unknown): NamedJob {
  const isObject = typeof ref === "object" && ref !== null;
  if (!isObject || !("id" in ref) || ("task" in ref && ref.task !== undefined)) return jobRef(ref);
  return { task: undefined, id: someText(ref.id, "job.id") };
}

/** Each page is told to `audit` listeners by itself, so that a call that breaks off leaves nothing untold. */
function changeAll(
  host: JobsHost,
  change: BulkChange & { readonly action: AuditAction },
  given: Parameters<typeof changeMany>[2],
): Promise<BulkResult> {
  const apply: BulkChange["apply"] = async (refs, reason) => {
    const statuses = await change.apply(refs, reason);
    for (const task of new Set(refs.map((ref) => ref.task))) {
      const count = statuses.filter((status, nth) => refs[nth]?.task === task && isDone(status)).length;
      if (count > 0)
        host.context.audit({ action: change.action, status: "applied", task, count, ...saidBy(given) });
    }
    return statuses;
  };
  return changeMany(host, { ...change, apply }, given);
}

function cancelling({ adapter, context }: JobsHost): BulkChange["apply"] {
  return async (refs, reason) => {
    const { retention } = context;
    const replies = await adapter.cancel(refs.map(({ task, id }) => ({ task, id, reason, retention })));
    return replies.map((reply) => cancelResult(reply).status);
  };
}

/** Jobs that are given a time stand behind the walk then, where they are passed over. */
async function rescheduleAll(host: JobsHost, query: unknown): Promise<BulkResult> {
  const read = RESCHEDULE_ALL.read(query, "rescheduleAll()");
  const { state: states = UNSTARTED, delay, runAt, ...given } = read;
  const now = host.clock.now();
  const { delayMs, dueAt = now + delayMs } = resolveReschedule({ delay, runAt });
  if (dueAt <= now) {
    throw new OptionError(
      "expected the time in rescheduleAll() to be ahead; promoteAll() makes jobs wait now",
      {
        option: runAt === undefined ? "delay" : "runAt",
      },
    );
  }
  const change = { change: "reschedule", delayMs: 0, dueAt } as const;
  const call = { call: "rescheduleAll()", states, isDone: (job: Job) => job.dueAt === dueAt };
  return changeAll(host, { action: "job.reschedule", ...call, apply: changing(host, change) }, given);
}

function changing({ adapter }: JobsHost, what: ChangeOfJob): BulkChange["apply"] {
  return async (refs) => {
    const changes = refs.map(({ task, id }) => ({ task, id, ...what }) as JobChange);
    return (await adapter.change(changes)).map(({ status }) => status);
  };
}
