import { createTaskora, OptionError, type TaskoraOptions } from "taskora";
import { defineTask } from "taskora/contract";
import { memoryAdapter } from "taskora/memory";
import { createTestApp } from "taskora/testing";
import { afterAll, describe, expect, it } from "vitest";

// biome-ignore lint/suspicious/noExplicitAny: what no type allows is what is refused
type Loose = any;

const test = createTestApp();
const app: Loose = test.app;
const client: Loose = app.task("email.send", { pool: undefined, handler: () => undefined });
const alone: Loose = app.register(defineTask({ name: "report.build", globalConcurrency: { limit: 2 } }));
afterAll(() => test.close());

const made = (options: object) => () =>
  createTaskora({ adapter: memoryAdapter(), logger: false, ...options } as TaskoraOptions);
const pooled = (options: object) => made({ pools: { media: 2, mail: 3 }, ...options })() as Loose;
const task = (name: string, options: object) => () => app.task(name, { handler: () => 1, ...options });
const planned = (options: object) => () => app.schedules.upsert("s", { task: "email.send", ...options });
const HOUR = 3_600_000;
const now = test.clock.now();

/** What is called, the option that is to blame, and what the message says of it. */
type Row = readonly [title: string, call: () => unknown, option: string, says: RegExp];

const ROWS: readonly Row[] = [
  ["no adapter", made({ adapter: {} }), "adapter", /Write adapter: redisAdapter/],
  ["half an adapter", made({ adapter: { insert: 1 } }), "adapter", /to be an adapter/],
  ["a logger without levels", made({ logger: { info: () => 1 } }), "logger", /without warn, error$/],
  ["the pool of all", made({ pools: { app: 3 } }), "pools", /without "app", which all tasks are in/],
  ["a pool's name", made({ pools: { "Bad Name": 3 } }), "pools", /names such as "media", got "Bad Name"/],
  ["an empty release", made({ release: "" }), "release", /1 to 100 characters/],
  ["a long release", made({ release: "x".repeat(101) }), "release", /1 to 100 characters/],
  ["a generator", task("odd.a", { handler: function* () {} }), "handler", /got a generator function/],
  ["an unknown pool", task("odd.b", { pool: "media" }), "pool", /Declare it: createTaskora\(\{ pools/],
  [
    "a misspelt pool",
    () => pooled({}).task("odd.c", { pool: "medai", handler: () => 1 }),
    "pool",
    /got "medai"\. Did you mean "?media/i,
  ],
  [
    "a pool unlike any",
    () => pooled({}).task("odd.d", { pool: "xyzzy", handler: () => 1 }),
    "pool",
    /got "xyzzy"\. Pools: media, mail\.$/,
  ],
  [
    "a pool to set",
    () => pooled({}).pools.set("xyzzy", 3),
    "name",
    /got "xyzzy"\. Pools: app, media, mail\.$/,
  ],
  ["a pool to set, misspelt", () => pooled({}).pools.set("mal", 3), "name", /Did you mean "?mail/i],
  ["a pool that is none", () => pooled({}).pools.set(7, 3), "name", /got 7\. Pools: app, media, mail\.$/],
  [
    "a limit of a handler alone",
    () => pooled({}).implement({ name: "odd.e", version: 1 }, { handler: () => 1, globalConcurrency: 2 }),
    "globalConcurrency",
    /only beside one of its contract/,
  ],
  [
    "a rate of a handler alone",
    () =>
      pooled({}).implement(
        { name: "odd.f", version: 1 },
        { handler: () => 1, rateLimit: { limit: 2, window: "1s" } },
      ),
    "rateLimit",
    /only beside one of its contract/,
  ],
  ["a second limit", () => alone.dispatch(1, { concurrency: "x" }), "concurrency", /a job has one limit/],
  ["onExpire alone", () => client.dispatch(1, { onExpire: "fail" }), "ttl", /expected ttl beside onExpire/],
  ["a header", () => client.dispatch(1, { headers: { a: 1 } }), "headers.a", /header "a" to be text, got 1/],
  [
    "many headers",
    () => client.dispatch(1, { headers: { a: "x".repeat(16_384) } }),
    "headers",
    /at most 16384 characters, got 16385/,
  ],
  ["what is no list", () => client.dispatchMany(7), "items", /the items of email\.send to be iterable/],
  ["an event", () => app.on("complete", () => 1), "type", /Did you mean "?completed/i],
  ["an event unlike any", () => app.on("xyzzy", () => 1), "type", /Events: .*failed/],
  ["a job by two texts", () => app.jobs.get("email.send", "x"), "job", /one object with task and id/],
  ["a cursor", () => app.jobs.list({ cursor: "no" }), "cursor", /come from a page before, got "no"/],
  [
    "the oldest",
    () => app.jobs.list({ order: "oldest", state: "waiting" }),
    "order",
    /order: "oldest" beside/,
  ],
  ["a lane alone", () => app.jobs.count({ lane: "a" }), "task", /expected task beside lane "a"/],
  ["a filter", () => app.jobs.list({ where: 7 }), "where", /to be a filter such as .* got 7/],
  ["a change of everything", () => app.jobs.cancelAll({}), "task", /or all: true for every job; got none/],
  [
    "a change of everything by an empty filter",
    () => app.jobs.cancelAll({ where: "" }),
    "task",
    /or all: true for every job; got none/,
  ],
  ["all and a task", () => app.jobs.cancelAll({ all: true, task: "email.send" }), "all", /task or all/],
  ["all that is false", () => app.jobs.cancelAll({ all: false }), "all", /to be true or left out/],
  [
    "a delay that is none",
    () => app.jobs.rescheduleAll({ all: true, delay: 0 }),
    "delay",
    /to be ahead; promoteAll\(\)/,
  ],
  [
    "a time that is past",
    () => app.jobs.rescheduleAll({ all: true, runAt: now }),
    "runAt",
    /to be ahead; promoteAll\(\)/,
  ],
  [
    "a range that is turned around",
    () => app.tasks.measures("email.send", { from: now + 9 * HOUR, to: now }),
    "from",
    /from to be before to, got 32400000 ms after it/,
  ],
  ["an odd step", () => app.tasks.series("email.send", { step: "90s" }), "step", /a multiple of "1m", got /],
  [
    "an odd step of long ago",
    () => app.tasks.series("email.send", { step: "1m", from: now - 5 * HOUR }),
    "step",
    /a multiple of "10m", since what is older than three hours/,
  ],
  [
    "too many steps",
    () => app.tasks.series("email.send", { step: "1m", from: now, to: now + 1501 * 60_000 }),
    "step",
    /at most 1500 steps, got 1501/,
  ],
  ["a zone beside every", planned({ every: "1h", timezone: "UTC" }), "timezone", /beside cron only/],
  ["jitter as long as every", planned({ every: "1h", jitter: "1h" }), "jitter", /less than every/],
  ["jitter of days", planned({ every: "7d", jitter: 86_400_001 }), "jitter", /at most "1d"/],
  ["a policy", planned({ every: "1h", onMissed: "all" }), "onMissed", /"skip", "catch-up" or/],
  ["an end before the start", planned({ every: "1h", startAt: 2000, endAt: 1000 }), "endAt", /at or after/],
  [
    "no room for a slot",
    planned({ cron: "0 0 * * *", startAt: now + 1000, endAt: now + 2000 }),
    "endAt",
    /leave room for a slot/,
  ],
];

describe("a refusal", () => {
  // A form, a command line and a log search by the option; a message with the name of another sends its reader astray.
  it.each(ROWS)("of %s names the option and says what is meant", async (_title, call, option, says) => {
    const error = await Promise.resolve()
      .then(call)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OptionError);
    expect((error as OptionError).message).toMatch(says);
    expect((error as OptionError).option?.split(".").slice(-option.split(".").length).join(".")).toBe(option);
  });

  it.each([
    ["a release of 100 characters", made({ release: "x".repeat(100) })],
    ["headers that just fit", () => client.dispatch(1, { headers: { a: "x".repeat(16_383) } })],
    ["jitter below every", planned({ every: "1h", jitter: HOUR - 1 })],
    ["jitter of a day", planned({ every: "7d", jitter: "1d" })],
    ["an end at the start", planned({ every: "1h", startAt: now + 1000, endAt: now + 1000 })],
    ["a range of no length", () => app.tasks.measures("email.send", { from: now, to: now })],
    ["1500 steps", () => app.tasks.series("email.send", { step: "1m", from: now, to: now + 1500 * 60_000 })],
    [
      "steps of ten minutes long ago",
      () => app.tasks.series("email.send", { step: "10m", from: now - 5 * HOUR }),
    ],
    ["the oldest of dead letters", () => app.jobs.list({ order: "oldest", state: ["failed", "cancelled"] })],
    ["a pool that there is", () => pooled({}).task("odd.g", { pool: "media", handler: () => 1 })],
    [
      "a migration of each version before",
      () =>
        pooled({}).implement(
          { name: "odd.h", version: 3 },
          { handler: () => 1, migrate: { 1: (data: unknown) => data, 2: (data: unknown) => data } },
        ),
    ],
  ])("does not meet %s", async (_title, call) => {
    await Promise.resolve().then(call as () => unknown);
  });

  it.each(["0", "3", "1.5", "x"])("meets a migration from version %s of 3", (key) => {
    const migrate = { [key]: (data: unknown) => data };
    expect(() => pooled({}).implement({ name: "odd.i", version: 3 }, { handler: () => 1, migrate })).toThrow(
      `expected migrate of odd.i to have source versions from 1 to 2, got ${key}`,
    );
  });
});
