import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { type CopiedJob, clientKey, copyAs } from "../../../board-ui/src/words/copy-as.js";
import { jobTimeline, placeStretches, type TimedJob } from "../../../board-ui/src/words/job-timeline.js";
import { cronInWords, lengthInWords, ruleInWords } from "../../../board-ui/src/words/rule-in-words.js";
import { taskIdentifiers } from "../../../codegen/identifiers.js";
import type { AttemptRecord } from "../../../src/core/job.js";

const aRun = (run: Partial<AttemptRecord>): AttemptRecord => ({
  ...{ attempt: 1, startedAt: 1500, endedAt: 1505, worker: "w1.1", outcome: "completed" },
  ...run,
});
const aJob = (job: Partial<TimedJob>): TimedJob => ({
  state: "waiting",
  attempt: 0,
  enqueuedAt: 1000,
  history: [],
  ...job,
});

describe("the timeline of a job", () => {
  it("tells waits, runs and backoffs one after another", () => {
    const error = { name: "Error", message: "SMTP 421" };
    const history = [
      aRun({ outcome: "failed", error }),
      aRun({ attempt: 2, startedAt: 1805, endedAt: 1806 }),
    ];
    const stretches = jobTimeline(aJob({ state: "completed", attempt: 2, finishedAt: 1806, history }), 9000);
    expect(stretches.map(({ kind, from, to }) => [kind, from, to])).toEqual([
      ["waiting", 1000, 1500],
      ["run", 1500, 1505],
      ["retrying", 1505, 1805],
      ["run", 1805, 1806],
    ]);
    expect(stretches[1]).toMatchObject({ attempt: 1, outcome: "failed", error, isOpen: false });
  });

  it("goes on to now where the job does", () => {
    expect(jobTimeline(aJob({}), 1700)).toEqual([{ kind: "waiting", from: 1000, to: 1700, isOpen: true }]);
    expect(jobTimeline(aJob({ state: "delayed", dueAt: 5000 }), 1700)).toEqual([
      { kind: "delayed", from: 1000, to: 5000, isOpen: true },
    ]);
    const active = aJob({ state: "active", attempt: 1, startedAt: 1200, worker: "w1.1" });
    expect(jobTimeline(active, 1700)).toMatchObject([
      { kind: "waiting", from: 1000, to: 1200, isOpen: false },
      { kind: "run", from: 1200, to: 1700, isOpen: true, outcome: "running", worker: "w1.1" },
    ]);
  });

  it("says where runs are not kept, and shows a job that ended without one", () => {
    const [first] = jobTimeline(
      aJob({ state: "failed", attempt: 30, finishedAt: 1505, history: [aRun({ attempt: 11 })] }),
      2000,
    );
    expect(first?.kind).toBe("unknown");
    expect(jobTimeline(aJob({ state: "cancelled", finishedAt: 1300 }), 2000)).toEqual([
      { kind: "waiting", from: 1000, to: 1300, isOpen: false },
    ]);
  });

  it("gives a short stretch room to be seen, on one line", () => {
    const history = [aRun({ startedAt: 1_000_000, endedAt: 1_000_001 })];
    const placed = placeStretches(
      jobTimeline(aJob({ state: "completed", finishedAt: 1_000_001, history }), 2_000_000),
    );
    expect(placed[1]?.width).toBeGreaterThan(0.015);
    expect(placed.reduce((sum, { width }) => sum + width, 0)).toBeCloseTo(1);
    expect(placed[1]?.left).toBeCloseTo(placed[0]?.width ?? 0);
    expect(placeStretches([])).toEqual([]);
  });
});

describe("the rule of a schedule in words", () => {
  it.each([
    ["*/5 * * * *", "every 5 minutes"],
    ["* * * * *", "every minute"],
    ["0 * * * *", "every hour"],
    ["15 * * * *", "every hour at minute 15"],
    ["0 */2 * * *", "every 2 hours"],
    ["30 9 * * 1-5", "at 09:30 on weekdays"],
    ["0 8,12,18 * * *", "at 08:00, 12:00 and 18:00"],
    ["0 0 1 * *", "at 00:00 on day 1 of the month"],
    ["0 0 L * *", "at 00:00 on the last day of the month"],
    ["0 9 * * MON#1", "at 09:00 on the first Monday of the month"],
    ["*/10 9-17 * * *", "every 10 minutes from 09:00 to 17:59"],
    ["0 3 * 1,6-8 0,6", "at 03:00 at weekends in January and June to August"],
    ["30 0 12 * * *", "at 12:00:30"],
    ["*/20 * * * * *", "every 20 seconds"],
    ["@daily", "at 00:00"],
    ["5,35 2-4 * * TUE", "at minute 5 and 35 from 02:00 to 04:59 on Tuesday"],
    ["0 12 13 * 5", "at 12:00 on day 13 of the month or on Friday"],
    ["not a cron", "not a cron"],
  ])("says %s as %s", (cron, words) => {
    expect(cronInWords(cron)).toBe(words);
  });

  it("takes as long for a hostile expression as for any", () => {
    expect(cronInWords(`0 0 * * 1--100000000${",1".repeat(100_000)}`).length).toBeLessThan(300);
  });

  it("says lengths and zones", () => {
    expect(ruleInWords({ every: 300_000 })).toBe("every 5 minutes");
    expect(ruleInWords({ every: 3_600_000 })).toBe("every hour");
    expect(ruleInWords({ cron: "0 9 * * *", timezone: "Europe/Berlin" })).toBe("at 09:00 (Europe/Berlin)");
    expect(lengthInWords(5_400_000)).toBe("1 hour 30 minutes");
    expect(lengthInWords(1500)).toBe("1 second 500 ms");
    expect(lengthInWords(0)).toBe("0 ms");
  });
});

describe("a job as text", () => {
  const job: CopiedJob = {
    ...{ task: "email.send/slow", version: 2, priority: -5, maxAttempts: 3 },
    data: { to: "o'neill@example.com", "content-type": "x", __proto__: null, n: [1, 2] },
    headers: { tenant: "acme", traceparent: "00-0af7" },
  };

  it("is code of the generated client", () => {
    expect(copyAs("code", job, "")).toContain(
      'await tasks.emailSend.dispatch({ to: "o\'neill@example.com", "content-type": "x", n: [1, 2] }, {',
    );
    expect(copyAs("code", job, "")).toContain('headers: { tenant: "acme" }');
    expect(copyAs("code", { ...job, data: undefined, priority: 0, headers: {}, task: "a" }, "")).toContain(
      "tasks.a.dispatch(undefined, { attempts: 3 })",
    );
  });

  it("names clients as the generator does", () => {
    for (const name of ["email.send", "delete", "a.b-c_d", "image.resize/slow"])
      expect(clientKey(name)).toBe(taskIdentifiers(name.split("/")[0] ?? "").camel);
  });

  it("is a command whose words a shell reads back", () => {
    const command = copyAs("command", job, "").replace(/^taskora/, "printf '%s\\n'");
    const words = execFileSync("/bin/sh", ["-c", command], { encoding: "utf8" }).trimEnd().split("\n");
    expect(words).toEqual([
      ...["dispatch", "email.send", "--data", JSON.stringify(job.data), "--priority=-5", "--attempts", "3"],
      ...["--header", "tenant=acme", "--lane", "slow", "--contract-version", "2"],
    ]);
  });

  it("is a request of the board's API", () => {
    const curl = copyAs("curl", job, "http://127.0.0.1:7070/api/v1").replace(/^curl/, "printf '%s\\n'");
    const words = execFileSync("/bin/sh", ["-c", curl], { encoding: "utf8" }).trimEnd().split("\n");
    expect(words).toContain("http://127.0.0.1:7070/api/v1/tasks/email.send/jobs");
    expect(JSON.parse(words.at(-1) ?? "")).toEqual({
      data: job.data,
      options: { priority: -5, attempts: 3, headers: { tenant: "acme" }, lane: "slow" },
    });
  });

  it("is a test that has the payload", () => {
    const text = copyAs("test", { ...job, data: { text: "a\u2028b */ `" } }, "");
    expect(text).toContain('const payload = { text: "a\\u2028b */ `" };');
    expect(text).toContain("contractCases(emailSend, { payload })");
  });
});
