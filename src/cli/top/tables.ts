/** The tables of the screens. */
import type { ErrorGroupInfo, Job, ScheduleInfo } from "taskora";
import type { WorkerGlance } from "taskora/board";
import { statePaint } from "../operate/job-columns.js";
import { nextCell, timesText } from "../operate/schedules.js";
import { troubleText, valueText } from "../operate/text.js";
import { barsText } from "./bars.js";
import { type Span, shown } from "./cells.js";
import type { TaskRow, TopModel } from "./model.js";
import { rateText, shortCount, shortLength } from "./numbers.js";
import type { Loaded, Place, TopColumn, TopRow, TopTable } from "./place.js";

/** Orders of the tasks, in the order of the key `s`. */
export const SORTS = ["name", "waiting", "failed", "rate", "age"] as const;
export type Sort = (typeof SORTS)[number];

const SORTED_BY: Readonly<Record<Sort, (row: TaskRow) => number>> = {
  name: () => 0,
  waiting: ({ waiting }) => -waiting,
  failed: ({ failed }) => -failed,
  rate: ({ rates }) => -(rates?.out ?? 0),
  age: ({ oldestMs = 0 }) => -oldestMs,
};
const SORT_TITLES: Readonly<Record<string, Sort>> = {
  ...{ WAIT: "waiting", FAIL: "failed", "OUT/s": "rate", AGE: "age" },
};

/** The table of a place; undefined: it is not a table, or is not there yet. */
export function tableOf(
  place: Place,
  model: TopModel,
  { loaded, sort }: { readonly loaded: Loaded | undefined; readonly sort: Sort },
): TopTable | undefined {
  const table = wholeTable(place, model, { loaded, sort });
  if (table === undefined || place.view === "jobs" || place.filter === "") return table;
  const wanted = place.filter.toLowerCase();
  const rows = table.rows.filter(({ cells }) =>
    cells.some(({ text }) => text.toLowerCase().includes(wanted)),
  );
  return { ...table, rows, empty: `Nothing here has "${shown(place.filter)}" in it.` };
}

function wholeTable(
  place: Place,
  model: TopModel,
  { loaded, sort }: { readonly loaded: Loaded | undefined; readonly sort: Sort },
): TopTable | undefined {
  if (place.view === "tasks") return tasksTable(model, sort);
  if (place.view === "workers") return workersTable(model);
  if (loaded === undefined || "problem" in loaded || loaded.view !== place.view) return undefined;
  switch (loaded.view) {
    case "jobs":
      return jobsTable(loaded.jobs, place, model.at);
    case "errors":
      return errorsTable(loaded.errors, model.at);
    case "schedules":
      return schedulesTable(loaded.schedules, model.at);
    case "job":
      return undefined;
  }
}

const right = (title: string, width: number, drop?: number): TopColumn => ({
  ...{ title, width, align: "right" as const },
  ...(drop === undefined ? {} : { drop }),
});

const TASK_COLUMNS: readonly TopColumn[] = [
  { title: "TASK", width: 14, isWide: true },
  right("WAIT", 5),
  right("ACT", 4),
  right("DLY", 4, 7),
  right("RTY", 4, 6),
  right("FAIL", 5),
  right("IN/s", 5, 5),
  right("OUT/s", 5, 2),
  right("AGE", 5, 1),
  right("p95W", 5, 4),
  right("p95R", 5, 3),
  { title: "5 min", width: 10, drop: 8 },
  right("DONE", 6, 9),
  right("WORK", 4, 10),
];

/** @param sort which order */
export function tasksTable({ rows }: TopModel, sort: Sort): TopTable {
  const by = SORTED_BY[sort];
  const columns = TASK_COLUMNS.map((column) => {
    const isSorted = SORT_TITLES[column.title] === sort;
    return isSorted ? { ...column, title: `${column.title}▾`.slice(-column.width) } : column;
  });
  return {
    columns,
    rows: rows.toSorted((a, b) => by(a) - by(b)).map(taskRow),
    empty: "The store has met no task yet.",
  };
}

function taskRow(row: TaskRow): TopRow {
  const { name, isPaused, severity, rates, workers } = row;
  const mark: Pick<Span, "paint"> =
    severity === undefined && !isPaused ? {} : { paint: severity === "critical" ? "red" : "yellow" };
  return {
    key: name,
    target: { kind: "task", task: name, isPaused },
    cells: [
      { text: `${shown(name)}${isPaused ? " ⏸" : ""}`, ...mark },
      amount(row.waiting),
      amount(row.active, "cyan"),
      amount(row.delayed),
      amount(row.retrying, "yellow"),
      amount(row.failed, "red"),
      rate(rates?.in),
      rate(rates?.out),
      row.oldestMs === undefined ? QUIET : { text: shortLength(row.oldestMs), ...mark },
      length(row.waitP95Ms),
      length(row.runP95Ms),
      { text: barsText(row.bars), paint: "green" },
      amount(row.completed),
      { text: workers === undefined ? "" : String(workers), ...(workers === 0 ? mark : {}) },
    ],
  };
}

/** Nothing to look at. */
const QUIET: Span = { text: "·", paint: "dim" };

function amount(count: number, paint?: Span["paint"]): Span {
  if (count === 0) return QUIET;
  return paint === undefined ? { text: shortCount(count) } : { text: shortCount(count), paint };
}

function rate(perSecond: number | undefined): Span {
  return perSecond === 0 ? QUIET : { text: rateText(perSecond) };
}

function length(ms: number | undefined): Span {
  return ms === undefined ? QUIET : { text: shortLength(ms) };
}

const JOB_COLUMNS: readonly TopColumn[] = [
  { title: "ID", width: 16 },
  { title: "STATE", width: 9 },
  { title: "TASK", width: 14, drop: 4 },
  right("TRY", 3, 3),
  right("AGE", 5),
  right("RUN", 5, 2),
  { title: "ERROR OR DATA", width: 16, isWide: true },
];

function jobsTable(jobs: readonly Job[], { task, filter, state }: Place, at: number): TopTable {
  const longest = Math.min(28, Math.max(8, ...jobs.map(({ id }) => shown(id).length)));
  const columns = JOB_COLUMNS.filter(({ title }) => title !== "TASK" || task === undefined).map((column) =>
    column.title === "ID" ? { ...column, width: longest } : column,
  );
  const rows = jobs.map((job) => jobRow(job, task, at));
  const what = [state === "all" ? "" : ` ${state}`, " job"].join("");
  const empty = `No${what}${task === undefined ? "" : ` of ${shown(task)}`}${filter === "" ? "" : " fits the filter"}.`;
  return { columns, rows, empty };
}

function jobRow(job: Job, task: string | undefined, at: number): TopRow {
  const { id, state, attempt, enqueuedAt, startedAt, finishedAt } = job;
  const paint = statePaint(state);
  const endedAt = state === "active" ? at : finishedAt;
  const run = startedAt === undefined || endedAt === undefined ? undefined : Math.max(0, endedAt - startedAt);
  const trouble = troubleText(job);
  const cells: readonly Span[] = [
    { text: shown(id) },
    { text: state, ...(paint === undefined ? {} : { paint }) },
    ...(task === undefined ? [{ text: shown(job.task) }] : []),
    { text: String(attempt) },
    { text: shortLength(Math.max(0, at - enqueuedAt)) },
    length(run),
    { text: shown(trouble || valueText(job.data)) },
  ];
  return { key: `${job.task} ${id}`, target: { kind: "job", task: job.task, id }, cells };
}

const WORKER_COLUMNS: readonly TopColumn[] = [
  { title: "WORKER", width: 10 },
  { title: "STATE", width: 9 },
  { title: "HOST", width: 10, drop: 3 },
  right("PID", 7, 4),
  right("UP", 4, 2),
  right("BUSY", 7),
  right("MEM", 5, 1),
  right("LAG", 5),
  { title: "TASKS", width: 12, isWide: true },
];

function workersTable({ workers, at }: TopModel): TopTable {
  const rows = (workers ?? []).map((worker) => workerRow(worker, at));
  const empty = workers === undefined ? "The store keeps no list of workers." : "Nobody works on this store.";
  return { columns: WORKER_COLUMNS, rows, empty };
}

function workerRow(worker: WorkerGlance, at: number): TopRow {
  const { id, host, pid, startedAt, tasks, state, silentMs, slots, running } = worker;
  const said = (value: number | undefined, text: (value: number) => string): Span =>
    value === undefined ? QUIET : { text: text(value) };
  return {
    key: id,
    target: { kind: "worker", id, isPaused: state === "quiet" },
    cells: [
      { text: shown(id) },
      state === "lost"
        ? { text: `lost ${shortLength(silentMs)}`, paint: "red" }
        : { text: state, paint: state === "running" ? "green" : "yellow" },
      { text: shown(host) },
      { text: String(pid) },
      { text: shortLength(Math.max(0, at - startedAt)) },
      said(slots, (size) => (size === 0 ? String(running) : `${running}/${shortCount(size)}`)),
      said(worker.rssBytes, (bytes) => `${Math.round(bytes / 2 ** 20)}MB`),
      said(worker.lagMs, shortLength),
      { text: shown(tasks.join(", ")) },
    ],
  };
}

const ERROR_COLUMNS: readonly TopColumn[] = [
  right("TIMES", 6),
  right("LAST", 5),
  { title: "TASK", width: 14, drop: 1 },
  { title: "ERROR", width: 20, isWide: true },
];

function errorsTable(errors: readonly ErrorGroupInfo[], at: number): TopTable {
  const rows = errors.map((group): TopRow => {
    const { task, fingerprint, name, code, message, count, lastAt } = group;
    const kind = name === "Error" ? "" : `${name}: `;
    return {
      key: `${task} ${fingerprint}`,
      target: { kind: "error", task, where: whereOf(group) },
      cells: [
        { text: shortCount(count), paint: "red" },
        { text: shortLength(Math.max(0, at - lastAt)) },
        { text: shown(task) },
        { text: shown(`${kind}${message}${code === undefined ? "" : ` (${code})`}`) },
      ],
    };
  });
  return { columns: ERROR_COLUMNS, rows, empty: "No run has failed in the last 24 hours." };
}

/** A filter for the failed jobs of a kind of error: by its code, and the longest part of its message that does not change. */
export function whereOf({ code, message, name }: Pick<ErrorGroupInfo, "code" | "message" | "name">): string {
  const parts = message.split(/<[a-z]+>|["\\]/).map((part) => part.trim());
  const longest = parts.toSorted((a, b) => b.length - a.length)[0] ?? "";
  const text = longest.length >= 3 ? longest : name;
  const quoted = `error:"${text.replace(/["\\]/g, "")}"`;
  return code === undefined || /[^\w.-]/.test(String(code)) ? quoted : `code:${code} ${quoted}`;
}

const SCHEDULE_COLUMNS: readonly TopColumn[] = [
  { title: "SCHEDULE", width: 14, isWide: true },
  { title: "TASK", width: 14, drop: 2 },
  { title: "TIMES", width: 16, drop: 1 },
  right("RUNS", 6, 3),
  right("LAST", 5, 4),
  { title: "NEXT", width: 14 },
];

function schedulesTable(schedules: readonly ScheduleInfo[], at: number): TopTable {
  const rows = schedules.map((schedule): TopRow => {
    const { name, task, runs = 0, lastFiredAt, paused } = schedule;
    const next = nextCell(schedule, at);
    return {
      key: name,
      target: { kind: "schedule", name, isPaused: paused },
      cells: [
        { text: shown(name) },
        { text: shown(task) },
        { text: shown(timesText(schedule)) },
        { text: shortCount(runs) },
        length(lastFiredAt === undefined ? undefined : Math.max(0, at - lastFiredAt)),
        typeof next === "string" ? { text: next } : { text: next.text, paint: next.paint },
      ],
    };
  });
  return { columns: SCHEDULE_COLUMNS, rows, empty: "The store holds no schedule." };
}
