import type { Adapter } from "../../core/adapter.js";
import { instant } from "../../core/checks.js";
import type { Clock } from "../../core/clock.js";
import { type Duration, formatDuration, parseDuration } from "../../core/duration.js";
import { OptionError } from "../../core/errors.js";
import { countOf, type HistogramCounts } from "../../core/observe/histogram.js";
import { type MeasurePoint, MOST_POINTS, SPANS, type Span } from "../../core/observe/measure-store.js";
import {
  type Measures,
  mergeMeasures,
  percentilesOf,
  readCounts,
  stepsOf,
} from "../../core/observe/measures.js";
import { type Check, optionSet } from "../../core/options.js";
import { observeStoreOf } from "../features.js";

/** How long something took, of many times that it was done. A percentile is off by 4.4 % at most. */
export interface DurationMeasures {
  /** How many times it was done; without any there are no other numbers. */
  readonly count: number;
  /** The mean, in ms. */
  readonly mean?: number;
  /** Half of all took no longer, in ms. */
  readonly p50?: number;
  /** 95 of a hundred took no longer, in ms. */
  readonly p95?: number;
  /** 99 of a hundred took no longer, in ms. */
  readonly p99?: number;
}

/** How jobs of a task went, as the workers counted that ran them. Jobs that ended without a run are not among them. */
export interface TaskMeasures {
  /** Runs that completed their job. */
  readonly completed: number;
  /** Runs that failed it for good. */
  readonly failed: number;
  /** Runs that failed and will be tried again. */
  readonly retried: number;
  /** Runs that ended since their job was cancelled. */
  readonly cancelled: number;
  /** Jobs that a handler or its worker gave back: snoozed, or not over when the worker closed. */
  readonly released: number;
  /** Jobs that were taken from workers that fell silent. */
  readonly stalled: number;
  /**
   * How long jobs waited for the start of their handler: since they were stored, or were due, or their backoff was over. One
   * that was claimed ahead waits until its handler begins.
   */
  readonly wait: DurationMeasures;
  /** How long runs took, whatever they came to; those that were given back are not counted. */
  readonly run: DurationMeasures;
}

/** What was measured in one step of a series. */
export interface TaskMeasuresStep extends TaskMeasures {
  /** When the step began, ms since the epoch on the store's clock. */
  readonly at: number;
}

/** Which time is looked at. */
export interface MeasuresQuery {
  /**
   * As a date or ms since the epoch; default: an hour ago. What is older than three hours is kept by ten minutes, what is older
   * than three days is not kept.
   */
  readonly from?: Date | number | undefined;
  /** Default: now. */
  readonly to?: Date | number | undefined;
}

/** Which time is looked at, and how finely. */
export interface SeriesOptions extends MeasuresQuery {
  /**
   * Length of a step: whole minutes, or a multiple of ten minutes where `from` is older than three hours. Default: a minute, or
   * ten. The steps begin at multiples of it; there are 1 500 at most.
   */
  readonly step?: Duration | undefined;
}

/** What reading measures needs. */
export interface MeasuringHost {
  readonly adapter: Adapter;
  readonly clock: Clock;
}

const HOUR_MS = 3_600_000;

const QUERY_SHAPE = { from: instant, to: instant } satisfies {
  readonly [Key in keyof Required<MeasuresQuery>]: Check<unknown>;
};
/** Reads {@link MeasuresQuery}. */
export const MEASURES_QUERY = optionSet(QUERY_SHAPE);
/** Reads {@link SeriesOptions}. */
export const SERIES_OPTIONS = optionSet({ ...QUERY_SHAPE, step: parseDuration } satisfies {
  readonly [Key in keyof Required<SeriesOptions>]: Check<unknown>;
});

/** Everything that was measured in some time, as one. */
export async function readMeasures(
  host: MeasuringHost,
  task: string,
  query: MeasuresQuery,
): Promise<TaskMeasures> {
  const range = rangeOf(host, MEASURES_QUERY.read(query, "measures()"));
  const span = spanOf(host, range.from);
  const points = await readPoints(host, task, { ...range, span, asked: "tasks.measures()" });
  return toMeasures(mergeMeasures(points.map(({ counts }) => readCounts(counts))));
}

/** What was measured in each step of some time, the oldest first. */
export async function readSeries(
  host: MeasuringHost,
  task: string,
  options: SeriesOptions,
): Promise<readonly TaskMeasuresStep[]> {
  const { steps } = await readSteps(host, task, options);
  return steps.map(({ at, ...measures }) => ({ at, ...toMeasures(measures) }));
}

/** As {@link readSeries}, with the counts themselves. */
export async function readSteps(
  host: MeasuringHost,
  task: string,
  options: SeriesOptions,
): Promise<{ readonly stepMs: number; readonly steps: readonly (Measures & { readonly at: number })[] }> {
  const { step, ...query } = SERIES_OPTIONS.read(options, "series()");
  const given = rangeOf(host, query);
  const stepMs = step ?? SPANS[spanOf(host, given.from)].lengthMs;
  const span = requireStep(host, stepMs, given.from);
  const from = Math.floor(given.from / stepMs) * stepMs;
  const to = Math.max(from, Math.ceil(given.to / stepMs) * stepMs);
  requireFew((to - from) / stepMs, stepMs);
  const points = await readPoints(host, task, { from, to, span, asked: "tasks.series()" });
  return { stepMs, steps: stepsOf(points, { from, to, stepMs }) };
}

interface Range {
  readonly from: number;
  readonly to: number;
}

function rangeOf(
  host: MeasuringHost,
  { from, to }: { readonly from?: number | undefined; readonly to?: number | undefined },
): Range {
  const end = to ?? nowOf(host) + 1;
  const start = from ?? end - HOUR_MS;
  if (start <= end) return { from: start, to: end };
  throw new OptionError(`expected from to be before to, got ${start - end} ms after it`, { option: "from" });
}

/** Close to the store's time, which spans are told by. */
function nowOf({ clock }: MeasuringHost): number {
  return clock.now();
}

/** From when on anything may still be kept. */
export function oldestKept(host: MeasuringHost): number {
  return nowOf(host) - SPANS.tenMinutes.keptMs;
}

/** The finest numbers that may still be kept. */
function spanOf(host: MeasuringHost, from: number): Span {
  return from < nowOf(host) - SPANS.minute.keptMs ? "tenMinutes" : "minute";
}

function requireStep(host: MeasuringHost, stepMs: number, from: number): Span {
  const finest = SPANS[spanOf(host, from)].lengthMs;
  if (stepMs > 0 && stepMs % SPANS.tenMinutes.lengthMs === 0) return "tenMinutes";
  if (stepMs > 0 && stepMs % finest === 0) return "minute";
  const why =
    finest === SPANS.minute.lengthMs ? "" : ", since what is older than three hours is kept by that";
  throw new OptionError(
    `expected step to be a multiple of "${formatDuration(finest)}"${why}, got "${formatDuration(stepMs)}"`,
    { option: "step" },
  );
}

function requireFew(steps: number, stepMs: number): void {
  if (steps <= MOST_POINTS) return;
  throw new OptionError(
    `expected at most ${MOST_POINTS} steps, got ${steps} of "${formatDuration(stepMs)}". Raise step, or ask for less time`,
    { option: "step" },
  );
}

function readPoints(
  { adapter }: MeasuringHost,
  task: string,
  { asked, span, from, to }: Range & { readonly span: Span; readonly asked: string },
): Promise<readonly MeasurePoint[]> {
  const { lengthMs } = SPANS[span];
  const start = Math.floor(from / lengthMs) * lengthMs;
  return observeStoreOf(adapter, asked).series({ task, span, from: start, to });
}

/** Counts as users read them. */
export function toMeasures({ outcomes, wait, run }: Measures): TaskMeasures {
  return { ...outcomes, wait: toDurations(wait), run: toDurations(run) };
}

function toDurations(counts: HistogramCounts): DurationMeasures {
  const count = countOf(counts);
  if (count === 0) return { count };
  const { p50 = 0, p95 = 0, p99 = 0 } = percentilesOf(counts);
  return { count, mean: counts.sumUs / 1000 / count, p50, p95, p99 };
}
