import assert from "node:assert/strict";
import type { ClaimedJob, JobAnnotation, MessagePage } from "../../core/adapter.js";
import { type Encoded, MAX_MESSAGES } from "../../core/job.js";
import type { ConformanceCase } from "./kit.js";
import { Listener } from "./patience.js";
import {
  anError,
  defineCase,
  defineCases,
  keeping,
  LEASE,
  LONG_MS,
  OTHER_TASK,
  only,
  type Stage,
  TASK,
} from "./stage.js";

type Claim = Pick<ClaimedJob, "id" | "fence"> & { readonly task?: string };

function note({ task = TASK, id, fence }: Claim, nth: number, message: Encoded = `${nth}`): JobAnnotation {
  return { task, id, fence, lease: LEASE, message, nth };
}

/** Emits `count` messages, which read `<from>` and so on. */
async function emit(stage: Stage, job: Claim, count: number, from = 1): Promise<void> {
  const all = Array.from({ length: count }, (_, index) => note(job, from + index));
  for (let at = 0; at < count; at += 500) await stage.adapter.annotate(all.slice(at, at + 500));
}

async function read(stage: Stage, id: string, after = 0, limit = MAX_MESSAGES): Promise<MessagePage> {
  return only((await stage.adapter.messages?.([{ task: TASK, id, after, limit }])) ?? []);
}

async function numbers(...asked: Parameters<typeof read>): Promise<readonly number[]> {
  return (await read(...asked)).messages.map(({ number }) => number);
}

const kept: readonly ConformanceCase[] = [
  ...defineCases(
    ["0", '"ünï🦔"', Uint8Array.of(0, 255), Uint8Array.of()] as const,
    (value) => `messages: keeps ${JSON.stringify(value)} as it was emitted`,
    async (stage, value) => {
      const job = await stage.takeNew("a");
      assert.deepEqual(await stage.adapter.annotate([note(job, 1, value)]), ["applied"]);
      const { messages, state } = await read(stage, "a");
      const { at, ...message } = only(messages);
      assert.deepEqual([message, state], [{ number: 1, attempt: 1, message: value }, "active"]);
      assert.ok(at >= job.enqueuedAt, `${at} is on the store's clock`);
    },
  ),
  defineCase("messages: those of one call stay in order, and equal ones are not merged", async (stage) => {
    const job = await stage.takeNew("a");
    await stage.adapter.annotate([1, 2, 3, 4].map((nth) => note(job, nth, nth < 3 ? "same" : `${nth}`)));
    const { messages } = await read(stage, "a");
    assert.deepEqual(
      messages.map(({ number, message }) => [number, message]),
      [
        [1, "same"],
        [2, "same"],
        [3, "3"],
        [4, "4"],
      ],
    );
  }),
  defineCase("messages: those of a claim that is over are refused", async (stage) => {
    const job = await stage.takeNew("a");
    const stale = note({ id: "a", fence: job.fence + 1 }, 1);
    assert.deepEqual(await stage.adapter.annotate([stale]), ["stale"]);
    await stage.end(job, { event: "complete" });
    assert.deepEqual(await stage.adapter.annotate([note(job, 1)]), ["stale"]);
    assert.deepEqual(await read(stage, "a"), { messages: [], state: "completed" });
  }),
  defineCase("messages: those under another lease are refused, whatever their fence", async (stage) => {
    const job = await stage.takeNew("a");
    const replies = await stage.adapter.annotate([
      { ...note(job, 1), lease: "worker-2" },
      note(job, 1, "7"),
      { ...note(job, 2), lease: "worker-2" },
    ]);
    assert.deepEqual(replies, ["stale", "applied", "stale"]);
    const { messages } = await read(stage, "a");
    assert.deepEqual(
      messages.map(({ message }) => message),
      ["7"],
    );
  }),
  defineCase("messages: one that is sent again is kept once", async (stage) => {
    const job = await stage.takeNew("a");
    const both = [note(job, 1), note(job, 2)];
    await stage.adapter.annotate(both);
    assert.deepEqual(await stage.adapter.annotate(both), ["applied", "applied"]);
    assert.deepEqual(await numbers(stage, "a"), [1, 2]);
  }),
  defineCase("messages: what a run left out is a gap in the numbers", async (stage) => {
    const job = await stage.takeNew("a");
    await stage.adapter.annotate([note(job, 1), note(job, 4), note(job, 5)]);
    assert.deepEqual(await numbers(stage, "a"), [1, 4, 5]);
  }),
  defineCase("messages: the newest are kept, and a gap says so", async (stage) => {
    const job = await stage.takeNew("a");
    await emit(stage, job, MAX_MESSAGES + 300);
    const all = await numbers(stage, "a");
    assert.deepEqual([all.length, all[0], all.at(-1)], [MAX_MESSAGES, 301, MAX_MESSAGES + 300]);
    assert.deepEqual(await numbers(stage, "a", 0, 2), [301, 302]);
    await emit(stage, job, MAX_MESSAGES, MAX_MESSAGES + 301);
    assert.deepEqual(await numbers(stage, "a", 0, 1), [MAX_MESSAGES + 301]);
  }),
  defineCase("messages: the next run goes on with the numbers, and says which it is", async (stage) => {
    const job = await stage.takeNew("a");
    await emit(stage, job, 2);
    await stage.end(job, { event: "retry", error: anError(), delayMs: 0 });
    assert.equal((await read(stage, "a")).messages.length, 2);
    const again = only(await stage.take());
    await emit(stage, again, 2);
    const { messages } = await read(stage, "a");
    assert.deepEqual(
      messages.map(({ number, attempt, message }) => [number, attempt, message]),
      [
        [1, 1, "1"],
        [2, 1, "2"],
        [3, 2, "1"],
        [4, 2, "2"],
      ],
    );
  }),
];

const pages: readonly ConformanceCase[] = [
  defineCase("messages: are read in pages, after a number", async (stage) => {
    const job = await stage.takeNew("a");
    await emit(stage, job, 7);
    assert.deepEqual(await numbers(stage, "a", 0, 3), [1, 2, 3]);
    assert.deepEqual(await numbers(stage, "a", 3, 3), [4, 5, 6]);
    assert.deepEqual(await numbers(stage, "a", 6, 3), [7]);
    assert.deepEqual(await numbers(stage, "a", 7, 3), []);
    assert.deepEqual(await numbers(stage, "a", 1e15, 3), []);
  }),
  defineCase("messages: of several jobs and tasks in one call", async (stage) => {
    const a = await stage.takeNew("a");
    const b = await stage.takeNew("b");
    const other = await stage.takeNew({ id: "a", task: OTHER_TASK }, { task: OTHER_TASK });
    await stage.adapter.annotate([note(a, 1, "of a"), note(b, 1, "of b"), note({ ...other }, 1, "of other")]);
    const asked = [
      { task: TASK, id: "b" },
      { task: OTHER_TASK, id: "a" },
      { task: TASK, id: "unknown" },
      { task: TASK, id: "a" },
    ];
    const found = await stage.adapter.messages?.(asked.map((ref) => ({ ...ref, after: 0, limit: 10 })));
    assert.deepEqual(
      found?.map(({ messages, state }) => [messages[0]?.message, state]),
      [
        ["of b", "active"],
        ["of other", "active"],
        [undefined, undefined],
        ["of a", "active"],
      ],
    );
    assert.deepEqual(await stage.adapter.messages?.([]), []);
  }),
  defineCase("messages: tell the state that the job is seen in", async (stage) => {
    await stage.insert({ id: "a", ttlMs: 500 });
    assert.deepEqual(await read(stage, "a"), { messages: [], state: "waiting" });
    await stage.advance(500);
    assert.deepEqual(await read(stage, "a"), { messages: [], state: "expired" });
    assert.deepEqual(await read(stage, "unknown"), { messages: [] });
  }),
  defineCase("messages: many emitted at once by two calls are all there", async (stage) => {
    const jobs = [await stage.takeNew("a"), await stage.takeNew("b")];
    await Promise.all(jobs.map((job) => emit(stage, job, 400)));
    for (const { id } of jobs) {
      const { messages } = await read(stage, id);
      assert.deepEqual(
        messages.map(({ message }) => message),
        Array.from({ length: 400 }, (_, index) => `${index + 1}`),
      );
    }
  }),
];

const lifetime: readonly ConformanceCase[] = [
  defineCase("messages: stay after the end, and go with the job", async (stage) => {
    const job = await stage.takeNew("a");
    await emit(stage, job, 2);
    await stage.end(job, { event: "complete" });
    const { messages, state } = await read(stage, "a");
    assert.deepEqual([messages.length, state], [2, "completed"]);
    await stage.change("a", { change: "remove" });
    assert.deepEqual(await read(stage, "a"), { messages: [] });
    await stage.insert("a");
    assert.deepEqual(await read(stage, "a"), { messages: [], state: "waiting" });
  }),
  defineCase("messages: of a job that is not kept go when it ends", async (stage) => {
    const job = await stage.takeNew("a");
    await emit(stage, job, 2);
    const none = keeping({ completed: { ageMs: LONG_MS, count: 0 } });
    await stage.end(job, { event: "complete" }, { retention: none });
    assert.deepEqual(await read(stage, "a"), { messages: [] });
    await stage.insert({ id: "a", payload: "again" });
    assert.deepEqual(await read(stage, "a"), { messages: [], state: "waiting" });
  }),
  defineCase("messages: stay when a dead letter is revived, and the numbers go on", async (stage) => {
    const job = await stage.takeNew("a");
    await emit(stage, job, 2);
    await stage.end(job, { event: "fail", error: anError() });
    await stage.change("a", { change: "revive" });
    await emit(stage, only(await stage.take()), 1);
    assert.deepEqual(await numbers(stage, "a"), [1, 2, 3]);
  }),
];

export const messageCases: readonly ConformanceCase[] = [...kept, ...pages, ...lifetime];

/** That there are some is told as an event. */
export const messageEventCases: readonly ConformanceCase[] = [
  defineCase("messages: each is told, with its number", async (stage) => {
    const job = await stage.takeNew("a");
    await stage.noticesCome();
    const listener = await Listener.on(stage.adapter, { kind: "events", task: TASK });
    await stage.adapter.annotate([note(job, 1), note(job, 3), note(job, 3)]);
    const told = (await listener.received(2)).map((notice) => {
      if (notice.kind !== "event") return notice;
      const { at, ...event } = notice.event;
      return event;
    });
    const event = { task: TASK, id: "a", type: "message", attempt: 1, worker: LEASE };
    assert.deepEqual(told, [
      { ...event, number: 1 },
      { ...event, number: 3 },
    ]);
    await listener.stop();
  }),
];
