/** Columns of the table of jobs. Those that are shown are in the address. */
import type { Job } from "../../../src/app/operate/job.js";
import { isObject } from "../../../src/board/json-schema.js";
import { runMsOf, waitMsOf } from "../../../src/core/job-lengths.js";
import { now } from "../core/clock.js";
import { span } from "../core/format.js";
import { fieldText, isHidden } from "../forms/form-value.js";
import type { PayloadPath } from "../forms/payload-paths.js";
import { Age, StateBadge } from "../parts/small.js";
import type { Column } from "../parts/table.js";

const COLUMNS: readonly Column<Job>[] = [
  { key: "id", head: "Id", width: "20ch", cell: ({ id }) => <span class="mono">{id}</span> },
  { key: "state", head: "State", width: "16ch", cell: ({ state }) => <StateBadge state={state} /> },
  { key: "task", head: "Task", from: "m", isLong: true, cell: ({ task }) => task },
  {
    key: "attempt",
    head: "Att.",
    label: "Attempts",
    align: "end",
    from: "l",
    width: "6ch",
    cell: attemptText,
  },
  { key: "age", head: "Age", align: "end", width: "11ch", cell: ({ enqueuedAt }) => <Age at={enqueuedAt} /> },
  {
    key: "wait",
    head: "Wait",
    align: "end",
    from: "l",
    width: "11ch",
    cell: (job) => span(waitMsOf(job, now.value)),
  },
  {
    key: "run",
    head: "Run",
    align: "end",
    from: "l",
    width: "11ch",
    cell: (job) => span(runMsOf(job, now.value)),
  },
  {
    key: "priority",
    head: "Prio.",
    label: "Priority",
    align: "end",
    from: "l",
    width: "7ch",
    cell: ({ priority }) => priority,
  },
  {
    key: "version",
    head: "Ver.",
    label: "Version of the contract",
    align: "end",
    from: "l",
    width: "6ch",
    cell: ({ version }) => version,
  },
  {
    key: "finished",
    head: "Ended",
    align: "end",
    from: "l",
    width: "11ch",
    cell: ({ finishedAt }) => <Age at={finishedAt} />,
  },
  { key: "worker", head: "Worker", from: "xl", isLong: true, cell: ({ worker }) => worker ?? "–" },
  { key: "error", head: "Error", from: "m", isLong: true, cell: errorText },
];

/** Shown where the address says nothing. */
const USUAL = ["id", "state", "task", "attempt", "age", "wait", "run", "error"];
const MOST_PAYLOAD = 3;

function attemptText({ attempt, maxAttempts }: Job): string {
  return maxAttempts === undefined ? String(attempt) : `${attempt}/${maxAttempts}`;
}

function errorText({ error, reason }: Job) {
  if (error !== undefined) return <span title={`${error.name}: ${error.message}`}>{error.message}</span>;
  return reason === undefined || reason === "" ? <span class="quiet">–</span> : reason;
}

/** A column of a place in the payload. */
function payloadColumn(path: readonly string[], title: string | undefined): Column<Job> {
  const name = path.join(".");
  return {
    ...{ key: `data.${name}`, head: title ?? name, from: "m", isLong: true },
    cell: ({ data }) => <PayloadCell value={partAt(data, path)} />,
  };
}

function PayloadCell({ value }: { readonly value: unknown }) {
  if (value === undefined) return <span class="quiet">–</span>;
  if (isHidden(value)) return <span class="redacted">▪▪▪▪</span>;
  return <>{fieldText(value).slice(0, 200)}</>;
}

function partAt(data: unknown, path: readonly string[]): unknown {
  let found = data;
  for (const key of path) {
    if (Array.isArray(found)) [found] = found;
    found = isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  }
  return found;
}

/** One that may be shown. */
export interface ColumnChoice {
  readonly key: string;
  readonly name: string;
  readonly isShown: boolean;
}

interface ColumnSource {
  /** As the address has it; undefined: as usual. */
  readonly asked: string | undefined;
  readonly task: string | undefined;
  readonly paths: readonly PayloadPath[];
  readonly jobs: readonly Job[];
}

/** The columns that are shown, and all that may be. */
export function jobColumns({ asked, task, paths, jobs }: ColumnSource): {
  readonly shown: readonly Column<Job>[];
  readonly choices: readonly ColumnChoice[];
} {
  const places = task === undefined ? [] : paths.length > 0 ? leaves(paths) : seenPaths(jobs);
  const payload = places.map(({ path, title }) => payloadColumn(path, title));
  const all = [...COLUMNS.slice(0, 3), ...payload, ...COLUMNS.slice(3)];
  const usual = [
    ...USUAL.filter((key) => key !== "task" || task === undefined),
    ...payload.slice(0, MOST_PAYLOAD).map(({ key }) => key),
  ];
  const keys = new Set(asked === undefined ? usual : asked.split(","));
  const shown = all.filter(({ key }) => keys.has(key) || key === "id");
  const choices = all.map((column) => ({
    key: column.key,
    name: column.label ?? (typeof column.head === "string" ? column.head : column.key),
    isShown: shown.includes(column),
  }));
  return { shown, choices };
}

function leaves(paths: readonly PayloadPath[]): readonly Pick<PayloadPath, "path" | "title">[] {
  return paths.filter(({ kind }) => kind !== "object" && kind !== "list").slice(0, 40);
}

/** Places of the payloads that are there, where no contract says any. */
function seenPaths(
  jobs: readonly Job[],
): readonly { readonly path: readonly string[]; readonly title: undefined }[] {
  const keys = jobs.slice(0, 20).flatMap(({ data }) => (isObject(data) ? Object.keys(data) : []));
  return [...new Set(keys)].slice(0, 12).map((key) => ({ path: [key], title: undefined }));
}
