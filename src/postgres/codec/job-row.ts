/** Jobs as the functions give them, read into the record that the rules of core work on. */
import type { StoredError } from "../../core/errors.js";
import type { AttemptRecord } from "../../core/job.js";
import { isFinalState } from "../../core/lifecycle.js";
import type { JobLimits } from "../../core/limits/job-limits.js";
import type { StoredJob } from "../../core/stored-job.js";
import type { Row } from "../connection/database.js";
import { stateOf } from "../sql/letters.js";
import { fromColumns } from "./encoded.js";
import { fromLimitsText } from "./stored-limits.js";

/** A job, and what only this store knows of it. */
export interface JobRow extends StoredJob {
  readonly task: string;
  readonly taskId: number;
  /** Rises with each insert of the store. */
  readonly born: number;
  /** While waiting: 0 in its queue, 1 with the suspects. */
  readonly aside: number;
  /** Where it stands in the list of its state. */
  readonly place: number;
  readonly newer: number | undefined;
  readonly limits: JobLimits | undefined;
  isSuspect: boolean;
  isAlone: boolean;
  /** Of a final one that ended with a run: how that run is written down. */
  readonly lastRun: AttemptRecord | undefined;
}

const RUNS: Readonly<Record<string, AttemptRecord["outcome"]>> = {
  c: "completed",
  f: "failed",
  x: "cancelled",
  s: "stalled",
};

/** The letter of how a run ended. */
export function letterOfRun(outcome: AttemptRecord["outcome"]): string {
  return Object.keys(RUNS).find((letter) => RUNS[letter] === outcome) ?? "s";
}

/** Reads a row of `read`, `lock` or the like. One that cannot be read says so in `corrupt`. */
export function toJob(row: Row): JobRow {
  const state = stateOf(String(row.state));
  const trouble: string[] = [];
  const json = <T>(name: string): T | undefined => parsed<T>(row[name], name, trouble);
  const headers = json<Record<string, string>>("headers") ?? {};
  const error = json<StoredError>("error");
  const limits = parsed(row.limits, "limits", trouble, fromLimitsText);
  const job: JobRow = {
    task: String(row.task),
    taskId: Number(row.task_id),
    id: String(row.id),
    born: Number(row.born),
    payload: fromColumns(row.payload, row.payload_bytes) ?? "",
    version: Number(row.version),
    fingerprint: String(row.fingerprint),
    headers: Object.freeze(headers),
    maxAttempts: numberOf(row.max_attempts),
    ttlMs: numberOf(row.ttl_ms),
    onExpire: row.discards === true ? "discard" : "fail",
    enqueuedAt: Number(row.enqueued_at),
    state,
    priority: 0 - Number(row.rank),
    attempt: Number(row.attempt),
    stalls: Number(row.stalls),
    fence: Number(row.fence ?? 0),
    dueAt: numberOf(row.due_at),
    waitingSince: numberOf(row.since),
    expiresAt: numberOf(row.expires_at),
    worker: state === "active" ? String(row.worker) : undefined,
    cancelAsked: textOf(row.cancel),
    startedAt: numberOf(row.started_at),
    finishedAt: numberOf(row.finished_at),
    result: fromColumns(row.result, row.result_bytes),
    error,
    reason: textOf(row.reason),
    replacedBy: textOf(row.replaced_by),
    progress: fromColumns(row.progress, row.progress_bytes),
    corrupt: undefined,
    history: undefined,
    logs: undefined,
    messages: undefined,
    aside: Number(row.aside ?? 0),
    place: Number(row.place ?? 0),
    newer: numberOf(row.newer),
    limits,
    isSuspect: row.suspect === true,
    isAlone: row.alone === true,
    lastRun: undefined,
  };
  if (trouble.length > 0) job.corrupt = trouble.join("; ");
  return isFinalState(state) ? { ...job, lastRun: lastRunOf(row, job) } : job;
}

function lastRunOf(row: Row, { attempt, startedAt = 0, finishedAt = 0, error }: StoredJob) {
  const outcome = RUNS[String(row.ran)];
  if (outcome === undefined) return undefined;
  const run = { attempt, startedAt, endedAt: finishedAt, worker: String(row.worker ?? ""), outcome };
  return outcome === "failed" && error !== undefined ? { ...run, error } : run;
}

/** A run as `details` gives it. */
export function toRun(row: Row): AttemptRecord {
  const error = parsed<StoredError>(row.body, "error", []);
  const outcome = RUNS[String(row.outcome)] ?? "stalled";
  const run = {
    attempt: Number(row.attempt),
    startedAt: Number(row.started_at ?? row.at),
    endedAt: Number(row.at),
    worker: String(row.worker ?? ""),
    outcome,
  };
  return error === undefined ? run : { ...run, error };
}

/** JSON of a column; what is none is noted as trouble. */
export function parsed<T>(
  text: unknown,
  name: string,
  trouble: string[],
  parse: (text: string) => T = JSON.parse,
): T | undefined {
  if (typeof text !== "string") return undefined;
  try {
    return parse(text);
  } catch (error) {
    trouble.push(`its ${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

export function numberOf(value: unknown): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
