import {
  type AuditLine,
  type AuditPage,
  type AuditQuery,
  KEPT_AUDIT_LINES,
  type KeptAuditLine,
  requireAuditCursor,
} from "../../core/observe/audit-log.js";

/** Changes by hand, numbered as they came. */
export class AuditLog {
  #lines: KeptAuditLine[] = [];
  /** The number of the first that is kept. */
  #first = 0;

  keep(lines: readonly AuditLine[], now: number): void {
    for (const line of lines) this.#lines.push({ ...line, at: now });
    const excess = this.#lines.length - KEPT_AUDIT_LINES;
    if (excess <= 0) return;
    this.#lines = this.#lines.slice(excess);
    this.#first += excess;
  }

  page({ cursor, limit }: AuditQuery): AuditPage {
    const end = cursor === undefined ? this.#first + this.#lines.length : numberOf(cursor);
    const from = Math.max(this.#first, end - limit);
    const lines = this.#lines.slice(from - this.#first, Math.max(0, end - this.#first)).reverse();
    return from > this.#first ? { lines, cursor: String(from) } : { lines };
  }

  clear(): void {
    this.#lines = [];
  }
}

function numberOf(cursor: string): number {
  requireAuditCursor(cursor, /^\d+$/);
  return Number(cursor);
}
