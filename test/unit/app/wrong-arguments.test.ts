import { readFileSync } from "node:fs";
import * as taskora from "taskora";
import { chain, chord, chunk, createTaskora, group, map } from "taskora";
import { check, diff, generate, sampleStore, syncHandlers, watch } from "taskora/codegen";
import { defineTask } from "taskora/contract";
import { bindClient, bindHandlers } from "taskora/generated";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { redisAdapter, redisReader } from "taskora/redis";
import { contractCases, createTestApp, VirtualClock } from "taskora/testing";
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
  ...bag("use", (given) => app.use(given), "rum", "run"),
  ["on an unknown event", () => app.on("complete", () => 1), /Did you mean "completed"/],
  ["on nothing", () => app.on(), /event undefined/],
  ["on without a listener", () => app.on("completed"), /listener.*undefined/],
  ["on with one more", () => app.on("completed", () => 1, 2), /on\(\).*got 2/],
  ["connect with one more", () => app.connect(1), /connect\(\).*got 1/],
  ["start with one more", () => app.start({ tasks: ["a"] }), /start\(\).*tasks/],
  ...bag("close", (given) => app.close(given), "timout", "timeout"),
  ["quiet with one more", () => app.quiet("email.send"), /quiet\(\).*email\.send/],
  ["app.resume with one more", () => app.resume("email.send"), /resume\(\).*email\.send/],
  ["close with one more", () => app.close({}, 2), /close\(\).*got 2/],
  ...bag("run", (given) => app.run(given), "timout", "timeout"),
  ["run with one more", () => app.run({}, 2), /run\(\).*got 2/],
  ["workflow of nothing", () => app.workflow(), /workflow\(\)/],
  ...bag("workflow", (given) => app.workflow(client.step(1), given), "dealy", "delay"),
  ["workflow with one more", () => app.workflow(client.step(1), {}, 3), /workflow\(\).*got 3/],
  ["findWorkflow of nothing", () => app.findWorkflow(), /id.*undefined/],
  ["findWorkflow of a number", () => app.findWorkflow(5), /id.*5/],
  ["findWorkflow with one more", () => app.findWorkflow("x", 2), /findWorkflow\(\).*got 2/],
  ["inspect with one more", () => app.inspect("email.send"), /inspect\(\).*email\.send/],
  ["operations of nothing", () => app.operations(), /task.*undefined/],
  ["operations of a client", () => app.operations(client), /task/],
  ["operations with one more", () => app.operations("email.send", 2), /operations\(\).*got 2/],
];

const CLIENT: readonly Row[] = [
  ...bag("dispatch", (given) => client.dispatch(1, given), "dealy", "delay"),
  ...[
    "priority",
    "onExpire",
    "ttl",
    "runAt",
    "attempts",
    "headers",
    "group",
    "concurrencyKey",
    "concurrencyLimit",
  ]
    .concat(["skipValidation", "deduplicate", "idempotencyKey", "onDuplicate", "debounce", "throttle"])
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
  ["next with one more", () => client.next({}, 2), /next\(\).*got 2/],
  [
    "a step with a typo",
    () => app.workflow(client.step(1, { dealy: 1 })),
    /dealy.*email\.send.*Did you mean "delay"/,
  ],
  ["room with one more", () => client.room(1), /room\(\).*got 1/],
  ["job of nothing", () => client.job(), /id.*undefined/],
  ["job of a number", () => client.job(5), /id.*5/],
  ["job with one more", () => client.job("x", 2), /job\(\).*got 2/],
  ["on an event of the app", () => client.on("error", () => 1), /no event "error"/],
  ["on with one more", () => client.on("completed", () => 1, 2), /on\(\).*got 2/],
  ["pause with one more", () => client.pause("email.fail"), /pause\(\).*email\.fail/],
  ["resume with one more", () => client.resume("email.fail"), /resume\(\).*email\.fail/],
  ["isPaused with one more", () => client.isPaused(1), /isPaused\(\).*got 1/],
  ...bag("drain", (given) => client.drain(given), "state", "states"),
  [
    "drain an unknown state",
    () => client.drain({ states: ["wating"] }),
    /states\[0\].*Did you mean "waiting"/,
  ],
  ["drain for a number", () => client.drain({ reason: 5 }), /reason.*5/],
  ["drain with one more", () => client.drain({}, 2), /drain\(\).*got 2/],
  ...bag("peekCollect", (given) => client.peekCollect(given), "limt", "limit"),
  ["peekCollect with one more", () => client.peekCollect({}, 2), /peekCollect\(\).*got 2/],
  ["inspectCollect with one more", () => client.inspectCollect(1), /inspectCollect\(\).*got 1/],
];

const handle = (name: string, of: () => Loose): Row[] => [
  [`${name}.waitFor nothing`, () => of().waitFor(), /timeout.*undefined/, "DURATION_INVALID"],
  [`${name}.waitFor with one more`, () => of().waitFor("1s", 2), /waitFor\(\).*got 2/],
  ...bag(`${name}.cancel`, (given) => of().cancel(given), "reson", "reason"),
  [`${name}.cancel with one more`, () => of().cancel({}, 2), /cancel\(\).*got 2/],
  [`${name}.getState with one more`, () => of().getState(1), /getState\(\).*got 1/],
];

const HANDLES: readonly Row[] = [
  ...handle("handle", () => store.job),
  ...handle("job()", () => client.job("x")),
  ...handle("operations().job()", () => app.operations("email.send").job("x")),
  ...handle("workflow", () => store.workflow),
  ["operations().job of nothing", () => app.operations("email.send").job(), /id.*undefined/],
  ["operations().job with one more", () => app.operations("email.send").job("x", 2), /job\(\).*got 2/],
  ["promote with one more", () => store.job.promote({}), /promote\(\)/],
  ["remove with one more", () => store.job.remove({}), /remove\(\)/],
  ["getProgress with one more", () => store.job.getProgress(1), /getProgress\(\).*got 1/],
  ["getLogs with one more", () => store.job.getLogs(1), /getLogs\(\).*got 1/],
  ["reschedule to nothing", () => store.job.reschedule(), /reschedule\(\).*undefined/],
  ...bag("reschedule", (given) => store.job.reschedule(given), "dealy", "delay"),
  ["reschedule with one more", () => store.job.reschedule({ delay: 1 }, 2), /reschedule\(\).*got 2/],
  ["changePriority to nothing", () => store.job.changePriority(), /priority.*undefined/],
  ["changePriority with one more", () => store.job.changePriority(1, 2), /changePriority\(\).*got 2/],
  ["getSteps with one more", () => store.workflow.getSteps(1), /getSteps\(\).*got 1/],
  ["workflow.resume with one more", () => store.workflow.resume(1), /resume\(\).*got 1/],
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
  [`${call} of a list`, () => act(["email.send"]), /task.*email\.send/],
  [`${call} of a bad name`, () => act("Email Send"), /Use "email-send"/, "NAME_INVALID"],
];

const INSPECT: readonly Row[] = [
  ...["stats", "versions", "workers"].flatMap((name): Row[] => [
    ...unknownTask(name, (task) => app.inspect()[name](task)),
    ...noName(name, (task) => app.inspect()[name](task)),
    [`${name} with one more`, () => app.inspect()[name]("email.send", 2), new RegExp(`${name}\\(\\).*got 2`)],
  ]),
  ["versions of nothing", () => app.inspect().versions(), /task.*undefined/],
  ...unknownTask("list", (task) => app.inspect().list({ task, state: "waiting" })),
  ["list of nothing", () => app.inspect().list(), /list\(\).*undefined/],
  ["list without a task", () => app.inspect().list({ state: "waiting" }), /task/],
  ["list without a state", () => app.inspect().list({ task: "email.send" }), /state/],
  [
    "list of an unknown state",
    () => app.inspect().list({ task: "email.send", state: "wating" }),
    /wating.*Did you mean "waiting"/,
  ],
  ...bag("list", (given) => app.inspect().list(given), "tsk", "task"),
  [
    "list with one more",
    () => app.inspect().list({ task: "email.send", state: "waiting" }, 2),
    /list\(\).*got 2/,
  ],
  ["find nothing", () => app.inspect().find(), /id.*undefined/],
  ["find an object", () => app.inspect().find({ id: "x" }), /id/],
  ...unknownTask("find", (task) => app.inspect().find("x", task)),
  ...noName("find", (task) => app.inspect().find("x", task)),
  [
    "find with swapped arguments",
    () => app.inspect().find("email.send", store.job.id.toLowerCase()),
    /task/i,
  ],
  ["find with one more", () => app.inspect().find("x", "email.send", 3), /find\(\).*got 3/],
];

const DEAD_LETTERS: readonly Row[] = [
  ...bag("deadLetters.list", (given) => app.deadLetters.list(given), "limt", "limit"),
  ["deadLetters.list with one more", () => app.deadLetters.list({}, 2), /list\(\).*got 2/],
  ...unknownTask("deadLetters.list", (task) => app.deadLetters.list({ task })),
  ...["retry", "remove"].flatMap((name): Row[] => [
    [`deadLetters.${name} of nothing`, () => app.deadLetters[name](), /task.*undefined/],
    [`deadLetters.${name} without an id`, () => app.deadLetters[name]("email.send"), /id.*undefined/],
    ...unknownTask(`deadLetters.${name}`, (task) => app.deadLetters[name](task, "x")),
    ...noName(`deadLetters.${name}`, (task) => app.deadLetters[name](task, "x")),
    [
      `deadLetters.${name} with swapped arguments`,
      () => app.deadLetters[name](store.failed.id, "email.fail"),
      /task/,
    ],
    [`deadLetters.${name} with one more`, () => app.deadLetters[name]("email.send", "x", 3), /got 3/],
  ]),
  ...["retryAll", "purge"].flatMap((name): Row[] => [
    [`deadLetters.${name} of null`, () => app.deadLetters[name](null), /null/],
    [`deadLetters.${name} of a number`, () => app.deadLetters[name](5), /5/],
    [
      `deadLetters.${name} with a typo`,
      () => app.deadLetters[name]({ tsk: "x" }),
      /tsk.*Did you mean "task"/,
    ],
    [`deadLetters.${name} with one more`, () => app.deadLetters[name]("email.send", 2), /got 2/],
    ...unknownTask(`deadLetters.${name}`, (task) => app.deadLetters[name](task)),
    ...unknownTask(`deadLetters.${name}`, (task) => app.deadLetters[name]({ task })),
  ]),
];

const OPERATIONS: readonly Row[] = [
  ...["pause", "resume", "isPaused", "drain"].flatMap((name): Row[] =>
    unknownTask(name, (task) => app.operations(task)[name]()),
  ),
  ...["getState", "cancel", "promote", "remove", "getProgress"].flatMap((name): Row[] =>
    unknownTask(`job().${name}`, (task) => app.operations(task).job("x")[name]()),
  ),
];

const SCHEDULES: readonly Row[] = [
  ["schedules.list with one more", () => app.schedules.list({ task: "email.send" }), /list\(\).*email\.send/],
  ["schedules.get with one more", () => app.schedules.get("report.daily", 2), /get\(\).*got 2/],
  ["schedules.get of nothing", () => app.schedules.get(), /undefined/, "NAME_INVALID"],
  ...["pause", "resume", "remove", "trigger"].flatMap((name): Row[] => [
    [`schedules.${name} of nothing`, () => app.schedules[name](), /undefined/, "NAME_INVALID"],
    [`schedules.${name} of an object`, () => app.schedules[name]({ name: "x" }), /schedule/, "NAME_INVALID"],
    [
      `schedules.${name} of a misspelt one`,
      () => app.schedules[name]("report.dayly"),
      /"report\.dayly".*Did you mean "report\.daily"/,
      "SCHEDULE_NOT_FOUND",
    ],
    [`schedules.${name} with one more`, () => app.schedules[name]("report.daily", 2), /got 2/],
  ]),
  ["schedules.update without changes", () => app.schedules.update("report.daily"), /update\(\).*undefined/],
  ...bag("schedules.update", (given) => app.schedules.update("report.daily", given), "evry", "every"),
  ["schedules.update with one more", () => app.schedules.update("report.daily", {}, 3), /got 3/],
  [
    "schedules.update of a misspelt one",
    () => app.schedules.update("report.dayly", { every: "1h" }),
    /Did you mean "report\.daily"/,
    "SCHEDULE_NOT_FOUND",
  ],
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
    "defineTask with a typo",
    () => loose(defineTask)({ name: "one", vesion: 2 }),
    /vesion.*Did you mean "version"/,
  ],
  ...["version", "since", "description", "deprecated", "unstable", "retry", "timeout", "ttl", "onExpire"]
    .concat(["priority", "collect", "singleton", "rateLimit", "migrate", "aliases"])
    .map(
      (key): Row => [
        `defineTask with ${key}: null`,
        () => loose(defineTask)({ name: "one", [key]: null }),
        new RegExp(`${key}.*null`),
      ],
    ),
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
  ["TestApp.run an unknown task", () => test.run("nope", 1), /nope/, "HANDLER_MISSING"],
  ["TestApp.run nothing", () => test.run(), /undefined/],
  ["TestApp.run with one more", () => test.run("nope", 1, {}, 4), /run\(\).*got 4/],
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

const contract = defineTask({ name: "cases.one" });

const GENERATED: readonly Row[] = [
  ["bindClient of nothing", () => loose(bindClient)(undefined, []), /createClient\(\).*undefined/],
  ["bindClient of what is no app", () => loose(bindClient)({}, []), /createClient\(\)/],
  ["bindHandlers of null", () => loose(bindHandlers)(null, [], {}), /implementAll\(\).*null/],
  ["bindHandlers without handlers", () => loose(bindHandlers)(app, []), /handlers.*undefined/],
  [
    "bindHandlers with a handler too many",
    () => loose(bindHandlers)(app, [], { emailSend: () => 1 }),
    /emailSend/,
  ],
];

const project = { cwd: "/nowhere" };
const CODEGEN: readonly Row[] = [
  ...Object.entries({ generate, check, diff, syncHandlers }).flatMap(([name, call]) =>
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
const reader = { list: () => undefined };

function plain(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Map);
}

/** Codes of what is refused before anything is looked up. */
const AT_ONCE =
  /^(OPTION_INVALID|NAME_INVALID|DURATION_INVALID|CRON_INVALID|TIME_ZONE_INVALID|HANDLER_MISSING)$/;

const TABLES: Readonly<Record<string, readonly Row[]>> = {
  "the app": APP,
  "a client": CLIENT,
  handles: HANDLES,
  "inspect()": INSPECT,
  deadLetters: DEAD_LETTERS,
  "operations()": OPERATIONS,
  schedules: SCHEDULES,
  workflows: WORKFLOWS,
  contracts: CONTRACTS,
  "memory and the testing kit": KIT,
  "generated code": GENERATED,
  "the generator": CODEGEN,
  "the Redis adapter": REDIS,
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
  const SPARED = [
    "constructor",
    "then",
    "catch",
    "finally",
    "registerGenerated",
    "implementGenerated",
    "copyOnto",
  ].concat(["workedTasks", "clientOf", "askForResult", "stored"]);

  it.each([
    ["app", () => app],
    ["client", () => client],
    ["handle", () => store.job],
    ["workflow", () => store.workflow],
    ["inspect()", () => app.inspect()],
    ["deadLetters", () => app.deadLetters],
    ["operations()", () => app.operations("email.send")],
    ["schedules", () => app.schedules],
    ["test app", () => test],
  ])("has every method of %s", (_, of) => {
    const methods = methodsOf(of()).filter((name) => !SPARED.includes(name));
    expect(methods.length).toBeGreaterThan(3);
    expect(methods.filter((name) => !isTried(name))).toEqual([]);
  });

  /** They do nothing at run time, take anything, or show what the library has made. */
  const SPARED_FUNCTIONS = [
    "into",
    "isContract",
    "migrations",
    "adviceFor",
    "codeFrame",
    "defineConfig",
  ].concat(["describeEdges", "exitCodeFor", "findRule", "formatDiff", "headline", "listRules"]);

  /** What writers of a store build on, like the entry for them: they are given what the port has checked by its types. */
  const OF_STORES = ["findContradictions", "registerConformance"];
  const ENTRY_OF_STORES = /^taskora\/adapter$[\s\S]*?(?=^\S)/m;

  it("has every function that is exported", () => {
    const all = readFileSync("docs/api/public-api.txt", "utf8");
    const api = all.replace(ENTRY_OF_STORES, "");
    expect(api.length).toBeLessThan(all.length);
    const functions = [...api.matchAll(/^ {2}(\w+): function$/gm)].map(([, name]) => String(name));
    const spared = [...SPARED_FUNCTIONS, ...OF_STORES];
    expect(functions).toEqual(expect.arrayContaining(["createTaskora", ...spared]));
    expect(functions.filter((name) => !spared.includes(name) && !isTried(name))).toEqual([]);
  });
});
