import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";
import { gate, rejection } from "../../support/signals.js";

describeBehaviour("ctx.signal", ({ app }) => {
  it("may be passed to any number of waits without a warning of a leak", async () => {
    const tasks = app();
    const warnings: string[] = [];
    const note = (warning: Error) => warnings.push(warning.name);
    process.on("warning", note);
    const waits = (signal: AbortSignal) =>
      Promise.all(Array.from({ length: 12 }, () => wait(1, undefined, { signal })));
    const alone = tasks.task("alone", async (_, ctx) => void (await waits(ctx.signal)));
    const together = tasks.task("together", {
      collect: { delay: 1, maxSize: 20 },
      handler: async (_, ctx) => void (await waits(ctx.signal)),
    });
    await tasks.start();
    const jobs = [...(await alone.dispatchMany([1, 2])), ...(await together.dispatchMany(Array(20).fill(1)))];
    await Promise.all(jobs.map((job) => job.result));
    // Warnings are emitted in the next tick.
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", note);
    expect(warnings).toEqual([]);
  });

  it("of a batch is aborted when it is first read after all its jobs were interrupted", async () => {
    const tasks = app();
    const interrupted = gate();
    const looked = gate<AbortSignal>();
    const task = tasks.task("late", {
      collect: { delay: 1, maxSize: 2 },
      timeout: 20,
      handler: async (_, ctx) => {
        await interrupted.opened;
        looked.open(ctx.signal);
      },
    });
    await tasks.start();
    const jobs = await task.dispatchMany([1, 2]);
    for (const job of jobs) expect(await rejection(job.result)).toMatchObject({ cause: { code: "TIMEOUT" } });
    interrupted.open();
    const signal = await looked.opened;
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toMatchObject({ code: "TIMEOUT" });
  });

  it("of a batch is not aborted while one of its jobs was not interrupted, and is when the last one is", async () => {
    const tasks = app();
    const started = gate<AbortSignal>();
    const task = tasks.task("partly", {
      collect: { delay: 1, maxSize: 2 },
      handler: async (_, ctx) => {
        const { signal } = ctx;
        started.open(signal);
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
    });
    await tasks.start();
    const [first, last] = await task.dispatchMany([1, 2]);
    const signal = await started.opened;
    await first?.cancel({ reason: "first" });
    expect(signal.aborted).toBe(false);
    await last?.cancel({ reason: "last" });
    await rejection(last?.result ?? Promise.resolve());
    expect(signal.reason).toMatchObject({ code: "JOB_CANCELLED", reason: "last" });
  });
});
