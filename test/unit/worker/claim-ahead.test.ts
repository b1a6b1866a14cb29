import { expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";

/** Enough short runs that a lane of one slot earns a buffer. */
const WARM_UP = 500;
const BEHIND = 20;

describeBehaviour("claiming ahead", ({ app }) => {
  it("lets no job wait behind a slow neighbour while another worker is free", async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const ranBy = new Map<number, string>();
    const worker = (name: string) => {
      const taskora = app();
      taskora.task("mixed", {
        concurrency: 1,
        handler: async (index: unknown) => {
          ranBy.set(index as number, name);
          if (index === WARM_UP) await gate;
        },
      });
      return taskora;
    };
    const producer = app();
    const task = producer.register({ name: "mixed", version: 1 });
    const first = worker("first");
    await first.start();
    const warm = await task.dispatchMany(Array.from({ length: WARM_UP }, (_, index) => index));
    await Promise.all(warm.map((job) => job.result));

    const jobs = await task.dispatchMany(Array.from({ length: BEHIND + 1 }, (_, index) => WARM_UP + index));
    await worker("second").start();
    await Promise.all(jobs.slice(1).map((job) => job.result));
    release();
    await jobs[0]?.result;
    expect(ranBy.size).toBe(WARM_UP + BEHIND + 1);
  });

  it("keeps the order of jobs it gives back", async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const order: number[] = [];
    const taskora = app();
    const task = taskora.task("ordered", {
      concurrency: 1,
      handler: async (index: unknown) => {
        order.push(index as number);
        if (index === WARM_UP) await gate;
      },
    });
    await taskora.start();
    const jobs = await task.dispatchMany(Array.from({ length: WARM_UP + BEHIND }, (_, index) => index));
    const waiting = () => taskora.jobs.count({ task: "ordered" }).then((stats) => stats.waiting);
    while ((await waiting()) < BEHIND - 1) await new Promise(setImmediate);
    release();
    await Promise.all(jobs.map((job) => job.result));
    expect(order).toEqual(Array.from({ length: WARM_UP + BEHIND }, (_, index) => index));
  });
});
