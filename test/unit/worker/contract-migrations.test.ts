import { defineTask } from "taskora/contract";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { describeBehaviour } from "../../support/behaviour.js";

const v1 = defineTask({ name: "user.greet", input: z.object({ name: z.string() }) });
const v2 = defineTask({
  name: "user.greet",
  version: 2,
  input: z.object({ first: z.string() }),
  migrate: { 1: async (payload) => ({ first: (payload as { name: string }).name }) },
});

describeBehaviour("migrations of a contract", ({ app }) => {
  it("are taken by a worker that has none of its own", async () => {
    const job = app().register(v1).dispatch({ name: "Ada" });
    const { result } = job;
    const worker = app();
    worker.implement(v2, (data) => data.first);
    await job;
    await worker.start();
    expect(await result).toBe("Ada");
  });

  it("give way to the handler's own", async () => {
    const job = app().register(v1).dispatch({ name: "Ada" });
    const { result } = job;
    const worker = app();
    worker.implement(v2, { handler: (data) => data.first, migrate: { 1: () => ({ first: "own" }) } });
    await job;
    await worker.start();
    expect(await result).toBe("own");
  });
});

describe("defineTask", () => {
  it.each([
    [2, { 2: (payload: unknown) => payload }, /migrate/],
    [1, { 1: (payload: unknown) => payload }, /migrate/],
    [2, { 1: "no function" as never }, /migrate/],
  ])("refuses migrations that lead nowhere: version %d, %j", (version, migrate, message) => {
    expect(() => defineTask({ name: "user.greet", version, migrate })).toThrow(message);
  });
});
