import type { DispatchOptions, TaskClient, Taskora } from "taskora";
import { expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";
import { Collected, gate } from "../../support/signals.js";

/** A worker that runs one job at a time and says which. */
function recorder(app: Taskora): {
  readonly seen: Collected<string>;
  readonly client: TaskClient<string, void>;
} {
  const seen = new Collected<string>();
  const client = app.task<string, void>("order", (name) => seen.push(name));
  return { seen, client };
}

async function dispatchAll(
  client: Pick<TaskClient<string, unknown>, "dispatch">,
  jobs: readonly (readonly [string, DispatchOptions?])[],
) {
  await Promise.all(jobs.map(([name, options]) => client.dispatch(name, options)));
}

describeBehaviour("the order of jobs", ({ app }) => {
  it("is the order of dispatch within one priority", async () => {
    const { seen, client } = recorder(app({ defaults: { concurrency: 1 } }));
    const names = Array.from({ length: 300 }, (_, index) => `job-${index}`);
    await dispatchAll(
      client,
      names.map((name) => [name] as const),
    );
    const worker = app({ defaults: { concurrency: 1 } });
    const other = recorder(worker);
    await worker.start();
    expect(await other.seen.reach(300)).toEqual(names);
    expect(seen.items).toEqual([]);
  });

  it("puts higher priorities first and keeps the order within each", async () => {
    const tasks = app({ defaults: { concurrency: 1 } });
    const { seen, client } = recorder(tasks);
    await dispatchAll(client, [
      ["low 1", { priority: -5 }],
      ["plain 1"],
      ["high 1", { priority: 10 }],
      ["low 2", { priority: -5 }],
      ["plain 2"],
      ["highest", { priority: 1000 }],
      ["high 2", { priority: 10 }],
      ["lowest", { priority: -1000 }],
    ]);
    await tasks.start();
    expect(await seen.reach(8)).toEqual([
      "highest",
      "high 1",
      "high 2",
      "plain 1",
      "plain 2",
      "low 1",
      "low 2",
      "lowest",
    ]);
  });

  it("takes the priority of the contract when the dispatch gives none", async () => {
    const tasks = app();
    const urgent = tasks.register({ name: "urgent", version: 1, priority: 7 });
    const job = await urgent.dispatch(null);
    const own = await urgent.dispatch(null, { priority: 0 });
    expect((await tasks.jobs.get({ id: job.id }))?.priority).toBe(7);
    expect((await tasks.jobs.get({ id: own.id }))?.priority).toBe(0);
  });

  it("runs delayed jobs in due order, not in dispatch order", async () => {
    const tasks = app({ defaults: { concurrency: 1 } });
    const { seen, client } = recorder(tasks);
    await dispatchAll(client, [
      ["third", { delay: 60 }],
      ["first", { delay: 20 }],
      ["second", { delay: "40ms" }],
    ]);
    expect((await tasks.jobs.count({ task: "order" })).delayed).toBe(3);
    await tasks.start();
    expect(await seen.reach(3)).toEqual(["first", "second", "third"]);
  });

  it("respects priority after a delay", async () => {
    const tasks = app({ defaults: { concurrency: 1 } });
    const { seen, client } = recorder(tasks);
    const due = Date.now() - 5;
    await dispatchAll(client, [
      ["plain", { runAt: due }],
      ["high", { runAt: new Date(due), priority: 3 }],
    ]);
    await tasks.start();
    expect(await seen.reach(2)).toEqual(["high", "plain"]);
  });

  it("never starts a delayed job early", async () => {
    const tasks = app();
    const started = new Collected<number>();
    const client = tasks.task("later", () => started.push(Date.now()));
    await tasks.start();
    const at = Date.now();
    await client.dispatch(null, { delay: 40 });
    const [startedAt = 0] = await started.reach(1);
    expect(startedAt - at).toBeGreaterThanOrEqual(39);
  });

  it("runs a job at once whose time has passed", async () => {
    const tasks = app();
    const { seen, client } = recorder(tasks);
    await tasks.start();
    await client.dispatch("late", { runAt: 1 });
    expect(await seen.reach(1)).toEqual(["late"]);
  });

  it("is kept by a job that is retried behind others of its priority", async () => {
    const tasks = app({ defaults: { concurrency: 1 } });
    const seen = new Collected<string>();
    const client = tasks.task("order", {
      retry: { attempts: 2, delay: 0 },
      handler: (name: unknown, ctx) => {
        seen.push(`${name} ${ctx.attempt}`);
        if (name === "flaky" && ctx.attempt === 1) throw new Error("not yet");
      },
    });
    await dispatchAll(client, [["flaky", { priority: 5 }], ["plain 1"], ["plain 2"]]);
    await tasks.start();
    const order = await seen.reach(4);
    expect(order[0]).toBe("flaky 1");
    expect(order).toContain("flaky 2");
    expect(order.indexOf("plain 1 1")).toBeLessThan(order.indexOf("plain 2 1"));
  });

  it("lets a worker that is busy with one task work on another", async () => {
    const tasks = app();
    const release = gate();
    const slow = tasks.task("slow", { concurrency: 1, handler: () => release.opened });
    const { seen, client } = recorder(tasks);
    await tasks.start();
    const blocked = slow.dispatch(null).result;
    const waiting = slow.dispatch(null).result;
    await client.dispatch("free");
    expect(await seen.reach(1)).toEqual(["free"]);
    release.open();
    await Promise.all([blocked, waiting]);
  });
});
