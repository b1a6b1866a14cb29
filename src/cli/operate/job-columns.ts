/** The columns in which jobs can be listed. */
import type { Job } from "taskora";
import { runMsOf, waitMsOf } from "../../core/job-lengths.js";
import { lengthText, plain } from "../../core/words.js";
import type { Cell, Column } from "./table.js";
import { momentText, sinceText, troubleText, valueText } from "./text.js";

/** A column, and what stands in it. */
export interface JobColumn extends Column {
  readonly name: string;
  cell(job: Job, now: number): Cell;
}

const PAINTS = { failed: "red", completed: "green", active: "cyan", retrying: "yellow" } as const;

/** The colour of a state, or of an event that tells of it; undefined: it has none. */
export function statePaint(state: string): (typeof PAINTS)[keyof typeof PAINTS] | undefined {
  return PAINTS[state as keyof typeof PAINTS];
}

/** A state in its colour. */
export function stateCell(state: string): Cell {
  const paint = statePaint(state);
  return paint === undefined ? state : { text: state, paint };
}

const COLUMNS: readonly JobColumn[] = [
  { name: "id", title: "ID", cell: ({ id }) => plain(id) },
  { name: "state", title: "STATE", cell: ({ state }) => stateCell(state) },
  { name: "task", title: "TASK", isCut: true, cell: ({ task }) => plain(task) },
  { name: "attempt", title: "TRY", align: "right", cell: ({ attempt }) => String(attempt) },
  { name: "age", title: "AGE", align: "right", cell: ({ enqueuedAt }, now) => sinceText(enqueuedAt, now) },
  { name: "wait", title: "WAIT", align: "right", cell: (job, now) => lengthCell(waitMsOf(job, now)) },
  { name: "run", title: "RUN", align: "right", cell: (job, now) => lengthCell(runMsOf(job, now)) },
  {
    name: "due",
    title: "DUE",
    align: "right",
    cell: ({ dueAt }, now) => (dueAt === undefined ? "" : sinceText(dueAt, now)),
  },
  {
    name: "finished",
    title: "FINISHED",
    cell: ({ finishedAt }) => (finishedAt === undefined ? "" : momentText(finishedAt)),
  },
  { name: "priority", title: "PRIO", align: "right", cell: ({ priority }) => String(priority) },
  { name: "version", title: "VER", align: "right", cell: ({ version }) => String(version) },
  { name: "worker", title: "WORKER", cell: ({ worker = "" }) => plain(worker) },
  { name: "error", title: "ERROR", isCut: true, cell: (job) => troubleText(job) },
  { name: "data", title: "DATA", isCut: true, cell: ({ data }) => valueText(data) },
  { name: "result", title: "RESULT", isCut: true, cell: ({ result }) => valueText(result) },
  {
    name: "what",
    title: "ERROR OR DATA",
    isCut: true,
    cell: (job) => troubleText(job) || valueText(job.data),
  },
];

/** Names of the columns that have one; `data.order.id` and `header.tenant` are columns too. */
export const COLUMN_NAMES: readonly string[] = COLUMNS.map(({ name }) => name).filter(
  (name) => name !== "what",
);

/** The column of a name; undefined: there is none. */
export function columnNamed(name: string): JobColumn | undefined {
  const known = COLUMNS.find((column) => column.name === name);
  if (known !== undefined) return known;
  const [kind, ...path] = name.split(".");
  if (path.length === 0 || path.includes("")) return undefined;
  const title = name;
  if (kind === "header")
    return { name, title, isCut: true, cell: ({ headers }) => plain(headers[path.join(".")] ?? "") };
  if (kind !== "data") return undefined;
  return { name, title, isCut: true, cell: ({ data }) => valueText(valueAt(data, path)) };
}

function valueAt(data: unknown, path: readonly string[]): unknown {
  let value = data;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

function lengthCell(ms: number | undefined): string {
  return ms === undefined ? "" : lengthText(ms);
}
