/** How the runs of a task went over some time, as columns for plots. */
import { internalsOf } from "../../app/app-internals.js";
import { readSteps, type SeriesOptions } from "../../app/operate/measures.js";
import type { Taskora } from "../../app/taskora.js";
import { type HistogramCounts, pairsOf, upperBoundOf } from "../../core/observe/histogram.js";
import { type Measures, percentilesOf } from "../../core/observe/measures.js";
import type { TaskSeries } from "../api.js";

const PERCENTILES = ["p50", "p95", "p99"] as const;

/**
 * Reads it.
 *
 * @throws {OptionError} when step does not fit, or there are more than 1 500 of them
 * @throws {TaskoraError} `NOT_SUPPORTED`, `TASK_NOT_FOUND`, and as the store does
 */
export async function readTaskSeries(
  app: Taskora,
  task: string,
  options: SeriesOptions,
): Promise<TaskSeries | undefined> {
  const { adapter, clock } = internalsOf(app).observed;
  const info = await app.tasks.get(task);
  if (info === undefined) return undefined;
  const { steps, stepMs } = await readSteps({ adapter, clock }, task, options);
  const at = steps.map((step) => step.at);
  const [from = 0, to = 0] = [at[0], (at.at(-1) ?? 0) + stepMs];
  const releases = (await app.workers.releases()).filter((mark) => mark.at >= from && mark.at < to);
  const outcome = (name: keyof Measures["outcomes"]) => steps.map(({ outcomes }) => outcomes[name]);
  return {
    ...{ at, stepMs, releases },
    ...{ completed: outcome("completed"), failed: outcome("failed"), retried: outcome("retried") },
    cancelled: outcome("cancelled"),
    wait: columnsOf(steps.map(({ wait }) => wait)),
    oldest: oldestOf(
      steps.map(({ wait }) => longestMs(wait)),
      {
        stepMs,
        waitsMs: Math.min(to, info.totals?.at ?? to) - (info.oldestWaitingSince ?? Number.POSITIVE_INFINITY),
      },
    ),
    run: columnsOf(steps.map(({ run }) => run)),
    runBins: steps.map(({ run }) => binsOf(run)),
  };
}

/**
 * How long the oldest job had waited at the end of each step. Nobody keeps that, and it follows: a job that had waited a minute
 * when it began had waited half a minute half a minute before, and so has the job that waits longest now.
 *
 * @param longest of each step the longest wait of jobs that began in it
 * @param waitsMs of the job that has waited longest at the end of the last step; below 0: none waits
 */
export function oldestOf(
  longest: readonly number[],
  { stepMs, waitsMs }: { readonly stepMs: number; readonly waitsMs: number },
): readonly (number | null)[] {
  let age = waitsMs;
  const ages = longest.toReversed().map((ms) => {
    const oldest = Math.max(age, ms);
    age = oldest - stepMs;
    return oldest > 0 ? rounded(oldest) : null;
  });
  return ages.reverse();
}

function longestMs({ bins }: HistogramCounts): number {
  const last = [...pairsOf(bins)].at(-1);
  return last === undefined ? 0 : upperBoundOf(last[0]) * 1000;
}

function columnsOf(counts: readonly HistogramCounts[]): TaskSeries["wait"] {
  const found = counts.map(percentilesOf);
  const column = (name: (typeof PERCENTILES)[number]) =>
    found.map((step) => (step[name] === undefined ? null : rounded(step[name])));
  return { p50: column("p50"), p95: column("p95"), p99: column("p99") };
}

function binsOf({ bins }: HistogramCounts): readonly (readonly [number, number])[] {
  return [...pairsOf(bins)].map(([bin, count]) => [rounded(upperBoundOf(bin) * 1000), count]);
}

/** To a thousandth of a ms: what a bin is known by has no more. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
