/** What workers count, and what is read of it. */
import {
  addCounts,
  type ErrorGroup,
  type ErrorKind,
  type ErrorSample,
  type ErrorsOfDay,
  type ErrorsQuery,
  type MeasureCounts,
  type MeasurePoint,
  type MeasureStore,
  MOST_MARKS,
  mergeErrorGroups,
  type SeriesQuery,
  SPANS,
  type TaskCounts,
  type WorkerMeasures,
} from "../../../core/observe/measure-store.js";
import { plainText } from "../../codec/encoded.js";
import type { Row } from "../../connection/database.js";
import type { Session } from "../../session.js";
import { SPAN_LETTERS } from "../../sql/measure-functions.js";

/** @param open gives what the adapter shares; rejects while it is closed */
export function createMeasureStore(
  open: <T>(verb: (session: Session) => Promise<T>) => Promise<T>,
): MeasureStore {
  return {
    record: (measures) => open((session) => record(session, measures)),
    series: (query) => open((session) => readSeries(session, query)),
    errors: (query) => open((session) => readErrors(session, query)),
    mark: (release) =>
      open(async ({ database }) => void (await database.rows("select @@mark($1)", [plainText(release)]))),
    marks: () =>
      open(async ({ database }) => {
        const rows = await database.rows(
          `select name, at from (select * from @.release order by at desc, name limit ${MOST_MARKS}) newest order by at, name`,
        );
        return rows.map(({ name, at }) => ({ release: String(name), at: Number(at) }));
      }),
  };
}

async function record({ database }: Session, { worker, tasks }: WorkerMeasures): Promise<void> {
  if (tasks.length === 0) return;
  await database.rows("select @@record($1, $2, $3::jsonb[], $4::jsonb[])", [
    worker,
    tasks.map(({ task }) => task),
    tasks.map(({ counts }) => JSON.stringify(counts)),
    tasks.map(errorsText),
  ]);
}

/** Kinds and samples are texts in it, which the database keeps as they are. */
function errorsText({ errors }: TaskCounts): string {
  const texts = errors.map(({ fingerprint, count, kind, sample }) => ({
    ...{ fingerprint, count, kind: JSON.stringify(kind), sample: JSON.stringify(sample) },
  }));
  return JSON.stringify(texts);
}

/** Bounds of times: the database keeps whole numbers of 64 bits. */
function timeOf(at: number): number {
  return Math.round(Math.min(Math.max(at, 0), Number.MAX_SAFE_INTEGER / 2));
}

async function readSeries(
  { database }: Session,
  { task, span, from, to }: SeriesQuery,
): Promise<readonly MeasurePoint[]> {
  const { lengthMs, keptMs } = SPANS[span];
  const rows = await database.rows("select * from @@series($1, $2, $3, $4, $5, $6)", [
    ...[task, SPAN_LETTERS[span], timeOf(from), timeOf(to), lengthMs, keptMs],
  ]);
  const points = new Map<number, MeasureCounts[]>();
  for (const { at, counts } of rows) {
    const parts = points.get(Number(at)) ?? [];
    parts.push(JSON.parse(String(counts)) as MeasureCounts);
    points.set(Number(at), parts);
  }
  return [...points].map(([at, parts]) => ({ at, counts: addCounts(parts) }));
}

async function readErrors(
  { database }: Session,
  { tasks, from }: ErrorsQuery,
): Promise<readonly ErrorGroup[]> {
  const rows = await database.rows("select * from @@error_groups($1, $2)", [tasks, timeOf(from)]);
  return mergeErrorGroups(rows.map(toGroup));
}

function toGroup(row: Row): ErrorsOfDay {
  return {
    ...{ task: String(row.task), fingerprint: String(row.fingerprint), count: Number(row.n) },
    kind: JSON.parse(String(row.kind)) as ErrorKind,
    ...{ firstAt: Number(row.first_at), first: JSON.parse(String(row.first)) as ErrorSample },
    ...{ lastAt: Number(row.last_at), last: JSON.parse(String(row.last)) as ErrorSample },
  };
}
