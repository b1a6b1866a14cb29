/** The figures this library has set itself, each checked against the recorded rounds. */
import { findContender, metricOf, type Results, ratioOf } from "./results.js";
import type { Metric, StoreName } from "./spec.js";

/** One line of the table. */
export interface Verdict {
  readonly target: string;
  readonly measured: string;
  readonly isMet: boolean;
}

type Target = (results: Results) => Verdict | undefined;

const ON_REDIS: readonly Target[] = [
  times("dispatch-single", "bee-queue", 1),
  times("dispatch-single", "bullmq", 1.5),
  times("dispatch-concurrent", "bullmq", 6),
  times("dispatch-concurrent", "bee-queue", 2),
  times("bulk-50", "bullmq", 4),
  times("bulk-1000", "bullmq", 8),
  times("process-c1", "bullmq", 5),
  times("process-c10", "bullmq", 6),
  times("process-c100", "bullmq", 7),
  times("process-c100", "bee-queue", 4),
  times("process-c1000", "bullmq", 12),
  times("process-c1000", "bee-queue", 4),
  noWorse("latency-start", "p50Ms"),
  noWorse("latency-start", "p99Ms"),
  noWorse("latency-result", "p50Ms"),
  atMost("bytes-59", "bytesPerJob", 59 + 130),
  atMost("bytes-501", "bytesPerJob", 501 + 230),
  atMost("idle-50", "connections", 4),
  atMost("idle-50", "commandsPerSecond", 1),
  atMost("idle-50", "cpuPercent", 0.5),
  sameSpeed("backlog-1000000", "backlog-1000"),
  noCallAbove(5),
];

const ON_POSTGRES: readonly Target[] = [
  times("process-c1", "graphile-worker", 1),
  times("process-c10", "graphile-worker", 1),
  times("process-c100", "graphile-worker", 1.2),
  times("process-c100", "pg-boss", 3),
  times("process-keep-none", "graphile-worker", 1.5),
  times("process-c1000", "graphile-worker", 1.4),
  times("dispatch-concurrent", "graphile-worker", 50),
  times("dispatch-concurrent", "bullmq", 2),
  times("bulk-1000", "graphile-worker", 1.8),
  atLeast("bulk-1000", "jobsPerSecond", 60_000),
  times("dispatch-single", "bare-insert", 0.9),
  atMost("process-c100", "storeMicros", 25),
  atMost("process-c100", "walBytes", 900),
  sameLog("process-1kb", "process-c100"),
  noWorse("latency-start", "p50Ms", "graphile-worker"),
  sameSpeed("backlog-1000000", "backlog-1000"),
  atMost("idle-50", "connections", 4),
  atMost("idle-50", "commandsPerSecond", 1),
];

const TARGETS: Readonly<Record<StoreName, readonly Target[]>> = { redis: ON_REDIS, postgres: ON_POSTGRES };

const OURS = "taskora";

/** Targets whose rows were measured. */
export function checkTargets(results: Results): readonly Verdict[] {
  return TARGETS[results.store].flatMap((target) => target(results) ?? []);
}

function rowOf(results: Results, name: string) {
  return results.workloads.find((row) => row.name === name);
}

function times(workload: string, peer: string, factor: number): Target {
  return (results) => {
    const row = rowOf(results, workload);
    const [ours, theirs] = [findContender(row, OURS), findContender(row, peer)];
    const metric = row?.metrics[0];
    if (ours === undefined || theirs === undefined || metric === undefined) return undefined;
    const ratio = ratioOf(ours, theirs, metric);
    if (ratio === undefined) return undefined;
    return {
      target: `${workload}: at least ${factor} × ${peer}`,
      measured: `${ratio.median.toFixed(2)} × (${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)})`,
      isMet: ratio.median >= factor,
    };
  };
}

/** Two runs of one thing differ by this much here; less is no difference. */
const NOISE = 1.05;

/** @param peer whom it is compared with; default: whoever is best */
function noWorse(workload: string, metric: Metric, peer?: string): Target {
  return (results) => {
    const row = rowOf(results, workload);
    const mine = medianOf(row, OURS, metric);
    const others = (row?.contenders ?? []).filter(({ name }) => name !== OURS && name === (peer ?? name));
    const best = Math.min(
      ...others.map((each) => metricOf(each, metric)?.median ?? Number.POSITIVE_INFINITY),
    );
    if (mine === undefined || !Number.isFinite(best)) return undefined;
    return {
      target: `${workload} ${metric}: no worse than ${peer ?? "the best peer"}`,
      measured: `${mine.toFixed(2)} against ${best.toFixed(2)}`,
      isMet: mine <= best * NOISE,
    };
  };
}

function atMost(workload: string, metric: Metric, limit: number): Target {
  return bound(workload, metric, { text: `at most ${limit}`, digits: 2, isMet: (mine) => mine <= limit });
}

function atLeast(workload: string, metric: Metric, limit: number): Target {
  return bound(workload, metric, { text: `at least ${limit}`, digits: 0, isMet: (mine) => mine >= limit });
}

function bound(
  workload: string,
  metric: Metric,
  { text, digits, isMet }: { readonly text: string; readonly digits: number; isMet(mine: number): boolean },
): Target {
  return (results) => {
    const mine = medianOf(rowOf(results, workload), OURS, metric);
    if (mine === undefined) return undefined;
    return { target: `${workload} ${metric}: ${text}`, measured: mine.toFixed(digits), isMet: isMet(mine) };
  };
}

function sameSpeed(large: string, small: string): Target {
  return alike(`${large} against ${small}`, {
    large,
    small,
    metric: "jobsPerSecond",
    isMet: (ratio) => ratio >= 0.8,
  });
}

/** A payload is written when a job is stored, and never again. */
function sameLog(large: string, small: string): Target {
  return alike(`${large} walBytes against ${small}`, {
    large,
    small,
    metric: "walBytes",
    isMet: (ratio) => ratio <= 1.2,
  });
}

function alike(
  what: string,
  {
    large,
    small,
    metric,
    isMet,
  }: {
    readonly large: string;
    readonly small: string;
    readonly metric: Metric;
    isMet(ratio: number): boolean;
  },
): Target {
  return (results) => {
    const [one, other] = [large, small].map((workload) => medianOf(rowOf(results, workload), OURS, metric));
    if (one === undefined || other === undefined) return undefined;
    const ratio = one / other;
    return {
      target: `${what}: within 20 %`,
      measured: `${((ratio - 1) * 100).toFixed(1)} %`,
      isMet: isMet(ratio),
    };
  };
}

/** Of the chapter about calls: the longest of each round counts. */
function noCallAbove(limitMs: number): Target {
  return (results) => {
    const slowest = results.workloads
      .filter((row) => row.chapter === "calls")
      .map((row) => ({ name: row.name, ms: medianOf(row, OURS, "slowestMs") ?? Number.POSITIVE_INFINITY }))
      .reduce((worst, row) => (row.ms > worst.ms ? row : worst), { name: "", ms: 0 });
    if (slowest.name === "") return undefined;
    return {
      target: `no call of a script above ${limitMs} ms`,
      measured: `${slowest.ms.toFixed(2)} ms, ${slowest.name}`,
      isMet: slowest.ms <= limitMs,
    };
  };
}

function medianOf(
  row: Results["workloads"][number] | undefined,
  name: string,
  metric: Metric,
): number | undefined {
  const contender = findContender(row, name);
  return contender && metricOf(contender, metric)?.median;
}
