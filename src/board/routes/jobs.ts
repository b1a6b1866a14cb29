/** Lists of jobs, one job, and what is done to one. */
import { internalsOf } from "../../app/app-internals.js";
import type { ChangeResult } from "../../app/operate/change.js";
import type { Job } from "../../app/operate/job.js";
import { logPlace, logsOf } from "../../app/operate/job-logs.js";
import type { Duration } from "../../core/duration.js";
import { JOB_STATES } from "../../core/lifecycle.js";
import type { JobsPage } from "../api.js";
import { BoardFailure, json } from "../http/answer.js";
import { data, length, moment, must, object, several, whole, word, words } from "../http/fields.js";
import { type BoardRequest, type Route, route } from "../http/route.js";
import { withOriginals } from "../redact/originals.js";
import { chooseSeen, storedTasks } from "./ask-jobs.js";
import { PAGE, REASON, said } from "./shared-fields.js";

/** Which jobs are chosen. */
export const CHOICE = {
  q: words("A filter such as `state:failed error:421 age>1h`."),
  task: several(words("Those of a task; may be given several times.", 250), 200),
  state: several(word("Those in a state; may be given several times.", JOB_STATES), JOB_STATES.length),
};

/** Searches that one session has going. */
const MOST_SEARCHES = 4;

const READS: readonly Route[] = [
  route({
    ...{ method: "GET", path: "/jobs", role: "viewer", answers: "JobsPage" },
    query: {
      ...CHOICE,
      ...PAGE,
      order: word("`oldest`: of failed and cancelled jobs alone.", ["oldest", "newest"]),
    },
    summary:
      "Jobs, task by task and state by state. A page with a filter may be short, or empty, although more follow.",
    handle: listJobs,
  }),
  route({
    ...{ method: "GET", path: "/jobs/:task/:id", role: "viewer", query: {}, answers: "JobDetails" },
    summary: "One job with its runs and its log.",
    handle: ({ app, params }) => app.jobs.get(refOf(params)),
  }),
  route({
    ...{ method: "GET", path: "/jobs/:task/:id/logs", role: "viewer", answers: "JobLogs" },
    query: { after: words("Of an answer before: only what has come since.", 40) },
    summary: "What a job has logged, with its state; the answer says what to give as after to go on.",
    async handle({ app, board, params, asked }) {
      const after = asked.after === undefined ? undefined : logPlace(asked.after, "after");
      const job = await app.jobs.get(refOf(params));
      // What a line may say follows from the data of its job.
      return job && json(logsOf(await board.redactor.redact(job), after));
    },
  }),
  route({
    ...{ method: "GET", path: "/job-ids/:id", role: "viewer", query: {}, answers: "JobDetails" },
    summary: "The job of an id, whatever its task; where several tasks have one, that of the first by name.",
    async handle({ app, params: { id = "" }, rights }) {
      const refs = rights.among(await storedTasks(app)).map((task) => ({ task, id }));
      const jobs = refs.length === 0 ? [] : await internalsOf(app).operated.readJobs(refs);
      const found = jobs.find((job) => job !== undefined);
      return found && app.jobs.get({ task: found.task, id });
    },
  }),
  route({
    ...{ method: "GET", path: "/jobs/:task/:id/reveal", role: "admin", action: "job.reveal", query: {} },
    answers: "JobDetails",
    summary: "One job with everything that is hidden else. It stands in the audit list.",
    async handle(request) {
      const { app, params } = request;
      const { task, id } = refOf(params);
      const job = await app.jobs.get({ task, id });
      if (job === undefined) return undefined;
      const told = { action: "job.reveal", status: "applied", task, jobId: id } as const;
      internalsOf(app).operated.audit({ ...told, ...said(request) });
      return json(job);
    },
  }),
];

const CHANGES: readonly Route[] = [
  route({
    ...{ method: "POST", path: "/jobs/:task/:id/retry", role: "operator", action: "job.retry" },
    ...{ query: {}, body: REASON, answers: "ChangeResult" },
    summary: "Makes a failed job wait again, as a first attempt.",
    async handle(request) {
      const { status, ...rest } = await request.app.jobs.retry(refOf(request.params), said(request));
      return answered(
        request,
        "state" in rest ? { status: "refused", state: rest.state } : ({ status } as ChangeResult),
      );
    },
  }),
  route({
    ...{ method: "POST", path: "/jobs/:task/:id/cancel", role: "operator", action: "job.cancel" },
    ...{ query: {}, body: REASON, answers: "ChangeResult" },
    summary: "Ends a job that has not started, and asks the worker of an active one to stop.",
    handle: async (request) =>
      answered(request, await request.app.jobs.cancel(refOf(request.params), said(request))),
  }),
  route({
    ...{ method: "POST", path: "/jobs/:task/:id/promote", role: "operator", action: "job.promote" },
    ...{ query: {}, body: REASON, answers: "ChangeResult" },
    summary: "Lets a delayed or retrying job run now.",
    handle: async (request) =>
      answered(request, await request.app.jobs.promote(refOf(request.params), said(request))),
  }),
  route({
    ...{
      method: "POST",
      path: "/jobs/:task/:id/reschedule",
      role: "operator",
      action: "job.reschedule",
      query: {},
    },
    body: {
      ...REASON,
      delay: length("So long from now."),
      runAt: moment("Ms since the epoch, in place of delay."),
    },
    answers: "ChangeResult",
    summary: "Gives a job that has not started another time.",
    async handle(request) {
      const { delay, runAt } = request.body;
      const to = { delay: delay as Duration | undefined, runAt, ...said(request) };
      return answered(request, await request.app.jobs.reschedule(refOf(request.params), to));
    },
  }),
  route({
    ...{
      method: "POST",
      path: "/jobs/:task/:id/priority",
      role: "operator",
      action: "job.prioritize",
      query: {},
    },
    body: { ...REASON, priority: must(whole("Higher runs first.", -1000, 1000)) },
    answers: "ChangeResult",
    summary: "Gives a job that has not started another priority.",
    async handle(request) {
      const { priority } = request.body;
      const done = await request.app.jobs.changePriority(refOf(request.params), priority, said(request));
      return answered(request, done);
    },
  }),
  route({
    ...{ method: "DELETE", path: "/jobs/:task/:id", role: "admin", action: "job.remove" },
    ...{ query: {}, body: REASON, answers: "ChangeResult" },
    summary: "Deletes a job with everything kept about it.",
    handle: async (request) =>
      answered(request, await request.app.jobs.remove(refOf(request.params), said(request))),
  }),
  route({
    ...{ method: "POST", path: "/jobs/:task/:id/again", role: "operator", action: "job.dispatch", query: {} },
    body: {
      ...REASON,
      data: data("Other data than that of the job; what is hidden in it stands for what the job has there."),
      options: object("priority, delay and attempts of the new job."),
    },
    ...{ answers: "Dispatched", status: 201 },
    summary: "Dispatches another job with the same data, or with other data.",
    handle: runAgain,
  }),
];

/** Every call about jobs. */
export const JOB_ROUTES: readonly Route[] = [...READS, ...CHANGES];

/** What a path names. */
export function refOf({ task = "", id = "" }: Readonly<Record<string, string>>): {
  readonly task: string;
  readonly id: string;
} {
  return { task, id };
}

/** What cannot be done is no success: 404 where there is nothing, 409 where the state does not allow it. */
export function answered({ params }: Pick<BoardRequest, "params">, result: ChangeResult): Response {
  if (result.status === "missing")
    throw new BoardFailure(404, "JOB_NOT_FOUND", {
      message: `There is no job ${params.id} of ${params.task}.`,
    });
  return json(result, result.status === "refused" ? 409 : 200);
}

const searches = new WeakMap<object, Map<string, number>>();

async function listJobs(request: BoardRequest): Promise<JobsPage> {
  const { app, board, session } = request;
  const { q, task, state, order, ...page } = request.asked as {
    readonly q?: string;
    readonly task?: readonly string[];
    readonly state?: readonly Job["state"][];
    readonly order?: "oldest" | "newest";
    readonly cursor?: string;
    readonly limit?: number;
  };
  const chosen = await chooseSeen(request, { q, task, state: order === "oldest" ? undefined : state });
  if (chosen.isNone) return { items: [] };
  const query = { task: chosen.task, where: chosen.where as never, order, ...page };
  const listed = order === "oldest" ? { ...query, state } : query;
  const found = await whileFew(board, session, () => app.jobs.list(listed));
  const isPlain = chosen.terms.every(({ field }) => field === "state");
  if (!isPlain || page.cursor !== undefined) return found;
  return { ...found, counts: await app.jobs.count({ task: chosen.task }) };
}

/**
 * A search keeps the store busy: whoever asks for many at once waits for none of them any more.
 *
 * @throws {BoardFailure}
 */
export async function whileFew<Found>(
  board: object,
  session: string,
  search: () => PromiseLike<Found>,
): Promise<Found> {
  const running = searches.get(board) ?? new Map<string, number>();
  searches.set(board, running);
  const count = running.get(session) ?? 0;
  if (count >= MOST_SEARCHES)
    throw new BoardFailure(429, "BOARD_TOO_MANY", {
      message: `${count} searches of this session go on, which is the most.`,
      hint: "Wait for one to end.",
    });
  running.set(session, count + 1);
  try {
    return await search();
  } finally {
    const left = (running.get(session) ?? 1) - 1;
    if (left === 0) running.delete(session);
    else running.set(session, left);
  }
}

/** With the contract that it was dispatched with, so that a worker migrates it as it would have migrated the first. */
async function runAgain(request: BoardRequest): Promise<unknown> {
  const { app, board, params, body } = request;
  const { task, id } = refOf(params);
  const job = await app.jobs.get({ task, id });
  if (job === undefined) return undefined;
  if (job.corrupt !== undefined)
    throw new BoardFailure(409, "BOARD_REFUSED", {
      message: `The job cannot be read: ${board.redactor.text(job.corrupt)}`,
    });
  const {
    delay,
    priority = job.priority,
    attempts = job.maxAttempts,
  } = (body.options ?? {}) as {
    readonly delay?: Duration;
    readonly priority?: number;
    readonly attempts?: number;
  };
  const shown = body.data === undefined ? undefined : (await board.redactor.redact(job)).data;
  const own = body.data === undefined ? job.data : withOriginals(body.data, { shown, original: job.data });
  const { operated } = internalsOf(app);
  const client = operated.clientAs({ name: task, version: job.version, fingerprint: job.fingerprint });
  const again = await client.dispatch(own, {
    ...{ delay, priority, headers: withoutTrace(job.headers) },
    ...(attempts === undefined ? {} : { attempts }),
  });
  operated.audit({ action: "job.dispatch", status: "applied", task, jobId: again.id, ...said(request) });
  return { id: again.id, task: again.task, isDuplicate: again.isDuplicate };
}

/** It is not part of what happened then. */
function withoutTrace(headers: Job["headers"]): Job["headers"] {
  const own = Object.entries(headers).filter(([name]) => !/^(traceparent|tracestate|baggage)$/i.test(name));
  return Object.fromEntries(own);
}
