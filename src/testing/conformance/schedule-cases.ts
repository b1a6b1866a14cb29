import assert from "node:assert/strict";
import type { StoredSchedule } from "../../core/schedule-store.js";
import type { ConformanceCase } from "./kit.js";
import { Listener, soon, startWait } from "./patience.js";
import { NAME, scheduleCase } from "./schedule-stage.js";
import { aJob, countsOf, keeping, LONG_MS, only, TASK } from "./stage.js";

const stored: readonly ConformanceCase[] = [
  scheduleCase("what is written is read", async (plans) => {
    const nextSlotAt = (await plans.now()) + LONG_MS;
    const revision = await plans.write({ nextSlotAt });
    assert.deepEqual(await plans.find(), {
      name: NAME,
      task: TASK,
      revision,
      plan: '{"every":1}',
      payload: '{"a":1}',
      nextSlotAt,
    });
    assert.equal(await plans.find("other"), undefined);
  }),
  scheduleCase("text, bytes and nothing at all are kept as payloads", async (plans) => {
    const payloads = { text: "naïve ✓", bytes: new Uint8Array([0, 255, 10]), none: "" };
    for (const [name, payload] of Object.entries(payloads)) await plans.write({ name, payload });
    for (const [name, payload] of Object.entries(payloads)) {
      assert.deepEqual((await plans.read(name)).payload, payload, name);
    }
  }),
  scheduleCase("a write from another revision is stale and changes nothing", async (plans) => {
    const revision = await plans.write();
    const again = { name: NAME, task: TASK, plan: "{}", payload: "" };
    const replies = await plans.store.write([
      { ...again, expectedRevision: 0 },
      { ...again, expectedRevision: revision + 1 },
    ]);
    assert.deepEqual(replies, [{ status: "stale" }, { status: "stale" }]);
    assert.equal((await plans.read()).plan, '{"every":1}');
    assert.ok((await plans.write({ expectedRevision: revision, plan: "{}" })) > revision);
    assert.equal((await plans.read()).plan, "{}");
  }),
  scheduleCase("a removed one is gone, and comes back with a higher revision", async (plans) => {
    const { revision } = await plans.overdue();
    assert.deepEqual(await plans.store.remove([NAME, "other"]), ["removed", "missing"]);
    assert.equal(await plans.find(), undefined);
    assert.deepEqual((await plans.due()).schedules, []);
    assert.ok((await plans.write()) > revision);
    assert.equal((await plans.read()).nextSlotAt, undefined);
  }),
  scheduleCase("pages are in the order of names", async (plans) => {
    for (const name of ["b", "a.c", "a-b", "B", "c1", "c10"]) await plans.write({ name });
    const names: string[] = [];
    for (let after: string | undefined = ""; after !== undefined; ) {
      const page: readonly StoredSchedule[] = (
        await plans.store.list(after === "" ? { limit: 2 } : { after, limit: 2 })
      ).schedules;
      names.push(...page.map((schedule) => schedule.name));
      after = page.at(-1)?.name;
    }
    assert.deepEqual(names, ["B", "a-b", "a.c", "b", "c1", "c10"]);
  }),
  scheduleCase("writes and removals are told to every process", async (plans) => {
    const other = (await plans.stage.another()).schedules;
    let told = () => undefined as unknown;
    const next = () =>
      new Promise<void>((resolve) => {
        told = () => resolve();
      });
    const stop = await other?.subscribe(() => told());
    let telling = next();
    await plans.write();
    await soon("word of a write", telling);
    telling = next();
    await plans.store.remove([NAME]);
    await soon("word of a removal", telling);
    await stop?.();
  }),
];

const dues: readonly ConformanceCase[] = [
  scheduleCase("overdue ones come, longest overdue first, and the wait for the next", async (plans) => {
    const now = await plans.now();
    await plans.write({ name: "late", nextSlotAt: now - 5 });
    await plans.write({ name: "later", nextSlotAt: now - 50 });
    await plans.write({ name: "coming", nextSlotAt: now + LONG_MS });
    await plans.write({ name: "far", nextSlotAt: now + 2 * LONG_MS });
    await plans.write({ name: "never" });
    const due = await plans.due();
    assert.deepEqual(
      due.schedules.map((schedule) => schedule.name),
      ["later", "late"],
    );
    const waitMs = due.nextDueInMs ?? 0;
    assert.ok(waitMs > LONG_MS - 60_000 && waitMs <= LONG_MS, `${waitMs} is the time to the next slot`);
    assert.equal(due.now + waitMs, now + LONG_MS);
    const first = await plans.due(1);
    assert.deepEqual(
      first.schedules.map((schedule) => schedule.name),
      ["later"],
    );
  }),
  scheduleCase("those of the same slot come by name, whatever their task", async (plans) => {
    const nextSlotAt = (await plans.now()) - 5;
    const tasks = { nightly: TASK, hourly: "other.task", weekly: "other.task", daily: TASK };
    for (const [name, task] of Object.entries(tasks)) await plans.write({ name, task, nextSlotAt });
    assert.deepEqual(
      (await plans.due(3, TASK, "other.task")).schedules.map(({ name }) => name),
      ["daily", "hourly", "nightly"],
    );
  }),
  scheduleCase("nothing is due of other tasks, and there is no wait for them", async (plans) => {
    await plans.overdue({ task: "other.task" });
    assert.deepEqual((await plans.due()).schedules, []);
    assert.equal((await plans.due()).nextDueInMs, undefined);
    assert.equal((await plans.due(100, TASK, "other.task")).schedules.length, 1);
  }),
  scheduleCase("a slot comes with the store's clock", async (plans) => {
    const nextSlotAt = (await plans.now()) + 30;
    await plans.write({ nextSlotAt });
    await plans.stage.advance(31);
    assert.deepEqual(
      (await plans.due()).schedules.map((schedule) => schedule.nextSlotAt),
      [nextSlotAt],
    );
  }),
  scheduleCase("one that moves to another task is due there alone", async (plans) => {
    const { revision, nextSlotAt } = await plans.overdue();
    await plans.write({ expectedRevision: revision, task: "other.task", nextSlotAt });
    assert.deepEqual((await plans.due()).schedules, []);
    assert.equal((await plans.due(100, "other.task")).schedules.length, 1);
  }),
];

const firings: readonly ConformanceCase[] = [
  scheduleCase("firing stores the job and advances the slot in one step", async (plans) => {
    const { stage } = plans;
    const stored = await plans.overdue();
    const nextSlotAt = stored.nextSlotAt + LONG_MS;
    const before = await plans.now();
    const request = plans.firing(stored, "first", { nextSlotAt });
    assert.equal(await plans.fire(request), "fired");
    const { lastFiredAt = 0, ...after } = await plans.read();
    assert.ok(lastFiredAt >= before);
    const { nextSlotAt: lastSlotAt } = stored;
    assert.deepEqual(after, { ...stored, nextSlotAt, lastSlotAt, lastJobId: "first", runs: 1 });
    assert.deepEqual((await plans.due()).schedules, []);
    assert.deepEqual(await stage.takeIds(), ["first"]);
  }),
  scheduleCase("a slot fires once, though its job is gone by then", async (plans) => {
    const { stage } = plans;
    const stored = await plans.overdue();
    const request = plans.firing(stored, "first", { nextSlotAt: stored.nextSlotAt + LONG_MS });
    assert.equal(await plans.fire(request), "fired");
    const job = only(await stage.take());
    const retention = keeping({ completed: { ageMs: 0, count: 0 } });
    await stage.end(job, { event: "complete" }, { retention });
    assert.equal(await stage.state("first"), "none");
    assert.equal(await plans.fire(request), "moved");
    assert.equal(await stage.state("first"), "none");
  }),
  scheduleCase("of many who fire a slot at once one succeeds", async (plans) => {
    const stored = await plans.overdue();
    const request = plans.firing(stored, "first", { nextSlotAt: stored.nextSlotAt + LONG_MS });
    const stores = [plans.store, (await plans.stage.another()).schedules];
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, index) => stores[index % 2]?.fire([request])),
    );
    const flat = replies.flatMap((reply) => reply ?? []);
    assert.deepEqual(
      [flat.filter((reply) => reply === "fired").length, flat.filter((reply) => reply === "moved").length],
      [1, 19],
    );
    assert.deepEqual(await plans.stage.counts(), countsOf({ waiting: 1 }));
  }),
  scheduleCase("another revision, another slot and another task are refused", async (plans) => {
    const stored = await plans.overdue();
    for (const wrong of [
      { revision: stored.revision + 1 },
      { expectedSlotAt: stored.nextSlotAt - 1 },
      { name: "other" },
    ]) {
      assert.equal(await plans.fire(plans.firing(stored, "first", wrong)), "moved");
    }
    await plans.write({ expectedRevision: stored.revision });
    assert.equal(await plans.fire(plans.firing(stored, "first")), "moved");
    assert.deepEqual(await plans.stage.counts(), countsOf({}));
  }),
  scheduleCase("a slot that has not come does not fire", async (plans) => {
    const nextSlotAt = (await plans.now()) + LONG_MS;
    await plans.write({ nextSlotAt });
    const stored = await plans.read();
    assert.equal(await plans.fire(plans.firing(stored, "first")), "early");
    assert.deepEqual(await plans.read(), stored);
    const late = await plans.overdue({ name: "late" });
    const request = plans.firing(late, "first", { slotAt: late.nextSlotAt + LONG_MS });
    assert.equal(await plans.fire(request), "early");
    assert.deepEqual(await plans.stage.counts(), countsOf({}));
  }),
  scheduleCase("slots that are passed over make no job", async (plans) => {
    const stored = await plans.overdue();
    const { fire, ...passing } = plans.firing(stored, "first", { nextSlotAt: stored.nextSlotAt + LONG_MS });
    assert.equal(await plans.fire(passing), "passed");
    assert.deepEqual(await plans.read(), { ...stored, nextSlotAt: stored.nextSlotAt + LONG_MS });
    assert.deepEqual(await plans.stage.counts(), countsOf({}));
  }),
  scheduleCase("several slots of one call fire in their order", async (plans) => {
    const stored = await plans.overdue();
    const at = (index: number) => stored.nextSlotAt + index;
    const requests = [0, 1, 2].map((index) =>
      plans.firing(stored, `s${index}`, { expectedSlotAt: at(index), nextSlotAt: at(index + 1) }),
    );
    assert.deepEqual(await plans.store.fire(requests), ["fired", "fired", "fired"]);
    assert.equal((await plans.read()).nextSlotAt, at(3));
    assert.deepEqual(await plans.stage.takeIds(), ["s0", "s1", "s2"]);
  }),
  scheduleCase("slots that are fired are counted, over writes and other tasks too", async (plans) => {
    const stored = await plans.overdue();
    const next = { nextSlotAt: stored.nextSlotAt + 1 };
    assert.equal(await plans.fire(plans.firing(stored, "first", next)), "fired");
    const { fire, ...passing } = plans.firing(await plans.read(), "none", {
      nextSlotAt: stored.nextSlotAt + 2,
    });
    assert.equal(await plans.fire(passing), "passed");
    assert.equal((await plans.read()).runs, 1);
    await plans.write({
      expectedRevision: stored.revision,
      task: "other.task",
      nextSlotAt: stored.nextSlotAt,
    });
    assert.equal((await plans.read()).runs, 1);
    await plans.store.remove([NAME]);
    await plans.write();
    assert.equal((await plans.read()).runs, undefined);
  }),
  scheduleCase(
    "the run that reaches the limit leaves no next slot, and what follows is refused",
    async (plans) => {
      const stored = await plans.overdue();
      const at = (index: number) => stored.nextSlotAt + index;
      const requests = [0, 1, 2, 3].map((index) =>
        plans.firing(stored, `s${index}`, { expectedSlotAt: at(index), nextSlotAt: at(index + 1), limit: 2 }),
      );
      assert.deepEqual(await plans.store.fire(requests), ["fired", "fired", "moved", "moved"]);
      const { nextSlotAt, runs } = await plans.read();
      assert.deepEqual({ nextSlotAt, runs }, { nextSlotAt: undefined, runs: 2 });
      assert.deepEqual((await plans.due()).schedules, []);
      assert.equal((await plans.due()).nextDueInMs, undefined);
      assert.deepEqual(await plans.stage.takeIds(), ["s0", "s1"]);
    },
  ),
  scheduleCase("a slot that passes since another runs does not count towards the limit", async (plans) => {
    const stored = await plans.overdue();
    const at = (index: number) => stored.nextSlotAt + index;
    const how = { overlap: "skip" as const, limit: 2 };
    const slot = (index: number) =>
      plans.firing(stored, `s${index}`, { expectedSlotAt: at(index), nextSlotAt: at(index + 1), ...how });
    assert.deepEqual(await plans.store.fire([slot(0), slot(1)]), ["fired", "overlapped"]);
    await plans.stage.end(only(await plans.stage.take()), { event: "complete" });
    assert.deepEqual(await plans.store.fire([slot(2), slot(3)]), ["fired", "moved"]);
    assert.equal((await plans.read()).runs, 2);
  }),
  scheduleCase(
    "a slot whose job another one stands for passes, and one that is stored holds its key",
    async (plans) => {
      const stored = await plans.overdue();
      const at = (index: number) => stored.nextSlotAt + index;
      const job = { limits: { unique: { key: "k" } } };
      const slot = (index: number) =>
        plans.firing(stored, `s${index}`, { expectedSlotAt: at(index), nextSlotAt: at(index + 1), job });
      assert.deepEqual(await plans.store.fire([slot(0), slot(1)]), ["fired", "overlapped"]);
      const { runs, lastJobId } = await plans.read();
      assert.deepEqual({ runs, lastJobId }, { runs: 1, lastJobId: "s0" });
      const [reply] = await plans.stage.adapter.insert([aJob({ id: "other", ...job })]);
      assert.deepEqual(reply, { status: "duplicate", id: "s0", by: "unique" });
      await plans.stage.end(only(await plans.stage.take()), { event: "complete" });
      assert.equal(await plans.fire(slot(2)), "fired");
      assert.deepEqual(await plans.stage.takeIds(), ["s2"]);
    },
    ["unique"],
  ),
  scheduleCase("the last slot leaves no next one", async (plans) => {
    const stored = await plans.overdue();
    assert.equal(await plans.fire(plans.firing(stored, "first")), "fired");
    assert.equal((await plans.read()).nextSlotAt, undefined);
    const { now, ...due } = await plans.due();
    assert.deepEqual(due, { schedules: [] });
  }),
  scheduleCase("a job that is stored already is not stored again", async (plans) => {
    await plans.stage.insert({ id: "first", payload: '"other"' });
    const stored = await plans.overdue();
    assert.equal(await plans.fire(plans.firing(stored, "first")), "fired");
    assert.equal((await plans.stage.read("first")).payload, '"other"');
    assert.deepEqual(await plans.stage.counts(), countsOf({ waiting: 1 }));
  }),
  scheduleCase("what is known of its runs stays when it is replaced", async (plans) => {
    const stored = await plans.overdue();
    await plans.fire(plans.firing(stored, "first"));
    const { lastSlotAt, lastFiredAt } = await plans.read();
    const revision = await plans.write({ expectedRevision: stored.revision });
    const kept = await plans.read();
    assert.deepEqual([kept.lastSlotAt, kept.lastFiredAt, kept.lastJobId], [lastSlotAt, lastFiredAt, "first"]);
    await plans.write({ expectedRevision: revision, task: "other.task" });
    const moved = await plans.read();
    assert.deepEqual(
      [moved.lastSlotAt, moved.lastFiredAt, moved.lastJobId],
      [lastSlotAt, lastFiredAt, undefined],
    );
  }),
];

const jobs: readonly ConformanceCase[] = [
  scheduleCase("a job keeps its priority, TTL, headers, attempts, group and due time", async (plans) => {
    const { stage } = plans;
    const dueAt = (await plans.now()) + LONG_MS;
    const fields = { priority: 5, headers: { a: "b" }, maxAttempts: 2, version: 3 };
    const limits = { group: { key: "g" } };
    const first = await plans.overdue();
    await plans.fire(plans.firing(first, "first", { job: { ...fields, limits, ttlMs: LONG_MS } }));
    const second = await plans.overdue({ name: "second" });
    await plans.fire(plans.firing(second, "second", { job: { ...fields, dueAt } }));
    const waiting = await stage.read("first");
    const { priority, maxAttempts, version, headers } = waiting;
    assert.deepEqual({ priority, maxAttempts, version, headers: { ...headers } }, fields);
    assert.ok((waiting.expiresAt ?? 0) > dueAt - LONG_MS);
    assert.deepEqual(
      [(await stage.read("second")).state, (await stage.read("second")).dueAt],
      ["delayed", dueAt],
    );
    await stage.verifyBooks(["first", "second"]);
    assert.deepEqual(await stage.takeIds(), ["first"]);
  }),
  scheduleCase(
    "firing wakes a waiter and is told as an event",
    async (plans) => {
      const { adapter } = plans.stage;
      const listener = await Listener.on(adapter, { kind: "events", task: TASK });
      const stored = await plans.overdue();
      const { ids } = startWait(adapter, TASK);
      await plans.fire(plans.firing(stored, "first"));
      assert.deepEqual(await soon("a wake", ids), ["first"]);
      const [notice] = await listener.received(1);
      assert.ok(notice?.kind === "event" && notice.event.type === "waiting" && notice.event.id === "first");
      await listener.stop();
    },
    ["events"],
  ),
  scheduleCase("a last job that has not ended keeps the next from being made", async (plans) => {
    const { stage } = plans;
    const overlap = "skip" as const;
    const stored = await plans.overdue();
    const at = (index: number) => stored.nextSlotAt + index;
    const slot = (index: number) =>
      plans.firing(stored, `s${index}`, { expectedSlotAt: at(index), nextSlotAt: at(index + 1), overlap });
    assert.equal(await plans.fire(slot(0)), "fired");
    assert.equal(await plans.fire(slot(1)), "overlapped");
    const job = only(await stage.take());
    assert.equal(await plans.fire(slot(2)), "overlapped");
    const { lastJobId, lastSlotAt, nextSlotAt } = await plans.read();
    assert.deepEqual([lastJobId, lastSlotAt, nextSlotAt], ["s0", at(0), at(3)]);
    await stage.end(job, { event: "complete" });
    assert.equal(await plans.fire(slot(3)), "fired");
    assert.equal((await plans.read()).lastJobId, "s3");
  }),
  scheduleCase("a last job that expired or was forgotten keeps none back", async (plans) => {
    const { stage } = plans;
    const overlap = "skip" as const;
    const stored = await plans.overdue();
    const at = (index: number) => stored.nextSlotAt + index;
    const slot = (index: number) =>
      plans.firing(stored, `s${index}`, {
        expectedSlotAt: at(index),
        nextSlotAt: at(index + 1),
        overlap,
        job: { ttlMs: 5 },
      });
    assert.equal(await plans.fire(slot(0)), "fired");
    await stage.advance(6);
    assert.equal(await plans.fire(slot(1)), "fired");
    await stage.change("s1", { change: "remove" });
    assert.equal(await plans.fire(slot(2)), "fired");
  }),
];

export const scheduleCases: readonly ConformanceCase[] = [...stored, ...dues, ...firings, ...jobs];
