/** Changes by hand, in a table of the store. */
import {
  type AuditLine,
  type AuditPage,
  type AuditQuery,
  readAuditLine,
  requireAuditCursor,
} from "../../../core/observe/audit-log.js";
import type { Session } from "../../session.js";

/** As `ObserveStore.keepAudit`. */
export async function keepAudit({ database }: Session, lines: readonly AuditLine[]): Promise<void> {
  if (lines.length === 0) return;
  await database.rows("select @@keep_audit($1)", [lines.map((line) => JSON.stringify(line))]);
}

/** As `ObserveStore.audit`. */
export async function readAudit({ database }: Session, { cursor, limit }: AuditQuery): Promise<AuditPage> {
  if (cursor !== undefined) requireAuditCursor(cursor, /^\d+$/);
  const rows = await database.rows(
    "select n, at, line from @.audit where $1::bigint is null or n < $1::bigint order by n desc limit $2",
    [cursor ?? null, limit + 1],
  );
  const shown = rows.slice(0, limit);
  const lines = shown.map(({ line, at }) => readAuditLine(String(line), Number(at)));
  const last = shown.at(-1);
  return rows.length <= limit || last === undefined ? { lines } : { lines, cursor: String(last.n) };
}
