import { TimeoutError } from "taskora";
import { expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";
import { Collected, gate, rejection, untilAborted } from "../../support/signals.js";

describeBehaviour("timeout", ({ app, world }) => {
  it("aborts the signal and fails the attempt", async () => {
    const tasks = app();
    const reasons: unknown[] = [];
    const client = tasks.task("slow", {
      timeout: "20ms",
      handler: (_, ctx) =>
        untilAborted(ctx.signal).catch((error: unknown) => {
          reasons.push(error);
        }),
    });
    await tasks.start();
    const error = await rejection(client.dispatch(null).result);
    expect(error.cause).toMatchObject({ name: "TimeoutError", code: "TIMEOUT" });
    expect(error.cause).toMatchObject({
      message: expect.stringMatching(/Attempt 1 of slow ran longer than its timeout of 20ms/),
    });
    expect(reasons).toEqual([expect.any(TimeoutError)]);
  });

  it("is retried like any other error", async () => {
    const tasks = app();
    const client = tasks.task("slow", {
      timeout: 20,
      retry: { attempts: 2, delay: 0 },
      handler: (_, ctx) => (ctx.attempt === 1 ? untilAborted(ctx.signal) : "quick"),
    });
    await tasks.start();
    expect(await client.dispatch(null).result).toBe("quick");
  });

  it("settles at once but keeps the slot until the handler ends", async () => {
    const tasks = app();
    const release = gate();
    const started = new Collected<string>();
    const client = tasks.task<string, void>("slow", (name) => started.push(name));
    const stuck = tasks.task("stuck", {
      concurrency: 1,
      timeout: 20,
      grace: "1h",
      handler: async (name) => {
        started.push(name as string);
        if (name === "first") await release.opened;
      },
    });
    await tasks.start();
    const first = stuck.dispatch("first");
    const second = stuck.dispatch("second");
    expect((await rejection(first.result)).cause).toMatchObject({ code: "TIMEOUT" });
    await client.dispatch("other").result;
    expect(started.items).toEqual(["first", "other"]);
    expect(await second.getState()).toBe("waiting");
    release.open();
    await second.result;
    expect(started.items).toEqual(["first", "other", "second"]);
  });

  it("gives the slot away when the grace is past, with a warning that names the task", async () => {
    const tasks = app();
    const release = gate();
    const stuck = tasks.task("stuck", {
      concurrency: 1,
      timeout: 20,
      grace: 20,
      handler: async (name) => {
        if (name === "first") await release.opened;
        return name;
      },
    });
    await tasks.start();
    const first = stuck.dispatch("first");
    expect(await stuck.dispatch("second").result).toBe("second");
    expect(world().warnings).toEqual([
      {
        type: "warning",
        code: "HANDLER_OVERSTAYS",
        message: expect.stringContaining("The handler of stuck still runs 20 ms after"),
        task: "stuck",
        jobId: first.id,
      },
    ]);
    release.open();
  });

  it("never lets more handlers run than the concurrency while a retry overlaps its first attempt", async () => {
    const tasks = app();
    const release = gate();
    let running = 0;
    let most = 0;
    const ended = new Collected<string>();
    const client = tasks.task("stuck", {
      concurrency: 2,
      timeout: 30,
      grace: "1h",
      retry: { attempts: 2, delay: 0 },
      handler: async (name, ctx) => {
        running += 1;
        most = Math.max(most, running);
        if (name === "stuck" && ctx.attempt === 1) await release.opened;
        else await untilAborted(AbortSignal.timeout(10)).catch(() => undefined);
        running -= 1;
        ended.push(`${String(name)} ${ctx.attempt}`);
      },
    });
    await tasks.start();
    await client.dispatchMany(["stuck", ...Array.from({ length: 20 }, (_, index) => `quick ${index}`)]);
    await ended.reach(21);
    expect(most).toBe(2);
    release.open();
    await ended.reach(22);
  });

  it("of weeks strikes no sooner, as other lengths beyond 24 days, which a timer of the machine takes for none", async () => {
    const tasks = app();
    const end = gate();
    const slow = tasks.task("slow", { timeout: "60d", lease: "60d", handler: () => end.opened });
    const failing = tasks.task("failing", {
      retry: { attempts: 2, backoff: "fixed", delay: "60d", maxDelay: "90d", jitter: 0 },
      handler: () => {
        throw new Error("again in two months");
      },
    });
    const quick = tasks.task("quick", () => "done");
    await tasks.start();
    const settled: string[] = [];
    const running = await slow.dispatch(null);
    const note = (what: string) => () => void settled.push(what);
    const waited = running.waitFor("60d").then(note("ended"), note("waitFor"));
    const jobs = await Promise.all([
      failing.dispatch(null),
      slow.dispatch(null, { delay: "60d" }),
      app().register({ name: "nobody", version: 1 }).dispatch(null, { ttl: "60d" }),
    ]);
    await expect.poll(() => jobs[0].getState()).toBe("retrying");
    for (let n = 0; n < 20; n++) expect(await quick.dispatch(n).result).toBe("done");
    expect(await Promise.all(jobs.map((job) => job.getState()))).toEqual(["retrying", "delayed", "waiting"]);
    const closed = tasks.close({ timeout: "60d" }).then(note("closed"));
    await new Promise(setImmediate);
    expect(settled).toEqual([]);
    end.open();
    await Promise.all([waited, closed]);
    expect(settled).toEqual(["ended", "closed"]);
  });

  it("comes from the task, else the contract, else the app", async () => {
    const tasks = app({ defaults: { timeout: 10 } });
    const own = tasks.task("own", { timeout: 30, handler: (_, ctx) => untilAborted(ctx.signal) });
    const inherited = tasks.task("inherited", (_, ctx) => untilAborted(ctx.signal));
    const contract = { name: "contracted", version: 1, timeout: 20 } as const;
    const contracted = tasks.implement(contract, (_, ctx) => untilAborted(ctx.signal));
    await tasks.start();
    const causes = await Promise.all(
      [own, inherited, contracted].map(
        async (client) => (await rejection(client.dispatch(null).result)).cause,
      ),
    );
    expect(causes.map((cause) => /timeout of (\d+)ms/.exec((cause as Error).message)?.[1])).toEqual([
      "30",
      "10",
      "20",
    ]);
  });

  it("does not run out while a job waits for a slot", async () => {
    const tasks = app();
    const client = tasks.task("slow", {
      concurrency: 1,
      timeout: 60,
      handler: () => untilAborted(AbortSignal.timeout(25)).catch(() => "fine"),
    });
    await tasks.start();
    const jobs = Array.from({ length: 5 }, () => client.dispatch(null));
    expect(await Promise.all(jobs.map((job) => job.result))).toEqual(Array(5).fill("fine"));
  });
});
