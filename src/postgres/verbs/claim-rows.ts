/** What a claim answers: a row that says how it went, and one for each job. */
import type { ClaimedJob, ClaimRequest } from "../../core/adapter.js";
import { fromColumns } from "../codec/encoded.js";
import { numberOf, parsed } from "../codec/job-row.js";
import type { Row } from "../connection/database.js";
import type { Looked } from "./claim-floors.js";

/** The first row of `claim`. */
export interface ClaimHead {
  readonly lost: boolean;
  readonly now?: number;
  readonly due?: number | null;
  readonly suspects?: boolean;
  readonly overdue?: boolean;
  readonly newer?: boolean;
  readonly opened?: boolean;
  /** The task has limits: nothing was done. */
  readonly special?: boolean;
  readonly mail?: readonly string[] | null;
  readonly looked?: Looked | null;
  readonly prior?: unknown;
}

export function readClaim(
  { task, lease }: ClaimRequest,
  rows: readonly Row[],
): { head: ClaimHead; jobs: ClaimedJob[] } {
  const jobs: ClaimedJob[] = [];
  let head: ClaimHead = { lost: false };
  for (const row of rows) {
    if (row.head === null) jobs.push(toClaimed(task, lease, row));
    else head = row.head as ClaimHead;
  }
  return { head, jobs };
}

function toClaimed(task: string, lease: string, row: Row): ClaimedJob {
  const trouble: string[] = [];
  const headers = parsed<Record<string, string>>(row.headers, "headers", trouble) ?? {};
  const maxAttempts = numberOf(row.max_attempts);
  if (row.version === null) trouble.push("its record is missing");
  return {
    task,
    id: String(row.job_id),
    payload: fromColumns(row.payload, row.payload_bytes) ?? "",
    version: Number(row.version ?? 1),
    fingerprint: String(row.fingerprint ?? ""),
    headers,
    priority: 0 - Number(row.rank),
    attempt: Number(row.attempt),
    ...(maxAttempts === undefined ? {} : { maxAttempts }),
    stalls: Number(row.stalls),
    enqueuedAt: Number(row.enqueued_at ?? 0),
    waitingSince: Number(row.since ?? 0),
    fence: Number(row.fence),
    lease,
    ...(trouble.length === 0 ? {} : { corrupt: trouble.join("; ") }),
  };
}
