/** Changes of many jobs: counted first, then made while whoever asked does something else. */

import type { BulkResult, ChangeResult } from "../../app/operate/change.js";
import { isDone } from "../../app/operate/change.js";
import type { Taskora } from "../../app/taskora.js";
import type { Duration } from "../../core/duration.js";
import type { JobRef } from "../../core/job.js";
import type { JobState } from "../../core/lifecycle.js";
import type { BulkPreview, Operation, Role } from "../api.js";
import { BoardFailure, json } from "../http/answer.js";
import { flag, length, moment, must, number, object, several, whole, word } from "../http/fields.js";
import { type BoardRequest, type Route, route } from "../http/route.js";
import { type ChosenJobs, chooseSeen } from "./ask-jobs.js";
import { CHOICE, whileFew } from "./jobs.js";
import { REASON, said } from "./shared-fields.js";

type Action = Operation["action"];

/** Who may do it, what permissions are asked about, and the states of jobs that it is about. */
const ACTIONS: {
  readonly [A in Action]: {
    readonly role: Role;
    readonly asks: string;
    readonly states: readonly JobState[];
  };
} = {
  retry: { role: "operator", asks: "job.retry", states: ["failed"] },
  cancel: { role: "operator", asks: "job.cancel", states: ["waiting", "delayed", "retrying", "active"] },
  promote: { role: "operator", asks: "job.promote", states: ["delayed", "retrying"] },
  reschedule: { role: "operator", asks: "job.reschedule", states: ["waiting", "delayed", "retrying"] },
  prioritize: { role: "operator", asks: "job.prioritize", states: ["waiting", "delayed", "retrying"] },
  remove: { role: "admin", asks: "job.remove", states: ["completed", "failed", "cancelled", "expired"] },
};

const SAMPLE = 5;
/** Changes of single jobs at once. */
const AT_ONCE = 20;

const BODY = {
  ...{ ...CHOICE, ...REASON },
  action: must(word("What is done. remove needs the role admin.", Object.keys(ACTIONS) as Action[])),
  all: flag("Every job there is, when nothing else is given."),
  ids: several(object("Single jobs, each with task and id."), 1000),
  perSecond: number("No more than so many each second.", { minimum: 0.01, maximum: 1_000_000 }),
  limit: whole("Stops after so many.", 1, 2 ** 31 - 1),
  dryRun: flag("Counts what fits and changes nothing."),
  delay: length("Of reschedule: so long from now."),
  runAt: moment("Of reschedule: ms since the epoch, in place of delay."),
  priority: whole("Of prioritize.", -1000, 1000),
};

interface Asked {
  readonly action: Action;
  readonly q?: string;
  readonly task?: readonly string[];
  readonly state?: readonly JobState[];
  readonly all?: boolean;
  readonly ids?: readonly Readonly<Record<string, unknown>>[];
  readonly perSecond?: number;
  readonly limit?: number;
  readonly dryRun?: boolean;
  readonly delay?: Duration;
  readonly runAt?: number;
  readonly priority?: number;
}

/** Every call about changes of many jobs. */
export const BULK_ROUTES: readonly Route[] = [
  route({
    ...{ method: "POST", path: "/bulk", role: "operator", query: {}, body: BODY, answers: "BulkAnswer" },
    summary:
      "Changes many jobs: those of a filter, of tasks, or single ones. With dryRun it answers how many fit and five of them; else 202 and the operation that goes on.",
    handle: bulk,
  }),
  route({
    ...{ method: "GET", path: "/operations", role: "viewer", query: {}, answers: "Operations" },
    summary:
      "Changes of many jobs of this process, those that go on and the last that ended, the newest first.",
    handle: ({ board, rights }) => board.operations.list((task) => rights.sees(task)),
  }),
  route({
    ...{ method: "GET", path: "/operations/:id", role: "viewer", query: {}, answers: "Operation" },
    summary: "How far one is.",
    handle: ({ board, params, rights }) => board.operations.get(params.id ?? "", (task) => rights.sees(task)),
  }),
  route({
    ...{ method: "DELETE", path: "/operations/:id", role: "operator", query: {}, answers: "Operation" },
    summary: "Stops one within a page of its jobs. What was changed stays so.",
    handle({ board, params, rights }) {
      const id = params.id ?? "";
      const operation = board.operations.get(id, (task) => rights.sees(task));
      if (operation === undefined) return undefined;
      const { role, asks } = ACTIONS[operation.action];
      rights.require(role);
      for (const task of board.operations.tasksOf(id)) rights.requireAction(asks, task);
      return board.operations.stop(id);
    },
  }),
];

async function bulk(request: BoardRequest): Promise<unknown> {
  const { board, rights, user } = request;
  const asked = request.body as unknown as Asked;
  const { role, asks, states } = ACTIONS[asked.action];
  rights.require(role);
  for (const task of asked.task ?? [undefined]) rights.requireAction(asks, task);
  requireMeaning(asked);
  const work = asked.ids === undefined ? await byFilter(request, asked, states) : bySingle(request, asked);
  if (asked.dryRun === true) return whileFew(board, request.session, async () => work.preview());
  const { filter, tasks, run } = work;
  return json(board.operations.begin({ action: asked.action, filter, by: user.name, tasks, run }), 202);
}

function requireMeaning({ action, delay, runAt, priority }: Asked): void {
  const lacks =
    (action === "reschedule" && delay === undefined && runAt === undefined && "delay or runAt") ||
    (action === "prioritize" && priority === undefined && "priority");
  if (lacks === false) return;
  throw new BoardFailure(400, "BOARD_REQUEST_INVALID", { message: `${lacks} is missing beside ${action}.` });
}

interface Work {
  readonly filter: string;
  readonly tasks: readonly string[];
  preview(): Promise<BulkPreview> | BulkPreview;
  run(control: Control): Promise<BulkResult>;
}

interface Control {
  readonly signal: AbortSignal;
  onProgress(done: BulkResult): void;
}

async function byFilter(request: BoardRequest, asked: Asked, states: readonly JobState[]): Promise<Work> {
  const { app, rights } = request;
  const { q = "", task, state, all, limit, perSecond, action } = asked;
  if (q.trim() === "" && task === undefined && state === undefined && all !== true)
    throw new BoardFailure(400, "BOARD_REQUEST_INVALID", {
      message: "Nothing says which jobs are meant.",
      hint: "Give q, task, state or ids, or all: true for every job.",
    });
  const own = state === undefined ? states : state.filter((each) => states.includes(each));
  const found = await chooseSeen(request, { q, task, state: own });
  // Where permissions are by task, an action may be allowed on fewer than are seen.
  const may = found.among.filter((name) => rights.may(ACTIONS[action].asks, name));
  const isAll = found.task === undefined && may.length === found.among.length;
  const chosen: ChosenJobs = {
    ...found,
    task: isAll ? undefined : may,
    isNone: found.isNone || (!isAll && may.length === 0) || own.length === 0,
  };
  const query = {
    ...{ task: chosen.task, where: chosen.where as never, limit, perSecond },
    ...said(request),
  };
  const filter = [
    found.looksWhereHidden ? HIDDEN_FILTER : q.trim(),
    ...(task ?? []).map((name) => `task:${name}`),
    state && `state:${state.join("|")}`,
  ];
  const change = (rest: object) => changeAll(app, asked, { ...query, ...rest });
  return {
    filter: filter.filter((part) => part !== undefined && part !== "").join(" "),
    tasks: found.asked.filter((name) => may.includes(name)),
    async preview() {
      if (chosen.isNone) return { ...NONE, sample: [] };
      const done = await change({ dryRun: true });
      const { task: tasks, where } = query;
      const first =
        done.matched === 0 ? { items: [] } : await app.jobs.list({ task: tasks, where, limit: SAMPLE });
      return { ...done, sample: first.items.slice(0, SAMPLE) };
    },
    run: async (control) => (chosen.isNone ? NONE : change(control)),
  };
}

/** Who may look where something is hidden does not tell everybody what was looked for. */
const HIDDEN_FILTER = "▪ filter";

const NONE: BulkResult = { matched: 0, applied: 0, refused: 0, missing: 0 };

function changeAll(app: Taskora, asked: Asked, query: object): Promise<BulkResult> {
  const { jobs } = app;
  const given = query as never;
  const { delay, runAt, priority } = asked;
  switch (asked.action) {
    case "retry":
      return jobs.retryAll(given);
    case "cancel":
      return jobs.cancelAll(given);
    case "promote":
      return jobs.promoteAll(given);
    case "remove":
      return jobs.removeAll(given);
    case "reschedule":
      return jobs.rescheduleAll({ ...query, delay, runAt } as never);
    case "prioritize":
      return jobs.changePriorityAll({ ...query, priority } as never);
  }
}

/** Jobs that were picked one by one. */
function bySingle(request: BoardRequest, asked: Asked): Work {
  const { app, rights } = request;
  const { ids = [], action, perSecond } = asked;
  const refs = ids.map(({ task, id }) => {
    if (typeof task === "string" && typeof id === "string") return { task, id };
    throw new BoardFailure(400, "BOARD_REQUEST_INVALID", {
      message: "Each of ids has to have task and id, as text.",
    });
  });
  for (const task of new Set(refs.map((ref) => ref.task))) rights.requireAction(ACTIONS[action].asks, task);
  return {
    filter: `${refs.length} jobs`,
    tasks: [...new Set(refs.map(({ task }) => task))],
    preview: async () => {
      const sample = await Promise.all(refs.slice(0, SAMPLE).map((ref) => app.jobs.get(ref)));
      return { ...NONE, matched: refs.length, sample: sample.filter((job) => job !== undefined) };
    },
    run: (control) => changeEach(request, { asked, refs, perSecond, control }),
  };
}

async function changeEach(
  request: BoardRequest,
  work: {
    readonly asked: Asked;
    readonly refs: readonly JobRef[];
    readonly perSecond: number | undefined;
    readonly control: Control;
  },
): Promise<BulkResult> {
  const { refs, control, perSecond } = work;
  const step = perSecond === undefined ? AT_ONCE : Math.max(1, Math.min(AT_ONCE, Math.floor(perSecond / 10)));
  let done = NONE;
  for (let at = 0; at < refs.length; at += step) {
    if (control.signal.aborted) return { ...done, cursor: String(at) };
    const some = refs.slice(at, at + step);
    const results = await Promise.all(some.map((ref) => changeOne(request, work.asked, ref)));
    done = addUp(done, results);
    control.onProgress(done);
    if (perSecond !== undefined && at + step < refs.length)
      await restFor(request, (some.length / perSecond) * 1000, control.signal);
  }
  return done;
}

function restFor({ board }: BoardRequest, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      timer.cancel();
      signal.removeEventListener("abort", over);
      resolve();
    };
    const timer = board.clock.schedule(ms, over);
    signal.addEventListener("abort", over, { once: true });
  });
}

async function changeOne(request: BoardRequest, asked: Asked, ref: JobRef): Promise<ChangeResult["status"]> {
  const { jobs } = request.app;
  const change = said(request);
  switch (asked.action) {
    case "retry":
      return (await jobs.retry(ref, change)).status;
    case "cancel":
      return (await jobs.cancel(ref, change)).status;
    case "promote":
      return (await jobs.promote(ref, change)).status;
    case "remove":
      return (await jobs.remove(ref, change)).status;
    case "reschedule":
      return (await jobs.reschedule(ref, { delay: asked.delay, runAt: asked.runAt, ...change })).status;
    case "prioritize":
      return (await jobs.changePriority(ref, asked.priority ?? 0, change)).status;
  }
}

function addUp(done: BulkResult, statuses: readonly ChangeResult["status"][]): BulkResult {
  const applied = statuses.filter(isDone).length;
  const missing = statuses.filter((status) => status === "missing").length;
  return {
    matched: done.matched + statuses.length,
    applied: done.applied + applied,
    refused: done.refused + statuses.length - applied - missing,
    missing: done.missing + missing,
  };
}
