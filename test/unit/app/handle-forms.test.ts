import { inspect } from "node:util";
import type { JobHandle, KeyHandle } from "taskora";
import { createTestApp, type TestApp } from "taskora/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let test: TestApp;
beforeEach(() => {
  test = createTestApp();
});
afterEach(() => test.close());

describe("the handle of a job", () => {
  it("is written as task and id, in JSON and in a log, and found again by that", async () => {
    const task = test.app.register({ name: "email.send", version: 1 });
    const handle = await task.dispatch(1);
    const written = JSON.stringify({ job: handle });
    expect(JSON.parse(written)).toEqual({ job: { task: "email.send", id: handle.id } });
    expect(inspect(handle)).toBe(`JobHandle { task: 'email.send', id: '${handle.id}' }`);
    const found = test.app.jobs.handle(JSON.parse(written).job);
    expect(await found.getState()).toBe("waiting");
    expect(found.isDuplicate).toBe(false);
  });

  it("says of a job that is not stored that it is missing, whatever is asked of it", async () => {
    test.app.register({ name: "email.send", version: 1 });
    const missing = test.app.jobs.handle({ task: "email.send", id: "no-such" });
    expect(await missing.get()).toBeUndefined();
    expect(await missing.getState()).toBeUndefined();
    await expectMissing(missing);
  });

  it("ends a wait at once with a signal that is aborted, and later with its reason", async () => {
    const task = test.app.register({ name: "email.send", version: 1 });
    const handle = await task.dispatch(1);
    const stop = new AbortController();
    const waits = [
      handle.waitFor({ signal: stop.signal }),
      handle.waitFor({ signal: stop.signal, timeout: "1h" }),
    ];
    stop.abort(new Error("the page was left"));
    for (const wait of waits) await expect(wait).rejects.toThrow("the page was left");
    await expect(handle.waitFor({ signal: stop.signal })).rejects.toThrow("the page was left");
    expect(await handle.getState()).toBe("waiting");
  });
});

describe("the handle of a key", () => {
  const sync = () => test.app.register({ name: "sync", version: 1 });

  it("does what is asked to the job that holds it, and says who asked", async () => {
    const told: string[] = [];
    test.app.on("audit", ({ action, by }) => told.push(`${action} ${by}`));
    const task = sync();
    const job = await task.dispatch(1, { deduplicate: "customer-1", delay: "1h" });
    const key = task.byKey("customer-1");
    expect((await key.holder())?.id).toBe(job.id);
    expect(await key.get()).toMatchObject({ id: job.id, data: 1, state: "delayed" });
    const by = { by: "ada" };
    expect(await key.changePriority(5, by)).toEqual({ status: "applied" });
    expect(await key.reschedule({ delay: "2h", ...by })).toEqual({ status: "applied" });
    expect(await job.get()).toMatchObject({ priority: 5, dueAt: test.clock.now() + 7_200_000 });
    expect(await key.promote(by)).toEqual({ status: "applied" });
    expect(await key.retry(by)).toMatchObject({ status: "refused", state: "waiting" });
    expect(await key.cancel(by)).toMatchObject({ status: "applied" });
    expect(await job.getState()).toBe("cancelled");
    expect(told).toEqual(["job.prioritize ada", "job.reschedule ada", "job.promote ada", "job.cancel ada"]);
  });

  it("is written as task and key, and has no job where none holds it", async () => {
    const key = sync().byKey("nobody");
    expect(inspect(key)).toBe("KeyHandle { task: 'sync', key: 'nobody' }");
    expect(await key.holder()).toBeUndefined();
    expect(await key.get()).toBeUndefined();
    await expectMissing(key);
  });

  it.each([
    ["an option of a change", (key: KeyHandle) => key.cancel({ why: "x" } as never)],
    ["an option of a retry", (key: KeyHandle) => key.retry({ why: "x" } as never)],
    ["an option of a promotion", (key: KeyHandle) => key.promote({ why: "x" } as never)],
    ["an option of a removal", (key: KeyHandle) => key.remove({ why: "x" } as never)],
    ["a time", (key: KeyHandle) => key.reschedule({} as never)],
    ["a priority", (key: KeyHandle) => key.changePriority(7000)],
  ])("refuses %s although no job holds it: a typing error must not hide until one does", async (_, call) => {
    await expect(call(sync().byKey("nobody") as KeyHandle)).rejects.toMatchObject({ code: "OPTION_INVALID" });
  });
});

async function expectMissing(handle: JobHandle | KeyHandle): Promise<void> {
  const all = await Promise.all([
    handle.cancel(),
    handle.retry(),
    handle.promote(),
    handle.reschedule({ delay: "1h" }),
    handle.changePriority(5),
    handle.remove(),
  ]);
  expect(all).toEqual(all.map(() => ({ status: "missing" })));
}
