import { setTimeout as wait } from "node:timers/promises";
import type { AttemptRecord, JobDetails, JobLogs, LogLine } from "taskora";
import { lengthText, plain } from "../../core/words.js";
import { type Context, type Outcome, refusal } from "../outcome.js";
import { stoppedBySignals } from "../signals.js";
import { now } from "./now.js";
import { type RevealFlags, sensitiveOf } from "./reveal.js";
import { type OperateFlags, type Operation, withApp } from "./store-app.js";
import { pairLines, tableLines } from "./table.js";
import { momentText, sinceText, troubleText, valueText } from "./text.js";

/** The flags of `taskora jobs get` and `taskora jobs logs`. */
export interface JobFlags extends OperateFlags, RevealFlags {
  readonly id: string;
  readonly task?: string;
  readonly follow?: true;
}

/** Runs `taskora jobs get ID`. */
export async function runJobsGet(flags: JobFlags, context: Context): Promise<Outcome> {
  return withApp(flags, context, async (operation) => {
    const job = await operation.app.jobs.get(refOf(flags), sensitiveOf(flags));
    if (job === undefined) return jobUnknown(flags.id, context);
    return { exitCode: 0, data: { job }, findings: [], show: () => show(job, operation) };
  });
}

function refOf({ id, task }: Pick<JobFlags, "id" | "task">): { readonly id: string; readonly task?: string } {
  return task === undefined ? { id } : { id, task };
}

/** No job has the id. */
export function jobUnknown(id: string, context: Context): Outcome {
  const message = `The store holds no job with the id ${id}.`;
  const hint = "It may have been pruned. taskora jobs list shows what there is.";
  return refusal({ code: "JOB_UNKNOWN", message, hint }, context);
}

const MAX_LINE = 64;
/** Log lines that are shown with the job. */
const LAST_LINES = 5;

function show(job: JobDetails, { terminal }: Operation): void {
  for (const line of jobLines(job, terminal)) terminal.out(line);
  if (job.logs.length > LAST_LINES)
    terminal.talk(terminal.talkColors.dim(`taskora jobs logs ${job.id} shows all ${job.logs.length} lines.`));
}

/** A job with its runs and its last log lines. */
export function jobLines(
  job: JobDetails,
  terminal: Pick<Operation["terminal"], "tableColumns" | "outColors">,
): readonly string[] {
  const pairs = pairsOf(job, now()).filter(([, value]) => value !== "");
  const runs = job.history.length === 0 ? [] : ["", ...runLines(job.history, terminal)];
  const logs = job.logs.length === 0 ? [] : ["", ...job.logs.slice(-LAST_LINES).map(logText)];
  return [...pairLines(pairs, terminal), ...runs, ...logs];
}

function pairsOf(job: JobDetails, at: number): readonly (readonly [string, string])[] {
  const moment = (time: number | undefined) =>
    time === undefined
      ? ""
      : `${momentText(time)} (${time > at ? sinceText(time, at) : `${sinceText(time, at)} ago`})`;
  return [
    ["id", plain(job.id)],
    ["task", plain(job.task)],
    ["state", job.state],
    ["attempt", job.maxAttempts === undefined ? String(job.attempt) : `${job.attempt} of ${job.maxAttempts}`],
    ["version", String(job.version)],
    ["priority", job.priority === 0 ? "" : String(job.priority)],
    ["dispatched", moment(job.enqueuedAt)],
    ["due", moment(job.dueAt)],
    ["expires", moment(job.expiresAt)],
    ["started", moment(job.startedAt)],
    ["finished", moment(job.finishedAt)],
    ["worker", plain(job.worker ?? "")],
    ["error", troubleText(job)],
    ["headers", Object.keys(job.headers).length === 0 ? "" : valueText(job.headers)],
    ["progress", valueText(job.progress)],
    ["data", blockText(job.data)],
    ["result", blockText(job.result)],
  ];
}

/** What is short stands on one line. */
function blockText(value: unknown): string {
  if (value === undefined) return "";
  const line = valueText(value);
  if (line.length <= MAX_LINE) return line;
  const text = typeof value === "string" ? value : (JSON.stringify(value, undefined, 2) ?? String(value));
  return text.split("\n").map(plain).join("\n");
}

/** Each run with what it waited for, how long it took and how it ended. */
function runLines(
  runs: readonly AttemptRecord[],
  terminal: Pick<Operation["terminal"], "tableColumns" | "outColors">,
): readonly string[] {
  const columns = [
    { title: "RUN", align: "right" as const },
    { title: "STARTED" },
    { title: "TOOK", align: "right" as const },
    { title: "OUTCOME" },
    { title: "WORKER" },
    { title: "ERROR", isCut: true as const },
  ];
  const rows = runs.map(({ attempt, startedAt, endedAt, outcome, worker, error }) => [
    String(attempt),
    momentText(startedAt),
    lengthText(endedAt - startedAt),
    outcome,
    plain(worker),
    troubleText({ ...(error === undefined ? {} : { error }) }),
  ]);
  return tableLines(columns, rows, terminal);
}

function logText({ at, level, message, fields }: LogLine): string {
  const rest = fields === undefined ? "" : ` ${valueText(fields)}`;
  return `${momentText(at)} ${level.padEnd(5)} ${plain(message)}${rest}`;
}

const FOLLOW_MS = 1000;
const FINAL: readonly string[] = ["completed", "failed", "cancelled", "expired"];

/** Runs `taskora jobs logs ID`; with `--follow` until the job has ended. */
export async function runJobsLogs(flags: JobFlags, context: Context): Promise<Outcome> {
  return withApp(flags, context, async (operation) => {
    const { app, terminal, isJson, report } = operation;
    const first = await app.jobs.logs(refOf(flags), sensitiveOf(flags));
    if (first === undefined) return jobUnknown(flags.id, context);
    const { task, id, lines: logs } = first;
    if (flags.follow !== true) {
      const show = () => {
        for (const line of logs) terminal.out(logText(line));
        if (logs.length === 0) terminal.talk("The job has written no line.");
      };
      return { exitCode: 0, data: { task, id, logs }, findings: [], show };
    }
    const tell = (line: LogLine) =>
      isJson
        ? report({ exitCode: 0, data: { line }, findings: [], show: () => undefined })
        : terminal.out(logText(line));
    const lines = await followLogs(operation, { first, sensitive: sensitiveOf(flags) }, tell);
    return { exitCode: 0, data: { task, id, lines }, findings: [], isLine: true, show: () => undefined };
  });
}

/** @returns how many lines were told */
async function followLogs(
  { app }: Operation,
  { first, sensitive }: { readonly first: JobLogs; readonly sensitive: ReturnType<typeof sensitiveOf> },
  tell: (line: LogLine) => void,
): Promise<number> {
  const signal = stoppedBySignals();
  const { task, id } = first;
  let count = 0;
  for (let logs: JobLogs | undefined = first; logs !== undefined; ) {
    for (const line of logs.lines) tell(line);
    count += logs.lines.length;
    if (signal.aborted || FINAL.includes(logs.state)) break;
    await wait(FOLLOW_MS, undefined, { signal }).catch(() => undefined);
    logs = await app.jobs.logs({ task, id }, { ...sensitive, after: logs.after });
  }
  return count;
}
