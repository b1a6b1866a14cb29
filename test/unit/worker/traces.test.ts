import type { Adapter } from "taskora/adapter";
import { expect, it } from "vitest";
import { keeping } from "../../../src/testing/conformance/stage.js";
import { describeBehaviour } from "../../support/behaviour.js";
import { gate, rejection, untilAborted } from "../../support/signals.js";

const TASKS = ["first", "second"];

/** Leases of workers that are gone are over, and somebody came by. */
async function comeToRest(adapter: Adapter): Promise<void> {
  await adapter.connect();
  await expect
    .poll(async () => {
      await adapter.sweep(
        TASKS.map((task) => ({ task, retention: keeping(), stallLimit: 3, scope: "all" }) as const),
      );
      const { due } = await adapter.survey({ tasks: TASKS });
      return due;
    })
    .toEqual([]);
  await adapter.close();
}

describeBehaviour("workers that are gone", ({ app, world }) => {
  it("leave nothing when they closed amid their jobs", async () => {
    const began = gate();
    const slow = app({ defaults: { lease: "100ms" } });
    for (const name of TASKS) {
      slow.task(name, async (_, ctx) => {
        ctx.log.info("begins");
        ctx.progress(1);
        began.open();
        await untilAborted(ctx.signal);
      });
    }
    const producer = app();
    const jobs = TASKS.flatMap((name) => {
      const client = producer.register({ name, version: 1 });
      return [client.dispatch(null), client.dispatch(null)];
    });
    await Promise.all(jobs);
    await slow.start();
    await began.opened;
    await slow.close({ timeout: 0 });
    const next = app({ defaults: { lease: "100ms" } });
    for (const name of TASKS) next.task(name, () => "done");
    await next.start();
    expect(await Promise.all(jobs.map((job) => job.result))).toEqual(jobs.map(() => "done"));
    await next.close();
    await comeToRest(world().adapter());
    expect(await world().leftovers(TASKS)).toEqual([]);
  });

  it("leave nothing when they died with jobs that were to be cancelled", async () => {
    const producer = app();
    const client = producer.register({ name: "first", version: 1 });
    const jobs = [client.dispatch(null), client.dispatch(null)];
    const ends = jobs.map((job) => rejection(job.result));
    await Promise.all(jobs);
    const dead = world().adapter();
    await dead.connect();
    const [claimed] = await dead.claim([{ task: "first", lease: "dead", leaseMs: 100, count: 9 }]);
    expect(claimed?.jobs).toHaveLength(2);
    for (const job of jobs) expect(await job.cancel({ reason: "late" })).toEqual({ status: "requested" });
    await dead.close();
    const next = app({ defaults: { lease: "100ms" } });
    next.task("first", () => "never");
    await next.start();
    for (const end of ends) expect(await end).toMatchObject({ code: "JOB_CANCELLED", reason: "late" });
    await next.close();
    await comeToRest(world().adapter());
    expect(await world().leftovers(TASKS)).toEqual([]);
  });
});
