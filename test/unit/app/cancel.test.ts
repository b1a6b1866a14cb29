import { CancelledError } from "taskora";
import { expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";
import { Collected, gate, rejection, untilAborted } from "../../support/signals.js";

const plain = { name: "work", version: 1 } as const;

describeBehaviour("cancel", ({ app, world }) => {
  it("ends a waiting job at once, from another app", async () => {
    const { id } = await app().register(plain).dispatch(null);
    const other = app().register(plain);
    expect(await other.job(id).cancel({ reason: "why not" })).toEqual({ status: "applied" });
    expect(await other.job(id).getState()).toBe("cancelled");
    expect(await rejection(other.job(id).result)).toMatchObject({ reason: "why not" });
  });

  it("ends a delayed job at once", async () => {
    const job = await app().register(plain).dispatch(null, { delay: "1h" });
    expect(await job.getState()).toBe("delayed");
    expect(await job.cancel()).toEqual({ status: "applied" });
    expect(await rejection(job.result)).toMatchObject({
      reason: "",
      message: expect.stringMatching(/no reason was given/),
    });
  });

  it("ends a retrying job at once", async () => {
    const tasks = app();
    const retrying = new Collected<{ id: string }>();
    const client = tasks.task("work", {
      retry: { attempts: 2, delay: "1h" },
      handler: () => {
        throw new Error("again");
      },
    });
    client.on("retrying", retrying.push);
    await tasks.start();
    const job = client.dispatch(null);
    await retrying.reach(1);
    expect(await job.getState()).toBe("retrying");
    expect(await job.cancel()).toEqual({ status: "applied" });
    expect(await rejection(job.result)).toBeInstanceOf(CancelledError);
  });

  it("aborts an active job in the process that runs it, and runs onCancel once", async () => {
    const worker = app();
    const started = gate();
    const reasons: unknown[] = [];
    const cleaned: unknown[] = [];
    worker.task("work", {
      handler: async (_, ctx) => {
        started.open();
        await untilAborted(ctx.signal).catch((error: unknown) => {
          reasons.push(error);
          throw error;
        });
      },
      onCancel: (data, ctx) => void cleaned.push([data, ctx.id]),
    });
    await worker.start();
    const job = app().register(plain).dispatch({ n: 1 });
    const { result } = job;
    await started.opened;
    expect(await job.cancel({ reason: "stop it" })).toEqual({ status: "requested" });
    expect(await rejection(result)).toMatchObject({ code: "JOB_CANCELLED", reason: "stop it" });
    expect(reasons).toMatchObject([{ code: "JOB_CANCELLED", reason: "stop it" }]);
    expect(cleaned).toEqual([[{ n: 1 }, job.id]]);
    expect(await job.getState()).toBe("cancelled");
  });

  it("discards a success that comes after it", async () => {
    const worker = app();
    const started = gate();
    worker.task("work", async (_, ctx) => {
      started.open();
      return untilAborted(ctx.signal).catch(() => "too late");
    });
    await worker.start();
    const job = app().register(plain).dispatch(null);
    const { result } = job;
    await started.opened;
    expect(await job.cancel()).toEqual({ status: "requested" });
    expect(await rejection(result)).toBeInstanceOf(CancelledError);
    expect(await job.getState()).toBe("cancelled");
  });

  it("keeps the reason of the first request", async () => {
    const worker = app();
    const started = gate();
    worker.task("work", (_, ctx) => {
      started.open();
      return untilAborted(ctx.signal);
    });
    await worker.start();
    const job = app().register(plain).dispatch(null);
    const { result } = job;
    await started.opened;
    await Promise.all([job.cancel({ reason: "first" }), job.cancel({ reason: "second" })]);
    expect(await rejection(result)).toMatchObject({ reason: "first" });
  });

  it("says that the job has finished, and how", async () => {
    const tasks = app();
    const client = tasks.task("work", () => 1);
    await tasks.start();
    const job = client.dispatch(null);
    await job.result;
    expect(await job.cancel()).toEqual({ status: "refused", state: "completed" });
    expect(await job.getState()).toBe("completed");
  });

  it("says so when the job is cancelled already", async () => {
    const job = await app().register(plain).dispatch(null);
    expect(await job.cancel({ reason: "one" })).toEqual({ status: "applied" });
    expect(await job.cancel({ reason: "two" })).toEqual({ status: "refused", state: "cancelled" });
    expect(await rejection(job.result)).toMatchObject({ reason: "one" });
  });

  it("waits for a handler that ignores its signal only as long as its grace, and warns", async () => {
    const worker = app();
    const started = gate();
    const release = gate();
    worker.task("work", {
      grace: 20,
      handler: async () => {
        started.open();
        await release.opened;
      },
    });
    await worker.start();
    const job = app().register(plain).dispatch(null);
    const { result } = job;
    await started.opened;
    await job.cancel();
    expect(await rejection(result)).toBeInstanceOf(CancelledError);
    expect(world().warnings).toEqual([
      {
        type: "warning",
        code: "HANDLER_OVERSTAYS",
        message: expect.stringContaining("The handler of work still runs 20 ms after"),
        task: "work",
        jobId: job.id,
      },
    ]);
    release.open();
  });

  it("ends the job although onCancel fails, and reports why", async () => {
    const worker = app();
    const started = gate();
    worker.task("work", {
      handler: (_, ctx) => {
        started.open();
        return untilAborted(ctx.signal);
      },
      onCancel: () => {
        throw new Error("cannot clean up");
      },
    });
    await worker.start();
    const job = app().register(plain).dispatch(null);
    const { result } = job;
    await started.opened;
    await job.cancel();
    expect(await rejection(result)).toBeInstanceOf(CancelledError);
    expect(world().errors.map(({ error }) => (error as Error).message)).toEqual(["cannot clean up"]);
    world().takeErrorCodes();
  });

  it("reaches an active job by the next heartbeat when its notice is lost", async () => {
    const adapter = world().adapter();
    const subscribe = adapter.subscribe.bind(adapter);
    adapter.subscribe = (topic, listener) =>
      subscribe(topic, topic.kind === "cancels" ? () => undefined : listener);
    const worker = app({ adapter });
    const started = gate();
    worker.task("work", {
      lease: "300ms",
      handler: (_, ctx) => {
        started.open();
        return untilAborted(ctx.signal);
      },
    });
    await worker.start();
    const job = app().register(plain).dispatch(null);
    const { result } = job;
    await started.opened;
    await job.cancel({ reason: "nobody heard" });
    expect(await rejection(result)).toMatchObject({ code: "JOB_CANCELLED", reason: "nobody heard" });
  });

  it("leaves exactly one terminal state when it races with completion", async () => {
    const worker = app({ defaults: { concurrency: 50 } });
    const ended = new Map<string, string[]>();
    worker.task("work", () => new Promise((resolve) => setImmediate(resolve)));
    for (const type of ["completed", "failed", "cancelled"] as const) {
      worker.on(type, ({ id }) => ended.set(id, [...(ended.get(id) ?? []), type]));
    }
    await worker.start();
    const client = app().register(plain);
    const jobs = Array.from({ length: 200 }, () => client.dispatch(null));
    const outcomes = jobs.map((job) =>
      job.result.then(
        () => "completed",
        (error: { code: string }) => error.code,
      ),
    );
    await Promise.all(jobs.map((job) => job.cancel()));
    const told = await Promise.all(outcomes);
    const states = await Promise.all(jobs.map((job) => job.getState()));
    for (const [index, state] of states.entries()) {
      expect(told[index]).toBe(state === "completed" ? "completed" : "JOB_CANCELLED");
    }
    await worker.close();
    expect([...ended.values()].every((types) => types.length === 1)).toBe(true);
  });

  it("runs onCancel also when the handler was faster than the notice", async () => {
    const worker = app();
    const started = gate();
    const release = gate();
    const cleaned = new Collected<string>();
    worker.task("work", {
      handler: async () => {
        started.open();
        await release.opened;
      },
      onCancel: (_, ctx) => cleaned.push(ctx.id),
    });
    await worker.start();
    const job = app().register(plain).dispatch(null);
    const { result } = job;
    await started.opened;
    const cancelling = job.cancel();
    release.open();
    await cancelling;
    const outcome = await result.then(
      () => "completed",
      () => "cancelled",
    );
    await worker.close();
    expect(cleaned.items).toEqual(outcome === "cancelled" ? [job.id] : []);
  });
});
