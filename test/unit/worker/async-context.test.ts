import { AsyncLocalStorage } from "node:async_hooks";
import type { Serializer } from "taskora";
import type { Adapter } from "taskora/adapter";
import { createTestApp } from "taskora/testing";
import { describe, expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";
import { Collected, gate, rejection, untilAborted } from "../../support/signals.js";

/** As tracing and tenant libraries keep what belongs to a request. */
const tenant = new AsyncLocalStorage<string>();

/** Notes where the test's own context was seen by code that belongs to nobody's. */
class Sightings {
  readonly seen: [place: string, tenant: string | undefined][] = [];

  note(place: string): void {
    this.seen.push([place, tenant.getStore()]);
  }

  places(): string[] {
    return [...new Set(this.seen.map(([place]) => place))].sort();
  }

  leaks(): string[] {
    return this.seen.flatMap(([place, found]) => (found === undefined ? [] : [`${place}: ${found}`]));
  }
}

describeBehaviour("the async context of a job", ({ app }) => {
  it.each([
    ["asynchronous", 1],
    ["asynchronous", 10],
    ["synchronous", 1],
    ["synchronous", 10],
  ])("holds nothing of an earlier job: %s handlers, %i at once", async (kind, concurrency) => {
    const tasks = app();
    const sightings = new Sightings();
    const task = tasks.task("t", {
      concurrency,
      handler: (n): unknown => {
        sightings.note("handler");
        tenant.enterWith(`job ${n}`);
        return kind === "synchronous" ? n : Promise.resolve(n);
      },
    });
    const jobs = await task.dispatchMany(Array.from({ length: 50 }, (_, n) => n));
    await tasks.start();
    await Promise.all(jobs.map((job) => job.result));
    expect(sightings.seen).toHaveLength(50);
    expect(sightings.leaks()).toEqual([]);
  });

  it("holds nothing of start(), of who added the task, or of who dispatched, and all of it is the job's", async () => {
    const tasks = app();
    const sightings = new Sightings();
    tasks.use((_, next) => {
      sightings.note("middleware");
      return next();
    });
    const declare = (name: string) =>
      tasks.task(name, {
        retry: {
          attempts: 2,
          delay: 1,
          retryOn: [
            () => {
              sightings.note("retryOn");
              return true;
            },
          ],
          backoff: () => {
            sightings.note("backoff");
            return 1;
          },
        },
        handler: async (_, ctx) => {
          sightings.note("handler");
          await Promise.resolve();
          sightings.note("after await");
          if (ctx.attempt === 1) throw new Error("once more");
        },
      });
    const early = declare("early");
    await tenant.run("start", () => tasks.start());
    const late = tenant.run("declaration", () => declare("late"));
    for (const task of [early, late]) await tenant.run("dispatch", () => task.dispatch(1).result);
    expect(sightings.places()).toEqual(["after await", "backoff", "handler", "middleware", "retryOn"]);
    expect(sightings.leaks()).toEqual([]);
  });

  it("reaches the handler from middleware", async () => {
    const tasks = app();
    tasks.use((ctx, next) => tenant.run(ctx.headers["x-tenant"] ?? "none", next));
    const task = tasks.task("t", async () => {
      await Promise.resolve();
      return tenant.getStore();
    });
    await tasks.start();
    const sent = ["a", "b", "c"].map((name) => task.dispatch(null, { headers: { "x-tenant": name } }).result);
    expect(await Promise.all(sent)).toEqual(["a", "b", "c"]);
  });

  it("is that of its abort listeners and of onCancel, whoever cancels", async () => {
    const tasks = app();
    const sightings = new Sightings();
    const started = gate();
    const task = tasks.task("t", {
      handler: (_, ctx) => {
        ctx.signal.addEventListener("abort", () => sightings.note("abort listener"));
        started.open();
        return untilAborted(ctx.signal);
      },
      onCancel: () => sightings.note("onCancel"),
    });
    await tasks.start();
    const job = await tenant.run("dispatch", () => task.dispatch(1));
    await started.opened;
    await tenant.run("cancel", () => job.cancel());
    await rejection(job.result);
    expect(sightings.places()).toEqual(["abort listener", "onCancel"]);
    expect(sightings.leaks()).toEqual([]);
  });

  it("is that of the serializer and of the schema in the worker", async () => {
    const sightings = new Sightings();
    const serializer: Serializer = {
      name: "noting",
      encode: (value) => JSON.stringify(value),
      decode: (data) => {
        sightings.note("decode");
        return JSON.parse(String(data));
      },
    };
    const tasks = app({ serializer });
    const task = tasks.task("t", {
      concurrency: 1,
      handler: (n) => {
        tenant.enterWith(`job ${n}`);
        return n;
      },
    });
    await tasks.start();
    const jobs = await tenant.run("dispatch", () => task.dispatchMany([1, 2, 3, 4]));
    await Promise.all(jobs.map((job) => job.result));
    expect(sightings.seen.length).toBeGreaterThanOrEqual(8);
    expect(sightings.leaks()).toEqual([]);
  });

  it("is one for a batch, and of none of its jobs", async () => {
    const tasks = app();
    const sightings = new Sightings();
    const task = tasks.task("t", {
      concurrency: 1,
      collect: { by: "to", delay: "1m", maxSize: 2, maxWait: "1m" },
      handler: (items: readonly unknown[]) => {
        sightings.note("handler");
        tenant.enterWith(`batch of ${items.length}`);
      },
    });
    await tenant.run("start", () => tasks.start());
    for (let n = 0; n < 4; n++) {
      const jobs = await tenant.run("dispatch", () => task.dispatchMany([{ to: "a" }, { to: "a" }]));
      await Promise.all(jobs.map((job) => job.result));
    }
    expect(sightings.seen.length).toBeGreaterThanOrEqual(4);
    expect(sightings.leaks()).toEqual([]);
  });
});

describe("the async context of a job in virtual time", () => {
  it("is entered again when its timeout strikes, whoever moves the time", async () => {
    const sightings = new Sightings();
    const test = createTestApp({});
    const task = test.app.task("t", {
      timeout: "1m",
      handler: (_, ctx) => {
        ctx.signal.addEventListener("abort", () => sightings.note("abort listener"));
        return untilAborted(ctx.signal);
      },
    });
    const job = await task.dispatch(1);
    await tenant.run("advance", () => test.advanceTime("2m"));
    expect(await rejection(job.result)).toMatchObject({ cause: { code: "TIMEOUT" } });
    await test.close();
    expect(sightings.places()).toEqual(["abort listener"]);
    expect(sightings.leaks()).toEqual([]);
  });
});

describeBehaviour("the async context of a listener", ({ app, world }) => {
  it("is the one in which it was added, of a task and of an app", async () => {
    const tasks = app();
    const seen = new Collected<[place: string, tenant: string | undefined]>();
    const task = tasks.task("t", {
      handler: (n, ctx) => {
        tenant.enterWith(`job ${n}`);
        ctx.progress(1);
      },
    });
    const note = (place: string) => () => {
      seen.push([place, tenant.getStore()]);
      tenant.enterWith("what a listener left behind");
    };
    task.on("completed", note("outside"));
    tenant.run("a", () => task.on("completed", note("a")));
    tenant.run("b", () => tasks.on("completed", note("b")));
    tenant.run("p", () => task.on("progress", note("p")));
    // The first use connects.
    await tenant.run("first dispatch", () => task.dispatch(0));
    await tenant.run("start", () => tasks.start());
    for (let n = 1; n <= 3; n++) await tenant.run("dispatch", () => task.dispatch(n).result);
    await seen.reach(16);
    const found = (place: string) => seen.items.filter(([at]) => at === place).map(([, store]) => store);
    expect(found("outside")).toEqual([undefined, undefined, undefined, undefined]);
    for (const place of ["a", "b", "p"]) expect(found(place)).toEqual([place, place, place, place]);
  });

  it("is the one in which it was added, of the app's own events", async () => {
    const tasks = app();
    const seen = new Collected<string | undefined>();
    tenant.run("operator", () => tasks.on("error", () => seen.push(tenant.getStore())));
    const task = tasks.task("t", {
      onCancel: () => {
        throw new Error("cleaning up failed");
      },
      handler: (_, ctx) => {
        started.open();
        return untilAborted(ctx.signal);
      },
    });
    const started = gate();
    await tasks.start();
    const job = await tenant.run("dispatch", () => task.dispatch(1));
    await started.opened;
    await tenant.run("cancel", () => job.cancel());
    await seen.reach(1);
    await rejection(job.result);
    expect(seen.items).toEqual(["operator"]);
    expect(world().takeErrorCodes()).toEqual(["HOOK_FAILED"]);
  });
});

describeBehaviour("the store", ({ app, world }) => {
  it("is talked to in the root context, so that no caller's sticks to what is opened on the way", async () => {
    const sightings = new Sightings();
    const noting = (target: object): object =>
      new Proxy(target, {
        get: (_, key) => {
          const value: unknown = Reflect.get(target, key, target);
          if (typeof value === "object" && value !== null) return noting(value);
          if (typeof value !== "function") return value;
          return (...given: unknown[]) => {
            sightings.note(String(key));
            return Reflect.apply(value, target, given);
          };
        },
      });
    const tasks = app({ adapter: noting(world().adapter()) as Adapter });
    const task = tasks.task("t", (n) => {
      tenant.enterWith(`job ${n}`);
    });
    await tenant.run("request", async () => {
      task.on("completed", () => undefined);
      await task.dispatch(1, { ttl: "1m" });
      await tasks.start();
      await task.dispatch(2, { ttl: "1m" }).result;
      await tasks.jobs.count({ task: "t" });
      await tasks.schedules.list();
      await tasks.close();
    });
    expect(sightings.places()).toEqual(
      expect.arrayContaining([
        "announce",
        "claim",
        "connect",
        "count",
        "insert",
        "list",
        "settle",
        "subscribe",
      ]),
    );
    expect(sightings.leaks()).toEqual([]);
  });
});
