/** What workers count, and what is read of it. */
import {
  ERRORS_KEPT_MS,
  type ErrorCount,
  type ErrorGroup,
  type ErrorKind,
  type ErrorSample,
  type ErrorsOfDay,
  type ErrorsQuery,
  type MeasurePoint,
  type MeasureStore,
  MOST_ERROR_GROUPS,
  MOST_MARKS,
  MOST_POINTS,
  mergeErrorGroups,
  OTHER_ERRORS,
  OTHER_KIND,
  type ReleaseMark,
  type SeriesQuery,
  SPANS,
  type TaskCounts,
  type WorkerMeasures,
} from "../../../core/observe/measure-store.js";
import {
  errorsScript,
  markScript,
  marksScript,
  recordScript,
  seriesScript,
} from "../../scripts.generated.js";
import { clampInteger, type Session } from "../../session.js";

/** Kinds of errors that one call tells of: four commands each. */
const ERRORS_PER_CALL = 100;
/** A time that never comes, in ms. */
const MOST_TIME = Number.MAX_SAFE_INTEGER;

/** @param use runs something on the open connection */
export function createMeasureStore(
  use: <T>(verb: (session: Session) => Promise<T>) => Promise<T>,
): MeasureStore {
  return {
    record: (measures) => use((session) => record(session, measures)),
    series: (query) => use((session) => readSeries(session, query)),
    errors: (query) => use((session) => readErrors(session, query)),
    mark: (release) =>
      use(
        async ({ runner, keys }) => void (await runner.run(markScript, keys.workers, [release, MOST_MARKS])),
      ),
    marks: () => use(readMarks),
  };
}

/** Tasks are told of together, each in its own slot. */
async function record(session: Session, { tasks }: WorkerMeasures): Promise<void> {
  const calls = tasks.flatMap((told) => partsOf(told).map((part) => [told.task, argumentsOf(part)] as const));
  await Promise.all(
    session.runner.link.inOneWrite(() =>
      calls.map(([task, args]) => session.runner.run(recordScript, session.keys.root(task), args)),
    ),
  );
}

function partsOf({ counts, errors }: TaskCounts): readonly Omit<TaskCounts, "task">[] {
  const parts = [{ counts, errors: errors.slice(0, ERRORS_PER_CALL) }];
  for (let at = ERRORS_PER_CALL; at < errors.length; at += ERRORS_PER_CALL)
    parts.push({ counts: {}, errors: errors.slice(at, at + ERRORS_PER_CALL) });
  return parts;
}

function argumentsOf({ counts, errors }: Omit<TaskCounts, "task">) {
  const numbers = Object.entries(counts);
  const kept = [SPANS.minute.keptMs, SPANS.tenMinutes.keptMs, ERRORS_KEPT_MS] as const;
  const others = [MOST_ERROR_GROUPS, OTHER_ERRORS, JSON.stringify(OTHER_KIND)] as const;
  const items = [...numbers.flat(), ...errors.flatMap(errorArguments)].map(String);
  return [...kept, ...others, numbers.length, ...items] as const;
}

function errorArguments({ fingerprint, count, kind, sample }: ErrorCount) {
  return [fingerprint, count, JSON.stringify(kind), JSON.stringify(sample)];
}

async function readSeries(session: Session, query: SeriesQuery): Promise<readonly MeasurePoint[]> {
  const { task, span } = query;
  const end = clampInteger(query.to, 0, MOST_TIME);
  const points: MeasurePoint[] = [];
  for (let from = clampInteger(query.from, 0, MOST_TIME); from >= 0; ) {
    const isMinute = span === "minute" ? 1 : 0;
    const args = [isMinute, from, end, SPANS[span].keptMs, MOST_POINTS] as const;
    const [next, spans] = await session.runner.run(seriesScript, session.keys.root(task), args);
    for (let index = 0; index + 1 < spans.length; index += 2) {
      const names = spans[index + 1] as Buffer[];
      points.push({ at: Number(spans[index]), counts: countsOf(names) });
    }
    from = next;
  }
  return points;
}

function countsOf(fields: readonly Buffer[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let index = 0; index + 1 < fields.length; index += 2)
    counts[String(fields[index])] = Number(String(fields[index + 1]));
  return counts;
}

async function readErrors(session: Session, { tasks, from }: ErrorsQuery): Promise<readonly ErrorGroup[]> {
  const groups = await Promise.all(
    session.runner.link.inOneWrite(() => tasks.map((task) => readErrorsOf(session, task, from))),
  );
  return groups.flat();
}

async function readErrorsOf(session: Session, task: string, from: number): Promise<readonly ErrorGroup[]> {
  const groups: ErrorsOfDay[] = [];
  for (let day = clampInteger(from, 0, MOST_TIME); day >= 0; ) {
    const args = [day, ERRORS_KEPT_MS] as const;
    const [next, fields] = await session.runner.run(errorsScript, session.keys.root(task), args);
    groups.push(...groupsOf(task, fields));
    day = next;
  }
  return mergeErrorGroups(groups);
}

function groupsOf(task: string, fields: readonly Buffer[]): readonly ErrorsOfDay[] {
  const values = new Map<string, string>();
  for (let index = 0; index + 1 < fields.length; index += 2)
    values.set(String(fields[index]), String(fields[index + 1]));
  return [...values].flatMap(([field, count]) => {
    if (!field.startsWith("n")) return [];
    const fingerprint = field.slice(1);
    const first = /^(\d+):(.*?)\n(.*)$/s.exec(values.get(`k${fingerprint}`) ?? "");
    const last = /^(\d+):(.*)$/s.exec(values.get(`l${fingerprint}`) ?? "");
    if (first === null || last === null) return [];
    const [, firstAt, kind = "", sample = ""] = first;
    const [, lastAt, lastSample = ""] = last;
    return {
      ...{ task, fingerprint, kind: JSON.parse(kind) as ErrorKind, count: Number(count) },
      ...{ firstAt: Number(firstAt), first: JSON.parse(sample) as ErrorSample },
      ...{ lastAt: Number(lastAt), last: JSON.parse(lastSample) as ErrorSample },
    };
  });
}

async function readMarks({ runner, keys }: Session): Promise<readonly ReleaseMark[]> {
  const found = await runner.run(marksScript, keys.workers, []);
  const marks: ReleaseMark[] = [];
  for (let index = 0; index + 1 < found.length; index += 2)
    marks.push({ release: String(found[index]), at: Number(String(found[index + 1])) });
  return marks;
}
