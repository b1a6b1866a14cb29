import { availableParallelism } from "node:os";
import type { Taskora } from "taskora";
import { defineTask } from "taskora/contract";
import { describe, expect, it } from "vitest";
import { Pool } from "../../../src/worker/pool.js";
import { describeBehaviour } from "../../support/behaviour.js";
import { Collected, gate } from "../../support/signals.js";

/** Handlers at work, and the most there were at once. */
class Load {
  now = 0;
  most = 0;

  readonly work = async (ms = 1): Promise<void> => {
    this.now += 1;
    this.most = Math.max(this.most, this.now);
    await new Promise((resolve) => setTimeout(resolve, ms));
    this.now -= 1;
  };
}

const both = (one: Load, other: Load) => async () => {
  await Promise.all([one.work(), other.work()]);
};
const names = (count: number, word: string) =>
  Array.from({ length: count }, (_, index) => `${word}.n${index}`);
const dispatchAll = async (app: Taskora, tasks: readonly string[], each = 1) => {
  const jobs = tasks.flatMap((name) => {
    const client = app.register(defineTask({ name }));
    return Array.from({ length: each }, (_, index) => client.dispatch(index));
  });
  await Promise.all(jobs);
  return jobs;
};

describeBehaviour("the concurrency of an app", ({ app }) => {
  it("bounds 63 tasks together", async () => {
    const worker = app({ concurrency: 10 });
    const load = new Load();
    const tasks = names(63, "one");
    for (const name of tasks) worker.task(name, () => load.work());
    const jobs = await dispatchAll(app(), tasks, 3);
    await worker.start();
    await Promise.all(jobs.map((job) => job.result));
    expect(load.most).toBe(10);
  });

  it("is what a task without a number of its own may take, and bounds one that has more", async () => {
    for (const concurrency of [undefined, 500]) {
      const worker = app({ concurrency: 25 });
      const load = new Load();
      const name = `alone.${concurrency ?? "without"}`;
      worker.task(name, { concurrency, handler: () => load.work(5) });
      const jobs = await dispatchAll(worker, [name], 80);
      await worker.start();
      await Promise.all(jobs.map((job) => job.result));
      expect(load.most).toBe(25);
    }
  });

  it("leaves out, where nobody gives it, tasks that say how many of theirs run at once", async () => {
    const worker = app();
    const running = new Collected<unknown>();
    const end = gate();
    const many = 32 * availableParallelism() + 50;
    const client = worker.task("many.at-once", {
      concurrency: many,
      handler: async (job: unknown) => {
        running.push(job);
        await end.opened;
      },
    });
    await client.dispatchMany(Array.from({ length: many }, (_, index) => index));
    await worker.start();
    expect((await running.reach(many)).length).toBe(many);
    end.open();
  });
});

describeBehaviour("a pool", ({ app }) => {
  it("keeps nothing from other processes: neither holds more than it has slots", async () => {
    const tasks = names(3, "media");
    const ran: string[] = [];
    const full = gate();
    const end = gate();
    const start = async (place: string) => {
      const worker = app({ pools: { media: 4 } });
      for (const name of tasks) {
        worker.task(name, {
          pool: "media",
          handler: async () => {
            ran.push(place);
            if (ran.length === 8) full.open();
            await end.opened;
          },
        });
      }
      await worker.start();
    };
    const producer = app();
    const jobs = await dispatchAll(producer, tasks, 20);
    await Promise.all([start("one"), start("two")]);
    await full.opened;
    // Counted while all that run are held back, since tasks are counted one after the other.
    const { active } = await producer.jobs.count({ task: tasks });
    expect(ran.filter((place) => place === "one").length).toBe(4);
    end.open();
    await Promise.all(jobs.map((job) => job.result));
    expect(active).toBe(8);
    expect(ran.length).toBe(60);
  });

  it("holds no job that it has no slot for, while another process has one", async () => {
    const busy = app({ pools: { media: 4 } });
    const idle = app({ pools: { media: 4 } });
    const end = gate();
    const started = new Collected<string>();
    const declare = (worker: Taskora, place: string) =>
      worker.task("media.resize", {
        pool: "media",
        handler: async () => {
          started.push(place);
          if (place === "busy") await end.opened;
        },
      });
    declare(busy, "busy");
    declare(idle, "idle");
    const jobs = await dispatchAll(app(), ["media.resize"], 60);
    await busy.start();
    await started.reach(4);
    expect(await busy.jobs.count({ task: "media.resize" })).toMatchObject({ active: 4, waiting: 56 });
    await idle.start();
    await started.reach(60);
    expect(started.items.filter((place) => place === "idle").length).toBe(56);
    end.open();
    await Promise.all(jobs.map((job) => job.result));
  });

  it("is within the concurrency of the app, and tasks outside share the rest", async () => {
    const worker = app({ concurrency: 6, pools: { media: 2 } });
    const [inside, outside, all] = [new Load(), new Load(), new Load()];
    worker.task("media.resize", { pool: "media", handler: both(inside, all) });
    worker.task("email.send", both(outside, all));
    const jobs = await dispatchAll(worker, ["media.resize", "email.send"], 40);
    await worker.start();
    await Promise.all(jobs.map((job) => job.result));
    expect(inside.most).toBe(2);
    expect(all.most).toBe(6);
    expect(outside.most).toBeGreaterThanOrEqual(4);
  });

  it("is made larger and smaller while it works", async () => {
    const worker = app({ pools: { media: 2 } });
    const started = new Collected<unknown>();
    const ends: (() => void)[] = [];
    const client = worker.task("media.resize", {
      pool: "media",
      handler: async (job: unknown) => {
        started.push(job);
        await new Promise<void>((resolve) => ends.push(resolve));
      },
    });
    const jobs = await client.dispatchMany(Array.from({ length: 12 }, (_, index) => index));
    await worker.start();
    await started.reach(2);
    expect(worker.pools.get("media")).toEqual({ name: "media", size: 2, running: 2 });
    expect(worker.pools.set("media", 5)).toEqual({ status: "applied" });
    expect(worker.pools.set("media", 5)).toEqual({ status: "unchanged" });
    await started.reach(5);
    expect(worker.pools.set("media", 1)).toEqual({ status: "applied" });
    for (const end of ends.splice(0, 4)) end();
    await Promise.all(jobs.slice(0, 4).map((job) => job.result));
    expect(worker.pools.list()).toEqual([
      { name: "app", size: 32 * availableParallelism(), running: 0 },
      { name: "media", size: 1, running: 1 },
    ]);
    expect(await worker.jobs.count({ task: "media.resize" })).toMatchObject({ active: 1, waiting: 7 });
    for (let ended = 5; ended <= 12; ended++) {
      await started.reach(ended);
      ends.splice(0)[0]?.();
    }
    await Promise.all(jobs.map((job) => job.result));
  });

  it("gives a slot to the task whose next job has the highest priority", async () => {
    const worker = app({ pools: { media: 1 } });
    const ran: string[] = [];
    const [low, high] = ["media.low", "media.high"].map((name) =>
      worker.task(name, {
        pool: "media",
        handler: async (job: unknown) => {
          ran.push(`${name} ${job}`);
          if (job === "first") await high?.dispatch("urgent", { priority: 10 });
          await new Promise((resolve) => setTimeout(resolve, 40));
        },
      }),
    );
    await low?.dispatch("first", { priority: 5 });
    await low?.dispatchMany(["second", "third"]);
    await high?.dispatchMany(["unhurried"], { priority: -10 });
    await worker.start();
    await expect.poll(() => ran.length, { timeout: 20_000 }).toBe(5);
    expect(ran).toEqual([
      ...["media.low first", "media.high urgent", "media.low second", "media.low third"],
      "media.high unhurried",
    ]);
  });

  it("lets tasks take turns at equal priority, however much waits in each", async () => {
    for (const [size, counts] of [
      [1, [40, 3, 3]],
      [3, [3, 60, 5, 3]],
      [2, [3, 3, 30]],
    ] as const) {
      const worker = app({ pools: { media: size } });
      const ran: string[] = [];
      const tasks = names(counts.length, `turns.of${size}`);
      for (const name of tasks) {
        worker.task(name, {
          pool: "media",
          handler: async () => {
            ran.push(name);
            await new Promise((resolve) => setTimeout(resolve, 2));
          },
        });
      }
      const jobs = await Promise.all(tasks.map((name, index) => dispatchAll(worker, [name], counts[index])));
      await worker.start();
      await Promise.all(jobs.flat().map((job) => job.result));
      // Three of each are done when everybody had his third turn, give or take a round.
      for (const name of tasks) {
        const third = ran.findIndex(
          (_, index) => ran.slice(0, index + 1).filter((each) => each === name).length === 3,
        );
        expect(third, `${name} of ${ran.join(" ")}`).toBeLessThan(tasks.length * 4 + size);
      }
      await worker.close();
    }
  });

  it("wakes for every task of it, also for those whose jobs came while it was full", async () => {
    const worker = app({ pools: { media: 1 } });
    const end = gate();
    const ran = new Collected<string>();
    const tasks = names(5, "woken");
    for (const name of tasks) {
      worker.task(name, {
        pool: "media",
        handler: async () => {
          ran.push(name);
          if (ran.items.length === 1) await end.opened;
        },
      });
    }
    await worker.start();
    await dispatchAll(worker, ["woken.n0"]);
    await ran.reach(1);
    const jobs = await dispatchAll(worker, tasks, 2);
    end.open();
    await Promise.all(jobs.map((job) => job.result));
    expect(ran.items.length).toBe(11);
  });
});

describeBehaviour("what names a pool", ({ app }) => {
  it("is refused when the app has none of that name", () => {
    const worker = app({ pools: { media: 4 } });
    expect(() => worker.task("one", { pool: "medai", handler: () => 1 })).toThrow(
      'expected pool of one to be one of the pools of this app, got "medai". Did you mean "media"?',
    );
    expect(() => app().task("one", { pool: "media", handler: () => 1 })).toThrow(
      /Declare it: createTaskora\(/,
    );
    expect(() => app({ defaults: { pool: "video" } }).task("one", () => 1)).toThrow(/pool of one/);
    expect(() => worker.pools.set("medai", 3)).toThrow(/got "medai"\. Did you mean "media"\?/);
    expect(worker.pools.get("medai")).toBeUndefined();
  });
});

describe("a pool of a size that nobody gave", () => {
  it("is bounded by the machine, and counts tasks that say nothing alone", () => {
    const pool = new Pool("app", undefined);
    let resized = 0;
    const told = { resized: () => void resized++ };
    pool.join({ ...told, isSized: true, running: 500, occupied: 500, standing: 9 });
    pool.join({ ...told, isSized: false, running: 3, occupied: 5, standing: 0 });
    pool.join({ ...told, isSized: false, running: 0, occupied: 0, standing: 2 });
    const size = 32 * availableParallelism();
    expect([pool.size, pool.running, pool.free]).toEqual([size, 3, size - 7]);
    pool.size = 600;
    expect([pool.size, pool.running, pool.free]).toEqual([600, 503, 600 - 505 - 9]);
    expect(resized).toBe(3);
  });
});
