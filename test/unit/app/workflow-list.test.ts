import { createTestApp, type TestApp } from "taskora/testing";
import { chain } from "taskora/workflow";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let test: TestApp;
beforeEach(() => {
  test = createTestApp({ defaults: { retry: { attempts: 1 } } });
});
afterEach(() => test.close());

/** One workflow in each state that there is, by the state. */
async function oneOfEach() {
  const { app } = test;
  const work = app.task("work", (data) => {
    if (data === "bad") throw new Error("no paper");
    return data;
  });
  const rest = app.register({ name: "rest", version: 1 });
  const step = (data: unknown) => chain(work.step(data));
  const cancelled = await app.workflow(chain(rest.step(1)));
  await cancelled.cancel({ reason: "not needed" });
  const completed = await app.workflow(step("done"));
  const failed = await app.workflow(step("bad"));
  const expired = await app.workflow(chain(rest.step(1)), { ttl: "1s" });
  await test.advanceTime("2s");
  const running = await app.workflow(chain(rest.step(1)));
  const delayed = await app.workflow(step(1), { delay: "1h" });
  return { delayed, running, completed, failed, cancelled, expired };
}

describe("the workflows of a store", () => {
  it("are listed by state, each with what belongs to it and nothing else", async () => {
    const byState = await oneOfEach();
    const { workflows } = test.app;
    const now = test.clock.now();
    for (const [state, { id }] of Object.entries(byState)) {
      const { items } = await workflows.list({ state: state as "running" });
      expect(items.map((each) => [each.state, each.id])).toEqual([[state, id]]);
      expect(items[0]).toEqual(await workflows.get(id));
      expect(await workflows.handle(id).getState()).toBe(state);
    }
    const keys = async (state: keyof typeof byState) =>
      Object.keys((await workflows.get(byState[state].id)) ?? {}).sort();
    const always = ["enqueuedAt", "id", "state"];
    expect(await keys("running")).toEqual(always);
    expect(await keys("delayed")).toEqual(["dueAt", ...always]);
    expect(await keys("completed")).toEqual(["enqueuedAt", "finishedAt", "id", "result", "state"]);
    expect(await keys("failed")).toEqual(["enqueuedAt", "error", "finishedAt", "id", "state"]);
    expect(await keys("cancelled")).toEqual(["enqueuedAt", "finishedAt", "id", "reason", "state"]);
    expect(await workflows.get(byState.delayed.id)).toMatchObject({ dueAt: now + 3_600_000 });
    expect(await workflows.get(byState.completed.id)).toMatchObject({ result: "done" });
    expect(await workflows.get(byState.failed.id)).toMatchObject({ error: { message: /no paper/ } });
    expect(await workflows.get(byState.cancelled.id)).toMatchObject({ reason: "not needed" });
    expect(await workflows.get(byState.expired.id)).toMatchObject({ finishedAt: now - 1000 });
  });

  it("are all listed without a state, and page by page", async () => {
    const byState = await oneOfEach();
    const ids = Object.values(byState).map(({ id }) => id);
    const { workflows } = test.app;
    expect((await workflows.list()).items.map(({ id }) => id).sort()).toEqual(ids.toSorted());
    const paged: string[] = [];
    for await (const { id } of workflows.list({ limit: 2 })) paged.push(id);
    expect(paged.sort()).toEqual(ids.toSorted());
    const { items } = await workflows.list({ state: ["failed", "running"] });
    expect(items.map(({ state }) => state).sort()).toEqual(["failed", "running"]);
  });

  it("are not mixed up with jobs, and are refused by what is no state", async () => {
    await oneOfEach();
    expect(await test.app.workflows.get("no-such")).toBeUndefined();
    expect((await test.app.tasks.list()).items.map(({ name }) => name)).toEqual(["rest", "work"]);
    expect(() => test.app.workflows.list({ state: "waiting" as never })).toThrow(/state/);
    expect(() => test.app.workflows.handle("")).toThrow(/id/);
    await expect(test.app.workflows.get("")).rejects.toThrow(/id/);
  });
});

describe("a workflow that is being stored", () => {
  it("is a promise as dispatch() gives one", async () => {
    const work = test.app.task("work", (data) => data);
    const ended: string[] = [];
    const stored = await test.app.workflow(chain(work.step(1))).finally(() => void ended.push("stored"));
    expect(await test.app.workflow(chain(work.step(1))).catch(() => "failed")).toHaveProperty("id");
    await test.runUntilIdle();
    expect(await stored.result).toBe(1);
    const refused = () => test.app.workflow(chain(work.step(1n)));
    await expect(Promise.resolve().then(refused)).rejects.toMatchObject({ code: "PAYLOAD_UNSERIALIZABLE" });
    expect(ended).toEqual(["stored"]);
  });
});
