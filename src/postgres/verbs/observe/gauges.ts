/** How tasks stand, all of them by one statement. */
import { FINAL_STATES, JOB_STATES, type JobState } from "../../../core/lifecycle.js";
import type { EndCounts, TaskGauges } from "../../../core/observe/gauges.js";
import { numberOf } from "../../codec/job-row.js";
import type { Row } from "../../connection/database.js";
import type { Session } from "../../session.js";

/** As `ObserveStore.gauges`. */
export async function readGauges(
  { database }: Session,
  tasks: readonly string[],
): Promise<readonly TaskGauges[]> {
  if (tasks.length === 0) return [];
  const rows = await database.rows("select g.* from @@gauges($1) g", [tasks]);
  const found = new Map(rows.map((row) => [Number(row.n), row]));
  const now = await timeOf(database, rows);
  return tasks.map((_, index) => toGauges(found.get(index + 1) ?? {}, now));
}

async function timeOf(database: Session["database"], rows: readonly Row[]): Promise<number> {
  const [row = (await database.rows("select @@now() as present"))[0]] = rows;
  return Number(row?.present);
}

/** Overdue jobs have not ended yet, though readers see them as expired. */
function toGauges(row: Row, now: number): TaskGauges {
  const of = (name: string) => Number(row[name] ?? 0);
  const stored = Object.fromEntries(JOB_STATES.map((state) => [state, of(state)])) as Record<
    JobState,
    number
  >;
  const out = Object.fromEntries(
    FINAL_STATES.map((state) => [state, stored[state] + of(`past_${state}`)]),
  ) as EndCounts;
  const { waiting, delayed, active, retrying } = stored;
  const ended = FINAL_STATES.reduce((sum, state) => sum + out[state], 0);
  const pausedAt = numberOf(row.paused_at);
  const oldestWaitingSince = numberOf(row.oldest_since);
  const nextDueAt = numberOf(row.due_at);
  return {
    now: numberOf(row.present) ?? now,
    counts: { ...stored, expired: stored.expired + of("overdue_kept") },
    ...(pausedAt === undefined ? {} : { pausedAt }),
    ...(oldestWaitingSince === undefined ? {} : { oldestWaitingSince }),
    ...(nextDueAt === undefined ? {} : { nextDueAt }),
    in: waiting + delayed + active + retrying + of("overdue") + ended,
    out,
  };
}
