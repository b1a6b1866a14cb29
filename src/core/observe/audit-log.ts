import { OptionError } from "../errors.js";

/** A change by hand, as it is kept for an audit list. What it was done to stands in the fields that are there. */
export interface AuditLine {
  /** What was done, such as `job.cancel`. */
  readonly action: string;
  /** `applied`, or `requested` of a job whose worker was told. */
  readonly status: string;
  readonly task?: string;
  readonly jobId?: string;
  readonly workflow?: string;
  readonly schedule?: string;
  readonly worker?: string;
  readonly pool?: string;
  /** The size that a pool has now. */
  readonly size?: number;
  /** Of a change of many: how many jobs were changed. */
  readonly count?: number;
  readonly reason?: string;
  readonly by?: string;
  /** Where whoever asked for it is. */
  readonly address?: string;
}

/** A line that is kept. */
export interface KeptAuditLine extends AuditLine {
  /** When it was kept, ms since the epoch on the store's clock. */
  readonly at: number;
}

/** Lines that are kept, the newest first. */
export interface AuditPage {
  readonly lines: readonly KeptAuditLine[];
  /** Undefined on the last page. */
  readonly cursor?: string;
}

/** A page of an audit list. */
export interface AuditQuery {
  /** From a page before. */
  readonly cursor?: string | undefined;
  /** 1 to 1 000. */
  readonly limit: number;
}

/** So many lines are kept; of older ones some may stay. */
export const KEPT_AUDIT_LINES = 10_000;

/** @throws {OptionError} for a cursor that no page of this store gave */
export function requireAuditCursor(cursor: string, form: RegExp): void {
  if (form.test(cursor)) return;
  throw new OptionError(`expected cursor to come from a page before, got ${JSON.stringify(cursor)}`);
}

/** Reads a line as it is stored; one that cannot be read says so. */
export function readAuditLine(text: string, at: number): KeptAuditLine {
  try {
    const line: unknown = JSON.parse(text);
    if (typeof line === "object" && line !== null && "action" in line) return { ...(line as AuditLine), at };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return { action: "unreadable", status: "applied", at };
}
