import type { JobState, LogLine } from "taskora";
import { describe, expect, it } from "vitest";
import { logPlace, logsOf } from "../../../src/app/operate/job-logs.js";
import { describeBehaviour } from "../../support/behaviour.js";

const line = (at: number, message: string) => ({ at, level: "info", message }) as unknown as LogLine;
const job = (logs: readonly LogLine[], state: JobState = "active") => ({ task: "t", id: "j", state, logs });
const words = (lines: readonly LogLine[]) => lines.map(({ message }) => message).join("");

const LINES = [line(10, "a"), line(20, "b"), line(20, "c"), line(20, "d"), line(30, "e")];

describe("the lines of a job", () => {
  // Who follows a job would see a line twice or never.
  it.each([
    [undefined, "abcde"],
    ["5-0", "abcde"],
    ["10-0", "bcde"],
    ["20-0", "cde"],
    ["20-1", "de"],
    ["20-2", "e"],
    ["20-9", "e"],
    ["25-0", "e"],
    ["30-0", ""],
    ["40-0", ""],
  ])("after %s are %j", (after, expected) => {
    expect(words(logsOf(job(LINES), after).lines)).toBe(expected);
  });

  it("go on within the millisecond of the first of them", () => {
    const logs = LINES.slice(1);
    expect(["20-0", "20-1", "20-2"].map((after) => words(logsOf(job(logs), after).lines))).toEqual([
      ...["cde", "de", "e"],
    ]);
  });

  it.each([
    [LINES.slice(0, 1), "10-0"],
    [LINES.slice(0, 2), "20-0"],
    [LINES.slice(0, 4), "20-2"],
    [LINES, "30-0"],
  ])("end at a place that the next call goes on from (%#)", (logs, place) => {
    const { after } = logsOf(job(logs), undefined);
    expect(after).toBe(place);
    expect(words(logsOf(job([...logs, line(30, "z")]), after).lines)).toBe("z");
  });

  it("keep the place of who follows when there are none any more, and have none before the first", () => {
    expect(logsOf(job([]), "20-1")).toEqual({
      task: "t",
      id: "j",
      state: "active",
      lines: [],
      after: "20-1",
    });
    expect(logsOf(job([], "completed"), undefined)).toEqual({
      ...{ task: "t", id: "j", state: "completed", lines: [] },
    });
  });

  it.each(["", "20", "20-", "-1", "20-1-1", "x20-1", "20-1x", "20-1234567890", 20, undefined, null])(
    "refuse the place %j, which no answer gave",
    (value) => {
      expect(() => logPlace(value, "after")).toThrow(/expected after to come from an answer before, got/);
    },
  );

  it.each(["20-1", "0-0", "1234567890123456-123456789"])("take the place %s", (value) => {
    expect(logPlace(value, "after")).toBe(value);
  });
});

describeBehaviour("following the lines of a job", ({ app }) => {
  it("gives each line once, with and without its task", async () => {
    const tasks = app();
    const send = tasks.task("email.send", (_data, ctx) => {
      for (const word of ["a", "b", "c"]) ctx.log.info(word);
    });
    await tasks.start();
    const handle = await send.dispatch(1);
    await handle.result;
    const all = await tasks.jobs.logs({ task: "email.send", id: handle.id });
    expect(all).toMatchObject({ task: "email.send", id: handle.id, state: "completed" });
    expect(words(all?.lines ?? [])).toBe("abc");
    expect(words((await tasks.jobs.logs({ id: handle.id }, { after: all?.after ?? "" }))?.lines ?? [])).toBe(
      "",
    );
    expect(await tasks.jobs.logs({ task: "email.send", id: "no-such-job" })).toBeUndefined();
  });
});
