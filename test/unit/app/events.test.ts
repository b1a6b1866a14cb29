import type { AppEvents, JobEvent, TaskEvents } from "taskora";
import { createTaskora, JOB_STATES } from "taskora";
import { expect, it, vi } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";
import { Collected, gate, rejection } from "../../support/signals.js";

const TYPES = [...JOB_STATES, "stalled", "progress", "log", "removed"] as const;

describeBehaviour("events", ({ app, world }) => {
  function listen(listener: ReturnType<typeof app>): Collected<JobEvent> {
    const events = new Collected<JobEvent>();
    for (const type of TYPES) listener.on(type, events.push);
    return events;
  }

  it("tell every step of a job to every process", async () => {
    const worker = app();
    worker.task("steps", {
      retry: { attempts: 2, delay: 5 },
      handler: (data, ctx) => {
        if (ctx.attempt === 1) throw new TypeError("first");
        ctx.progress(50);
        ctx.log.info("half");
        return { data };
      },
    });
    const producer = app();
    const client = producer.register({ name: "steps", version: 1 });
    const onlooker = app();
    onlooker.register({ name: "steps", version: 1 });
    const here = listen(producer);
    const there = listen(onlooker);
    await Promise.all([producer.connect(), onlooker.connect(), worker.start()]);
    const job = client.dispatch("x");
    for (const events of [here, there]) {
      const seen = (await events.reach(8)).map(({ type, id, task, attempt }) => ({
        type,
        id,
        task,
        attempt,
      }));
      const step = (type: string, attempt: number) => ({ type, id: job.id, task: "steps", attempt });
      expect(seen).toEqual([
        step("waiting", 0),
        step("active", 1),
        step("retrying", 1),
        step("waiting", 1),
        step("active", 2),
        step("progress", 2),
        step("log", 2),
        step("completed", 2),
      ]);
    }
    const byType = new Map(there.items.map((event) => [event.type, event]));
    expect(byType.get("retrying")).toMatchObject({
      error: { name: "TypeError", message: "first" },
      delayMs: 5,
    });
    expect(byType.get("progress")).toMatchObject({ progress: 50 });
    expect(byType.get("completed")).toMatchObject({ result: { data: "x" } });
    expect(byType.get("active")).toMatchObject({ worker: expect.any(String) });
    expect(byType.get("log")).toMatchObject({ line: { level: "info", message: "half" } });
    const times = there.items.map(({ at }) => at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it("tell of delays, cancels, expiry and failures", async () => {
    const tasks = app();
    const events = listen(tasks);
    const client = tasks.task("fate", () => {
      throw new Error("no");
    });
    await tasks.connect();
    const delayed = await client.dispatch(null, { delay: "1h" });
    await delayed.cancel({ reason: "never mind" });
    const expiring = client.dispatch(null, { ttl: 10 });
    await expiring.result.catch(() => undefined);
    await tasks.start();
    const failing = client.dispatch(null);
    await failing.result.catch(() => undefined);
    const seen = (await events.reach(7)).map(({ type, id }) => [type, id]);
    expect(seen).toEqual([
      ["delayed", delayed.id],
      ["cancelled", delayed.id],
      ["waiting", expiring.id],
      ["expired", expiring.id],
      ["waiting", failing.id],
      ["active", failing.id],
      ["failed", failing.id],
    ]);
    expect(events.items[0]).toMatchObject({ delayMs: 3_600_000 });
    expect(events.items[1]).toMatchObject({ reason: "never mind" });
    expect(events.items[6]).toMatchObject({ error: { message: "no" } });
  });

  it("of one task go to its own listeners only", async () => {
    const tasks = app();
    const one = tasks.task("one", () => 1);
    const two = tasks.task("two", () => 2);
    const ofOne = new Collected<TaskEvents["completed"]>();
    const ofTwo = new Collected<TaskEvents["completed"]>();
    one.on("completed", ofOne.push);
    two.on("completed", ofTwo.push);
    await tasks.start();
    await Promise.all([one.dispatch(null).result, two.dispatch(null).result]);
    expect((await ofOne.reach(1)).map(({ result }) => result)).toEqual([1]);
    expect((await ofTwo.reach(1)).map(({ result }) => result)).toEqual([2]);
  });

  it("can be listened to at any time, and no longer", async () => {
    const tasks = app();
    const client = tasks.task("one", () => 1);
    await tasks.start();
    await client.dispatch(null).result;
    const completed = new Collected<string>();
    const stop = tasks.on("completed", ({ id }) => completed.push(id));
    await tasks.connect();
    const second = client.dispatch(null);
    expect(await completed.reach(1)).toEqual([second.id]);
    stop();
    await client.dispatch(null).result;
    await tasks.close();
    expect(completed.items).toEqual([second.id]);
  });

  it("are subscribed to only while somebody listens", async () => {
    const adapter = world().adapter();
    const subscribe = adapter.subscribe.bind(adapter);
    const open = new Collected<string>();
    const ended = new Collected<string>();
    adapter.subscribe = async (topic, listener) => {
      const stop = await subscribe(topic, listener);
      if (topic.kind !== "events") return stop;
      open.push(topic.task);
      return async () => {
        await stop();
        ended.push(topic.task);
      };
    };
    const tasks = app({ adapter });
    const one = tasks.register({ name: "one", version: 1 });
    tasks.register({ name: "two", version: 1 });
    const stopOne = one.on("completed", () => undefined);
    const stopAll = tasks.on("failed", () => undefined);
    await tasks.connect();
    expect([...open.items].sort()).toEqual(["one", "two"]);
    stopAll();
    expect(await ended.reach(1)).toEqual(["two"]);
    stopOne();
    expect(await ended.reach(2)).toEqual(["two", "one"]);
    one.on("waiting", () => undefined);
    await tasks.connect();
    expect(open.items).toHaveLength(3);
  });

  it("of tasks that others run are heard by an app without contracts, also of one that comes later", async () => {
    const worker = app();
    const one = worker.task("one", () => 1);
    const onlooker = app();
    const seen = new Collected<string>();
    await worker.start();
    await one.dispatch(null).result;
    onlooker.on("*", (event) => {
      if (event.type === "completed") seen.push(event.task);
    });
    await onlooker.connect();
    await one.dispatch(null).result;
    expect(await seen.reach(1)).toEqual(["one"]);
    const later = worker.task("later", () => 2);
    for (let n = 0; !seen.items.includes("later"); n++) {
      expect(n, "it is heard of in the end").toBeLessThan(1000);
      await later.dispatch(null).result;
    }
  });

  it("are heard of one task by its name, and until a signal aborts", async () => {
    const worker = app();
    const clients = ["one", "two"].map((name) => worker.task(name, () => name));
    const onlooker = app();
    const seen = new Collected<string>();
    const ending = new AbortController();
    onlooker.on("completed", ({ task }) => seen.push(task), { task: "two", signal: ending.signal });
    onlooker.on("completed", ({ task }) => seen.push(task), { signal: AbortSignal.abort() });
    await Promise.all([worker.start(), onlooker.connect()]);
    for (const client of clients) await client.dispatch(null).result;
    expect(await seen.reach(1)).toEqual(["two"]);
    ending.abort();
    for (const client of clients) await client.dispatch(null).result;
    await onlooker.close();
    expect(seen.items).toEqual(["two"]);
  });

  it("are waited for one by one, until a signal aborts or the app closes", async () => {
    const worker = app();
    const client = worker.task("one", () => 1);
    await worker.start();
    const onlooker = app();
    const next = onlooker.once("completed", { task: client });
    await onlooker.connect();
    const job = client.dispatch(null);
    expect(await next).toMatchObject({ type: "completed", id: job.id, result: 1 });
    const ending = new AbortController();
    const aborted = rejection(onlooker.once("failed", { signal: ending.signal }));
    ending.abort(new Error("enough"));
    expect((await aborted).message).toBe("enough");
    const closed = rejection(onlooker.once("failed"));
    await onlooker.connect();
    await onlooker.close();
    expect(await closed).toMatchObject({ code: "APP_CLOSED" });
  });

  it("are told on to whoever waits for the next when one has come", async () => {
    const worker = app();
    const client = worker.task("one", () => 1);
    await worker.start();
    const adapter = world().adapter();
    const subscribe = vi.spyOn(adapter, "subscribe");
    const onlooker = createTaskora({ adapter, logger: false });
    let next = onlooker.once("completed", { task: client });
    await onlooker.connect();
    for (let nth = 0; nth < 3; nth++) {
      const { id } = client.dispatch(null);
      expect(await next).toMatchObject({ id });
      next = onlooker.once("completed", { task: client });
    }
    expect(subscribe).toHaveBeenCalledTimes(1);
    next.catch(() => undefined);
    await onlooker.close();
  });

  it("are told one after the other to whoever waits for them in turn, also those that come together", async () => {
    const onlooker = app();
    const client = onlooker.register({ name: "many", version: 1 });
    const others = new Collected<string>();
    const signal = AbortSignal.timeout(10_000);
    const take = async () => {
      const ids: string[] = [];
      while (ids.length < 5) ids.push((await onlooker.once("waiting", { task: client, signal })).id);
      return ids;
    };
    onlooker.on("waiting", ({ id }) => others.push(id));
    const both = Promise.all([take(), take()]);
    await onlooker.connect();
    const jobs = await client.dispatchMany(["a", "b", "c", "d", "e"]);
    const ids = jobs.map(({ id }) => id);
    expect(await others.reach(5)).toEqual(ids);
    expect(await both).toEqual([ids, ids]);
  });

  it("that came together are all told before a close", async () => {
    const onlooker = app();
    const client = onlooker.register({ name: "many", version: 1 });
    const heard: string[] = [];
    onlooker.on("waiting", ({ id }) => heard.push(id));
    const first = onlooker.once("waiting");
    await onlooker.connect();
    const dispatched = client.dispatchMany(["a", "b", "c"]);
    const { id } = await first;
    await onlooker.close();
    const ids = (await dispatched).map((job) => job.id);
    expect(id).toBe(ids[0]);
    expect(heard).toEqual(ids);
  });

  it("are all heard as *, also those of the app, which are logged all the same", async () => {
    const lines: unknown[] = [];
    const tasks = createTaskora({
      adapter: world().adapter(),
      logger: { info: () => undefined, warn: () => undefined, error: (line) => lines.push(line) },
    });
    const heard = new Collected<string>();
    tasks.on("*", (event) => {
      heard.push(event.type === "error" ? event.code : event.type);
      throw new Error("broken");
    });
    const client = tasks.register({ name: "one", version: 1 });
    await tasks.connect();
    await client.pause({ by: "ada" });
    expect([...(await heard.reach(2))].sort()).toEqual(["audit", "paused"]);
    expect(lines).toEqual(["[taskora] broken", "[taskora] broken"]);
    await tasks.close();
  });

  it("survive a listener that throws, which is reported", async () => {
    const tasks = app();
    const client = tasks.task("one", () => 1);
    const seen = new Collected<string>();
    tasks.on("completed", () => {
      throw new Error("broken listener");
    });
    tasks.on("completed", async () => {
      throw new Error("broken async listener");
    });
    tasks.on("completed", ({ id }) => seen.push(id));
    await tasks.start();
    const job = client.dispatch(null);
    expect(await seen.reach(1)).toEqual([job.id]);
    expect(await job.result).toBe(1);
    const messages = world().errors.map(({ error }) => (error as Error).message);
    expect(messages.sort()).toEqual(["broken async listener", "broken listener"]);
    expect(world().takeErrorCodes()).toEqual(["LISTENER_FAILED", "LISTENER_FAILED"]);
  });

  it("that a slow listener cannot take are dropped, and a warning says how many", async () => {
    const tasks = app();
    const client = tasks.register({ name: "one", version: 1 });
    const hold = gate();
    let calls = 0;
    client.on("waiting", async () => {
      calls += 1;
      await hold.opened;
    });
    const heard = new Collected<string>();
    client.on("waiting", ({ id }) => heard.push(id));
    await tasks.connect();
    await client.dispatchMany(Array.from({ length: 1200 }, (_, n) => n));
    await heard.reach(1200);
    expect(calls).toBe(1000);
    hold.open();
    await expect.poll(() => world().warnings).toMatchObject([{ code: "EVENTS_LOST", missed: 200 }]);
    await client.dispatch(null);
    await expect.poll(() => calls).toBe(1001);
  });

  it("survive a listener of the error event that throws", async () => {
    const lines: unknown[] = [];
    const tasks = app({
      logger: { info: () => undefined, warn: () => undefined, error: (...line) => lines.push(line) },
    });
    tasks.on("error", () => {
      throw new Error("worse");
    });
    const input = {
      "~standard": { version: 1, vendor: "test", validate: () => ({ issues: [{ message: "no" }] }) },
    };
    const told = gate();
    tasks.on("error", () => told.open());
    void tasks.register({ name: "one", version: 1, input: input as never }).dispatch(null);
    await told.opened;
    expect(lines).toHaveLength(1);
    expect(world().takeErrorCodes()).toEqual(["VALIDATION_FAILED"]);
  });

  it("can be listened to before tasks are registered and anything is connected, without an error", async () => {
    const onlooker = app();
    const seen = new Collected<string>();
    onlooker.on("completed", ({ task }) => seen.push(task));
    const [one, two] = ["one", "two"].map((name) => onlooker.register({ name, version: 1 }));
    const worker = app();
    for (const name of ["one", "two"]) worker.task(name, () => name);
    await Promise.all([worker.start(), onlooker.connect()]);
    await one?.dispatch(1).result;
    await two?.dispatch(1).result;
    expect((await seen.reach(2)).toSorted()).toEqual(["one", "two"]);
    expect(world().errors).toEqual([]);
  });

  it("refuse a name that is none, with a suggestion", () => {
    const tasks = app();
    const client = tasks.register({ name: "one", version: 1 });
    expect(() => tasks.on("complete" as keyof AppEvents, () => undefined)).toThrow(
      /Did you mean "completed"/,
    );
    expect(() => client.on("error" as never, () => undefined)).toThrow(/there is no event "error"/);
  });

  it("are heard again after close and start", async () => {
    const tasks = app();
    const client = tasks.task("one", () => 1);
    const completed = new Collected<string>();
    tasks.on("completed", ({ id }) => completed.push(id));
    await tasks.start();
    const first = client.dispatch(null);
    await completed.reach(1);
    await tasks.close();
    await tasks.start();
    const second = client.dispatch(null);
    expect(await completed.reach(2)).toEqual([first.id, second.id]);
  });

  it("tell of stalled jobs that are taken over", async () => {
    const adapter = world().adapter();
    await adapter.connect();
    const tasks = app();
    const client = tasks.task("one", { handler: (_, ctx) => ctx.attempt, lease: "1s" });
    const stalled = new Collected<TaskEvents["stalled"]>();
    tasks.on("stalled", stalled.push);
    const job = await client.dispatch(null);
    const [reply] = await adapter.claim([{ task: "one", lease: "dead", leaseMs: 30, count: 1 }]);
    expect(reply?.jobs.map(({ id }) => id)).toEqual([job.id]);
    await adapter.close();
    await tasks.start();
    expect(await job.result).toBe(1);
    expect((await stalled.reach(1)).map(({ id }) => id)).toEqual([job.id]);
  });
});
