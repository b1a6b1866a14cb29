import type { JobEvent } from "taskora";
import { describe, expect, it } from "vitest";
import { choosesEvent, eventFilter, onlyTask } from "../../../src/app/chosen-events.js";
import type { AppEvent } from "../../../src/app/event-types.js";
import { describeBehaviour } from "../../support/behaviour.js";

const filter = (text: string) => eventFilter(text, "where");

const failed = {
  ...{ type: "failed", task: "email.send", id: "job-7", attempt: 2, at: 1000, worker: "w-1" },
  error: { name: "MailError", message: "mailbox is full", code: "EFULL", at: 1000 },
} as unknown as AppEvent;
const expired = { type: "expired", task: "email.send", id: "job-8", attempt: 0, at: 1000 } as AppEvent;
const warning = { type: "warning", code: "EVENTS_LOST", message: "some are missing" } as unknown as AppEvent;

describe("a filter of events", () => {
  // A listener for alarms that is not told of what it asked for, or of everything, is of no use.
  it.each([
    ["", true, true],
    ["task:email.send", true, true],
    ["task:email.*", true, true],
    ["task:report.*", false, false],
    ["-task:email.send", false, false],
    ["id:job-7", true, false],
    ["state:failed", true, false],
    ["state:expired", false, true],
    ["-state:failed", false, true],
    ["error:full", true, false],
    ["code:EFULL", true, false],
    ["worker:w-1", true, false],
    ["worker:w-2", false, false],
    ["full", true, false],
    ["attempt>1", true, false],
    ["state:failed attempt>2", false, false],
    ["state:failed error:full task:email.*", true, false],
  ])("%j chooses the failed job: %s, the expired one: %s", (text, ofFailed, ofExpired) => {
    expect(choosesEvent(filter(text), failed)).toBe(ofFailed);
    expect(choosesEvent(filter(text), expired)).toBe(ofExpired);
  });

  it("chooses what is about no job only without a term", () => {
    expect(choosesEvent(filter(""), warning)).toBe(true);
    expect(choosesEvent(filter("state:failed"), warning)).toBe(false);
    expect(choosesEvent(filter("-state:failed"), warning)).toBe(false);
  });

  // Asking each event for what it does not tell would drop all of them without a word.
  it.each([
    "priority>1",
    "data.to:me",
    "header.trace:1",
    "age>1h",
    "wait>1s",
    "run>1s",
    "version:2",
    "group:a",
  ])("refuses %s, which events do not tell", (text) => {
    expect(() => filter(text)).toThrow(
      /expected where to ask for what events tell \(task, id, state, .*got /,
    );
  });

  it.each([undefined, 7, null, () => true])("refuses %s, which is no text", (value) => {
    expect(() => eventFilter(value, "where")).toThrow(
      /expected where to be a filter such as "state:failed", got/,
    );
  });

  // What is named alone is all that a process subscribes to: too little loses events, too much costs the store.
  it.each([
    ["task:email.send", "email.send"],
    ["task:email.send state:failed", "email.send"],
    ["task:email.*", undefined],
    ["task:email.send|report.build", undefined],
    ["-task:email.send", undefined],
    ["state:failed", undefined],
    ["", undefined],
  ])("%j names one task alone: %s", (text, task) => {
    expect(onlyTask(filter(text))).toBe(task);
  });
});

describeBehaviour("listening with a filter", ({ app }) => {
  it("tells what the filter chooses, of one task or of several, and nothing else", async () => {
    const tasks = app();
    const heard: Record<string, string[]> = { named: [], family: [], all: [], once: [] };
    const note = (name: string) => (event: JobEvent) => void heard[name]?.push(`${event.task} ${event.type}`);
    const send = tasks.task("email.send", (data) => {
      if (data === "bad") throw new Error("no such address");
    });
    const build = tasks.task("report.build", {
      retry: { attempts: 1 },
      handler: () => {
        throw new Error("no such table");
      },
    });
    await tasks.start();
    tasks.on("completed", note("named"), { where: "task:email.send" });
    tasks.on("failed", note("family"), { where: "task:report.*|email.*" });
    tasks.on("failed", note("all"), { where: "error:address" });
    const next = tasks.once("failed", { where: "error:table" });
    await tasks.connect();
    await send.dispatch("good").result;
    await expect(send.dispatch("bad", { attempts: 1 }).result).rejects.toThrow("no such address");
    await expect(build.dispatch(1).result).rejects.toThrow("no such table");
    expect(await next).toMatchObject({ task: "report.build", type: "failed" });
    await expect.poll(() => heard.family).toEqual(["email.send failed", "report.build failed"]);
    expect(heard).toMatchObject({ named: ["email.send completed"], all: ["email.send failed"] });
  });

  it("refuses a listener that is none at once, beside a filter too", () => {
    const tasks = app();
    expect(() => tasks.on("failed", "log" as never, { where: "state:failed" })).toThrow(
      /expected the listener of "failed" to be a function/,
    );
  });
});
