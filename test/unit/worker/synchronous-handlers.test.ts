import { expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";

const JOBS = 40;
const PAYLOADS = Array.from({ length: JOBS }, (_, index) => index);

/** Keeps the thread for so long, as a handler that computes does. */
function compute(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describeBehaviour("synchronous handlers", ({ app }) => {
  it("let the event loop have its turns while many jobs are at hand", async () => {
    const taskora = app();
    let turns = 0;
    const turnsSeen = new Set<number>();
    const task = taskora.task("compute", {
      concurrency: JOBS,
      handler: () => {
        turnsSeen.add(turns);
        compute(2);
      },
    });
    const jobs = await task.dispatchMany(PAYLOADS);
    const counting = setInterval(() => {
      turns += 1;
    }, 0);
    await taskora.start();
    await Promise.all(jobs.map((job) => job.result));
    clearInterval(counting);
    expect(turnsSeen.size).toBeGreaterThan(3);
  });

  it("never run more of them, nor in another order, than they were claimed in", async () => {
    const taskora = app();
    const order: unknown[] = [];
    const task = taskora.task("ordered", {
      concurrency: 5,
      handler: (index: unknown) => void order.push(index),
    });
    const jobs = await task.dispatchMany(PAYLOADS);
    await taskora.start();
    await Promise.all(jobs.map((job) => job.result));
    expect(order).toEqual(PAYLOADS);
  });

  it("may close the app, and what was claimed with them goes back", async () => {
    const taskora = app();
    let closing: Promise<void> | undefined;
    const ran: unknown[] = [];
    taskora.task("last", {
      concurrency: JOBS,
      handler: (index: unknown) => {
        ran.push(index);
        closing ??= taskora.close();
      },
    });
    const producer = app();
    const task = producer.register({ name: "last", version: 1 });
    await task.dispatchMany(PAYLOADS);
    await taskora.start();
    await expect.poll(() => closing !== undefined).toBe(true);
    await closing;
    const stats = await producer.jobs.count();
    expect(stats).toMatchObject({ active: 0, completed: ran.length, waiting: JOBS - ran.length });
  });

  it("fail, retry and return like others", async () => {
    const taskora = app();
    const task = taskora.task("mixed", {
      concurrency: JOBS,
      retry: { attempts: 2, delay: 0 },
      handler: (index: unknown, ctx) => {
        if (index === 1) throw new Error("always");
        if (index === 2 && ctx.attempt === 1) throw new Error("once");
        return `done ${String(index)}`;
      },
    });
    await taskora.start();
    const results = await Promise.allSettled([0, 1, 2].map((index) => task.dispatch(index).result));
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(results[2]).toMatchObject({ value: "done 2" });
  });
});
