import { describe, expect, it } from "vitest";
import { compareRow, renderComparison } from "../../bench/compare.js";
import { renderReport } from "../../bench/report.js";
import {
  type ContenderResult,
  mergeResults,
  metricOf,
  type Results,
  ratioOf,
  type WorkloadResult,
} from "../../bench/results.js";
import type { Measures } from "../../bench/spec.js";
import { median, percentile } from "../../bench/statistics.js";
import { checkTargets } from "../../bench/targets.js";

function aContender(name: string, rounds: readonly (Measures | null)[]): ContenderResult {
  return { name, rounds, failures: rounds.includes(null) ? ["round 1: it broke\n  at somewhere"] : [] };
}

function aRow(name: string, contenders: readonly ContenderResult[]): WorkloadResult {
  return {
    name,
    title: `Title of ${name}`,
    chapter: "dispatch",
    metrics: ["jobsPerSecond", "nodeMicros"],
    date: "2026-01-02",
    commit: "abc1234",
    contenders,
  };
}

function aRecord(workloads: readonly WorkloadResult[]): Results {
  const machine = { cpu: "Some CPU", cores: 2, memoryGb: 24, system: "Linux" };
  const settings = { taskora: "as it comes" };
  return { store: "redis", machine, versions: { node: "20.20.2" }, settings, workloads };
}

const speed = (...values: readonly number[]) => values.map((jobsPerSecond) => ({ jobsPerSecond }));

describe("statistics", () => {
  it("takes the middle of an odd and of an even number of values", () => {
    expect(median([30, 10, 20])).toBe(20);
    expect(median([40, 10, 30, 20])).toBe(25);
    expect(median([])).toBeNaN();
  });

  it("takes the value below which a share of the values lies", () => {
    const values = Array.from({ length: 100 }, (_, index) => index);
    expect(percentile(values, 0.5)).toBe(50);
    expect(percentile(values, 0.99)).toBe(99);
    expect(percentile([7], 0.99)).toBe(7);
  });
});

describe("ratioOf", () => {
  it("compares round by round, not median with median", () => {
    const ours = aContender("taskora", speed(200, 20, 60));
    const theirs = aContender("bullmq", speed(100, 10, 20));
    expect(ratioOf(ours, theirs, "jobsPerSecond")).toEqual({ median: 2, min: 2, max: 3 });
  });

  it("is above 1 when less is better and ours is less", () => {
    const ours = aContender("taskora", [{ p50Ms: 1 }]);
    const theirs = aContender("bullmq", [{ p50Ms: 4 }]);
    expect(ratioOf(ours, theirs, "p50Ms")?.median).toBe(4);
  });

  it("leaves out rounds in which either failed", () => {
    const ours = aContender("taskora", [null, { jobsPerSecond: 30 }]);
    const theirs = aContender("bullmq", speed(10, 10));
    expect(ratioOf(ours, theirs, "jobsPerSecond")).toEqual({ median: 3, min: 3, max: 3 });
    expect(metricOf(ours, "jobsPerSecond")?.median).toBe(30);
  });

  it("says nothing when no round has both", () => {
    expect(
      ratioOf(aContender("taskora", [null]), aContender("bullmq", speed(1)), "jobsPerSecond"),
    ).toBeUndefined();
  });
});

describe("mergeResults", () => {
  it("replaces rows of the same name and keeps the order of the workloads", () => {
    const recorded = aRecord([aRow("b", [aContender("taskora", speed(1))]), aRow("c", [])]);
    const fresh = aRecord([aRow("b", [aContender("taskora", speed(9))]), aRow("a", [])]);
    const merged = mergeResults(recorded, { fresh, order: ["a", "b", "c"] });
    expect(merged.workloads.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    expect(merged.workloads[1]?.contenders[0]?.rounds).toEqual(speed(9));
  });
});

describe("compareRow", () => {
  const row = (ours: number) =>
    aRow("dispatch-single", [aContender("taskora", speed(ours)), aContender("bullmq", speed(100))]);

  it.each([
    [160, "fell"],
    [175, "same"],
    [225, "same"],
    [240, "rose"],
  ])("calls a ratio of %i %% against a recorded 200 %% %s", (ours, verdict) => {
    const recorded = aRecord([row(200)]);
    expect(compareRow(row(ours), { recorded, peer: "bullmq" })?.verdict).toBe(verdict);
  });

  it("calls a row that was never recorded new", () => {
    const comparison = compareRow(row(100), { recorded: undefined, peer: "bullmq" });
    expect(comparison).toMatchObject({ now: 1, recorded: undefined, verdict: "new" });
  });

  it("names what fell", () => {
    const recorded = aRecord([row(200)]);
    const comparison = compareRow(row(100), { recorded, peer: "bullmq" });
    const text = renderComparison(comparison === undefined ? [] : [comparison], "bullmq");
    expect(text).toContain("Fell by more than 15 %: dispatch-single.");
  });
});

describe("checkTargets", () => {
  it("checks only what was measured, by the median of the paired ratios", () => {
    const contenders = [aContender("taskora", speed(15, 16, 14)), aContender("bullmq", speed(10, 10, 10))];
    expect(checkTargets(aRecord([aRow("dispatch-single", contenders)]))).toEqual([
      { target: "dispatch-single: at least 1.5 × bullmq", measured: "1.50 × (1.40–1.60)", isMet: true },
    ]);
  });

  it("finds a backlog that slows the queue down", () => {
    const small = aRow("backlog-1000", [aContender("taskora", speed(100))]);
    const large = aRow("backlog-1000000", [aContender("taskora", speed(79))]);
    expect(checkTargets(aRecord([small, large]))).toMatchObject([{ measured: "-21.0 %", isMet: false }]);
  });

  it("finds a payload that is written again when its job runs", () => {
    const bytes = (walBytes: number) => [aContender("taskora", [{ walBytes }])];
    const rows = [aRow("process-c100", bytes(800)), aRow("process-1kb", bytes(1800))];
    expect(checkTargets({ ...aRecord(rows), store: "postgres" })).toContainEqual({
      target: "process-1kb walBytes against process-c100: within 20 %",
      measured: "125.0 %",
      isMet: false,
    });
  });

  it("compares a start on Postgres with the queue it names, not with one on Redis", () => {
    const p50 = (p50Ms: number) => [{ p50Ms }];
    const contenders = [
      aContender("taskora", p50(2)),
      aContender("graphile-worker", p50(3)),
      aContender("bullmq", p50(1)),
    ];
    const record = { ...aRecord([aRow("latency-start", contenders)]), store: "postgres" } as const;
    expect(checkTargets(record)).toMatchObject([{ measured: "2.00 against 3.00", isMet: true }]);
  });

  it("names the longest call of a script", () => {
    const calls = (name: string, ...ms: readonly number[]): WorkloadResult => ({
      ...aRow(name, [
        aContender(
          "taskora",
          ms.map((slowestMs) => ({ slowestMs })),
        ),
      ]),
      chapter: "calls",
    });
    const record = aRecord([calls("calls-a", 2, 4, 9), calls("calls-b", 5, 6, 7), calls("calls-c", 1)]);
    expect(checkTargets(record)).toEqual([
      { target: "no call of a script above 5 ms", measured: "6.00 ms, calls-b", isMet: false },
    ]);
  });
});

describe("renderReport", () => {
  const contenders = [
    aContender("taskora", [{ jobsPerSecond: 123_456.7, nodeMicros: 8.04 }]),
    aContender("bullmq", [{ jobsPerSecond: 12_345.67, nodeMicros: 80 }]),
    aContender("groupmq", [null]),
  ];

  it("prints a table per workload with the ratio to each other queue", () => {
    const report = renderReport(aRecord([aRow("dispatch-concurrent", contenders)]));
    expect(report).toContain("### Title of dispatch-concurrent");
    expect(report).toContain("| taskora | 123 457 | 8.0 |  |");
    expect(report).toContain("| bullmq | 12 346 | 80.0 | 10.00 |");
  });

  it("prints one table for all calls of scripts", () => {
    const row = aRow("calls-a", [aContender("taskora", [{ slowestMs: 2, medianMs: 1 }])]);
    const calls: WorkloadResult = { ...row, chapter: "calls", metrics: ["slowestMs", "medianMs"] };
    const report = renderReport(aRecord([calls, { ...calls, title: "claim: 1 000" }]));
    expect(report).toContain("| calls of | slowest ms | median ms |");
    expect(report).toContain("| Title of calls-a | 2.00 | 1.00 |\n| claim: 1 000 | 2.00 | 1.00 |");
  });

  it("says that a contender failed instead of leaving it out", () => {
    const report = renderReport(aRecord([aRow("dispatch-concurrent", contenders)]));
    expect(report).toContain("| groupmq | – | – | – |");
    expect(report).toContain("groupmq failed 1 times; round 1: it broke");
  });
});
