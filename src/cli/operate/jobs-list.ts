import { setTimeout as wait } from "node:timers/promises";
import type { Job, JobListQuery, JobState } from "taskora";
import { type Context, type Outcome, refusal } from "../outcome.js";
import { stoppedBySignals } from "../signals.js";
import { COLUMN_NAMES, columnNamed, type JobColumn } from "./job-columns.js";
import { now } from "./now.js";
import { type RevealFlags, sensitiveOf } from "./reveal.js";
import { type OperateFlags, type Operation, withApp } from "./store-app.js";
import { tableLines } from "./table.js";

/** The flags that say which jobs are meant. */
export interface ChosenFlags {
  readonly task?: readonly string[];
  readonly state?: readonly string[];
  readonly fast?: true;
}

/** The flags of `taskora jobs list`. */
export interface JobsListFlags extends OperateFlags, ChosenFlags, RevealFlags {
  readonly filter: readonly string[];
  readonly limit: number;
  readonly columns?: readonly string[];
  readonly cursor?: string;
  readonly oldest?: true;
  readonly follow?: true;
}

const FOLLOW_MS = 1000;

/** Runs `taskora jobs list`. */
export async function runJobsList(flags: JobsListFlags, context: Context): Promise<Outcome> {
  const names = flags.columns ?? usualColumns(flags);
  const unknown = names.find((name) => columnNamed(name) === undefined);
  if (unknown !== undefined) {
    const hint = `Columns: ${COLUMN_NAMES.join(", ")}, data.… and header.….`;
    return refusal({ code: "COMMAND_LINE", message: `there is no column "${unknown}"`, hint }, context);
  }
  const columns = names.map((name) => columnNamed(name) as JobColumn);
  return withApp(flags, context, async (operation) => {
    const found = await readJobs(operation, flags, flags.limit);
    if (flags.follow === true) return follow(operation, flags, { columns, jobs: found.jobs });
    return { exitCode: 0, data: found, findings: [], show: () => show(found, { columns, flags, operation }) };
  });
}

/** What everybody asked for alike needs no column. */
function usualColumns({ task, state }: JobsListFlags): readonly string[] {
  return [
    "id",
    ...(state?.length === 1 ? [] : ["state"]),
    ...(task?.length === 1 ? [] : ["task"]),
    ...["attempt", "age", "what"],
  ];
}

/** The query that flags and the words of a filter come to. */
export function queryOf(flags: ChosenFlags, filter: readonly string[]): JobListQuery {
  return {
    ...(filter.length === 0 ? {} : { where: filter.join(" ") }),
    ...(flags.task === undefined ? {} : { task: flags.task }),
    // The library says which states there are, and which one may be meant.
    ...(flags.state === undefined ? {} : { state: flags.state as readonly JobState[] }),
    ...(flags.fast === true ? { fast: true } : {}),
  };
}

interface FoundJobs {
  readonly jobs: readonly Job[];
  readonly cursor?: string;
}

async function readJobs({ app }: Operation, flags: JobsListFlags, limit: number): Promise<FoundJobs> {
  const signal = stoppedBySignals();
  const query = {
    ...queryOf(flags, flags.filter),
    ...(flags.oldest === true ? { order: "oldest" as const } : {}),
    ...sensitiveOf(flags),
  };
  const jobs: Job[] = [];
  let cursor = flags.cursor;
  do {
    const page = await app.jobs.list({ ...query, limit: Math.min(1000, limit - jobs.length), cursor });
    jobs.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined && jobs.length < limit && !signal.aborted);
  return cursor === undefined ? { jobs } : { jobs, cursor };
}

function show(
  { jobs, cursor }: FoundJobs,
  {
    columns,
    flags,
    operation,
  }: { readonly columns: readonly JobColumn[]; readonly flags: JobsListFlags; readonly operation: Operation },
): void {
  const { terminal } = operation;
  if (jobs.length === 0) {
    terminal.talk(cursor === undefined ? "No job fits." : "No job fits so far.");
  } else {
    for (const line of linesOf(jobs, columns, terminal)) terminal.out(line);
  }
  if (cursor === undefined) return;
  const shown =
    jobs.length < flags.limit ? "Stopped before the end." : `The first ${flags.limit}; --limit shows more.`;
  terminal.talk(terminal.talkColors.dim(shown));
}

function linesOf(jobs: readonly Job[], columns: readonly JobColumn[], terminal: Operation["terminal"]) {
  const at = now();
  const rows = jobs.map((job) => columns.map((column) => column.cell(job, at)));
  return tableLines(columns, rows, terminal);
}

/** Most jobs that are remembered as told. */
const MOST_TOLD = 20_000;

/** Tells what comes, or changes its state, by asking again and again: that costs the tasks nothing. */
async function follow(
  operation: Operation,
  flags: JobsListFlags,
  begun: { readonly columns: readonly JobColumn[]; readonly jobs: readonly Job[] },
): Promise<Outcome> {
  const { terminal } = operation;
  const signal = stoppedBySignals();
  const told = new Set<string>();
  let isFirst = true;
  const tell = (jobs: readonly Job[]) => {
    const fresh = jobs.filter((job) => !told.has(keyOf(job)));
    if (told.size > MOST_TOLD) told.clear();
    for (const job of jobs) told.add(keyOf(job));
    if (operation.isJson) {
      for (const job of fresh)
        operation.report({ exitCode: 0, data: { job }, findings: [], show: () => undefined });
    } else if (fresh.length > 0) {
      const [titles = "", ...rows] = linesOf(fresh, begun.columns, terminal);
      for (const line of isFirst ? [titles, ...rows] : rows) terminal.out(line);
      isFirst = false;
    }
  };
  terminal.talk(terminal.talkColors.dim("Asks the store each second. Stop with Ctrl-C."));
  tell(begun.jobs);
  while (!signal.aborted) {
    await wait(FOLLOW_MS, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) tell((await readJobs(operation, flags, flags.limit)).jobs);
  }
  return { exitCode: 0, data: { jobs: told.size }, findings: [], isLine: true, show: () => undefined };
}

function keyOf({ task, id, state, attempt }: Job): string {
  return `${task} ${id} ${state} ${attempt}`;
}
