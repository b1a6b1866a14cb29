import { JOB_STATES } from "taskora";
import type { Adapter } from "taskora/adapter";
import { expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";
import { gate, rejection } from "../../support/signals.js";

/** The calls of an adapter, those together that go out before one is answered. */
function roundsOf(adapter: Adapter, verbs: readonly ("list" | "tasks" | "count")[]): string[][] {
  const rounds: string[][] = [];
  let round: string[] | undefined;
  for (const verb of verbs) {
    const call = adapter[verb].bind(adapter) as (...given: unknown[]) => Promise<unknown>;
    const counted = (...given: unknown[]) => {
      if (round === undefined) {
        round = [];
        rounds.push(round);
      }
      round.push(verb);
      const answer = call(...given);
      return answer.finally(() => {
        round = undefined;
      });
    };
    Object.assign(adapter, { [verb]: counted });
  }
  return rounds;
}

describeBehaviour("jobs", ({ app, world }) => {
  it("lists dead letters from the oldest on", async () => {
    const tasks = app();
    const client = tasks.task("broken", () => {
      throw new Error("no");
    });
    await tasks.start();
    const ids: string[] = [];
    for (const n of [1, 2, 3]) {
      const job = await client.dispatch(n);
      ids.push(job.id);
      await rejection(job.result);
    }
    const query = { task: client, state: "failed", order: "oldest" } as const;
    expect((await tasks.jobs.list({ ...query, limit: 1 })).items.map(({ id }) => id)).toEqual(
      ids.slice(0, 1),
    );
    const seen: string[] = [];
    for await (const { id } of tasks.jobs.list({ ...query, limit: 2 })) seen.push(id);
    expect(seen).toEqual(ids);
    const newest = await tasks.jobs.list({ ...query, order: "newest" });
    expect(newest.items.map(({ id }) => id)).toEqual([...ids].reverse());
  });

  it("looks only into states of which there are jobs", async () => {
    const adapter = world().adapter();
    const tasks = app({ adapter });
    for (const name of ["one", "two", "three"]) await tasks.register({ name, version: 1 }).dispatch(name);
    const asked: unknown[] = [];
    const list = adapter.list.bind(adapter);
    adapter.list = (query) => {
      asked.push([query.task, query.state]);
      return list(query);
    };
    expect((await tasks.jobs.list()).items.map(({ data }) => data)).toEqual(["one", "three", "two"]);
    expect(asked).toEqual(["one", "three", "two"].map((name) => [name, "waiting"]));
  });

  it("asks nothing of two hundred tasks without jobs, beside how many there are", async () => {
    const adapter = world().adapter();
    const names = Array.from({ length: 200 }, (_, nth) => `idle-${nth}`);
    const tasks = app({ adapter });
    for (const name of names) tasks.register({ name, version: 1 });
    const rounds = roundsOf(adapter, ["list", "tasks", "count"]);
    expect((await tasks.jobs.list({ task: names })).items).toEqual([]);
    expect((await tasks.jobs.removeAll({ task: names })).matched).toBe(0);
    expect(rounds).toEqual([["count"], ["count"]]);
  });

  it("reads jobs of a hundred tasks in a few rounds, in their order", async () => {
    const adapter = world().adapter();
    const names = Array.from({ length: 100 }, (_, nth) => `busy-${100 + nth}`);
    const tasks = app({ adapter });
    await Promise.all(names.map((name) => tasks.register({ name, version: 1 }).dispatch(name)));
    const rounds = roundsOf(adapter, ["list"]);
    const seen: unknown[] = [];
    for await (const { data } of tasks.jobs.list({ limit: 60 })) seen.push(data);
    expect(seen).toEqual(names);
    // 25 at once, and no more than a page has room for.
    expect(rounds.map((calls) => calls.length)).toEqual([25, 25, 10, 25, 15]);
  });

  it("loses none of the jobs that come between the count and the look", async () => {
    const adapter = world().adapter();
    const tasks = app({ adapter });
    const [one, two] = ["one", "two"].map((name) => tasks.register({ name, version: 1 }));
    await one?.dispatch("1");
    await two?.dispatch("3");
    const count = adapter.count.bind(adapter);
    adapter.count = async (names, call) => {
      const counts = await count(names, call);
      adapter.count = count;
      await one?.dispatch("2");
      return counts;
    };
    const pages: unknown[][] = [];
    for (let cursor: string | undefined; pages.length < 5; ) {
      const page = await tasks.jobs.list({ limit: 2, cursor });
      pages.push(page.items.map(({ data }) => data));
      cursor = page.cursor;
      if (cursor === undefined) break;
    }
    expect(pages).toEqual([["1", "2"], ["3"]]);
  });

  it("counts every state, and the counts add up to the jobs", async () => {
    const tasks = app();
    const hold = gate();
    const started = gate();
    const client = tasks.task("mixed", {
      retry: { attempts: 2, delay: "1h" },
      handler: async (data: unknown, ctx) => {
        if (data === "hold") {
          started.open();
          await hold.opened;
        }
        if (data === "fail") throw new Error("no");
        if (data === "retry") ctx.retry({ delay: "1h" });
      },
    });
    await tasks.start();
    await client.dispatch("complete").result;
    await rejection(client.dispatch("fail", { attempts: 1 }).result);
    await rejection(client.dispatch("expire", { delay: "1h", ttl: 5 }).result);
    await (await client.dispatch("cancel", { delay: "1h" })).cancel();
    await client.dispatch("delay", { delay: "1h" });
    const retried = new Promise((resolve) => client.on("retrying", resolve));
    await tasks.connect();
    await client.dispatch("retry");
    await retried;
    const held = client.dispatch("hold").result;
    await started.opened;
    const counts = { completed: 1, failed: 1, expired: 1, cancelled: 1, delayed: 1, retrying: 1, active: 1 };
    expect(await tasks.jobs.count({ task: "mixed" })).toEqual({
      ...counts,
      waiting: 0,
      total: 7,
    });
    expect(await tasks.jobs.count()).toEqual({ ...counts, waiting: 0, total: 7 });
    for (const state of JOB_STATES) {
      const page = await tasks.jobs.list({ task: "mixed", state });
      expect(page.items.map((job) => job.state)).toEqual(state === "waiting" ? [] : [state]);
    }
    hold.open();
    await held;
  });

  it("sums up all tasks of the store, declared here or not", async () => {
    const tasks = app();
    const one = tasks.register({ name: "one", version: 1 });
    const two = tasks.register({ name: "two", version: 1 });
    await Promise.all([one.dispatch(1), one.dispatch(2), two.dispatch(3)]);
    await app().register({ name: "three", version: 1 }).dispatch(4);
    expect((await tasks.jobs.count()).waiting).toBe(4);
    expect((await tasks.jobs.count({ task: "two" })).waiting).toBe(1);
    expect((await app().jobs.count()).total).toBe(4);
    expect((await app().jobs.count({ task: ["one", two] })).total).toBe(3);
  });

  it("pages through a state without hiding or repeating a job while others come and go", async () => {
    const tasks = app();
    const client = tasks.register({ name: "paged", version: 1 });
    const jobs = await client.dispatchMany(Array.from({ length: 25 }, (_, n) => n));
    await Promise.all(jobs);
    const seen: unknown[] = [];
    let cursor: string | undefined;
    let page = 0;
    do {
      const query = { task: "paged", state: "waiting" as const, limit: 10 };
      const reply = await tasks.jobs.list(cursor === undefined ? query : { ...query, cursor });
      seen.push(...reply.items.map(({ data }) => data));
      cursor = reply.cursor;
      page += 1;
      if (page === 1) {
        await jobs[0]?.cancel();
        await jobs[15]?.cancel();
        await client.dispatch("late");
      }
    } while (cursor !== undefined);
    const stayed = Array.from({ length: 25 }, (_, n) => n).filter((n) => n !== 15);
    expect(seen.filter((payload) => payload !== "late")).toEqual(stayed);
    expect(seen.filter((payload) => payload === "late").length).toBeLessThanOrEqual(1);
  });

  it("finds a job by its id among all tasks", async () => {
    const tasks = app();
    tasks.register({ name: "one", version: 1 });
    const two = tasks.register({ name: "two", version: 7, priority: 3 });
    const job = await two.dispatch({ deep: [1] }, { headers: { a: "b" }, attempts: 4 });
    expect(await tasks.jobs.get({ id: job.id })).toMatchObject({
      ...{ id: job.id, task: "two", state: "waiting", version: 7, priority: 3, attempt: 0, maxAttempts: 4 },
      ...{ data: { deep: [1] }, headers: { a: "b" }, history: [], logs: [], stalls: 0 },
    });
    expect(await tasks.jobs.get({ task: "one", id: job.id })).toBeUndefined();
    expect(await tasks.jobs.get({ id: "00000000000000" })).toBeUndefined();
  });

  it("shows result, error and reason of finished jobs", async () => {
    const tasks = app();
    const good = tasks.task("good", () => [1, 2]);
    const bad = tasks.task("bad", () => {
      throw new TypeError("broken");
    });
    await tasks.start();
    const [done, failed] = [good.dispatch(null), bad.dispatch(null)];
    await done.result;
    await rejection(failed.result);
    const cancelled = await good.dispatch(null, { delay: "1h" });
    await cancelled.cancel({ reason: "enough" });
    expect(await tasks.jobs.get({ id: done.id })).toMatchObject({ state: "completed", result: [1, 2] });
    expect(await tasks.jobs.get({ id: failed.id })).toMatchObject({
      state: "failed",
      error: { name: "TypeError", message: "broken" },
      attempt: 1,
    });
    expect(await tasks.jobs.get({ id: cancelled.id })).toMatchObject({
      state: "cancelled",
      reason: "enough",
    });
    const finished = await tasks.jobs.get({ id: done.id });
    expect(finished?.finishedAt).toBeGreaterThanOrEqual(finished?.startedAt ?? Number.POSITIVE_INFINITY);
  });

  it("refuses a state, a limit and an option that are none", async () => {
    const { jobs } = app();
    const list = (query: object) =>
      rejection(Promise.resolve().then(() => jobs.list({ task: "one", state: "waiting", ...query })));
    expect((await list({ state: "done" })).message).toMatch(
      /expected state to be one of waiting, .* got "done"/,
    );
    expect((await list({ limit: 0 })).message).toContain("limit");
    expect((await list({ limt: 5 })).message).toContain('Did you mean "limit"');
  });
});
