/**
 * What a store keeps of how jobs went: numbers by the minute and by ten minutes, kinds of errors by the day, and when
 * releases were seen first. It adds up numbers and knows nothing of what they count.
 */

/** The lengths of time that numbers are kept by: each number is added to one span of either length. */
export const SPANS = {
  minute: { lengthMs: 60_000, keptMs: 3 * 3_600_000 },
  tenMinutes: { lengthMs: 600_000, keptMs: 3 * 86_400_000 },
} as const;

/** A length of time that numbers are kept by. */
export type Span = keyof typeof SPANS;

/** Kinds of errors are counted by the day of the store's clock, in UTC. */
export const ERROR_DAY_MS = 86_400_000;
/** How long they are kept after the last of a day. */
export const ERRORS_KEPT_MS = 7 * ERROR_DAY_MS;
/** Kinds of errors of a task and a day; what comes beyond counts as {@link OTHER_ERRORS}. */
export const MOST_ERROR_GROUPS = 200;
/** In place of a fingerprint: of errors that came when there were too many kinds. */
export const OTHER_ERRORS = "other";
/** Releases that are remembered, the newest of them. */
export const MOST_MARKS = 100;
/** Spans of one answer. */
export const MOST_POINTS = 1500;

/** Whole numbers from 1 by their names, which are letters and digits. */
export type MeasureCounts = Readonly<Record<string, number>>;

/** What one worker has counted since it told the last time. */
export interface WorkerMeasures {
  /** Who counted: what different workers tell need not meet in one place. */
  readonly worker: string;
  readonly tasks: readonly TaskCounts[];
}

/** Of one task. */
export interface TaskCounts {
  readonly task: string;
  readonly counts: MeasureCounts;
  /** One per kind. */
  readonly errors: readonly ErrorCount[];
}

/** Errors of one kind. */
export interface ErrorCount {
  /** Eight hex digits, see `errorFingerprint`. */
  readonly fingerprint: string;
  readonly kind: ErrorKind;
  /** From 1. */
  readonly count: number;
  /** The last of them. */
  readonly sample: ErrorSample;
}

/** What errors of one kind have in common. */
export interface ErrorKind {
  readonly name: string;
  readonly code?: string | number;
  /** The message without what changes from one to the next. */
  readonly message: string;
}

/** One error. */
export interface ErrorSample {
  /** The job whose attempt failed. */
  readonly jobId: string;
  /** Of the contract that it was dispatched with. */
  readonly version: number;
  /** That of the worker; undefined: it has none. */
  readonly release?: string;
}

/** Errors of one kind of a task on one day. */
export interface ErrorsOfDay extends Omit<ErrorCount, "sample"> {
  readonly task: string;
  /** ms since the epoch on the store's clock, as of when the worker told. */
  readonly firstAt: number;
  readonly lastAt: number;
  readonly first: ErrorSample;
  readonly last: ErrorSample;
}

/** How many errors came on a day. */
export interface DayCount {
  /** When the day began in UTC, ms since the epoch. */
  readonly at: number;
  readonly count: number;
}

/** Errors of one kind of a task, of all days that were asked for. */
export interface ErrorGroup extends ErrorsOfDay {
  /** Those days that had any, the oldest first. */
  readonly days: readonly DayCount[];
}

/** Which spans of a task are asked for. */
export interface SeriesQuery {
  /** One that the store does not know has none. */
  readonly task: string;
  readonly span: Span;
  /** Spans that begin at this time or later, ms since the epoch on the store's clock. */
  readonly from: number;
  /** Spans that begin before this time. Of more than {@link MOST_POINTS} those that began first are left out. */
  readonly to: number;
}

/** What was counted in one span. */
export interface MeasurePoint {
  /** When it began: a multiple of its length. */
  readonly at: number;
  readonly counts: MeasureCounts;
}

/** Which kinds of errors are asked for. */
export interface ErrorsQuery {
  readonly tasks: readonly string[];
  /** Of the day of this time and those after it, ms since the epoch. */
  readonly from: number;
}

/** A release that some worker said it is of. */
export interface ReleaseMark {
  readonly release: string;
  /** When it was told of first, ms since the epoch on the store's clock. */
  readonly at: number;
}

/** Keeps what workers count. Everything is stamped by the store's clock when it is told. */
export interface MeasureStore {
  /** Adds numbers to the spans of now, and errors to their kinds. */
  record(measures: WorkerMeasures): Promise<void>;
  /** Those that hold something, the oldest first. What is older than it is kept is not among them. */
  series(query: SeriesQuery): Promise<readonly MeasurePoint[]>;
  /** One per task and kind, in no order. */
  errors(query: ErrorsQuery): Promise<readonly ErrorGroup[]>;
  /** A worker of a release begins to work. One that was told of before keeps its time. */
  mark(release: string): Promise<void>;
  /** The oldest first. */
  marks(): Promise<readonly ReleaseMark[]>;
}

/** When the span of a moment began. */
export function spanStart(span: Span, at: number): number {
  const { lengthMs } = SPANS[span];
  return Math.floor(at / lengthMs) * lengthMs;
}

/** The beginnings of spans that a query asks for and a store may still have, the oldest first. */
export function spanStarts({ span, from, to }: SeriesQuery, now: number): readonly number[] {
  const { lengthMs, keptMs } = SPANS[span];
  const end = Math.min(to, now + 1);
  const last = Math.ceil(end / lengthMs) * lengthMs - lengthMs;
  const oldest = Math.max(from, last - (MOST_POINTS - 1) * lengthMs, now - keptMs);
  const first = Math.ceil(oldest / lengthMs) * lengthMs;
  const count = Math.max(0, Math.floor((last - first) / lengthMs) + 1);
  return Array.from({ length: count }, (_, index) => first + index * lengthMs);
}

/** The days whose errors are asked for, as numbers of days since the epoch, the oldest first. */
export function errorDays(from: number, now: number): readonly number[] {
  const last = Math.floor(now / ERROR_DAY_MS);
  const first = Math.max(Math.floor(from / ERROR_DAY_MS), Math.floor((now - ERRORS_KEPT_MS) / ERROR_DAY_MS));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

/** What errors that came when there were too many kinds are said to be. */
export const OTHER_KIND: ErrorKind = { name: "Error", message: "errors of other kinds" };

/** Errors of several days as one group per task and fingerprint. Days come in their order. */
export function mergeErrorGroups(groups: readonly ErrorsOfDay[]): readonly ErrorGroup[] {
  const merged = new Map<string, ErrorGroup>();
  for (const group of groups) {
    const key = `${group.task}\n${group.fingerprint}`;
    const { count = 0, firstAt, first, days = [] } = merged.get(key) ?? {};
    const day = { at: Math.floor(group.firstAt / ERROR_DAY_MS) * ERROR_DAY_MS, count: group.count };
    merged.set(key, {
      ...{ ...group, count: count + group.count, days: [...days, day] },
      ...{ firstAt: firstAt ?? group.firstAt, first: first ?? group.first },
    });
  }
  return [...merged.values()];
}

/** Sums by name. */
export function addCounts(parts: readonly MeasureCounts[]): MeasureCounts {
  const sums: Record<string, number> = {};
  for (const part of parts) {
    for (const [name, count] of Object.entries(part)) sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}
