import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ERROR_CODES, isTaskoraError, OptionError, ThrottledError, UnrecoverableError } from "taskora";
import { describe, expect, it } from "vitest";
import { StoreError } from "../../../src/core/errors.js";
import { RetryRequest, SnoozeRequest } from "../../../src/core/job-errors.js";
import * as taskora from "../../../src/index.js";

class Fatal extends UnrecoverableError {}

describe("isTaskoraError", () => {
  it("tells errors of taskora from others, and one code from another", () => {
    const error: unknown = new ThrottledError({ id: "j", task: "t" }, 5);
    expect(isTaskoraError(error)).toBe(true);
    expect(isTaskoraError(error, "JOB_THROTTLED") && error.retryAfterMs).toBe(5);
    expect(isTaskoraError(error, "JOB_FAILED")).toBe(false);
    expect(
      [new Error("x"), { code: "JOB_THROTTLED" }, null, undefined, "x"].some((each) => isTaskoraError(each)),
    ).toBe(false);
  });

  it("tells a handler what ctx.retry() and ctx.snooze() threw, whose classes are no exports", () => {
    const thrown: readonly unknown[] = [new RetryRequest(5, "later"), new SnoozeRequest(7)];
    const [retry, snooze] = thrown;
    expect(isTaskoraError(retry, "RETRY_REQUESTED") && retry.delayMs).toBe(5);
    expect(isTaskoraError(snooze, "SNOOZE_REQUESTED") && snooze.delayMs).toBe(7);
    expect(isTaskoraError(retry, "SNOOZE_REQUESTED")).toBe(false);
    expect(Object.keys(taskora)).not.toEqual(expect.arrayContaining(["RetryRequest"]));
    expect(Object.keys(taskora)).not.toEqual(expect.arrayContaining(["SnoozeRequest"]));
  });

  it("promises a class for each code that no other error has", () => {
    const text = readFileSync("src/core/error-classes.ts", "utf8");
    const mapped = [...text.matchAll(/^ {2}([A-Z_]+): (\w+);$/gm)].map(([, code]) => code as string);
    expect(mapped.length).toBeGreaterThan(20);
    expect(Object.keys(ERROR_CODES)).toEqual(expect.arrayContaining(mapped));
    const raw = sources("src").flatMap((file) => [
      ...readFileSync(file, "utf8").matchAll(/new TaskoraError\(\s*"([A-Z_]+)"/g),
    ]);
    expect(raw.length).toBeGreaterThan(10);
    expect(raw.map(([, code]) => code).filter((code) => mapped.includes(code as string))).toEqual([]);
  });
});

describe("instanceof", () => {
  it("goes by the class, and not by a name that another class has too", () => {
    class Own extends OptionError {}
    expect(new Own("x")).toBeInstanceOf(Own);
    expect(new Own("x")).toBeInstanceOf(OptionError);
    expect(new OptionError("x")).not.toBeInstanceOf(Own);
    expect(new Fatal("x")).toBeInstanceOf(UnrecoverableError);
    expect(new UnrecoverableError("x")).not.toBeInstanceOf(Fatal);
    expect(new OptionError("x")).not.toBeInstanceOf(StoreError);
    expect(Object.create(null)).not.toBeInstanceOf(OptionError);
  });
});

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(folder, file));
}
