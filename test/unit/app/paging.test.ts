import { JOB_STATES, type Page, type Taskora } from "taskora";
import { chain, map } from "taskora/workflow";
import { expect, it } from "vitest";
import { describeBehaviour, type World } from "../../support/behaviour.js";

/** Sizes around the end of a page. */
const around = (page: number) => [0, 1, page, page + 1];

/** All of a paged list, with the size of each page. */
async function walk<Item>(
  read: (cursor: { readonly cursor?: string }) => Promise<Page<Item>>,
): Promise<{ readonly items: readonly Item[]; readonly sizes: readonly number[] }> {
  const items: Item[] = [];
  const sizes: number[] = [];
  for (let cursor: string | undefined, pages = 0; pages < 50; pages++) {
    const page = await read(cursor === undefined ? {} : { cursor });
    items.push(...page.items);
    sizes.push(page.items.length);
    cursor = page.cursor;
    if (cursor === undefined) return { items, sizes };
  }
  throw new Error("the cursor goes in circles");
}

const PAGE = 3;
/** What pages of {@link PAGE} a list of so many has. */
const pagesOf = (count: number) => (count <= PAGE ? [count] : [PAGE, count - PAGE]);

describeBehaviour("paging", ({ app, world }) => {
  it.each(JOB_STATES.flatMap((state) => around(PAGE).map((count) => ({ state, count }))))(
    "lists $count jobs that are $state",
    async ({ state, count }) => {
      const tasks = app();
      const ids = await jobsIn(tasks, state, count);
      const query = { task: "paged", state, limit: PAGE } as const;
      const { items, sizes } = await walk((cursor) => tasks.jobs.list({ ...query, ...cursor }));
      expect(sizes).toEqual(pagesOf(count));
      expect(items.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    },
  );

  it.each(around(PAGE).flatMap((one) => around(PAGE).map((two) => ({ one, two }))))(
    "lists $one and $two dead letters of two tasks, task by task",
    async ({ one, two }) => {
      const tasks = app();
      const first = await failed(tasks, "a.one", one);
      const second = await failed(tasks, "b.two", two);
      const { items, sizes } = await walk((cursor) =>
        tasks.jobs.list({ state: "failed", limit: PAGE, ...cursor }),
      );
      expect(items.map(({ task }) => task)).toEqual([
        ...first.map(() => "a.one"),
        ...second.map(() => "b.two"),
      ]);
      expect(items.map(({ id }) => id).toSorted()).toEqual([...first, ...second].toSorted());
      expect(Math.max(...sizes)).toBeLessThanOrEqual(PAGE);
      expect(sizes.slice(0, -1).every((size) => size === PAGE)).toBe(true);
    },
  );

  it.each(around(500))("retries and purges %i dead letters", async (count) => {
    const tasks = app();
    const ids = await failed(tasks, "broken", count);
    expect((await tasks.jobs.retryAll({ task: "broken" })).applied).toBe(count);
    await expect
      .poll(async () => (await tasks.jobs.count({ task: "broken" })).failed, { timeout: 20_000 })
      .toBe(ids.length);
    expect((await tasks.jobs.removeAll({ state: "failed", task: "broken" })).applied).toBe(count);
    expect((await tasks.jobs.count({ task: "broken" })).total).toBe(0);
  });

  it.each(around(1000))("drains %i jobs", async (count) => {
    const tasks = app({ defaults: { retention: { cancelled: { count: 2000 } } } });
    const client = tasks.register({ name: "drained", version: 1 });
    await client.dispatchMany(Array.from({ length: count }, (_, n) => n));
    expect((await client.drain()).applied).toBe(count);
    expect(await tasks.jobs.count({ task: "drained" })).toMatchObject({ waiting: 0, cancelled: count });
  });

  it.each(around(1000))("counts the versions of %i jobs", async (count) => {
    const tasks = app();
    const client = tasks.register({ name: "versioned", version: 2 });
    await client.dispatchMany(Array.from({ length: count }, (_, n) => n));
    const rows = await tasks.tasks.handle("versioned").versions();
    expect(rows.map(({ version, waiting, total }) => ({ version, waiting, total }))).toEqual(
      count === 0 ? [] : [{ version: 2, waiting: count, total: count }],
    );
  });

  it.each(around(500))("lists %i schedules", async (count) => {
    const tasks = app();
    const names = Array.from({ length: count }, (_, n) => `s${String(n).padStart(4, "0")}`);
    await schedule(world(), names);
    const { items, sizes } = await walk((cursor) => tasks.schedules.list({ limit: 250, ...cursor }));
    expect(items.map(({ name }) => name)).toEqual(names);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(250);
  });

  it.each(around(1000))("reads %i steps of a workflow", async (count) => {
    const tasks = app();
    const client = tasks.register({ name: "step", version: 1 });
    const items = Array.from({ length: count }, (_, n) => n);
    const workflow = await tasks.workflow(count === 1 ? chain(client.step(0)) : map(client, items));
    expect((await workflow.getSteps()).length).toBe(count);
  });

  it.each(around(PAGE))("peeks at %i collected jobs, a page at most", async (count) => {
    const tasks = app();
    const client = tasks.register({ name: "collected", version: 1, collect: { delay: "1h", maxSize: 100 } });
    await client.dispatchMany(Array.from({ length: count }, (_, n) => n));
    const peek = await client.getCollected({ limit: PAGE });
    expect(peek?.items.length ?? 0).toBe(Math.min(count, PAGE));
    expect(peek?.count ?? 0).toBe(count);
  });
});

/** Jobs of the task `paged` in one state; resolves with their ids. */
async function jobsIn(tasks: Taskora, state: (typeof JOB_STATES)[number], count: number): Promise<string[]> {
  const isFinal = ["completed", "failed"].includes(state);
  const isHeld = state === "active" || state === "retrying";
  const client = tasks.task("paged", {
    concurrency: 20,
    handler: async (_: unknown, ctx) => {
      if (state === "failed") throw new Error("no");
      if (state === "retrying" && ctx.attempt === 1) ctx.retry({ delay: "1h" });
      if (state === "active") await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
    },
    retry: { attempts: state === "failed" ? 1 : 2 },
  });
  const options =
    state === "delayed"
      ? { delay: "1h" as const }
      : state === "expired"
        ? { ttl: 1, delay: "1h" as const }
        : {};
  const jobs = await client.dispatchMany(
    Array.from({ length: count }, (_, n) => n),
    options,
  );
  const handles = await Promise.all(jobs);
  if (isFinal || isHeld) await tasks.start();
  if (state === "cancelled") await Promise.all(handles.map((handle) => handle.cancel()));
  await expect.poll(async () => (await tasks.jobs.count({ task: "paged" }))[state]).toBe(count);
  if (state === "expired") await Promise.all(handles.map((handle) => handle.result.catch(() => undefined)));
  return handles.map(({ id }) => id);
}

async function failed(tasks: Taskora, name: string, count: number): Promise<string[]> {
  const client = tasks.task(name, {
    concurrency: 100,
    handler: () => {
      throw new Error("no");
    },
  });
  await tasks.start();
  const jobs = await client.dispatchMany(Array.from({ length: count }, (_, n) => n));
  await Promise.all(jobs.map((job) => job.result.catch(() => undefined)));
  return jobs.map(({ id }) => id);
}

/** Writes schedules in one go, as nobody's code declares them. */
async function schedule(world: World, names: readonly string[]): Promise<void> {
  const adapter = world.adapter();
  await adapter.connect();
  const plan = {
    timing: { every: 3_600_000 },
    rules: { onMissed: "skip", overlap: "allow", jitter: 0 },
    ...{ anchorAt: 0, paused: false, declared: "" },
  };
  const writes = names.map((name) => ({
    ...{ name, expectedRevision: 0, task: "nobody", plan: JSON.stringify(plan), payload: "" },
  }));
  await adapter.schedules?.write(writes);
  await adapter.close();
}
