/** Changes by hand, in a stream of the store. */
import {
  type AuditLine,
  type AuditPage,
  type AuditQuery,
  KEPT_AUDIT_LINES,
  readAuditLine,
  requireAuditCursor,
} from "../../../core/observe/audit-log.js";
import { keepAuditScript, readAuditScript } from "../../scripts.generated.js";
import { clampInteger, type Session } from "../../session.js";

/** Each takes some 2 µs. */
const MOST_LINES = 500;

/** As `ObserveStore.keepAudit`. */
export async function keepAudit({ keys, runner }: Session, lines: readonly AuditLine[]): Promise<void> {
  for (let from = 0; from < lines.length; from += MOST_LINES) {
    const some = lines.slice(from, from + MOST_LINES).map((line) => JSON.stringify(line));
    await runner.run(keepAuditScript, keys.store, [KEPT_AUDIT_LINES, ...some]);
  }
}

/** As `ObserveStore.audit`; the id of an entry begins with its time. */
export async function readAudit(
  { keys, runner }: Session,
  { cursor = "", limit }: AuditQuery,
): Promise<AuditPage> {
  requireAuditCursor(cursor, /^(\d+-\d+)?$/);
  const most = clampInteger(limit, 1, 1000);
  const found = await runner.run(readAuditScript, keys.store, [cursor, most + 1]);
  const shown = found.slice(0, most).map(([id, [, line]]) => ({ id: String(id), text: String(line) }));
  const lines = shown.map(({ id, text }) => readAuditLine(text, Number(id.split("-")[0])));
  const last = shown.at(-1);
  return found.length <= most || last === undefined ? { lines } : { lines, cursor: last.id };
}
