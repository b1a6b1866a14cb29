import assert from "node:assert/strict";
import type { ClaimedJob } from "../../core/adapter.js";
import type { Encoded } from "../../core/job.js";
import type { ConformanceCase } from "./kit.js";
import { anError, countsOf, defineCase, defineCases, keeping, LEASE, LONG_MS, only, TASK } from "./stage.js";

const RESULTS: readonly { readonly what: string; readonly result?: Encoded }[] = [
  { what: "nothing" },
  { what: "empty text", result: "" },
  { what: "null", result: "null" },
  { what: "0", result: "0" },
  { what: "an empty string", result: '""' },
  { what: "an empty list", result: "[]" },
  { what: "false", result: "false" },
  { what: "text with emoji", result: '"🦔"' },
  { what: "bytes", result: Uint8Array.of(0, 255, 128, 10, 13) },
  { what: "no bytes", result: new Uint8Array() },
  { what: "a large text", result: "r".repeat(300_000) },
];

const endings: readonly ConformanceCase[] = [
  ...defineCases(
    RESULTS,
    ({ what }) => `settle: a completed job keeps ${what} as its result`,
    async (stage, { result }) => {
      const job = await stage.takeNew("a");
      await stage.end(job, { event: "complete", ...(result === undefined ? {} : { result }) });
      const stored = await stage.read("a");
      assert.equal(stored.state, "completed");
      assert.deepEqual(stored.result, result);
    },
  ),
  defineCase("settle: a finished job says when it ran and ended", async (stage) => {
    const job = await stage.takeNew("a");
    await stage.advance(3);
    await stage.end(job, { event: "complete" });
    const { startedAt = 0, finishedAt = 0, enqueuedAt, worker, attempt } = await stage.read("a");
    assert.ok(enqueuedAt <= startedAt && startedAt < finishedAt, `${enqueuedAt} ${startedAt} ${finishedAt}`);
    assert.deepEqual([attempt, worker], [1, undefined]);
  }),
  defineCase("settle: a failed job keeps its error", async (stage) => {
    await stage.end(await stage.takeNew("a"), { event: "fail", error: anError() });
    const { state, error, attempt } = await stage.read("a");
    assert.deepEqual([state, error, attempt], ["failed", anError(), 1]);
  }),
  defineCase("settle: an error without stack and code stays so", async (stage) => {
    const error = { name: "Odd", message: "ünïcödé\n\u0000" };
    await stage.end(await stage.takeNew("a"), { event: "fail", error });
    assert.deepEqual((await stage.read("a")).error, error);
  }),
  defineCase("settle: a retried job waits for its backoff", async (stage) => {
    const job = await stage.takeNew("a");
    await stage.end(job, { event: "retry", error: anError(), delayMs: LONG_MS });
    const { state, dueAt = 0, error, attempt, worker } = await stage.read("a");
    assert.deepEqual([state, error, attempt, worker], ["retrying", anError(), 1, undefined]);
    assert.ok(dueAt >= job.enqueuedAt + LONG_MS, "the backoff is counted from now");
    assert.deepEqual(await stage.takeIds(), []);
    assert.deepEqual(await stage.counts(), countsOf({ retrying: 1 }));
  }),
  defineCase("settle: a retried job runs again after its backoff, behind those waiting", async (stage) => {
    const job = await stage.takeNew("a");
    await stage.end(job, { event: "retry", error: anError(), delayMs: 5 });
    await stage.insert("b");
    await stage.advance(6);
    const taken = await stage.take();
    assert.deepEqual(
      taken.map(({ id, attempt }) => [id, attempt]),
      [
        ["b", 1],
        ["a", 2],
      ],
    );
  }),
  defineCase(
    "settle: a retry is due its delay after the attempt before ended, never sooner",
    async (stage) => {
      for (const delayMs of [0, 1, LONG_MS]) {
        const ids = ["a", "b", "c"].map((name) => `${name}${delayMs}`);
        await stage.insert(...ids.map((id) => ({ id })));
        const jobs = await stage.take();
        await stage.settle(
          jobs.map(({ id, fence }) => ({ id, fence, event: "retry", error: anError(), delayMs })),
        );
        for (const id of ids) {
          const { dueAt = 0 } = await stage.read(id);
          const { history } = await stage.details(id);
          const lateMs = dueAt - (history[0]?.endedAt ?? 0) - delayMs;
          assert.ok(lateMs === 0 || lateMs === 1, `due ${lateMs} ms late after a delay of ${delayMs} ms`);
        }
      }
    },
  ),
  defineCase("settle: a retried job keeps its priority", async (stage) => {
    const job = await stage.takeNew({ id: "a", priority: 4 });
    await stage.end(job, { event: "retry", error: anError(), delayMs: 0 });
    await stage.insert("b");
    assert.deepEqual(await stage.takeIds(), ["a", "b"]);
  }),
  defineCase("settle: a job that succeeds after a failure still tells the last error", async (stage) => {
    await stage.end(await stage.takeNew("a"), { event: "retry", error: anError("first"), delayMs: 0 });
    const job = only(await stage.take());
    assert.equal((await stage.read("a")).error?.message, "first");
    await stage.end(job, { event: "complete", result: "1" });
    const { state, error, result, attempt } = await stage.read("a");
    assert.deepEqual([state, error?.message, result, attempt], ["completed", "first", "1", 2]);
  }),
  defineCase("settle: a claim ended by cancel keeps the reason", async (stage) => {
    const job = await stage.takeNew("a");
    const { settled } = await stage.end(job, { event: "cancel", reason: "changed my mind" });
    const { state, reason } = await stage.read("a");
    assert.deepEqual([settled, state, reason], [["applied"], "cancelled", "changed my mind"]);
  }),
];

const releases: readonly ConformanceCase[] = [
  defineCase("settle: a released job is the next one to run", async (stage) => {
    await stage.insert("a", "b");
    const [job] = await stage.take({ count: 1 });
    assert.ok(job);
    await stage.end(job, { event: "release" });
    assert.deepEqual(await stage.takeIds(), ["a", "b"]);
  }),
  defineCase("settle: jobs released together keep the order they were claimed in", async (stage) => {
    await stage.insert("a", "b", "c", "d");
    const [a, b, c] = await stage.take({ count: 3 });
    assert.ok(a && b && c);
    await stage.settle([b, c, a].map(({ id, fence }) => ({ id, fence, event: "release" })));
    assert.deepEqual(await stage.takeIds(), ["a", "b", "c", "d"]);
  }),
  defineCase("settle: a released job goes to the front of its own priority", async (stage) => {
    await stage.insert({ id: "a", priority: 2 }, { id: "b", priority: 2 }, "c");
    const [job] = await stage.take({ count: 1 });
    assert.ok(job);
    await stage.insert({ id: "urgent", priority: 3 });
    await stage.end(job, { event: "release" });
    assert.deepEqual(await stage.takeIds(), ["urgent", "a", "b", "c"]);
  }),
  defineCase("settle: a release uses no attempt", async (stage) => {
    const job = await stage.takeNew("a");
    await stage.end(job, { event: "release" });
    const { attempt, state, worker } = await stage.read("a");
    assert.deepEqual([attempt, state, worker], [0, "waiting", undefined]);
    assert.equal(only(await stage.take()).attempt, 1);
  }),
  defineCase("settle: a release with a wait delays the job and uses no attempt", async (stage) => {
    const job = await stage.takeNew("a");
    await stage.end(job, { event: "release", delayMs: LONG_MS });
    const { attempt, state, dueAt = 0 } = await stage.read("a");
    assert.deepEqual([attempt, state], [0, "delayed"]);
    assert.ok(dueAt >= job.enqueuedAt + LONG_MS, "the wait is counted from now");
  }),
  defineCase("settle: a snoozed job runs when its wait is over", async (stage) => {
    await stage.end(await stage.takeNew("a"), { event: "release", delayMs: 5 });
    await stage.advance(6);
    assert.equal(only(await stage.take()).attempt, 1);
  }),
];

const refusals: readonly ConformanceCase[] = [
  defineCase("settle: an older fence is stale and changes nothing", async (stage) => {
    const old = await stage.takeNew("a");
    await stage.end(old, { event: "release" });
    const current = only(await stage.take({ lease: "worker-2" }));
    const { settled } = await stage.end(old, { event: "complete", result: "1" });
    assert.deepEqual(settled, ["stale"]);
    assert.equal((await stage.read("a")).state, "active");
    assert.deepEqual((await stage.end(current, { event: "complete" }, { lease: "worker-2" })).settled, [
      "applied",
    ]);
  }),
  defineCase("settle: a fence that was never given is stale", async (stage) => {
    const job = await stage.takeNew("a");
    const { settled } = await stage.end({ id: "a", fence: job.fence + 1 }, { event: "complete" });
    assert.deepEqual([settled, await stage.state("a")], [["stale"], "active"]);
  }),
  defineCase("settle: a late worker cannot end a new job that got the id of its old one", async (stage) => {
    const old = await stage.takeNew("a", { leaseMs: 5 });
    await stage.advance(6);
    await stage.sweep();
    await stage.change("a", { change: "remove" });
    const job = await stage.takeNew({ id: "a", payload: "new" }, { lease: "worker-2" });
    const { settled } = await stage.end(old, { event: "complete", result: "old" });
    assert.deepEqual([settled, await stage.state("a")], [["stale"], "active"]);
    assert.ok(job.fence > old.fence, "fences go on rising");
  }),
  defineCase("settle: a job that is not active is missing", async (stage) => {
    await stage.insert("waiting");
    const { settled } = await stage.settle([
      { id: "waiting", fence: 1, event: "complete" },
      { id: "unknown", fence: 1, event: "fail", error: anError() },
    ]);
    assert.deepEqual(settled, ["missing", "missing"]);
    assert.deepEqual(await stage.counts(), countsOf({ waiting: 1 }));
  }),
  defineCase("settle: a repeated settlement is missing and changes nothing", async (stage) => {
    const job = await stage.takeNew("a");
    await stage.end(job, { event: "complete", result: "1" });
    const { settled } = await stage.end(job, { event: "complete", result: "2" });
    assert.deepEqual([settled, (await stage.read("a")).result], [["missing"], "1"]);
  }),
  defineCase("settle: the same claim twice in one batch counts once", async (stage) => {
    const { id, fence } = await stage.takeNew("a");
    const { settled } = await stage.settle([
      { id, fence, event: "complete", result: "1" },
      { id, fence, event: "fail", error: anError() },
    ]);
    assert.deepEqual([settled, await stage.state("a")], [["applied", "missing"], "completed"]);
    assert.deepEqual(await stage.counts(), countsOf({ completed: 1 }));
  }),
  defineCase("settle: the first settlement of a claim wins, also when it is a release", async (stage) => {
    const { id, fence } = await stage.takeNew("a");
    const { settled } = await stage.settle([
      { id, fence, event: "release" },
      { id, fence, event: "complete", result: "1" },
      { id, fence, event: "release" },
    ]);
    assert.deepEqual([settled, await stage.state("a")], [["applied", "missing", "missing"], "waiting"]);
    assert.deepEqual(await stage.takeIds(), ["a"]);
  }),
  defineCase(
    "settle: what a batch completes is listed in its order",
    async (stage) => {
      const limits = { limit: { key: "k", max: 1 } };
      await stage.insert("a", { id: "b", limits }, "c", { id: "d", priority: 1 });
      const jobs = await stage.take();
      const inOrder = [...jobs].sort((one, other) => (one.id < other.id ? -1 : 1));
      await stage.settle(inOrder.map(({ id, fence }) => ({ id, fence, event: "complete" })));
      assert.deepEqual(await stage.listIds("completed"), ["d", "c", "b", "a"]);
    },
    ["limits"],
  ),
  defineCase("settle: a bad settlement does not spoil its neighbours", async (stage) => {
    await stage.insert("a", "b", "c", "d", "e", "f");
    const [a, b, c, d, e, f] = await stage.take();
    assert.ok(a && b && c && d && e && f);
    const { settled } = await stage.settle([
      { id: a.id, fence: a.fence, event: "complete", result: "1" },
      { id: b.id, fence: b.fence + 1000, event: "complete" },
      { id: c.id, fence: c.fence, event: "fail", error: anError() },
      { id: "unknown", fence: 3, event: "complete" },
      { id: d.id, fence: d.fence, event: "retry", error: anError(), delayMs: LONG_MS },
      { id: e.id, fence: e.fence, event: "release" },
      { id: f.id, fence: f.fence, event: "cancel", reason: "no" },
    ]);
    assert.deepEqual(settled, ["applied", "stale", "applied", "missing", "applied", "applied", "applied"]);
    const states = { completed: 1, active: 1, failed: 1, retrying: 1, waiting: 1, cancelled: 1 };
    assert.deepEqual(await stage.counts(), countsOf(states));
    await stage.verifyBooks(["a", "b", "c", "d", "e", "f"]);
  }),
];

const batches: readonly ConformanceCase[] = [
  defineCase("settle: takes the next jobs in the same trip", async (stage) => {
    await stage.insert("a", "b", "c");
    const [a] = await stage.take({ count: 1 });
    assert.ok(a);
    const reply = await stage.end(a, { event: "complete" }, { claim: { leaseMs: LONG_MS, count: 1 } });
    assert.deepEqual(
      [reply.settled, reply.jobs.map((job) => job.id), reply.lost],
      [["applied"], ["b"], false],
    );
    assert.deepEqual(await stage.counts(), countsOf({ completed: 1, active: 1, waiting: 1 }));
  }),
  defineCase("settle: takes no jobs when none were asked for", async (stage) => {
    await stage.insert("a", "b");
    const [a] = await stage.take({ count: 1 });
    assert.ok(a);
    assert.deepEqual((await stage.end(a, { event: "complete" })).jobs, []);
    assert.equal(await stage.state("b"), "waiting");
  }),
  defineCase("settle: a batch without settlements may claim", async (stage) => {
    await stage.insert("a");
    const reply = await stage.settle([], { claim: { leaseMs: LONG_MS, count: 5 } });
    assert.deepEqual([reply.settled, reply.jobs.map((job) => job.id)], [[], ["a"]]);
  }),
  defineCase("settle: a job retried without a wait may be taken in the same trip", async (stage) => {
    const job = await stage.takeNew("a");
    const event = { event: "retry", error: anError(), delayMs: 0 } as const;
    const reply = await stage.end(job, event, { claim: { leaseMs: LONG_MS, count: 1 } });
    assert.deepEqual(
      reply.jobs.map(({ id, attempt }) => [id, attempt]),
      [["a", 2]],
    );
  }),
  defineCase(
    "settle: many jobs retried without a wait may all be taken in the same trip, in order",
    async (stage) => {
      const ids = Array.from({ length: 20 }, (_, index) => `job-${index}`);
      await stage.insert(...ids);
      const jobs = await stage.take({ count: 20 });
      const reply = await stage.settle(
        jobs.map(({ id, fence }) => ({ id, fence, event: "retry", error: anError(), delayMs: 0 })),
        { claim: { leaseMs: LONG_MS, count: 20 } },
      );
      assert.deepEqual(
        reply.jobs.map((job) => job.id),
        ids,
      );
    },
  ),
  defineCase("settle: ends a thousand claims at once", async (stage) => {
    await stage.insert(...Array.from({ length: 1000 }, (_, index) => `job-${index}`));
    const jobs = await stage.take({ count: 1000 });
    const { settled } = await stage.settle(
      jobs.map(({ id, fence }) => ({ id, fence, event: "complete", result: id })),
    );
    assert.equal(settled.filter((status) => status === "applied").length, 1000);
    assert.deepEqual(await stage.counts(), countsOf({ completed: 1000 }));
    assert.equal((await stage.read("job-999")).result, "job-999");
  }),
  ...defineCases(
    [
      { what: "have failed before", limits: undefined, needs: [] },
      { what: "are limited", limits: { limit: { key: "k", max: 1000 } }, needs: ["limits"] },
      { what: "are in groups", limits: { group: { key: "g" } }, needs: ["groups"] },
    ] as const,
    ({ what }) => `settle: ends and gives back hundreds that ${what}, which keep their order`,
    async (stage, { limits }) => {
      const ids = Array.from({ length: 400 }, (_, index) => `job-${index}`);
      const takeAll = async () => {
        const jobs: ClaimedJob[] = [];
        while (jobs.length < ids.length) {
          const some = await stage.take({ count: 400 });
          if (some.length === 0) break;
          jobs.push(...some);
        }
        return jobs;
      };
      await stage.insert(...ids.map((id) => (limits === undefined ? id : { id, limits })));
      await stage.settle(
        (await takeAll()).map(({ id, fence }) => ({
          id,
          fence,
          ...(limits === undefined
            ? { event: "retry" as const, error: anError(), delayMs: 0 }
            : { event: "release" as const }),
        })),
      );
      const jobs = await takeAll();
      assert.deepEqual(
        jobs.map(({ id }) => id),
        ids,
      );
      const { settled } = await stage.settle([
        ...jobs.map(({ id, fence }, index) => {
          const isOver = index % 3 === 0;
          return isOver
            ? { id, fence, event: "complete" as const }
            : { id, fence, event: "release" as const };
        }),
        { id: "unknown", fence: 1, event: "complete" },
      ]);
      assert.deepEqual(settled, [...jobs.map(() => "applied"), "missing"]);
      const rest = ids.filter((_, index) => index % 3 !== 0);
      assert.deepEqual(
        (await takeAll()).map(({ id }) => id),
        rest,
      );
    },
  ),
  defineCase("settle: keeps megabytes of results", async (stage) => {
    const ids = Array.from({ length: 8 }, (_, index) => `job-${index}`);
    await stage.insert(...ids);
    const jobs = await stage.take();
    const resultOf = (id: string) => id.repeat(90_000);
    await stage.settle(jobs.map(({ id, fence }) => ({ id, fence, event: "complete", result: resultOf(id) })));
    const stored = await stage.adapter.read(ids.map((id) => ({ task: TASK, id })));
    assert.ok(stored.every((job) => job?.result === resultOf(job?.id ?? "")));
  }),
  defineCase("settle: answers batches of several tasks in their order", async (stage) => {
    await stage.insert({ id: "a", task: "first.task" }, { id: "b", task: "second.task" });
    const [a] = await stage.take({ task: "first.task", lease: "l1" });
    const [b] = await stage.take({ task: "second.task", lease: "l2" });
    assert.ok(a && b);
    const retention = keeping();
    const replies = await stage.adapter.settle([
      {
        task: "second.task",
        lease: "l2",
        retention,
        settlements: [{ id: "b", fence: b.fence, event: "complete" }],
      },
      { task: TASK, lease: LEASE, retention, settlements: [{ id: "c", fence: 1, event: "complete" }] },
      {
        task: "first.task",
        lease: "l1",
        retention,
        settlements: [{ id: "a", fence: a.fence, event: "complete" }],
      },
    ]);
    assert.deepEqual(
      replies.map((reply) => reply.settled),
      [["applied"], ["missing"], ["applied"]],
    );
  }),
  defineCase("settle: a lease that is past but not swept may still settle", async (stage) => {
    const job = await stage.takeNew("a", { leaseMs: 5 });
    await stage.advance(6);
    assert.deepEqual((await stage.end(job, { event: "complete" })).settled, ["applied"]);
  }),
];

export const settleCases: readonly ConformanceCase[] = [...endings, ...releases, ...refusals, ...batches];
