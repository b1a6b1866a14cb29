import type { Adapter } from "taskora/adapter";
import { expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";
import { Collected, gate, rejection } from "../../support/signals.js";

describeBehaviour("a job whose worker is lost", ({ app, world }) => {
  /** Claims one job under a lease nobody renews, as a process that dies right after. */
  async function die(adapter: Adapter, task: string): Promise<string | undefined> {
    const [reply] = await adapter.claim([{ task, lease: `dead-${Math.random()}`, leaseMs: 20, count: 1 }]);
    return reply?.jobs[0]?.id;
  }

  async function crash(): Promise<Adapter> {
    const adapter = world().adapter();
    await adapter.connect();
    return adapter;
  }

  it("goes to another worker as the same attempt, with a trace in its history", async () => {
    const tasks = app();
    const client = tasks.task("lost", (_, ctx) => ctx.attempt);
    const job = await client.dispatch(null);
    const adapter = await crash();
    expect(await die(adapter, "lost")).toBe(job.id);
    await adapter.close();
    await tasks.start();
    expect(await job.result).toBe(1);
    const found = await tasks.jobs.get({ id: job.id });
    expect(found).toMatchObject({ stalls: 1, attempt: 1 });
    expect(found?.history.map(({ outcome }) => outcome)).toEqual(["stalled", "completed"]);
  });

  it("is known by the same id in every run, as is one that is retried, so that a handler may repeat itself", async () => {
    const tasks = app();
    const seen: unknown[] = [];
    const client = tasks.task("lost", {
      retry: { attempts: 2, delay: 1 },
      handler: (_, ctx) => {
        seen.push([ctx.id, ctx.attempt]);
        if (ctx.attempt === 1) throw new Error("once more");
      },
    });
    const job = await client.dispatch(null);
    const adapter = await crash();
    expect(await die(adapter, "lost")).toBe(job.id);
    await adapter.close();
    await tasks.start();
    await job.result;
    expect(seen).toEqual([
      [job.id, 1],
      [job.id, 2],
    ]);
  });

  it("goes in front of those that came after it", async () => {
    const tasks = app({ defaults: { concurrency: 1 } });
    const seen = new Collected<string>();
    const client = tasks.task<string, void>("lost", (name) => seen.push(name));
    for (const name of ["first", "second", "third"]) await client.dispatch(name);
    const adapter = await crash();
    await die(adapter, "lost");
    await expect
      .poll(async () => {
        await adapter.sweep([{ task: "lost", stallLimit: 3, scope: "due", retention: KEEP }]);
        return (await tasks.jobs.count({ task: "lost" })).waiting;
      })
      .toBe(3);
    await adapter.close();
    await tasks.start();
    expect(await seen.reach(3)).toEqual(["first", "second", "third"]);
  });

  it("is not started by a worker that hears of it only after the lease has ended", async () => {
    const adapter = world().adapter();
    const settle = adapter.settle.bind(adapter);
    const late = gate();
    const claimed = gate();
    let isFirst = true;
    adapter.settle = async (batches) => {
      const replies = await settle(batches);
      if (!isFirst || replies.every((reply) => reply.jobs.length === 0)) return replies;
      isFirst = false;
      claimed.open();
      await late.opened;
      return replies;
    };
    const slow = app({ adapter });
    const ran: string[] = [];
    slow.task("lost", { lease: "100ms", handler: () => void ran.push("slow") });
    const client = app().register({ name: "lost", version: 1 });
    const job = client.dispatch(null);
    const { result } = job;
    await job;
    await slow.start();
    await claimed.opened;
    const other = app();
    other.task("lost", () => void ran.push("other"));
    await other.start();
    await result;
    late.open();
    await slow.close();
    expect(ran).toEqual(["other"]);
  });

  it("fails past the stall limit, and may be retried as a dead letter", async () => {
    const tasks = app();
    const client = tasks.task("lost", { stallLimit: 0, handler: () => "never" });
    const job = await client.dispatch(null);
    const adapter = await crash();
    await die(adapter, "lost");
    await adapter.close();
    await tasks.start();
    const error = await rejection(job.result);
    expect(error).toMatchObject({ code: "JOB_FAILED", cause: { name: "StalledError", code: "JOB_STALLED" } });
    expect((error.cause as Error).message).toContain("worker was lost");
    await tasks.jobs.retry({ task: "lost", id: job.id });
    expect(await client.job(job.id).result).toBe("never");
  });

  it("ends as cancelled when somebody had asked for it", async () => {
    const tasks = app();
    const client = tasks.task("lost", () => "never");
    const job = await client.dispatch(null);
    const adapter = await crash();
    await die(adapter, "lost");
    expect(await job.cancel({ reason: "too late" })).toEqual({ status: "requested" });
    await adapter.close();
    await tasks.start();
    expect(await rejection(job.result)).toMatchObject({ code: "JOB_CANCELLED", reason: "too late" });
  });
});

const BOUND = { ageMs: 3_600_000, count: 1000 };
const KEEP = { completed: BOUND, failed: BOUND, cancelled: BOUND, expired: BOUND };

describeBehaviour("concurrency", ({ app }) => {
  it("is never exceeded in one process, and is used", async () => {
    const tasks = app();
    let running = 0;
    let most = 0;
    const client = tasks.task("many", {
      concurrency: 7,
      handler: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 3));
        running -= 1;
      },
    });
    await tasks.start();
    const jobs = Array.from({ length: 200 }, () => client.dispatch(null));
    await Promise.all(jobs.map((job) => job.result));
    expect(most).toBe(7);
  });

  it("is each process's own", async () => {
    const most = [0, 0];
    const workers = [app(), app()];
    for (const [index, worker] of workers.entries()) {
      let running = 0;
      worker.task("shared", {
        concurrency: 3,
        handler: async () => {
          running += 1;
          most[index] = Math.max(most[index] ?? 0, running);
          await new Promise((resolve) => setTimeout(resolve, 5));
          running -= 1;
        },
      });
      await worker.start();
    }
    const client = app().register({ name: "shared", version: 1 });
    const jobs = Array.from({ length: 100 }, () => client.dispatch(null));
    await Promise.all(jobs.map((job) => job.result));
    expect(most).toEqual([3, 3]);
  });

  it("runs each job once however many processes share a task", async () => {
    const runs = new Map<string, number>();
    for (let index = 0; index < 4; index++) {
      const worker = app();
      worker.task("shared", (_, ctx) => void runs.set(ctx.id, (runs.get(ctx.id) ?? 0) + 1));
      await worker.start();
    }
    const client = app().register({ name: "shared", version: 1 });
    const jobs = Array.from({ length: 1000 }, () => client.dispatch(null));
    await Promise.all(jobs.map((job) => job.result));
    expect(runs.size).toBe(1000);
    expect([...runs.values()].every((times) => times === 1)).toBe(true);
  });
});

describeBehaviour("an idle worker", ({ app, world }) => {
  it("starts a job that another process stored and promoted", async () => {
    const tasks = app();
    const client = tasks.task("quiet", () => "done");
    await tasks.start();
    await client.dispatch(null).result;
    const adapter = world().adapter();
    await adapter.connect();
    const quiet = gate<string>();
    tasks.on("completed", ({ id }) => quiet.open(id));
    await tasks.connect();
    const record = {
      task: "quiet",
      id: "00000000000001",
      payload: "1",
      version: 1,
      fingerprint: "",
      priority: 0,
    };
    await adapter.insert([{ ...record, delayMs: 3_600_000 }]);
    await adapter.change([{ task: "quiet", id: record.id, change: "promote" }]);
    expect(await quiet.opened).toBe(record.id);
    await adapter.close();
  });
});
