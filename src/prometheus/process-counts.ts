/** What one process counts of its jobs. */
import type { AppInternals } from "../app/app-internals.js";
import { isFinalState } from "../core/lifecycle.js";
import { Histogram, type HistogramCounts, mergeCounts, NO_COUNTS } from "../core/observe/histogram.js";
import type { JobListener } from "../core/telemetry/job-listener.js";
import type { JobTelemetry } from "../core/telemetry/job-telemetry.js";
import { stateAfterRun } from "../core/telemetry/told-state.js";
import type { FamilyKey, Sample } from "./families.js";
import { histogramSamples } from "./histogram-samples.js";
import { TaskLabels } from "./task-labels.js";

/** Lengths of time since the process began. */
class Durations {
  readonly #new = new Histogram();
  #before: HistogramCounts = NO_COUNTS;

  record(ms: number): void {
    this.#new.record(Math.max(0, ms) / 1000);
  }

  counts(): HistogramCounts {
    this.#before = mergeCounts([this.#before, this.#new.take()]);
    return this.#before;
  }
}

class TaskCounts {
  dispatched = 0;
  readonly jobs = new Map<string, number>();
  readonly runs = new Map<string, number>();
  readonly run = new Durations();
  readonly wait = new Durations();
}

export class ProcessCounts implements JobListener {
  readonly #observed: AppInternals["observed"];
  readonly #labels = new TaskLabels();
  readonly #tasks = new Map<string, TaskCounts>();

  constructor(observed: AppInternals["observed"]) {
    this.#observed = observed;
  }

  dispatched({ task, outcome }: JobTelemetry): void {
    if (outcome === "stored") this.#of(task).dispatched += 1;
  }

  ran({ task, outcome, waitMs, runMs = 0 }: JobTelemetry): void {
    const counts = this.#of(task);
    add(counts.runs, outcome ?? "lost");
    if (outcome !== "released") counts.run.record(runMs);
    if (waitMs !== undefined) counts.wait.record(waitMs);
  }

  settled(message: JobTelemetry): void {
    const state = stateAfterRun(message);
    if (state !== undefined && isFinalState(state)) add(this.#of(message.task).jobs, state);
  }

  #of(task: string): TaskCounts {
    const label = this.#labels.of(task);
    let counts = this.#tasks.get(label);
    if (counts === undefined) {
      counts = new TaskCounts();
      this.#tasks.set(label, counts);
    }
    return counts;
  }

  /** Samples of each metric. */
  read(): Promise<ReadonlyMap<FamilyKey, readonly Sample[]>> {
    const { used, size } = this.#observed.slots();
    const found = new Map<FamilyKey, Sample[]>();
    for (const [task, counts] of this.#tasks) {
      push(found, "jobs", totals(counts.jobs, task));
      push(found, "runs", totals(counts.runs, task));
      push(found, "dispatched", [{ suffix: "_total", labels: { task }, value: counts.dispatched }]);
      push(found, "run", histogramSamples(counts.run.counts(), { task }));
      push(found, "wait", histogramSamples(counts.wait.counts(), { task }));
    }
    push(found, "slots", [
      { suffix: "", labels: { state: "used" }, value: used },
      { suffix: "", labels: { state: "free" }, value: Math.max(0, size - used) },
    ]);
    return Promise.resolve(found);
  }
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function totals(counts: ReadonlyMap<string, number>, task: string): readonly Sample[] {
  return [...counts].map(([outcome, value]) => ({ suffix: "_total", labels: { task, outcome }, value }));
}

/** Adds samples to those of a metric. */
export function push(found: Map<FamilyKey, Sample[]>, key: FamilyKey, samples: readonly Sample[]): void {
  const known = found.get(key);
  if (known === undefined) found.set(key, [...samples]);
  else known.push(...samples);
}
