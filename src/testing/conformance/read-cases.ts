import assert from "node:assert/strict";
import { FINAL_STATES, type JobState } from "../../core/lifecycle.js";
import type { ConformanceCase } from "./kit.js";
import {
  aJob,
  anError,
  countsOf,
  defineCase,
  defineCases,
  keeping,
  LONG_MS,
  OTHER_TASK,
  only,
  type Stage,
  TASK,
} from "./stage.js";

const IDS = Array.from({ length: 7 }, (_, index) => `job-${index}`);
/** So many that the marks of a cursor are gone when a page of them is. */
const MANY = Array.from({ length: 130 }, (_, index) => `many-${index}`);

/** Brings seven jobs into a state, one after the other; gives the ids in the order they must be listed in. */
async function fill(stage: Stage, state: JobState): Promise<readonly string[]> {
  switch (state) {
    case "waiting":
      await stage.insert(...IDS.map((id, index) => ({ id, priority: (index % 3) - 1 })));
      return ["job-2", "job-5", "job-1", "job-4", "job-0", "job-3", "job-6"];
    case "delayed":
      await stage.insert(...IDS.map((id, index) => ({ id, delayMs: LONG_MS - index * 10 })));
      return [...IDS].reverse();
    case "active":
      await stage.insert(...IDS);
      await stage.take({ count: 2, lease: "worker-1" });
      await stage.take({ count: 3, lease: "worker-2" });
      await stage.take({ count: 2, lease: "worker-1" });
      return IDS;
    case "retrying":
      for (const [index, id] of IDS.entries()) {
        const delayMs = LONG_MS - index * 60_000;
        await stage.end(await stage.takeNew(id), { event: "retry", error: anError(), delayMs });
      }
      return [...IDS].reverse();
    case "completed":
    case "failed":
    case "cancelled":
    case "expired":
      for (const id of IDS) {
        await end(stage, id, state);
        await stage.advance(2);
      }
      return [...IDS].reverse();
  }
}

async function end(stage: Stage, id: string, state: (typeof FINAL_STATES)[number]): Promise<void> {
  await stage.insert(state === "expired" ? { id, ttlMs: 1 } : id);
  if (state === "cancelled") await stage.cancel(id);
  if (state === "expired") await stage.advance(2);
  if (state === "expired") await stage.sweep();
  const [job] = state === "completed" || state === "failed" ? await stage.take() : [];
  if (job === undefined) return;
  await stage.end(job, state === "completed" ? { event: "complete" } : { event: "fail", error: anError() });
}

const STATES: readonly JobState[] = ["waiting", "delayed", "active", "retrying", ...FINAL_STATES];

const lists: readonly ConformanceCase[] = [
  ...defineCases(
    STATES,
    (state) => `list: ${state} jobs come in order, page by page`,
    async (stage, state) => {
      const expected = await fill(stage, state);
      assert.deepEqual(await stage.listIds(state, 100), expected);
      assert.deepEqual(await stage.listIds(state, 3), expected);
      assert.deepEqual(await stage.listIds(state, 1), expected);
      assert.equal((await stage.counts())[state], expected.length);
    },
  ),
  ...defineCases(
    STATES,
    (state) => `list: ${state} jobs are listed as they read`,
    async (stage, state) => {
      await fill(stage, state);
      const { jobs } = await stage.adapter.list({ task: TASK, state, limit: 100 });
      const read = await stage.adapter.read(jobs.map(({ id }) => ({ task: TASK, id })));
      assert.deepEqual(jobs, read);
    },
  ),
  defineCase("list: the last page has no cursor", async (stage) => {
    await stage.insert("a", "b", "c");
    const first = await stage.adapter.list({ task: TASK, state: "waiting", limit: 2 });
    assert.ok(first.cursor, "there is more");
    const last = await stage.adapter.list({ task: TASK, state: "waiting", limit: 2, cursor: first.cursor });
    assert.deepEqual([last.jobs.map(({ id }) => id), last.cursor], [["c"], undefined]);
  }),
  ...defineCases(
    STATES,
    (state) => `list: a page that holds all ${state} jobs is the last`,
    async (stage, state) => {
      const { length } = await fill(stage, state);
      const page = await stage.adapter.list({ task: TASK, state, limit: length });
      assert.deepEqual([page.jobs.length, page.cursor], [length, undefined]);
    },
  ),
  defineCase("list: a full page of one priority has a cursor only while there are others", async (stage) => {
    const list = (limit: number) => stage.adapter.list({ task: TASK, state: "waiting", limit });
    await stage.insert("a", "b");
    assert.equal((await list(2)).cursor, undefined);
    await stage.adapter.insert([aJob({ id: "low", priority: -1 }), aJob({ id: "high", priority: 1 })]);
    assert.ok((await list(1)).cursor, "the list and the low one follow");
    assert.ok((await list(3)).cursor, "the low one follows");
    assert.equal((await list(4)).cursor, undefined);
  }),
  defineCase("list: an empty state is one empty page", async (stage) => {
    assert.deepEqual(await stage.adapter.list({ task: "unknown.task", state: "failed", limit: 5 }), {
      jobs: [],
    });
  }),
  defineCase("list: jobs taken between pages hide none of the others", async (stage) => {
    await stage.insert(...IDS);
    const first = await stage.adapter.list({ task: TASK, state: "waiting", limit: 3 });
    await stage.take({ count: 2 });
    await stage.insert("late");
    const rest = await pagesAfter(stage, "waiting", first.cursor);
    assert.deepEqual(rest, ["job-3", "job-4", "job-5", "job-6", "late"]);
  }),
  defineCase("list: a job on the border that is cancelled hides none of the others", async (stage) => {
    await stage.insert(...IDS);
    const first = await stage.adapter.list({ task: TASK, state: "waiting", limit: 3 });
    await stage.cancel("job-2");
    await stage.cancel("job-3");
    assert.deepEqual(await pagesAfter(stage, "waiting", first.cursor), ["job-4", "job-5", "job-6"]);
  }),
  defineCase("list: a long page that is cancelled as a whole hides none of the others", async (stage) => {
    await stage.insert(...MANY);
    const first = await stage.adapter.list({ task: TASK, state: "waiting", limit: 60 });
    for (const { id } of first.jobs) await stage.cancel(id);
    const second = await stage.adapter.list({
      ...{ task: TASK, state: "waiting", limit: 60 },
      ...(first.cursor === undefined ? {} : { cursor: first.cursor }),
    });
    assert.deepEqual(
      second.jobs.map(({ id }) => id),
      MANY.slice(60, 120),
    );
    for (const { id } of second.jobs) await stage.cancel(id);
    assert.deepEqual(await pagesAfter(stage, "waiting", second.cursor), MANY.slice(120));
  }),
  defineCase("list: a job that goes to the front between pages repeats none", async (stage) => {
    await stage.insert(...IDS);
    const [job] = await stage.take({ count: 1 });
    assert.ok(job);
    const first = await stage.adapter.list({ task: TASK, state: "waiting", limit: 3 });
    assert.deepEqual(
      first.jobs.map(({ id }) => id),
      ["job-1", "job-2", "job-3"],
    );
    await stage.end(job, { event: "release" });
    assert.deepEqual(await pagesAfter(stage, "waiting", first.cursor), ["job-4", "job-5", "job-6"]);
  }),
  ...defineCases(
    FINAL_STATES,
    (state) => `list: ${state} jobs that come or go between pages neither repeat nor hide others`,
    async (stage, state) => {
      await fill(stage, state);
      const first = await stage.adapter.list({ task: TASK, state, limit: 3 });
      assert.deepEqual(
        first.jobs.map(({ id }) => id),
        ["job-6", "job-5", "job-4"],
      );
      await end(stage, "newer", state);
      await stage.change("job-4", { change: "remove" });
      await stage.sweepAll({ retention: keeping({ [state]: { ageMs: LONG_MS, count: 5 } }) });
      assert.deepEqual(await pagesAfter(stage, state, first.cursor), ["job-3", "job-2"]);
    },
  ),
  ...defineCases(
    ["failed", "cancelled"] as const,
    (state) => `list: ${state} jobs oldest first, while others come and go between pages`,
    async (stage, state) => {
      await fill(stage, state);
      const query = { task: TASK, state, order: "oldest", limit: 3 } as const;
      const first = await stage.adapter.list(query);
      await end(stage, "newer", state);
      await stage.change("job-2", { change: "remove" });
      const second = await stage.adapter.list({ ...query, cursor: first.cursor ?? "" });
      const third = await stage.adapter.list({ ...query, cursor: second.cursor ?? "" });
      const ids = [first, second, third].map(({ jobs }) => jobs.map(({ id }) => id));
      assert.deepEqual(ids, [
        ["job-0", "job-1", "job-2"],
        ["job-3", "job-4", "job-5"],
        ["job-6", "newer"],
      ]);
      assert.equal(third.cursor, undefined);
    },
  ),
  defineCase(
    "list: delayed jobs that come or go between pages neither repeat nor hide others",
    async (stage) => {
      await stage.insert(...IDS.map((id, index) => ({ id, delayMs: LONG_MS + index * 10 })));
      const first = await stage.adapter.list({ task: TASK, state: "delayed", limit: 3 });
      await stage.change("job-0", { change: "promote" });
      await stage.change("job-2", { change: "remove" });
      await stage.insert({ id: "sooner", delayMs: LONG_MS / 2 });
      assert.deepEqual(await pagesAfter(stage, "delayed", first.cursor), [
        "job-3",
        "job-4",
        "job-5",
        "job-6",
      ]);
    },
  ),
  defineCase("list: jobs delayed to the same moment are each listed once", async (stage) => {
    await stage.insert(...IDS.map((id) => ({ id, delayMs: LONG_MS })));
    assert.deepEqual(await stage.listIds("delayed", 2), IDS);
  }),
  defineCase("list: a thousand jobs fit one page", async (stage) => {
    const ids = Array.from({ length: 1001 }, (_, index) => `job-${index}`);
    await stage.insert(...ids);
    const page = await stage.adapter.list({ task: TASK, state: "waiting", limit: 1000 });
    assert.equal(page.jobs.length, 1000);
    assert.deepEqual(await pagesAfter(stage, "waiting", page.cursor), ["job-1000"]);
  }),
  defineCase("list: tasks do not mix", async (stage) => {
    await stage.insert("a", { id: "b", task: "conformance.task-2" });
    assert.deepEqual(await stage.listIds("waiting"), ["a"]);
  }),
];

/** Ids of all pages behind a cursor. */
async function pagesAfter(
  stage: Stage,
  state: JobState,
  from: string | undefined,
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let cursor = from; cursor !== undefined; ) {
    const page = await stage.adapter.list({ task: TASK, state, limit: 2, cursor });
    ids.push(...page.jobs.map((job) => job.id));
    cursor = page.cursor;
  }
  return ids;
}

const reads: readonly ConformanceCase[] = [
  defineCase("read: answers in order, with gaps for unknown jobs", async (stage) => {
    await stage.insert("a", { id: "b", task: OTHER_TASK });
    const refs = [
      { task: TASK, id: "unknown" },
      { task: OTHER_TASK, id: "b" },
      { task: TASK, id: "b" },
      { task: TASK, id: "a" },
      { task: TASK, id: "a" },
    ];
    const jobs = await stage.adapter.read(refs);
    assert.deepEqual(
      jobs.map((job) => job?.id),
      [undefined, "b", undefined, "a", "a"],
    );
  }),
  defineCase("read: answers an empty list with an empty list", async (stage) => {
    assert.deepEqual(await stage.adapter.read([]), []);
    assert.deepEqual(await stage.adapter.read([], { details: true }), []);
    assert.deepEqual(await stage.adapter.count([]), []);
  }),
  defineCase("read: reads a thousand jobs at once", async (stage) => {
    const ids = Array.from({ length: 1000 }, (_, index) => `job-${index}`);
    await stage.insert(...ids);
    const jobs = await stage.adapter.read(ids.map((id) => ({ task: TASK, id })));
    assert.deepEqual(
      jobs.map((job) => job?.id),
      ids,
    );
  }),
  defineCase("read: an overdue job reads as expired though nobody swept", async (stage) => {
    await stage.insert({ id: "a", ttlMs: 5 }, { id: "b", ttlMs: 5, delayMs: LONG_MS });
    await stage.advance(6);
    assert.deepEqual([await stage.state("a"), await stage.state("b")], ["expired", "expired"]);
  }),
  defineCase("read: an overdue job that is to be discarded reads as gone", async (stage) => {
    await stage.insert({ id: "a", ttlMs: 5, onExpire: "discard" });
    await stage.advance(6);
    assert.equal(await stage.find("a"), undefined);
  }),
  defineCase("read: an overdue job is neither cancelled nor changed", async (stage) => {
    await stage.insert({ id: "a", ttlMs: 5 }, { id: "b", ttlMs: 5 });
    await stage.advance(6);
    assert.deepEqual(await stage.cancel("a"), { status: "finished", state: "expired" });
    const change = { change: "reschedule", delayMs: LONG_MS } as const;
    assert.deepEqual(await stage.change("b", change), { status: "refused", state: "expired" });
  }),
  ...defineCases(
    [2, 120] as const,
    (many) => `count: ${many} overdue jobs count and are listed as expired though nobody swept`,
    async (stage, many) => {
      const ids = Array.from({ length: many }, (_, index) => `job-${index}`);
      await stage.insert(...ids.map((id) => ({ id, ttlMs: 5 })), { id: "young", ttlMs: LONG_MS });
      await stage.insert({ id: "later", ttlMs: 5, delayMs: LONG_MS });
      await stage.insert({ id: "gone", ttlMs: 5, onExpire: "discard" });
      await stage.advance(6);
      assert.deepEqual(await stage.counts(), countsOf({ waiting: 1, expired: many + 1 }));
      assert.deepEqual(await stage.listIds("waiting"), ["young"]);
    },
  ),
  defineCase("list: an overdue job is listed as expired though nobody swept or counted", async (stage) => {
    await stage.insert({ id: "a", ttlMs: 5 }, { id: "b", ttlMs: 5, delayMs: LONG_MS });
    await stage.advance(6);
    assert.deepEqual([...(await stage.listIds("expired"))].sort(), ["a", "b"]);
    assert.deepEqual(await stage.listIds("waiting"), []);
  }),
  defineCase(
    "read: what is overdue is seen as expired and changed by no read",
    async (stage) => {
      const limits = { collect: { key: "k", delayMs: LONG_MS, maxSize: 9 } };
      await stage.insert({ id: "a", ttlMs: 5 }, { id: "b", ttlMs: 5, delayMs: LONG_MS });
      await stage.insert({ id: "c", ttlMs: 5, limits }, { id: "gone", ttlMs: 5, onExpire: "discard" });
      await stage.advance(6);
      for (const id of ["a", "b", "c"]) assert.equal(await stage.state(id), "expired", id);
      await stage.counts();
      await stage.listIds("expired");
      await stage.listIds("waiting");
      await stage.collected();
      await stage.adapter.read([{ task: TASK, id: "a" }], { details: true });
      await stage.adapter.watch(["a", "gone"].map((id) => ({ task: TASK, id })));
      assert.equal((await stage.sweep({ scope: "due" })).expired, 4);
      assert.deepEqual(await stage.counts(), countsOf({ expired: 3 }));
    },
    ["collect"],
  ),
  defineCase(
    "read: an overdue job ended when its TTL was over, before a sweep and after it",
    async (stage) => {
      await stage.insert({ id: "a", ttlMs: 300 }, { id: "b", ttlMs: 300, delayMs: LONG_MS });
      const { expiresAt } = await stage.read("a");
      await stage.advance(320);
      const before = await Promise.all(["a", "b"].map((id) => stage.read(id)));
      await stage.sweep({ scope: "due" });
      const after = await Promise.all(["a", "b"].map((id) => stage.read(id)));
      assert.deepEqual(before, after);
      const [a] = after;
      assert.deepEqual([a?.finishedAt, a?.expiresAt, a?.dueAt], [expiresAt, undefined, undefined]);
    },
  ),
  ...defineCases(
    [1, 2, 100] as const,
    (limit) => `list: expired jobs come by their expiry in pages of ${limit}, also while sweeps end them`,
    async (stage, limit) => {
      await stage.insert(...[40, 10, 30, 20].map((ttlMs) => ({ id: `ttl-${ttlMs}`, ttlMs })));
      await stage.advance(45);
      const page = await stage.adapter.list({ task: TASK, state: "expired", limit });
      await stage.cancel("ttl-20");
      await stage.sweep({ scope: "due" });
      const rest = await stage.listIds("expired", limit, page.cursor);
      const ids = [...page.jobs.map(({ id }) => id), ...(page.cursor === undefined ? [] : rest)];
      assert.deepEqual(ids, ["ttl-40", "ttl-30", "ttl-20", "ttl-10"]);
      assert.deepEqual(await stage.listIds("expired", limit), ids);
    },
  ),
  defineCase(
    "collected: a key whose jobs are all overdue is not there",
    async (stage) => {
      const limits = { collect: { key: "k", delayMs: LONG_MS, maxSize: 9 } };
      await stage.insert({ id: "a", ttlMs: 5, limits });
      await stage.advance(6);
      assert.deepEqual(await stage.collected(), []);
      assert.deepEqual(await stage.collected({ task: TASK, key: "k", limit: 9, jobs: 9 }), []);
    },
    ["collect"],
  ),
  defineCase(
    "collected: an overdue job is not collected any more, though nobody swept",
    async (stage) => {
      const limits = { collect: { key: "k", delayMs: LONG_MS, maxSize: 9 } };
      await stage.insert({ id: "a", ttlMs: 5, limits }, { id: "b", limits });
      await stage.advance(6);
      const [found] = await stage.collected();
      assert.deepEqual([found?.count, found?.jobs.map(({ id }) => id)], [1, ["b"]]);
    },
    ["collect"],
  ),
  defineCase("read: half an emoji reads back as the replacement character", async (stage) => {
    const [cut, kept] = ["why \ud83d", "why \ufffd"];
    await stage.insert({ id: "a", payload: cut }, { id: "a", payload: cut }, "b", "c");
    const [a, b, c] = await stage.take();
    assert.ok(a && b && c);
    assert.equal(a.payload, kept);
    await stage.adapter.annotate([{ task: TASK, id: a.id, fence: a.fence, lease: a.lease, progress: cut }]);
    await stage.end(a, { event: "complete", result: cut });
    await stage.end(b, { event: "cancel", reason: cut });
    await stage.cancel("c", { reason: cut });
    const renewed = await stage.adapter.renew([{ task: TASK, lease: c.lease, leaseMs: LONG_MS }]);
    assert.deepEqual(only(renewed).cancelled, [{ id: "c", reason: kept }]);
    await stage.end(c, { event: "complete" });
    await stage.insert("d");
    await stage.cancel("d", { reason: cut });
    const { result, progress } = await stage.read("a");
    assert.deepEqual([result, progress], [kept, kept]);
    for (const id of ["b", "c", "d"]) assert.equal((await stage.read(id)).reason, kept, id);
  }),
  defineCase("count: counts several tasks, unknown ones as empty", async (stage) => {
    await stage.insert("a", { id: "b", delayMs: LONG_MS }, { id: "c", task: OTHER_TASK });
    const counts = await Promise.all(["unknown.task", TASK, OTHER_TASK].map((task) => stage.counts(task)));
    const together = await stage.adapter.count(["unknown.task", TASK, OTHER_TASK]);
    assert.deepEqual(
      together.map(({ waiting, delayed }) => [waiting, delayed]),
      [0, 1, 1].map((waiting, index) => [waiting, index === 1 ? 1 : 0]),
    );
    assert.deepEqual(counts, [countsOf({}), countsOf({ waiting: 1, delayed: 1 }), countsOf({ waiting: 1 })]);
  }),
  defineCase("count: follows a job through its life", async (stage) => {
    await stage.insert({ id: "a", delayMs: LONG_MS });
    assert.deepEqual(await stage.counts(), countsOf({ delayed: 1 }));
    await stage.change("a", { change: "promote" });
    assert.deepEqual(await stage.counts(), countsOf({ waiting: 1 }));
    const [job] = await stage.take();
    assert.ok(job);
    assert.deepEqual(await stage.counts(), countsOf({ active: 1 }));
    await stage.end(job, { event: "fail", error: anError() });
    assert.deepEqual(await stage.counts(), countsOf({ failed: 1 }));
    await stage.change("a", { change: "revive" });
    assert.deepEqual(await stage.counts(), countsOf({ waiting: 1 }));
    await stage.cancel("a");
    assert.deepEqual(await stage.counts(), countsOf({ cancelled: 1 }));
    await stage.change("a", { change: "remove" });
    assert.deepEqual(await stage.counts(), countsOf({}));
  }),
  defineCase("count: task names that look alike are different tasks", async (stage) => {
    const tasks = ["a", "a.b", "a-b", "a.b.c", "jobs", "waiting", "meta"];
    await stage.adapter.insert(tasks.map((task) => aJob({ id: task, task })));
    for (const task of tasks) assert.deepEqual(await stage.takeIds({ task }), [task]);
  }),
];

export const readCases: readonly ConformanceCase[] = [...lists, ...reads];
