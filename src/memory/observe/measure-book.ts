/** What workers counted, in this process; as long as other stores keep it. */
import {
  addCounts,
  ERROR_DAY_MS,
  ERRORS_KEPT_MS,
  type ErrorCount,
  type ErrorGroup,
  type ErrorsOfDay,
  type ErrorsQuery,
  errorDays,
  type MeasureCounts,
  type MeasurePoint,
  type MeasureStore,
  MOST_ERROR_GROUPS,
  MOST_MARKS,
  mergeErrorGroups,
  OTHER_ERRORS,
  OTHER_KIND,
  type SeriesQuery,
  SPANS,
  type Span,
  spanStart,
  spanStarts,
  type TaskCounts,
} from "../../core/observe/measure-store.js";

const SPAN_NAMES = Object.keys(SPANS) as readonly Span[];

/** Numbers of one task by the beginning of their span, in that order, but for a clock that was set. */
type Series = Map<number, MeasureCounts>;

export class MeasureBook {
  /** By span and task. */
  readonly #series = new Map<string, Series>();
  /** By day and task; groups by fingerprint. */
  readonly #errors = new Map<number, Map<string, Map<string, ErrorsOfDay>>>();
  readonly #marks = new Map<string, number>();

  record(tasks: readonly TaskCounts[], now: number): void {
    for (const { task, counts, errors } of tasks) {
      for (const span of SPAN_NAMES) this.#add(span, task, { counts, now });
      for (const error of errors) this.#addError(task, error, now);
    }
    for (const day of this.#errors.keys()) {
      if ((day + 1) * ERROR_DAY_MS + ERRORS_KEPT_MS <= now) this.#errors.delete(day);
    }
  }

  series(query: SeriesQuery, now: number): readonly MeasurePoint[] {
    const series = this.#series.get(keyOf(query.span, query.task));
    return spanStarts(query, now).flatMap((at) => {
      const counts = series?.get(at);
      return counts === undefined ? [] : [{ at, counts }];
    });
  }

  errors({ tasks, from }: ErrorsQuery, now: number): readonly ErrorGroup[] {
    const days = errorDays(from, now).map((day) => this.#errors.get(day));
    return mergeErrorGroups(
      days.flatMap((byTask) => tasks.flatMap((task) => [...(byTask?.get(task)?.values() ?? [])])),
    );
  }

  mark(release: string, now: number): void {
    if (this.#marks.has(release)) return;
    this.#marks.set(release, now);
    const [oldest] = this.#marks.keys();
    if (this.#marks.size > MOST_MARKS && oldest !== undefined) this.#marks.delete(oldest);
  }

  marks() {
    return [...this.#marks].map(([release, at]) => ({ release, at }));
  }

  clear(): void {
    this.#series.clear();
    this.#errors.clear();
    this.#marks.clear();
  }

  #add(span: Span, task: string, { counts, now }: { readonly counts: MeasureCounts; readonly now: number }) {
    const key = keyOf(span, task);
    const series = this.#series.get(key) ?? new Map<number, MeasureCounts>();
    this.#series.set(key, series);
    const at = spanStart(span, now);
    series.set(at, addCounts([series.get(at) ?? {}, counts]));
    for (const start of series.keys()) {
      if (start > now - SPANS[span].keptMs) break;
      series.delete(start);
    }
  }

  #addError(task: string, error: ErrorCount, now: number): void {
    const day = Math.floor(now / ERROR_DAY_MS);
    const byTask = this.#errors.get(day) ?? new Map<string, Map<string, ErrorsOfDay>>();
    this.#errors.set(day, byTask);
    const groups = byTask.get(task) ?? new Map<string, ErrorsOfDay>();
    byTask.set(task, groups);
    const isRoom = groups.has(error.fingerprint) || groups.size < MOST_ERROR_GROUPS;
    const fingerprint = isRoom ? error.fingerprint : OTHER_ERRORS;
    const {
      kind = isRoom ? error.kind : OTHER_KIND,
      count = 0,
      firstAt = now,
      first = error.sample,
    } = groups.get(fingerprint) ?? {};
    groups.set(fingerprint, {
      ...{ task, fingerprint, kind, count: count + error.count },
      ...{ firstAt, lastAt: now, first, last: error.sample },
    });
  }
}

function keyOf(span: Span, task: string): string {
  return `${span} ${task}`;
}

/** @param now the store's time; throws while the adapter is closed */
export function createMeasureStore(book: MeasureBook, now: () => number): MeasureStore {
  return {
    record: async ({ tasks }) => book.record(tasks, now()),
    series: async (query) => book.series(query, now()),
    errors: async (query) => book.errors(query, now()),
    mark: async (release) => book.mark(release, now()),
    async marks() {
      now();
      return book.marks();
    },
  };
}
