import { describe, expect, it } from "vitest";
import { columnNamed } from "../../../src/cli/operate/job-columns.js";
import { type FilteredJob, matchesFilter } from "../../../src/core/job-filter/match-filter.js";
import { parseJobFilter } from "../../../src/core/job-filter/parse-filter.js";
import { runMsOf, type TimedJob, waitMsOf } from "../../../src/core/job-lengths.js";
import { lengthText } from "../../../src/core/words.js";

const NOW = 1_000_000;
const ago = (seconds: number) => NOW - seconds * 1000;

/** A job of each kind, and how long it has waited and run, in seconds; undefined: there is no such length. */
const JOBS: readonly (readonly [string, TimedJob, wait: number | undefined, run: number | undefined])[] = [
  ["a new one that waits", { state: "waiting", enqueuedAt: ago(9), waitingSince: ago(9) }, 9, undefined],
  ["of a store that does not say since when", { state: "waiting", enqueuedAt: ago(9) }, 9, undefined],
  ["once delayed", { state: "waiting", enqueuedAt: ago(90), waitingSince: ago(4) }, 4, undefined],
  [
    "waits again after a run",
    { state: "waiting", enqueuedAt: ago(90), waitingSince: ago(4), startedAt: ago(80) },
    ...([4, undefined] as const),
  ],
  ["delayed", { state: "delayed", enqueuedAt: ago(9) }, undefined, undefined],
  ["retrying", { state: "retrying", enqueuedAt: ago(90), startedAt: ago(80) }, undefined, undefined],
  [
    "runs for the first time",
    { state: "active", enqueuedAt: ago(9), waitingSince: ago(9), startedAt: ago(7) },
    ...([2, 7] as const),
  ],
  [
    "runs again",
    { state: "active", enqueuedAt: ago(90), waitingSince: ago(8), startedAt: ago(5) },
    ...([3, 5] as const),
  ],
  [
    "completed",
    { state: "completed", enqueuedAt: ago(90), startedAt: ago(50), finishedAt: ago(20) },
    ...([40, 30] as const),
  ],
  [
    "failed, after runs that are in its wait",
    { state: "failed", enqueuedAt: ago(90), startedAt: ago(21), finishedAt: ago(20) },
    ...([69, 1] as const),
  ],
  [
    "cancelled before it ran",
    { state: "cancelled", enqueuedAt: ago(90), finishedAt: ago(20) },
    70,
    undefined,
  ],
  ["expired", { state: "expired", enqueuedAt: ago(60), finishedAt: ago(20) }, 40, undefined],
];

describe("lengths of a job", () => {
  it.each(JOBS)("of one: %s", (_name, job, wait, run) => {
    expect(waitMsOf(job, NOW)).toBe(wait === undefined ? undefined : wait * 1000);
    expect(runMsOf(job, NOW)).toBe(run === undefined ? undefined : run * 1000);
  });

  it.each(JOBS)("are those that a filter chooses by: %s", (_name, timed, wait, run) => {
    const job: FilteredJob = {
      task: "t",
      id: "a",
      headers: {},
      version: 1,
      attempt: 1,
      priority: 0,
      ...timed,
    };
    const chooses = (text: string) => matchesFilter(parseJobFilter(text), job, { now: NOW });
    expect(chooses("wait>=0s")).toBe(wait !== undefined);
    expect(chooses(`wait>=${wait ?? 0}s wait<=${wait ?? 0}s`)).toBe(wait !== undefined);
    expect(chooses("run>=0s")).toBe(run !== undefined);
    expect(chooses(`run>=${run ?? 0}s run<=${run ?? 0}s`)).toBe(run !== undefined);
  });

  it.each(JOBS)("are those of the columns in the terminal: %s", (_name, timed, wait, run) => {
    const job = { task: "t", id: "a", ...timed } as never;
    expect(columnNamed("wait")?.cell(job, NOW)).toBe(wait === undefined ? "" : lengthText(wait * 1000));
    expect(columnNamed("run")?.cell(job, NOW)).toBe(run === undefined ? "" : lengthText(run * 1000));
  });
});
