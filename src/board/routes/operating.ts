/** Errors, workers, contracts, the store and the audit list. */
import { internalsOf } from "../../app/app-internals.js";
import type { AuditEntry } from "../../app/operate/audit-list.js";
import { implementedBy } from "../../app/operate/task-contracts.js";
import type { StoreState, TaskContracts } from "../api.js";
import { json } from "../http/answer.js";
import { moment, words } from "../http/fields.js";
import { type BoardRequest, type Route, route } from "../http/route.js";
import { examineOnce } from "../observe/examine.js";
import { partOfWorker } from "../observe/overview.js";
import { storedTasks } from "./ask-jobs.js";
import { whileFew } from "./jobs.js";
import { PAGE, REASON, said } from "./shared-fields.js";

const ERRORS: readonly Route[] = [
  route({
    ...{ method: "GET", path: "/errors", role: "viewer", answers: "ErrorPage" },
    query: {
      ...PAGE,
      task: words("Those of a task.", 250),
      from: moment("Of the day of this time, and later."),
    },
    summary: "The kinds of errors that jobs had, those that came last first.",
    async handle({ app, asked, rights }) {
      const { items, cursor } = await app.errors.list(asked);
      return {
        items: items.filter(({ task }) => rights.sees(task)),
        ...(cursor === undefined ? {} : { cursor }),
      };
    },
  }),
];

const WORKERS: readonly Route[] = [
  route({
    ...{ method: "GET", path: "/workers", role: "viewer", answers: "WorkerPage" },
    query: { ...PAGE, task: words("Those that work on a task.", 250) },
    summary: "Live workers, longest running first, with what they run.",
    async handle({ app, asked, rights }) {
      const { items, cursor } = await app.workers.list(asked);
      const shown = items.flatMap((worker) => partOfWorker(worker, (task) => rights.sees(task)));
      return { items: shown, ...(cursor === undefined ? {} : { cursor }) };
    },
  }),
  ...(["quiet", "resume", "close"] as const).map((verb) =>
    route({
      ...{ method: "POST", path: `/workers/:id/${verb}`, role: "admin", action: `worker.${verb}` },
      ...{ query: {}, body: REASON, answers: "ChangeResult" },
      summary: {
        quiet: "Lets a worker begin no more jobs; what runs goes on.",
        resume: "Lets a worker begin jobs again.",
        close: "Lets a worker close as SIGTERM would.",
      }[verb],
      async handle(request) {
        const { app, params } = request;
        await requireWorkerOf(request, `worker.${verb}`);
        const result = await app.workers[verb](params.id ?? "", said(request));
        return result.status === "missing" ? undefined : json(result);
      },
    }),
  ),
  route({
    ...{ method: "GET", path: "/releases", role: "viewer", query: {}, answers: "Releases" },
    summary: "Builds of the application that worked over the store, the oldest first.",
    handle: ({ app }) => app.workers.releases(),
  }),
];

/** @throws {BoardFailure} it works on a task on which they may not do that */
async function requireWorkerOf({ app, params, rights }: BoardRequest, action: string): Promise<void> {
  if (rights.seesAll) return;
  for await (const { id, tasks } of app.workers.list({ limit: 1000 }))
    if (id === params.id) for (const { task } of tasks) rights.requireAction(action, task);
}

/** Counting versions reads every job that has not ended. */
const MOST_COUNTED = 20_000;

const CONTRACTS: readonly Route[] = [
  route({
    ...{ method: "GET", path: "/contracts", role: "viewer", answers: "AllContracts" },
    query: { task: words("Of this task alone, with however many jobs.", 250) },
    summary:
      "For each task which versions of its contract are in flight, and which workers take them. Versions of tasks with more than 20 000 open jobs are counted when the task is named.",
    handle: (request) => whileFew(request.board, request.session, () => readContracts(request)),
  }),
];

async function readContracts({ app, asked, rights }: BoardRequest): Promise<readonly TaskContracts[]> {
  const only = asked.task as string | undefined;
  const names = rights.among(only === undefined ? await storedTasks(app) : [only]);
  const { adapter } = internalsOf(app).observed;
  const counts = await adapter.count(names);
  const workers = (await adapter.contracts?.workers()) ?? [];
  const all: TaskContracts[] = [];
  for (const [nth, task] of names.entries()) {
    const { waiting = 0, delayed = 0, retrying = 0, active = 0 } = counts[nth] ?? {};
    const open = waiting + delayed + retrying + active;
    const isCounted = adapter.contracts !== undefined && (only !== undefined || open <= MOST_COUNTED);
    const versions = !isCounted ? undefined : open === 0 ? [] : await app.tasks.handle(task).versions();
    all.push({
      task,
      ...(versions === undefined ? {} : { versions }),
      contracts: implementedBy(workers, task),
    });
  }
  return all;
}

const STORE: readonly Route[] = [
  route({
    ...{ method: "GET", path: "/store", role: "viewer", query: {}, answers: "StoreState" },
    summary: "How the servers of the store are, and everything that is not as it should be.",
    handle: readStore,
  }),
  route({
    ...{ method: "GET", path: "/audit", role: "admin", query: PAGE, answers: "AuditPage" },
    summary: "What was changed by hand, by whom and why, the newest first.",
    async handle({ app, asked, rights, user }) {
      const { items, cursor } = await app.audit.list(asked);
      // What was done to a worker, a schedule or a workflow names no task: who sees some tasks alone is not told of it.
      const isShown = ({ task }: AuditEntry) =>
        task === undefined ? user.tasks === undefined : rights.sees(task);
      return { items: items.filter(isShown), ...(cursor === undefined ? {} : { cursor }) };
    },
  }),
];

async function readStore({ app, rights }: BoardRequest): Promise<StoreState> {
  const { health, notes } = await examineOnce(app);
  return { ...health, notes: notes.filter(({ task }) => task === undefined || rights.sees(task)) };
}

/** Every one of these calls. */
export const OPERATING_ROUTES: readonly Route[] = [...ERRORS, ...WORKERS, ...CONTRACTS, ...STORE];
