import { expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";
import { FaultyAdapter } from "../../support/faulty-adapter.js";
import { gate, untilAborted } from "../../support/signals.js";

/** A worker that hears nothing of its lease, as when its event loop stands still, and one that takes its job. */
describeBehaviour("a worker whose lease ended while it did not look", ({ app, world }) => {
  async function loseJob(handler: (signal: AbortSignal, end: Promise<unknown>) => unknown) {
    const faulty = new FaultyAdapter(world().adapter());
    const deaf = app({ adapter: faulty.adapter });
    const started = gate();
    const end = gate();
    deaf.task("lost", {
      lease: "100ms",
      concurrency: 1,
      handler: (_, ctx) => {
        started.open();
        return handler(ctx.signal, end.opened);
      },
    });
    faulty.always("silent", "renew", "claim");
    faulty.always("refused", "sweep");
    const job = await app().register({ name: "lost", version: 1 }).dispatch(null);
    await deaf.start();
    await started.opened;
    const other = app();
    other.task("lost", () => "other");
    await other.start();
    expect(await job.result).toBe("other");
    await other.close();
    faulty.heal();
    expect(new Set(world().takeErrorCodes())).toEqual(new Set(["STORE_UNAVAILABLE"]));
    return { job, end, deaf };
  }

  it("gives a job back that it stops for while it does not know whether it still has it", async () => {
    const faulty = new FaultyAdapter(world().adapter());
    const busy = app({ adapter: faulty.adapter });
    const started = gate();
    busy.task("lost", {
      lease: "100ms",
      handler: async (_, ctx) => {
        started.open();
        await untilAborted(ctx.signal);
      },
    });
    faulty.always("silent", "renew", "claim");
    faulty.always("refused", "sweep");
    const job = await app().register({ name: "lost", version: 1 }).dispatch(null);
    await busy.start();
    await started.opened;
    const from = performance.now();
    while (performance.now() - from < 150);
    await busy.close({ timeout: 0 });
    // The sweeps that were refused.
    world().takeErrorCodes();
    const other = app();
    other.task("lost", () => "other");
    await other.start();
    expect(await job.result).toBe("other");
  });

  it("aborts the signal before the late result is looked at, and says it once", async () => {
    const aborted = gate<unknown>();
    const { job, end, deaf } = await loseJob(async (signal, ended) => {
      signal.addEventListener("abort", () => aborted.open(signal.reason));
      await ended;
      return "late";
    });
    expect(world().warnings).toEqual([]);
    end.open();
    expect(await aborted.opened).toMatchObject({ code: "LEASE_LOST" });
    await deaf.close();
    expect(world().warnings).toMatchObject([{ code: "LEASE_LOST", task: "lost", jobId: job.id }]);
    expect(world().warnings[0]?.message).toContain(
      "its lease had ended and the job was given to another worker",
    );
    expect(await job.result).toBe("other");
  });

  it("says nothing of a failure that came too late but that the lease was lost", async () => {
    const { job, end, deaf } = await loseJob(async (_, ended) => {
      await ended;
      throw new Error("too late");
    });
    end.open();
    await deaf.close();
    expect(world().warnings.map(({ code }) => code)).toEqual(["LEASE_LOST"]);
    expect(await job.getState()).toBe("completed");
  });

  it("stores the result when nobody has taken the job", async () => {
    const faulty = new FaultyAdapter(world().adapter());
    const tasks = app({ adapter: faulty.adapter });
    const end = gate();
    const started = gate();
    const task = tasks.task("kept", {
      lease: "100ms",
      handler: async () => {
        started.open();
        await end.opened;
        return "late, but not lost";
      },
    });
    faulty.always("silent", "renew");
    faulty.always("refused", "sweep");
    await tasks.start();
    const { result } = task.dispatch(null);
    await started.opened;
    await new Promise((resolve) => setTimeout(resolve, 110));
    faulty.heal();
    end.open();
    expect(await result).toBe("late, but not lost");
    expect(faulty.count("renew")).toBeGreaterThan(1);
    expect(world().warnings).toEqual([]);
    world().takeErrorCodes();
  });

  it("settles what had ended when it is closed before it knows", async () => {
    const faulty = new FaultyAdapter(world().adapter());
    const tasks = app({ adapter: faulty.adapter });
    const end = gate();
    const started = gate();
    const task = tasks.task("kept", {
      lease: "100ms",
      handler: async () => {
        started.open();
        await end.opened;
        return "ended";
      },
    });
    faulty.always("silent", "renew");
    faulty.always("refused", "sweep");
    await tasks.start();
    const job = await task.dispatch(null);
    await started.opened;
    await new Promise((resolve) => setTimeout(resolve, 110));
    const asked = faulty.called("renew", faulty.count("renew") + 1);
    end.open();
    await asked;
    await tasks.close({ timeout: 0 });
    world().takeErrorCodes();
    expect(await app().register({ name: "kept", version: 1 }).job(job.id).result).toBe("ended");
  });
});
