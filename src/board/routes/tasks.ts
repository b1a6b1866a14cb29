/** The tasks of the store, and what is done to one as a whole. */
import { internalsOf } from "../../app/app-internals.js";
import type { DispatchOptions } from "../../app/dispatch/dispatch-options.js";
import type { TaskClient } from "../../app/dispatch/task-client.js";
import { anything } from "../../core/checks.js";
import { inLane, laneParts } from "../../core/lane-name.js";
import { optionSet } from "../../core/options.js";
import { BoardFailure } from "../http/answer.js";
import { data, object, several, whole, word, words } from "../http/fields.js";
import { type BoardRequest, type Route, route } from "../http/route.js";
import { problemsOf } from "../schema-problems.js";
import { PAGE, REASON, said } from "./shared-fields.js";

const NAME = (params: Readonly<Record<string, string>>): string => params.task ?? "";

/** Reading tasks. */
const READS: readonly Route[] = [
  route({
    ...{ method: "GET", path: "/tasks", role: "viewer", query: PAGE, answers: "TaskPage" },
    summary: "All tasks that the store has met, in the order of their names, as they stand.",
    async handle({ app, asked, rights }) {
      const { items, cursor } = await app.tasks.list(asked);
      return {
        items: items.filter(({ name }) => rights.sees(name)),
        ...(cursor === undefined ? {} : { cursor }),
      };
    },
  }),
  route({
    ...{ method: "GET", path: "/tasks/:task", role: "viewer", query: {}, answers: "Task" },
    summary: "One task as it stands, with how long it needs for what waits.",
    async handle({ app, params }) {
      const task = await app.tasks.get(NAME(params));
      if (task === undefined) return undefined;
      const hasMore = internalsOf(app).observed.adapter.observe !== undefined;
      return hasMore ? { ...task, backlog: await app.tasks.backlog(task.name) } : task;
    },
  }),
  route({
    ...{ method: "GET", path: "/tasks/:task/contracts", role: "viewer", query: {}, answers: "Contracts" },
    summary: "The contracts of it that live workers implement, the newest first, with their JSON Schemas.",
    handle: ({ app, params }) => app.tasks.handle(NAME(params)).contracts(),
  }),
];

/** Pausing, resuming and draining. */
const CHANGES: readonly Route[] = [
  route({
    ...{ method: "POST", path: "/tasks/:task/pause", role: "operator", action: "task.pause" },
    ...{ query: {}, body: REASON, answers: "ChangeResult" },
    summary: "Starts no more jobs of the task, anywhere, until it is resumed.",
    handle: (request) => request.app.tasks.handle(NAME(request.params)).pause(said(request)),
  }),
  route({
    ...{ method: "POST", path: "/tasks/:task/resume", role: "operator", action: "task.resume" },
    ...{ query: {}, body: REASON, answers: "ChangeResult" },
    summary: "Goes on with a paused task.",
    handle: (request) => request.app.tasks.handle(NAME(request.params)).resume(said(request)),
  }),
  route({
    ...{ method: "POST", path: "/tasks/:task/drain", role: "admin", action: "task.drain", query: {} },
    body: {
      ...REASON,
      states: several(word("States to empty. Default: waiting.", ["waiting", "delayed", "retrying"]), 3),
    },
    answers: "BulkResult",
    summary: "Cancels the jobs of the task that have not started.",
    handle: (request) =>
      request.app.tasks
        .handle(NAME(request.params))
        .drain({ ...said(request), states: request.body.states as ("waiting" | "delayed" | "retrying")[] }),
  }),
];

/** What of dispatch options can be said from outside. */
const DISPATCH_OPTIONS = optionSet({
  ...{ delay: anything, runAt: anything, priority: anything, ttl: anything, onExpire: anything },
  ...{ attempts: anything, headers: anything, group: anything, concurrency: anything, lane: anything },
  ...{ deduplicate: anything, idempotency: anything, debounce: anything, throttle: anything },
});

const DISPATCH: readonly Route[] = [
  route({
    ...{ method: "POST", path: "/tasks/:task/jobs", role: "operator", action: "job.dispatch", query: {} },
    body: {
      data: data("What the job is given."),
      options: object("As those of dispatch(): delay, runAt, priority, ttl, attempts, headers, lane, …"),
      version: whole(
        "Of the contract that data is for. Default: the newest that a worker implements.",
        1,
        2 ** 31,
      ),
      reason: words("Why, for the audit list.", 1000),
    },
    ...{ answers: "Dispatched", status: 201 },
    summary:
      "Dispatches a job. The header Idempotency-Key stands for options.idempotency. What does not fit the contract is refused.",
    handle: dispatch,
  }),
];

/** Every call about tasks. */
export const TASK_ROUTES: readonly Route[] = [...READS, ...CHANGES, ...DISPATCH];

async function dispatch(request: BoardRequest): Promise<unknown> {
  const { app, params, body, raw, rights } = request;
  const { runAt, lane, ...options } = DISPATCH_OPTIONS.read(body.options ?? {}, "options");
  const parts = laneParts(NAME(params));
  const task = inLane(parts.contract, (lane as string | undefined) ?? parts.lane);
  rights.requireAction("job.dispatch", task);
  const client = await clientFor(request, body.version as number | undefined);
  const key = raw.headers.get("idempotency-key");
  const at = laneParts(task).lane;
  const own = at === undefined ? client : client.lane(at);
  const job = await own.dispatch(body.data, {
    ...(options as DispatchOptions),
    ...(runAt === undefined
      ? {}
      : { runAt: typeof runAt === "string" ? new Date(runAt) : (runAt as number) }),
    ...(key === null ? {} : { idempotency: key }),
  });
  const audit = { action: "job.dispatch", status: "applied", task: job.task, jobId: job.id } as const;
  if (!job.isDuplicate) internalsOf(app).operated.audit({ ...audit, ...said(request) });
  return { id: job.id, task: job.task, isDuplicate: job.isDuplicate };
}

/** The app's own where it declares the task; else one of the contract that a worker told, by which data is checked. */
async function clientFor(
  { app, params, body }: BoardRequest,
  version: number | undefined,
): Promise<TaskClient> {
  const { clientOf, operated } = internalsOf(app);
  const { contract: name } = laneParts(NAME(params));
  const own = version === undefined ? clientOf(name) : undefined;
  if (own !== undefined) return own;
  await app.jobs.count({ task: name });
  const told = await app.tasks.handle(name).contracts();
  const contract = told.find((each) => version === undefined || each.version === version);
  const problems = contract?.input === undefined ? [] : problemsOf(body.data, contract.input);
  if (problems.length > 0)
    throw new BoardFailure(422, "VALIDATION_FAILED", {
      message: `The data does not fit version ${contract?.version} of ${name}: ${problems
        .map(({ path, message }) => `${path === "" ? "it" : path} ${message}`)
        .join("; ")}.`,
      hint: "Correct it: a worker would refuse the job.",
    });
  const { fingerprint = "" } = contract ?? {};
  return operated.clientAs({ name, version: contract?.version ?? version ?? 1, fingerprint });
}
