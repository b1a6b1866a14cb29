import { readFileSync } from "node:fs";
import * as taskora from "taskora";
import { createTaskora } from "taskora";
import {
  connectBoard,
  createBoard,
  createObserver,
  examine,
  examineContents,
  hashPassword,
} from "taskora/board";
import { check, diff, generate, sampleStore, syncHandlers, watch } from "taskora/codegen";
import { readConfig } from "taskora/config";
import { defineTask } from "taskora/contract";
import { bindClient, bindHandlers, dispatchItem, dispatchItems } from "taskora/generated";
import { jobLogger, logJobs } from "taskora/logging";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { instrument } from "taskora/otel";
import { checkPostgres, postgresAdapter, postgresMigration, relay } from "taskora/postgres";
import { metrics } from "taskora/prometheus";
import { redisAdapter, redisReader } from "taskora/redis";
import { contractCases, createTestApp, VirtualClock } from "taskora/testing";
import { chain, chord, chunk, group, map } from "taskora/workflow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** What a caller in plain JavaScript may write: nothing here is checked by a compiler. */
// biome-ignore lint/suspicious/noExplicitAny: the whole point is to pass what no type allows
type Loose = any;

const loose = (value: unknown): Loose => value;
const adapter = () => memoryAdapter();
const app: Loose = createTaskora({ adapter: adapter(), logger: false });
const client: Loose = app.task("email.send", async (data: unknown) => data);
const failing: Loose = app.task("email.fail", async () => {
  throw new Error("no");
});
const fresh = (): Loose => {
  const app = createTaskora({ adapter: adapter(), logger: false });
  app.task("email.send", async (data: unknown) => data);
  return app;
};
const store: Loose = {};
const test: Loose = createTestApp();

beforeAll(async () => {
  app.schedule("report.daily", { task: "email.send", every: "1d" });
  await app.start();
  store.job = await client.dispatch(1);
  store.workflow = await app.workflow(chain(client.step(1), client));
  store.failed = await failing.dispatch(1);
  await store.failed.result.catch(() => undefined);
});

afterAll(async () => {
  await app.close({ timeout: 0 });
  await test.close();
});

/** A method, what it is given, and what the error must name. */
type Row = readonly [call: string, given: () => unknown, names: RegExp, code?: string];

/** The same wrong things for every option bag. */
const bag = (call: string, act: (options: unknown) => unknown, typo: string, meant: string): Row[] => [
  [`${call} with null`, () => act(null), /null/],
  [`${call} with text`, () => act("x"), /"x"/],
  [`${call} with a list`, () => act([]), /\[\]/],
  [`${call} with a Map`, () => act(new Map()), /a Map/],
  [`${call} with ${typo}`, () => act({ [typo]: 1 }), new RegExp(`${typo}.*Did you mean "${meant}"`)],
  [`${call} with ${meant}: null`, () => act({ [meant]: null }), new RegExp(`${meant}.* null`)],
];

const BOARD: readonly Row[] = [
  ...bag("createBoard", (given) => createBoard(app, loose(given)), "pth", "path"),
  ["createBoard without an app", () => loose(createBoard)({}), /createTaskora/],
  ["createBoard with no way in", () => createBoard(app, { auth: {} }), /auth.*\{ password \}/],
  ["createBoard with an odd path", () => createBoard(app, { path: "jo bs" }), /path.*"jo bs"/],
  ...bag("createObserver", (given) => createObserver(app, loose(given)), "taks", "tasks"),
  ["createObserver without an app", () => loose(createObserver)(null), /null/],
  ["examine without an app", () => loose(examine)(null), /null/],
  ...bag("examineContents", (given) => examineContents(app, loose(given)), "mots", "most"),
  ["examineContents without an app", () => loose(examineContents)(null), /null/],
  ...bag("connectBoard", (given) => connectBoard("http://localhost:7070", loose(given)), "tokn", "token"),
  ["connectBoard to nothing", () => loose(connectBoard)(), /URL of a board/],
  ["connectBoard to no address", () => connectBoard("shop"), /URL of a board/],
  ["hashPassword of nothing", () => hashPassword(""), /password/],
  ["hashPassword of a number", () => loose(hashPassword)(4), /password/],
];

const APP: readonly Row[] = [
  ...bag("createTaskora", (given) => createTaskora(loose(given)), "adaptor", "adapter"),
  ["createTaskora with one more", () => loose(createTaskora)({ adapter: adapter() }, 1), /createTaskora\(\)/],
  ...[
    "serializer",
    "logger",
    "clock",
    "defaults",
    "retention",
    "maxPayloadBytes",
    "validateOnDispatch",
  ].flatMap((key): Row[] => [
    [`${key}: null`, () => createTaskora(loose({ adapter: adapter(), [key]: null })), new RegExp(key)],
    [`${key}: text`, () => createTaskora(loose({ adapter: adapter(), [key]: "x" })), new RegExp(key)],
  ]),
  ...["serializer", "logger", "clock"].map(
    (key): Row => [
      `${key}: {}`,
      () => createTaskora(loose({ adapter: adapter(), [key]: {} })),
      new RegExp(key),
    ],
  ),
  [
    "defaults.concurrency",
    () => createTaskora(loose({ adapter: adapter(), defaults: { concurrency: -1 } })),
    /defaults\.concurrency/,
  ],
  [
    "defaults.lease",
    () => createTaskora(loose({ adapter: adapter(), defaults: { lease: "x" } })),
    /defaults\.lease/,
    "DURATION_INVALID",
  ],
  ...["concurrency", "pools"].map(
    (key): Row => [
      `${key}: null`,
      () => createTaskora(loose({ adapter: adapter(), [key]: null })),
      new RegExp(key),
    ],
  ),
  [
    "concurrency: 0",
    () => createTaskora({ adapter: adapter(), concurrency: 0 }),
    /concurrency.*from 1 to 10000.* 0/,
  ],
  [
    "pools of text",
    () => createTaskora(loose({ adapter: adapter(), pools: { media: "4" } })),
    /pools\.media.*"4"/,
  ],
  ["pools named app", () => createTaskora({ adapter: adapter(), pools: { app: 4 } }), /pools.*concurrency/],
  [
    "pools with an odd name",
    () => createTaskora({ adapter: adapter(), pools: { "A b": 4 } }),
    /pools.*"A b"/,
  ],
  ["a pool that is a number", () => app.task("one", { pool: 4, handler: () => 1 }), /pool.*text.*4/],
  ["pools.set of an unknown pool", () => app.pools.set("ap", 3), /"ap"\. Did you mean "app"/],
  ["pools.set of nothing", () => app.pools.set(), /undefined/],
  ["pools.set without a size", () => app.pools.set("app"), /size.*undefined/],
  ["pools.set with text", () => app.pools.set("app", "3"), /size.*"3"/],
  ["pools.set with a number as options", () => app.pools.set("app", 3, 4), /set\(\).*4/],
  ["pools.set with one more", () => app.pools.set("app", 3, {}, 4), /pools\.set\(\).*got 4/],
  ["pools.get with one more", () => app.pools.get("app", 3), /pools\.get\(\).*got 3/],
  ["pools.list with something", () => app.pools.list({}), /pools\.list\(\)/],
  ["task without a name", () => app.task(), /undefined/, "NAME_INVALID"],
  ["task without a handler", () => app.task("one"), /one/],
  ["task with null", () => app.task("one", null), /one.*null/],
  ["task with one more", () => app.task("one", () => 1, 2), /task\(\).*got 2/],
  ["register nothing", () => app.register(), /contract/],
  ["register with one more", () => app.register({ name: "one", version: 1 }, 2), /register\(\).*got 2/],
  ["register without a name", () => app.register({ version: 1 }), /name/],
  ["implement without a handler", () => app.implement({ name: "one", version: 1 }), /one/, "HANDLER_MISSING"],
  [
    "implement with one more",
    () => app.implement({ name: "one", version: 1 }, () => 1, 2),
    /implement\(\).*got 2/,
  ],
  ...bag(
    "task",
    (given) => app.task("one", plain(given) ? { handler: () => 1, ...given } : given),
    "concurency",
    "concurrency",
  ),
  [
    "task with a typo in retry",
    () => app.task("one", { handler: () => 1, retry: { atempts: 2 } }),
    /atempts.*"attempts"/,
  ],
  ["a task without time", () => app.task("one", { handler: () => 1, timeout: 0 }), /timeout.*"1ms".* 0/],
  ...bag(
    "implement",
    (given) =>
      app.implement({ name: "one", version: 1 }, plain(given) ? { handler: () => 1, ...given } : given),
    "concurency",
    "concurrency",
  ),
  ...[
    "retry",
    "timeout",
    "grace",
    "lease",
    "stallLimit",
    "retention",
    "middleware",
    "onCancel",
    "migrate",
  ].map(
    (key): Row => [
      `implement with ${key}: null`,
      () => app.implement({ name: "one", version: 1 }, { handler: () => 1, [key]: null }),
      new RegExp(`${key}.*null`),
    ],
  ),
  ["lanes: null", () => app.task("one", { lanes: null, handler: () => 1 }), /lanes.*null/],
  [
    "lanes with an odd name",
    () => app.task("one", { lanes: ["a/b"], handler: () => 1 }),
    /lanes\[0\].*"a\/b"/,
    "NAME_INVALID",
  ],
  ...bag(
    "lanes.add",
    (given) => client.lanes.add(plain(given) ? { name: "x", ...given } : given),
    "pol",
    "pool",
  ).filter(([call]) => call !== "lanes.add with text"),
  [
    "lanes.add of an unknown pool",
    () => client.lanes.add({ name: "x", pool: "media" }),
    /pool of email\.send.*"media"/,
  ],
  ["lanes.add with one more", () => client.lanes.add("x", 2), /lanes\.add\(\).*got 2/],
  ["lanes.remove of nothing", () => client.lanes.remove(), /lane.*undefined/, "NAME_INVALID"],
  ["lanes.remove with one more", () => client.lanes.remove("x", 2), /lanes\.remove\(\).*got 2/],
  ["lanes.list with something", () => client.lanes.list({}), /lanes\.list\(\)/],
  ["lane of nothing", () => client.lane(), /lane.*undefined/, "NAME_INVALID"],
  ["lane with one more", () => client.lane("x", 2), /lane\(\).*got 2/],
  ["dispatch with lane: null", () => client.dispatch(1, { lane: null }), /lane.*null/, "NAME_INVALID"],
  ["jobs.count of a lane of nothing", () => app.jobs.count({ lane: "x" }), /task beside lane "x"/],
  [
    "jobs.list with lane: null",
    () => app.jobs.list({ task: "email.send", lane: null }),
    /lane.*null/,
    "NAME_INVALID",
  ],
  ["schedule nothing", () => app.schedule("s"), /schedule s.*undefined/],
  ["schedule without a task", () => app.schedule("s", { every: "1h" }), /task/],
  ["schedule with one more", () => app.schedule("s", { task: "one", every: "1h" }, 3), /schedule\(\).*got 3/],
  [
    "schedule without a name",
    () => app.schedule(undefined, { task: "one", every: "1h" }),
    /schedule/,
    "NAME_INVALID",
  ],
  [
    "schedule with a typo",
    () => app.schedule("s", { task: "one", evry: "1h" }),
    /evry.*Did you mean "every"/,
  ],
  ...["every", "cron", "timezone", "onMissed", "overlap", "jitter"].map(
    (key): Row => [
      `schedule with ${key}: null`,
      () => app.schedule("s", { task: "one", cron: "0 0 * * *", [key]: null }),
      /null/,
    ],
  ),
  ["use nothing", () => app.use(), /use\(\)/],
  ["use with one more", () => app.use(() => undefined, 2), /use\(\).*got 2/],
  ...bag("use", (given) => app.use(given), "handel", "handle"),
  ["on an unknown event", () => app.on("complete", () => 1), /Did you mean "completed"/],
  ["on nothing", () => app.on(), /event undefined/],
  ["on without a listener", () => app.on("completed"), /listener.*undefined/],
  ["on with one more", () => app.on("completed", () => 1, {}, 2), /on\(\).*got 2/],
  ...bag("on", (given) => app.on("completed", () => 1, given), "signale", "signal"),
  ["on of no task", () => app.on("completed", () => 1, { task: {} }), /task.*\{\}/],
  ["once on an unknown event", () => app.once("complete"), /Did you mean "completed"/],
  ["once with one more", () => app.once("completed", {}, 2), /once\(\).*got 2/],
  ...bag("once", (given) => app.once("completed", given), "taks", "task"),
  ["connect with one more", () => app.connect(1), /connect\(\).*got 1/],
  ...bag("start", (given) => app.start(given), "task", "tasks"),
  ["start with one more", () => app.start({}, 2), /start\(\).*got 2/],
  ["start with tasks that are text", () => app.start({ tasks: "email.*" }), /tasks.*list.*"email/],
  ["start with no task", () => fresh().start({ tasks: [] }), /tasks.*empty list/],
  ["start with a number", () => fresh().start({ tasks: [1] }), /tasks\[0\].*text.*1/],
  [
    "start with a pattern of nothing",
    () => fresh().start({ tasks: ["emial.*"] }),
    /Did you mean "email\.\*"/,
  ],
  [
    "start with a name of nothing",
    () => fresh().start({ tasks: ["email.sent"] }),
    /Did you mean "email\.send"/,
  ],
  ["start anew with other tasks", () => app.start({ tasks: ["email.send"] }), /tasks.*close\(\) first/],
  ...bag("close", (given) => app.close(given), "timout", "timeout"),
  ["quiet with one more", () => app.quiet("email.send"), /quiet\(\).*email\.send/],
  ["health with one more", () => app.health("email.send"), /health\(\).*email\.send/],
  ["app.resume with one more", () => app.resume("email.send"), /resume\(\).*email\.send/],
  ["close with one more", () => app.close({}, 2), /close\(\).*got 2/],
  ...bag("run", (given) => app.run(given), "timout", "timeout"),
  ["run with one more", () => app.run({}, 2), /run\(\).*got 2/],
  ["workflow of nothing", () => app.workflow(), /workflow\(\)/],
  ...bag("workflow", (given) => app.workflow(client.step(1), given), "dealy", "delay"),
  ["workflow with one more", () => app.workflow(client.step(1), {}, 3), /workflow\(\).*got 3/],
];

const CLIENT: readonly Row[] = [
  ...bag("dispatch", (given) => client.dispatch(1, given), "dealy", "delay"),
  ...["priority", "onExpire", "ttl", "runAt", "attempts", "headers", "group", "concurrency"]
    .concat(["validateOnDispatch", "deduplicate", "idempotency", "onDuplicate", "debounce", "throttle"])
    .map(
      (key): Row => [
        `dispatch with ${key}: null`,
        () => client.dispatch(1, { [key]: null }),
        new RegExp(`${key}.*null`),
      ],
    ),
  ["dispatch with one more", () => client.dispatch(1, {}, 3), /dispatch\(\).*got 3/],
  ["onDuplicate alone", () => client.dispatch(1, { onDuplicate: "reject" }), /onDuplicate/],
  ["onExpire alone", () => client.dispatch(1, { onExpire: "discard" }), /ttl/],
  ["dispatchMany of nothing", () => client.dispatchMany(), /items.*undefined/],
  ["dispatchMany with one more", () => client.dispatchMany([], {}, 3), /dispatchMany\(\).*got 3/],
  ["step with one more", () => client.step(1, {}, 3), /step\(\).*got 3/],
  ["nextStep with one more", () => client.nextStep({}, 2), /nextStep\(\).*got 2/],
  [
    "a step with a typo",
    () => app.workflow(client.step(1, { dealy: 1 })),
    /dealy.*email\.send.*Did you mean "delay"/,
  ],
  ["waitForCapacity with one more", () => client.waitForCapacity(1), /waitForCapacity\(\).*got 1/],
  ["job of nothing", () => client.job(), /id.*undefined/],
  ["job of a number", () => client.job(5), /id.*5/],
  ["job with one more", () => client.job("x", 2), /job\(\).*got 2/],
  ["byKey of nothing", () => client.byKey(), /key.*undefined/],
  ["byKey of no text", () => client.byKey(""), /key.*0 characters/],
  ["byKey with one more", () => client.byKey("k", 2), /byKey\(\).*got 2/],
  ["on an event of the app", () => client.on("error", () => 1), /no event "error"/],
  ["on with one more", () => client.on("completed", () => 1, {}, 2), /on\(\).*got 2/],
  ...bag("client.on", (given) => client.on("completed", () => 1, given), "signale", "signal"),
  ...bag("pause", (given) => client.pause(given), "reson", "reason"),
  ["pause with one more", () => client.pause({}, 2), /pause\(\).*got 2/],
  ["pause with force: text", () => client.pause({ force: "yes" }), /force.*yes/],
  ...bag("resume", (given) => client.resume(given), "reson", "reason"),
  ["resume with one more", () => client.resume({}, 2), /resume\(\).*got 2/],
  ["isPaused with one more", () => client.isPaused(1), /isPaused\(\).*got 1/],
  ...bag("drain", (given) => client.drain(given), "state", "states"),
  [
    "drain an unknown state",
    () => client.drain({ states: ["wating"] }),
    /states\[0\].*Did you mean "waiting"/,
  ],
  ["drain for a number", () => client.drain({ reason: 5 }), /reason.*5/],
  ["drain with one more", () => client.drain({}, 2), /drain\(\).*got 2/],
  ["drain of everything by a typo", () => client.drain({ stats: [] }), /stats.*Did you mean "states"/],
  ...bag("getCollected", (given) => client.getCollected(given), "limt", "limit"),
  ["getCollected with one more", () => client.getCollected({}, 2), /getCollected\(\).*got 2/],
  ["listCollected with one more", () => client.listCollected(1), /listCollected\(\).*got 1/],
  ["contracts with one more", () => client.contracts(1), /contracts\(\).*got 1/],
  ["versions with one more", () => client.versions(1), /versions\(\).*got 1/],
];

const handle = (name: string, of: () => Loose): Row[] => [
  [`${name}.waitFor nothing`, () => of().waitFor(), /waitFor\(\).*undefined/],
  [`${name}.waitFor a typo`, () => of().waitFor({ timout: 1 }), /timout.*Did you mean "timeout"/],
  [`${name}.waitFor a time that is none`, () => of().waitFor("soon"), /timeout.*soon/, "DURATION_INVALID"],
  [`${name}.waitFor a signal that is none`, () => of().waitFor({ signal: 5 }), /signal.*AbortSignal.* 5/],
  [`${name}.waitFor with one more`, () => of().waitFor("1s", 2), /waitFor\(\).*got 2/],
  ...bag(`${name}.cancel`, (given) => of().cancel(given), "reson", "reason"),
  [`${name}.cancel with one more`, () => of().cancel({}, 2), /cancel\(\).*got 2/],
  [`${name}.getState with one more`, () => of().getState(1), /getState\(\).*got 1/],
];

const jobHandle = (name: string, of: () => Loose): Row[] => [
  ...handle(name, of),
  ...bag(`${name}.messages`, (given) => of().messages(given), "afer", "after"),
  [`${name}.messages after text`, () => of().messages({ after: "1" }), /after.*"1"/],
  [`${name}.messages after less than nothing`, () => of().messages({ after: -1 }), /after.*-1/],
  [
    `${name}.messages until a signal that is none`,
    () => of().messages({ signal: 5 }),
    /signal.*AbortSignal.* 5/,
  ],
  [`${name}.messages with one more`, () => of().messages({}, 2), /messages\(\).*got 2/],
];

const HANDLES: readonly Row[] = [
  ...jobHandle("handle", () => store.job),
  ...jobHandle("job()", () => client.job("x")),
  ...jobHandle("jobs.handle()", () => app.jobs.handle({ task: "email.send", id: "x" })),
  ...handle("workflow", () => store.workflow),
  ...["cancel", "promote", "remove", "retry"].flatMap((name): Row[] => [
    ...bag(`byKey().${name}`, (given) => client.byKey("free")[name](given), "bye", "by"),
    [`byKey().${name} with one more`, () => client.byKey("free")[name]({}, 2), /got 2/],
  ]),
  ...bag("byKey().reschedule", (to) => client.byKey("free").reschedule(to), "dealy", "delay"),
  ["byKey().reschedule with one more", () => client.byKey("free").reschedule({ delay: 1 }, 2), /got 2/],
  ["byKey().changePriority to text", () => client.byKey("free").changePriority("high"), /priority.*high/],
  ["byKey().changePriority with one more", () => client.byKey("free").changePriority(1, {}, 3), /got 3/],
  ["byKey().get with one more", () => client.byKey("free").get(1), /get\(\).*got 1/],
  ["byKey().holder with one more", () => client.byKey("free").holder(1), /holder\(\).*got 1/],
  ...["promote", "remove", "retry"].flatMap((name): Row[] => [
    ...bag(name, (given) => store.job[name](given), "bye", "by"),
    [`${name} with one more`, () => store.job[name]({}, 2), new RegExp(`${name}\\(\\).*got 2`)],
  ]),
  ["get with one more", () => store.job.get(1), /get\(\).*got 1/],
  ["reschedule to nothing", () => store.job.reschedule(), /reschedule\(\).*undefined/],
  ...bag("reschedule", (given) => store.job.reschedule(given), "dealy", "delay"),
  ["reschedule with one more", () => store.job.reschedule({ delay: 1 }, 2), /reschedule\(\).*got 2/],
  ["changePriority to nothing", () => store.job.changePriority(), /priority.*undefined/],
  ["changePriority for a number", () => store.job.changePriority(1, 2), /changePriority\(\).* 2/],
  ["changePriority with one more", () => store.job.changePriority(1, {}, 3), /changePriority\(\).*got 3/],
  ["getSteps with one more", () => store.workflow.getSteps(1), /getSteps\(\).*got 1/],
  ...bag("workflow.resume", (given) => store.workflow.resume(given), "bye", "by"),
  ["workflow.resume with one more", () => store.workflow.resume({}, 2), /resume\(\).*got 2/],
];

/** A name that means no task, for every call that takes one. */
const unknownTask = (call: string, act: (task: string) => unknown): Row[] => [
  [
    `${call} of a misspelt task`,
    () => act("email.sendd"),
    /"email\.sendd".*Did you mean "email\.send"/,
    "TASK_NOT_FOUND",
  ],
  [`${call} of an unknown task`, () => act("nope"), /"nope"/, "TASK_NOT_FOUND"],
];

/** What is no name at all, where a name may stand. */
const noName = (call: string, act: (task: unknown) => unknown): Row[] => [
  [`${call} of null`, () => act(null), /task.*null/],
  [`${call} of an object`, () => act({ task: "email.send" }), /task.*email\.send/],
  [`${call} of a bad name`, () => act("Email Send"), /Use "email-send"/, "NAME_INVALID"],
];

/** What names no job, where a job may stand. */
const noJob = (call: string, act: (job: unknown) => unknown): Row[] => [
  [`${call} of nothing`, () => act(undefined), /job.*undefined/],
  [`${call} of null`, () => act(null), /job.*null/],
  [`${call} of an id alone`, () => act(store.job.id), /job.*task and id/],
  [`${call} without an id`, () => act({ task: "email.send" }), /job.*task and id/],
  [`${call} with an id that is none`, () => act({ task: "email.send", id: 5 }), /job\.id.* 5/],
  [
    `${call} with swapped names`,
    () => act({ task: store.job.id, id: "email.send" }),
    /There is no task/,
    "TASK_NOT_FOUND",
  ],
];

/** Two texts where one object names a job; the message must say which object. */
const TWO_TEXTS: readonly Row[] = [
  ...["get", "handle", "cancel", "retry", "promote", "remove"].map((name) => [name] as const),
  ["reschedule", { delay: 1 }] as const,
  ["changePriority", 1] as const,
].map(
  ([name, ...rest]): Row => [
    `jobs.${name} of two texts`,
    () => app.jobs[name]("email.send", "x", ...rest),
    /job to be one object with task and id, such as \{ task: "email\.send", id: .*got "email\.send"/,
  ],
);

const given = { task: "email.send", id: "x" };
const JOBS: readonly Row[] = [
  ...bag("jobs.count", (query) => app.jobs.count(query), "tsk", "task"),
  ["jobs.count with one more", () => app.jobs.count({}, 2), /count\(\).*got 2/],
  ...unknownTask("jobs.count", (task) => app.jobs.count({ task })),
  ...unknownTask("jobs.count of a list", (task) => app.jobs.count({ task: ["email.send", task] })),
  ...noName("jobs.count", (task) => app.jobs.count({ task })),
  ...bag("jobs.list", (query) => app.jobs.list(query), "limt", "limit"),
  ["jobs.list with one more", () => app.jobs.list({}, 2), /list\(\).*got 2/],
  [
    "jobs.list of an unknown state",
    () => app.jobs.list({ state: "wating" }),
    /wating.*Did you mean "waiting"/,
  ],
  ["jobs.list from a cursor that is none", () => app.jobs.list({ cursor: "?" }), /cursor/],
  ["jobs.list in no order", () => app.jobs.list({ order: "old" }), /order.*"oldest" or "newest".*"old"/],
  ["jobs.list from the oldest of all", () => app.jobs.list({ order: "oldest" }), /order.*failed/],
  ["jobs.list where a number", () => app.jobs.list({ where: 5 }), /where.*filter.*function.*5/],
  ["jobs.list where a misspelt field", () => app.jobs.list({ where: "stat:x" }), /character 1.*stat.*state/],
  ...unknownTask("jobs.list", (task) => app.jobs.list({ task })),
  ...noName("jobs.list", (task) => app.jobs.list({ task })),
  ...noJob("jobs.get", (job) => app.jobs.get(job)).filter(([call]) => !/swapped/.test(call)),
  ...unknownTask("jobs.get", (task) => app.jobs.get({ ...given, task })),
  ["jobs.get with one more", () => app.jobs.get(given, {}, 3), /get\(\).*got 3/],
  [
    "jobs.get with a misspelt option",
    () => app.jobs.get(given, { sensitve: "hidden" }),
    /sensitve.*sensitive/s,
  ],
  ...noJob("jobs.logs", (job) => app.jobs.logs(job)).filter(([call]) => !/swapped/.test(call)),
  ...unknownTask("jobs.logs", (task) => app.jobs.logs({ ...given, task })),
  ["jobs.logs with one more", () => app.jobs.logs(given, {}, 3), /logs\(\).*got 3/],
  [
    "jobs.logs with a misspelt option",
    () => app.jobs.logs(given, { aftr: "1-0" }),
    /aftr.*Did you mean "after"/,
  ],
  ["jobs.logs after a number", () => app.jobs.logs(given, { after: 5 }), /after.*an answer before.*5/],
  ...TWO_TEXTS,
  ...noJob("jobs.handle", (job) => app.jobs.handle(job).get()),
  ["jobs.handle with one more", () => app.jobs.handle(given, 2), /handle\(\).*got 2/],
  ["jobs.byKey of nothing", () => app.jobs.byKey(), /byKey\(\).*undefined/],
  ["jobs.byKey without a key", () => app.jobs.byKey({ task: "email.send" }), /key.*none/],
  ["jobs.byKey without a task", () => app.jobs.byKey({ key: "k" }), /task.*none/],
  ["jobs.byKey with a typo", () => app.jobs.byKey({ task: "email.send", ky: "k" }), /ky.*"key"/],
  ["jobs.byKey with one more", () => app.jobs.byKey({ task: "email.send", key: "k" }, 2), /got 2/],
  ...noName("jobs.byKey", (task) => app.jobs.byKey({ task, key: "k" })),
  ...unknownTask("jobs.byKey().get", (task) => app.jobs.byKey({ task, key: "k" }).get()),
  ...["cancel", "retry", "promote", "remove"].flatMap((name): Row[] => [
    ...noJob(`jobs.${name}`, (job) => app.jobs[name](job)),
    ...unknownTask(`jobs.${name}`, (task) => app.jobs[name]({ ...given, task })),
    ...bag(`jobs.${name}`, (change) => app.jobs[name](given, change), "reson", "reason"),
    [`jobs.${name} with one more`, () => app.jobs[name](given, {}, 3), new RegExp(`${name}\\(\\).*got 3`)],
  ]),
  ...noJob("jobs.reschedule", (job) => app.jobs.reschedule(job, { delay: 1 })),
  ...bag("jobs.reschedule", (to) => app.jobs.reschedule(given, to), "dealy", "delay"),
  ["jobs.reschedule with one more", () => app.jobs.reschedule(given, { delay: 1 }, 3), /got 3/],
  ...noJob("jobs.changePriority", (job) => app.jobs.changePriority(job, 1)),
  ["jobs.changePriority to text", () => app.jobs.changePriority(given, "high"), /priority.*high/],
  ["jobs.changePriority with one more", () => app.jobs.changePriority(given, 1, {}, 4), /got 4/],
  ["jobs.rescheduleAll to no time", () => app.jobs.rescheduleAll({ all: true }), /delay or runAt/],
  [
    "jobs.rescheduleAll to the past",
    () => app.jobs.rescheduleAll({ all: true, runAt: 5 }),
    /ahead.*promoteAll/,
  ],
  [
    "jobs.changePriorityAll to text",
    () => app.jobs.changePriorityAll({ all: true, priority: "high" }),
    /priority.*high/,
  ],
  ...bag("jobs.rescheduleAll", (query) => app.jobs.rescheduleAll(query), "tsk", "task"),
  ...bag("jobs.changePriorityAll", (query) => app.jobs.changePriorityAll(query), "tsk", "task"),
  ...["cancelAll", "retryAll", "promoteAll", "removeAll"].flatMap((name): Row[] => [
    [`jobs.${name} of nothing`, () => app.jobs[name](), /undefined/],
    [`jobs.${name} of a task's name`, () => app.jobs[name]("email.send"), /email\.send/],
    [
      `jobs.${name} of an undefined task`,
      () => app.jobs[name]({ task: undefined }),
      /task or where.*all: true/,
    ],
    ...bag(`jobs.${name}`, (query) => app.jobs[name](query), "tsk", "task"),
    ...unknownTask(`jobs.${name}`, (task) => app.jobs[name]({ task })),
    ...noName(`jobs.${name}`, (task) => app.jobs[name]({ task })),
    [`jobs.${name} up to 0`, () => app.jobs[name]({ all: true, limit: 0 }), /limit.* 0/],
    [`jobs.${name} at no pace`, () => app.jobs[name]({ all: true, perSecond: 0 }), /perSecond.* 0/],
    [`jobs.${name} with one more`, () => app.jobs[name]({ task: "email.send" }, 2), /got 2/],
  ]),
];

const TASKS: readonly Row[] = [
  ...bag("tasks.list", (query) => app.tasks.list(query), "limt", "limit"),
  ["tasks.list with one more", () => app.tasks.list({}, 2), /list\(\).*got 2/],
  ...["get", "handle"].flatMap((name): Row[] => [
    ...noName(`tasks.${name}`, (task) => app.tasks[name](task)),
    [`tasks.${name} of nothing`, () => app.tasks[name](), /task.*undefined/],
    [
      `tasks.${name} with one more`,
      () => app.tasks[name]("email.send", 2),
      new RegExp(`${name}\\(\\).*got 2`),
    ],
  ]),
  ["tasks.backlog with one more", () => app.tasks.backlog("send", 2), /backlog\(\).*got 2/],
  ...["measures", "series"].flatMap((name): Row[] => [
    ...noName(`tasks.${name}`, (task) => app.tasks[name](task)),
    ...unknownTask(`tasks.${name}`, (task) => app.tasks[name](task)),
    ...bag(`tasks.${name}`, (query) => app.tasks[name]("email.send", query), "form", "from"),
    [`tasks.${name} with one more`, () => app.tasks[name]("email.send", {}, 3), /got 3/],
    [`tasks.${name} of no time`, () => app.tasks[name]("email.send", { from: "noon" }), /from.*noon/],
    [`tasks.${name} backwards`, () => app.tasks[name]("email.send", { from: 9, to: 2 }), /from.*to/],
  ]),
  ["tasks.series in seconds", () => app.tasks.series("email.send", { step: "1s" }), /step.*1m.*1s/],
  ["tasks.series in no time", () => app.tasks.series("email.send", { step: 0 }), /step.*1m/],
  [
    "tasks.series by the minute of days",
    () => app.tasks.series("email.send", { from: Date.now() - 86_400_000, step: "1m" }),
    /step.*10m.*three hours/,
  ],
  ["tasks.series of years", () => app.tasks.series("email.send", { from: 0, step: "1h" }), /1500 steps/],
  ...["pause", "resume", "isPaused", "drain", "versions", "contracts"].flatMap((name): Row[] =>
    unknownTask(name, (task) => app.tasks.handle(task)[name]()),
  ),
  ...["get", "getState", "cancel", "promote", "remove", "retry"].flatMap((name): Row[] =>
    unknownTask(`handle().${name}`, (task) => app.jobs.handle({ task, id: "x" })[name]()),
  ),
];

const ERRORS: readonly Row[] = [
  ...bag("errors.list", (query) => app.errors.list(query), "tsk", "task"),
  ["errors.list from a cursor that is none", () => app.errors.list({ cursor: "?" }), /cursor.*"\?"/],
  ["errors.list with one more", () => app.errors.list({}, 2), /list\(\).*got 2/],
  ...unknownTask("errors.list", (task) => app.errors.list({ task })),
  ...noName("errors.list", (task) => app.errors.list({ task })),
  ["errors.list of no time", () => app.errors.list({ from: "noon" }), /from.*noon/],
];

const WORKERS: readonly Row[] = [
  ...bag("workers.list", (query) => app.workers.list(query), "tsk", "task"),
  ["workers.list from a cursor that is none", () => app.workers.list({ cursor: "?" }), /cursor.*"\?"/],
  ["workers.list with one more", () => app.workers.list({}, 2), /list\(\).*got 2/],
  ...unknownTask("workers.list", (task) => app.workers.list({ task })),
  ...noName("workers.list", (task) => app.workers.list({ task })),
  ["workers.releases with one more", () => app.workers.releases(1), /releases\(\).*got 1/],
  ["workers.get of a number", () => app.workers.get(5), /id.* 5/],
  ["workers.get with one more", () => app.workers.get("x", 2), /get\(\).*got 2/],
];

const STORED_WORKFLOWS: readonly Row[] = [
  ...bag("workflows.list", (query) => app.workflows.list(query), "sate", "state"),
  ["workflows.list of a state of jobs", () => app.workflows.list({ state: "waiting" }), /state.*waiting/],
  ["workflows.list from a cursor that is none", () => app.workflows.list({ cursor: "?" }), /cursor.*"\?"/],
  ["workflows.list with one more", () => app.workflows.list({}, 2), /list\(\).*got 2/],
  ...["get", "handle"].flatMap((name): Row[] => [
    [`workflows.${name} of nothing`, () => app.workflows[name](), /id.*undefined/],
    [`workflows.${name} of a number`, () => app.workflows[name](5), /id.* 5/],
    [
      `workflows.${name} with one more`,
      () => app.workflows[name]("x", 2),
      new RegExp(`${name}\\(\\).*got 2`),
    ],
  ]),
];

const SCHEDULES: readonly Row[] = [
  ...bag("schedules.list", (query) => app.schedules.list(query), "limt", "limit"),
  ["schedules.list with one more", () => app.schedules.list({}, 2), /list\(\).*got 2/],
  ...["get", "handle"].flatMap((name): Row[] => [
    [`schedules.${name} of nothing`, () => app.schedules[name](), /undefined/, "NAME_INVALID"],
    [`schedules.${name} with one more`, () => app.schedules[name]("report.daily", 2), /got 2/],
  ]),
  ...["pause", "resume", "remove", "trigger"].flatMap((name): Row[] => [
    [`schedules.${name} of nothing`, () => app.schedules[name](), /undefined/, "NAME_INVALID"],
    [`schedules.${name} of an object`, () => app.schedules[name]({ name: "x" }), /schedule/, "NAME_INVALID"],
    ...bag(`schedules.${name}`, (change) => app.schedules[name]("report.daily", change), "reson", "reason"),
    [`schedules.${name} with one more`, () => app.schedules[name]("report.daily", {}, 3), /got 3/],
    ...bag(
      `its handle's ${name}`,
      (change) => app.schedules.handle("report.daily")[name](change),
      "bye",
      "by",
    ),
  ]),
  ["schedules.upcoming without end", () => app.schedules.upcoming("report.daily", { count: 0 }), /count.* 0/],
  ["schedules.upcoming of a number", () => app.schedules.upcoming(5), /5/, "NAME_INVALID"],
  ["schedules.update without changes", () => app.schedules.update("report.daily"), /update\(\).*undefined/],
  ...bag("schedules.update", (given) => app.schedules.update("report.daily", given), "evry", "every"),
  ["schedules.update with one more", () => app.schedules.update("report.daily", {}, 3), /got 3/],
  ["schedules.upsert of nothing", () => app.schedules.upsert(), /undefined/, "NAME_INVALID"],
  ["schedules.upsert without a task", () => app.schedules.upsert("x", { every: "1h" }), /task/],
  [
    "schedules.upsert without times",
    () => app.schedules.upsert("x", { task: "email.send" }),
    /every or cron/,
  ],
  ...bag("schedules.upsert", (given) => app.schedules.upsert("x", given), "evry", "every"),
  [
    "schedules.upsert with overlap: true",
    () => app.schedules.upsert("x", { task: "email.send", every: "1h", overlap: true }),
    /overlap.*"allow" or "skip".*true/,
  ],
  [
    "schedules.upsert with onMissed: all",
    () => app.schedules.upsert("x", { task: "email.send", every: "1h", onMissed: "all" }),
    /onMissed.*"all"/,
  ],
  ["schedules.upsert with one more", () => app.schedules.upsert("x", {}, 3), /got 3/],
];

const WORKFLOWS: readonly Row[] = [
  ["chain of nothing", () => loose(chain)(), /chain\(\)/],
  ["chain of a number", () => loose(chain)(5), /chain\(\).*5/],
  ["group of nothing", () => loose(group)(), /group\(\).*undefined/],
  ["group of a task", () => loose(group)(client), /group\(\)/],
  ...bag("group", (given) => loose(group)([client], given), "onFailur", "onFailure"),
  ["group with one more", () => loose(group)([client], {}, 3), /group\(\).*got 3/],
  ["chord without a callback", () => loose(chord)([client]), /chord\(\).*undefined/],
  ["chord with one more", () => loose(chord)([client], client, {}, 4), /chord\(\).*got 4/],
  ["map of nothing", () => loose(map)(), /map\(\).*undefined/],
  ["map of a number", () => loose(map)(client, 5), /map\(\).*5/],
  ["map with one more", () => loose(map)(client, [], {}, 4), /map\(\).*got 4/],
  ["chunk without a size", () => loose(chunk)(client, []), /size.*undefined/],
  ["chunk with one more", () => loose(chunk)(client, [], 1, {}, 5), /chunk\(\).*got 5/],
];

const CONTRACTS: readonly Row[] = [
  ["defineTask of nothing", () => loose(defineTask)(), /defineTask\(\).*undefined/],
  ["defineTask with one more", () => loose(defineTask)({ name: "one" }, 2), /defineTask\(\).*got 2/],
  [
    "defineTask without time",
    () => loose(defineTask)({ name: "one", version: 1, timeout: "0s" }),
    /timeout.*"1ms".*"0s"/,
  ],
  [
    "defineTask with a typo",
    () => loose(defineTask)({ name: "one", vesion: 2 }),
    /vesion.*Did you mean "version"/,
  ],
  ...[
    "version",
    "since",
    "description",
    "deprecated",
    "unstable",
    "retry",
    "timeout",
    "delay",
    "ttl",
    "onExpire",
  ]
    .concat([
      "priority",
      "collect",
      "group",
      "deduplicate",
      "globalConcurrency",
      "rateLimit",
      "migrate",
      "aliases",
    ])
    .map(
      (key): Row => [
        `defineTask with ${key}: null`,
        () => loose(defineTask)({ name: "one", [key]: null }),
        new RegExp(`${key}.*null`),
      ],
    ),
  [
    "an alias with braces",
    () => loose(defineTask)({ name: "one", aliases: ["a", "{b}"] }),
    /aliases\[1\].*"\{b\}"/,
  ],
  ["aliases that are text", () => loose(defineTask)({ name: "one", aliases: "ab" }), /aliases.*"ab"/],
  ["deprecated: true", () => loose(defineTask)({ name: "one", deprecated: true }), /deprecated.*true/],
  ["unstable: text", () => loose(defineTask)({ name: "one", unstable: "yes" }), /unstable.*"yes"/],
];

const KIT: readonly Row[] = [
  ...bag("memoryAdapter", (given) => loose(memoryAdapter)(given), "stor", "store"),
  ["memoryAdapter with one more", () => loose(memoryAdapter)({}, 2), /memoryAdapter\(\).*got 2/],
  ["memoryAdapter with another store", () => loose(memoryAdapter)({ store: {} }), /store/],
  [
    "memoryAdapter with store and clock",
    () => loose(memoryAdapter)({ store: createMemoryStore(), clock: new VirtualClock() }),
    /store or clock/,
  ],
  ...bag("createMemoryStore", (given) => loose(createMemoryStore)(given), "clok", "clock"),
  ["createMemoryStore with one more", () => loose(createMemoryStore)({}, 2), /got 2/],
  ["createTestApp of null", () => loose(createTestApp)(null), /null/],
  ["createTestApp with a typo", () => loose(createTestApp)({ loger: false }), /loger.*Did you mean "logger"/],
  ["createTestApp with an adapter", () => loose(createTestApp)({ adapter: adapter() }), /adapter/],
  ["createTestApp from what is no app", () => loose(createTestApp)({ from: {} }), /from/],
  [
    "createTestApp from an app, with options",
    () => loose(createTestApp)({ from: app, logger: false }),
    /logger/,
  ],
  ["createTestApp at no time", () => loose(createTestApp)({ startAt: "2026" }), /startAt.*2026/],
  ["createTestApp with one more", () => loose(createTestApp)({}, 2), /got 2/],
  ["TestApp.runJob an unknown task", () => test.runJob("nope", 1), /nope/, "HANDLER_MISSING"],
  ["TestApp.runJob nothing", () => test.runJob(), /undefined/],
  ["TestApp.runJob with one more", () => test.runJob("nope", 1, {}, 4), /runJob\(\).*got 4/],
  ["advanceTime by nothing", () => test.advanceTime(), /duration.*undefined/, "DURATION_INVALID"],
  ["advanceTime with one more", () => test.advanceTime("1s", 2), /advanceTime\(\).*got 2/],
  ["runUntilIdle with one more", () => test.runUntilIdle("1s"), /runUntilIdle\(\).*1s/],
  ["TestApp.close with one more", () => test.close({ timeout: 1 }), /close\(\)/],
  ["contractCases of nothing", () => loose(contractCases)(), /undefined/],
  [
    "contractCases with a typo",
    () => loose(contractCases)(contract, { paylod: 1 }),
    /paylod.*Did you mean "payload"/,
  ],
  ["contractCases with one more", () => loose(contractCases)(contract, {}, 3), /got 3/],
];

const REDIS: readonly Row[] = [
  ...Object.entries({ redisAdapter, redisReader }).flatMap(([name, make]) => [
    ...bag(name, (given) => loose(make)(given), "prefixx", "prefix").filter(
      ([call]) => !/with text$/.test(call),
    ),
    ...["url", "host", "port", "db", "tls", "connection", "prefix", "deadline", "allowEviction"].map(
      (key): Row => [
        `${name} with ${key}: null`,
        () => loose(make)({ [key]: null }),
        new RegExp(`${key}.*null`),
      ],
    ),
    ...[
      [`${name} of text`, () => loose(make)("x"), /"x"/],
      [`${name} of a url with one more`, () => loose(make)("redis://a", {}, 3), /got 3/],
      [`${name} of options with one more`, () => loose(make)({}, { prefix: "a" }), /prefix/],
    ].map((row) => row as unknown as Row),
  ]),
];

const POSTGRES: readonly Row[] = [
  ...bag("postgresAdapter", (given) => loose(postgresAdapter)(given), "schemaa", "schema").filter(
    ([call]) => !/with text$/.test(call),
  ),
  ...[
    "url",
    "host",
    "port",
    "user",
    "database",
    "ssl",
    "pool",
    "pglite",
    "transactions",
    "schema",
    "migrate",
    "deadline",
  ].map(
    (key): Row => [
      `postgresAdapter with ${key}: null`,
      () => loose(postgresAdapter)({ [key]: null }),
      new RegExp(`${key}.*null`),
    ],
  ),
  ["postgresAdapter of text", () => loose(postgresAdapter)("x"), /"x"/],
  ["postgresAdapter of a url with one more", () => loose(postgresAdapter)("postgres://a", {}, 3), /got 3/],
  ["postgresAdapter of options with one more", () => loose(postgresAdapter)({}, { schema: "a" }), /schema/],
  ["postgresAdapter with a bad schema", () => loose(postgresAdapter)({ schema: "a b" }), /schema.*"a b"/],
  ...bag("postgresMigration", (given) => loose(postgresMigration)(given), "schemaa", "schema"),
  ...bag("checkPostgres", (given) => loose(checkPostgres)(given), "schemaa", "schema").filter(
    ([call]) => !/with text$/.test(call),
  ),
  ["checkPostgres of options with one more", () => loose(checkPostgres)({}, 2), /got 2|be an object/],
  ...bag("relay", (given) => loose(relay)(given), "bacth", "batch"),
  ["relay with one more", () => loose(relay)({}, 2), /got 2/],
  ["relay from nowhere", () => loose(relay)({ to: memoryAdapter() }), /from.*postgresAdapter/],
  ["relay to nowhere", () => loose(relay)({ from: postgresAdapter() }), /to.*another store/],
  ["relay of no jobs", () => loose(relay)({ batch: 0 }), /batch.*1 to 1000/],
  ["postgresMigration with one more", () => loose(postgresMigration)({}, 2), /got 2/],
  ...bag("instrument", (given) => loose(instrument)(app, given), "linkz", "links"),
  ...bag("metrics", (given) => loose(metrics)(app, given), "mod", "mode"),
  ...bag("logJobs", (given) => loose(logJobs)(app, console, given), "sampel", "sample"),
  ["jobLogger without a logger", () => loose(jobLogger)(), /logger/],
  ["postgresMigration from what is not there", () => loose(postgresMigration)({ from: 99 }), /from.*99/],
];

const contract = defineTask({ name: "cases.one" });

const bound = (app: unknown, handlers: unknown, options?: unknown) =>
  loose(bindHandlers)(app, [], { handlers, options });
const GENERATED: readonly Row[] = [
  ["dispatchItem of nothing", () => loose(dispatchItem)({}, [], undefined), /item.*undefined/],
  ["dispatchItem without a name", () => loose(dispatchItem)({}, [], { data: 1 }), /name/],
  [
    "dispatchItem of no task",
    () => loose(dispatchItem)({}, [], { name: "nope" }),
    /"nope"/,
    "TASK_NOT_FOUND",
  ],
  ["dispatchItems of nothing", () => loose(dispatchItems)({}, [], undefined), /items.*undefined/],
  ["bindClient of nothing", () => loose(bindClient)(undefined, []), /createClient\(\).*undefined/],
  ["bindClient of what is no app", () => loose(bindClient)({}, []), /createClient\(\)/],
  ["bindHandlers of null", () => bound(null, {}), /implementTasks\(\).*null/],
  ["bindHandlers without handlers", () => bound(app, undefined), /handlers.*undefined/],
  ["bindHandlers with a handler too many", () => bound(app, { emailSend: () => 1 }), /emailSend/],
  ...bag("implementTasks", (options) => bound(app, {}, options), "onyl", "only"),
  ["implementTasks of no task", () => bound(app, {}, { only: [] }), /only.*empty list/],
  ["implementTasks of an unknown task", () => bound(app, {}, { only: ["a.*"] }), /only\[0\].*"a\.\*"/],
];

const project = { cwd: "/nowhere" };
const CODEGEN: readonly Row[] = [
  ...Object.entries({ generate, check, diff, readConfig, syncHandlers }).flatMap(([name, call]) =>
    bag(name, (given) => loose(call)(given), "configfile", "configFile"),
  ),
  ["generate with dryRun: text", () => loose(generate)({ ...project, dryRun: "no" }), /dryRun.*"no"/],
  [
    "generate with overwrite: null",
    () => loose(generate)({ ...project, overwrite: null }),
    /overwrite.*null/,
  ],
  ["diff with accept: text", () => loose(diff)({ ...project, accept: "id" }), /accept.*"id"/],
  ["diff with accept without a reason", () => loose(diff)({ ...project, accept: { ids: [] } }), /reason/],
  ["watch of nothing", () => loose(watch)(), /watch\(\).*undefined/],
  ["watch without a listener", () => loose(watch)(project), /onResult/],
  ["sampleStore without a source", () => loose(sampleStore)(project), /source/],
  [
    "sampleStore with a limit",
    () => loose(sampleStore)({ ...project, source: reader, limit: 0 }),
    /limit.* 0/,
  ],
];
const reader = { list: () => undefined, tasks: () => undefined };

function plain(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Map);
}

/** Codes of what is refused before anything is looked up. */
const AT_ONCE =
  /^(OPTION_INVALID|NAME_INVALID|FILTER_INVALID|DURATION_INVALID|CRON_INVALID|TIME_ZONE_INVALID|HANDLER_MISSING)$/;

const TABLES: Readonly<Record<string, readonly Row[]>> = {
  "the app": APP,
  "the board": BOARD,
  "a client": CLIENT,
  handles: HANDLES,
  jobs: JOBS,
  tasks: TASKS,
  errors: ERRORS,
  workers: WORKERS,
  schedules: SCHEDULES,
  workflows: WORKFLOWS,
  "stored workflows": STORED_WORKFLOWS,
  contracts: CONTRACTS,
  "memory and the testing kit": KIT,
  "generated code": GENERATED,
  "the generator": CODEGEN,
  "the Redis adapter": REDIS,
  "the Postgres adapter": POSTGRES,
};

describe.each(Object.keys(TABLES))("wrong arguments of %s", (unit) => {
  const rows = (TABLES[unit] ?? []).map(([call, act, names, code]) => ({ call, act, names, code }));

  it.each(rows)("are refused by name: $call", async ({ act, names, code }) => {
    const error = await errorOf(act);
    expect(error).toBeInstanceOf(taskora.TaskoraError);
    expect(error.message).toMatch(names);
    if (code === undefined) expect(error.code).toMatch(AT_ONCE);
    else expect(error.code).toBe(code);
  });
});

async function errorOf(act: () => unknown): Promise<taskora.TaskoraError> {
  try {
    const answer = await act();
    throw new Error(`was taken: ${JSON.stringify(answer)}`);
  } catch (error) {
    return error as taskora.TaskoraError;
  }
}

describe("the table of wrong arguments", () => {
  const calls = Object.values(TABLES).flatMap((rows) => rows.map(([call]) => call));
  const isTried = (name: string) => calls.some((call) => new RegExp(`\\b${name}\\b`).test(call));
  const methodsOf = (target: object): string[] => {
    const names = new Set<string>();
    for (let each: object | null = target; each !== null && each !== Object.prototype; ) {
      for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(each)))
        if (typeof value === "function") names.add(name);
      each = Object.getPrototypeOf(each) as object | null;
    }
    return [...names];
  };
  /** Not for users, or without anything that could be wrong. */
  const SPARED = ["constructor", "then", "catch", "finally"].concat(["askForResult", "stored", "toJSON"]);

  it.each([
    ["app", () => app],
    ["client", () => client],
    ["handle", () => store.job],
    ["a key's handle", () => client.byKey("free")],
    ["workflow", () => store.workflow],
    ["jobs", () => app.jobs],
    ["tasks", () => app.tasks],
    ["workers", () => app.workers],
    ["workflows", () => app.workflows],
    ["a task's handle", () => app.tasks.handle("email.send")],
    ["schedules", () => app.schedules],
    ["test app", () => test],
  ])("has every method of %s", (_, of) => {
    const methods = methodsOf(of()).filter((name) => !SPARED.includes(name));
    expect(methods.length).toBeGreaterThan(1);
    expect(methods.filter((name) => !isTried(name))).toEqual([]);
  });

  /** They do nothing at run time, take anything, or show what the library has made. */
  const SPARED_FUNCTIONS = [
    "into",
    "isContract",
    "isTaskoraError",
    "migrations",
    "defineConfig",
    "formatDiff",
    // Takes any value, and any schema.
    "problemsOf",
  ];

  /** Need the packages of Nest: test/frameworks tries them. */
  const OF_NEST = ["InjectClient", "InjectTaskora", "TaskHandler"];

  /** What writers of a store build on, like the entry for them: they are given what the port has checked by its types. */
  const OF_STORES = ["findContradictions", "registerConformance"];
  const ENTRY_OF_STORES = /^taskora\/adapter$[\s\S]*?(?=^\S)/m;

  it("has every function that is exported", () => {
    const all = readFileSync("docs/api/public-api.txt", "utf8");
    const api = all.replace(ENTRY_OF_STORES, "");
    expect(api.length).toBeLessThan(all.length);
    const functions = [...api.matchAll(/^ {2}(\w+): function$/gm)].map(([, name]) => String(name));
    const spared = [...SPARED_FUNCTIONS, ...OF_STORES, ...OF_NEST];
    expect(functions).toEqual(expect.arrayContaining(["createTaskora", ...spared]));
    expect(functions.filter((name) => !spared.includes(name) && !isTried(name))).toEqual([]);
  });
});
