import { describe, expect, it } from "vitest";
import { HEAD } from "./program-head.js";
import { diagnose, diagnoseWith, sortUnions } from "./snippets.js";
import { WRONG_PROGRAMS } from "./wrong-programs.js";

const COMPILES: Readonly<Record<string, string>> = {
  "the four types of a contract": `
    same<ContractInput<typeof contract>, { to: string; at: string; locale?: "en" | "de" | undefined }>(true);
    same<ContractPayload<typeof contract>, { to: string; locale: "en" | "de"; at: number }>(true);
    same<ContractReturn<typeof contract>, { messageId: string; size: string }>(true);
    same<ContractResult<typeof contract>, { messageId: string; size: number }>(true);`,
  "a dispatch and its result": `
    const job = client.dispatch({ to: "a@b.co", at: "1" }, { delay: "5s", priority: 3, headers: { a: "b" } });
    same<Awaited<typeof job.result>, { messageId: string; size: number }>(true);
    const stored: JobHandle<{ messageId: string; size: number }> = await job;
    same<Awaited<ReturnType<typeof stored.waitFor>>, { messageId: string; size: number }>(true);`,
  "a job that is read again, with its data and result": `
    const read = await client.job("1").get();
    same<typeof read, JobDetails<ContractInput<typeof contract>, { messageId: string; size: number }> | undefined>(true);
    const held = await client.byKey("k").get();
    same<typeof held, typeof read>(true);
    const size = (await (await client.dispatch(input)).get())?.result?.size;
    same<typeof size, number | undefined>(true);`,
  "a dispatch with keys": `
    const job = await client.dispatch(input, {
      deduplicate: { key: "k", while: ["waiting", "delayed"] },
      idempotency: { key: "k", window: "7d" },
      throttle: { key: "k", limit: 5, window: "1m" },
      onDuplicate: "join",
    });
    same<typeof job.isDuplicate, boolean>(true);
    client.dispatch(input, { debounce: { key: "k", delay: "1s", maxWait: "1m" } });`,
  "paths of keys in a contract": `
    type Order = { id: number; at: { city?: { zip: string } | null }; items: { sku: string }[]; tags: Record<string, string>; any: unknown };
    same<Known<PayloadPath<Order>>, "id" | "at.city.zip" | \`items.\${number}.sku\` | \`tags.\${string}\` | "any" | \`any.\${string}\`>(true);
    same<PayloadPath<unknown>, string>(true);
    type Tree = { name: string; left?: Tree };
    same<"left.left.name" extends Known<PayloadPath<Tree>> ? true : false, true>(true);
    const order = z.object({ id: z.number(), customer: z.object({ id: z.string() }) });
    const keyed = defineTask({
      name: "order.pack", input: order,
      group: { by: "customer.id", weight: 2 }, deduplicate: { by: "id", while: ["waiting"] },
      rateLimit: { limit: 1, window: "1s", by: "customer.id" }, globalConcurrency: { limit: 1, by: "id" },
    });
    defineTask({ ...keyed, version: 2, input: z.object({ other: z.string() }) });
    const made = <Input extends z.ZodObject>(input: Input) => defineTask({ name: "made", input, deduplicate: { by: "id" } });
    taskora.implement(made(order), ({ id }) => void (id satisfies number));
    taskora.task("inline.keyed", { input: order, group: { by: "customer.id" }, handler: ({ customer }) => customer.id });
    taskora.task("bare.keyed", { group: { by: "id" }, handler: (data: { id: number }) => data.id });`,
  "a dispatch of many from both kinds of iterable": `
    async function* items() { yield input; }
    await client.dispatchMany([input], { ttl: "1h" });
    await client.dispatchMany(items(), (data, index) => ({ priority: index, headers: { to: data.to } }));`,
  "a handler of a task that collects": `
    const summed = defineTask({ name: "sum", input: z.object({ n: z.string().transform(Number) }), collect: { delay: "1s" } });
    same<ContractPayload<typeof summed>, readonly { n: number }[]>(true);
    taskora.implement(summed, (items) => items.reduce((sum, { n }) => sum + n, 0));
    taskora.task("sum.inline", {
      input: z.object({ n: z.number() }),
      collect: { delay: "1s" },
      handler: (items, ctx) => items.length + ctx.items.length,
      onCancel: ({ n }) => void (n satisfies number),
    });
    const bare = taskora.task("sum.bare", {
      collect: { delay: "1s" },
      handler: (items: readonly { n: number }[], ctx) => ctx.items.map((item, index) => [item.id, items[index]?.n] as const),
      onFailed: (item) => void (item?.n satisfies number | undefined),
    });
    const pairs = await bare.dispatch({ n: 1 }).result;
    same<typeof pairs, (readonly [string, number | undefined])[]>(true);
    taskora.task("sum.any", { collect: { delay: "1s" }, handler: (items, ctx) => items.length + ctx.items.length }).dispatch("any");
    taskora.implement(summed, { handler: (items, ctx) => [items.length, ctx.items.length], onCancel: ({ n }) => void n });
    taskora.use(async (ctx, next) => { if (ctx.items === undefined) await next(); });
    const handler: BatchHandler<{ n: number }> = (items, ctx) => items.length + ctx.items.length;
    taskora.implement(summed, handler);`,
  "a handler that sees parsed data and may return before the transform": `
    taskora.implement(contract, (data, ctx) => {
      same<typeof data, { to: string; locale: "en" | "de"; at: number }>(true);
      same<typeof ctx.attempt, number>(true);
      same<typeof ctx.signal, AbortSignal>(true);
      return { messageId: "m", size: "abc" };
    });`,
  "a handler with settings": `
    taskora.implement(contract, {
      concurrency: 5, timeout: "30s", lease: 7000, stallLimit: 1, grace: "1s",
      retry: { attempts: 3, backoff: (attempt) => attempt * 10, jitter: 0.5, retryOn: [Temporary, "ECONNRESET", (error) => error.message === ""] },
      middleware: [async (ctx, next) => { ctx.data = 1; await next(); ctx.result = 2; }],
      onCancel: async (data, ctx) => { data.to.toUpperCase(); ctx.log.info("bye", { id: ctx.id }); },
      handler: async () => ({ messageId: "m", size: "abc" }),
    });`,
  "an inline task with and without schemas": `
    const sum = taskora.task("sum", { input: z.object({ n: z.number() }), handler: ({ n }) => n + 1 });
    sum.dispatch({ n: 1 });
    const bare = taskora.task("bare", (data: { n: number }) => ({ double: data.n * 2 }));
    const double = await bare.dispatch({ n: 1 }).result;
    same<typeof double, { double: number }>(true);
    const options = taskora.task("options", { retry: { attempts: 2 }, handler: async (n: number, ctx) => ({ n, id: ctx.id }) });
    const result = await options.dispatch(1).result;
    same<typeof result, { n: number; id: string }>(true);
    const given = taskora.task("given", { input: z.string().transform(Number), handler: (n) => [n] });
    const list = await given.dispatch("1").result;
    same<typeof list, number[]>(true);
    const checked = taskora.task("checked", { output: z.string().transform(Number), handler: (text: string) => text });
    const length = await checked.dispatch("1").result;
    same<typeof length, number>(true);
    taskora.task("said", { emits: z.number(), handler: (n: number, ctx) => ctx.emit(n), schedule: { every: "1h", data: 1 } });`,
  "events that narrow by their type, and warnings and errors by their code": `
    client.on("completed", ({ result }) => same<typeof result, { messageId: string; size: number }>(true));
    client.on("*", (event) => {
      if (event.type === "completed") same<typeof event.result, { messageId: string; size: number }>(true);
      if (event.type === "failed") event.error.message.toUpperCase();
      if (event.type === "drained") same<typeof event.count, number>(true);
    });
    taskora.on("log", ({ line, worker }) => void [line.message, worker.length], { task: client });
    taskora.on("*", (event) => {
      if (event.type === "warning" && event.code === "LEASE_LOST") same<typeof event.jobId, string>(true);
      if (event.type === "error" && event.code === "STORE_FULL") event.error.retryable satisfies boolean;
      if (event.type === "error" && event.code === "LISTENER_FAILED") same<typeof event.error, unknown>(true);
      if (event.type === "audit") same<typeof event.status, "applied" | "requested">(true);
    });
    const failed = await taskora.once("failed", { task: "email.send", signal: AbortSignal.timeout(10) });
    same<typeof failed.error.message, string>(true);
    const about = (event: JobEvent): string => event.id;`,
  "a task without an input, dispatched with anything": `
    taskora.register(defineTask({ name: "any" })).dispatch({ any: ["thing"] });`,
  "no data where a task takes none, and any where it has no input": `
    const any = taskora.register(defineTask({ name: "any" }));
    const bare = taskora.task("bare", (_, ctx) => ctx.attempt);
    const maybe = taskora.register(defineTask({ name: "maybe", input: z.string().optional() }));
    const nothing = taskora.register(defineTask({ name: "nothing", input: z.void() }));
    const attempt = await bare.dispatch().result;
    same<typeof attempt, number>(true);
    void [any.dispatch(), maybe.dispatch(), maybe.dispatch("text", { delay: "1s" }), nothing.dispatch(), any.step()];
    void any.dispatch({ given: 1 } as unknown, { priority: 1 });
    const mixed: readonly TaskClient[] = [client, any, bare, maybe, nothing];
    const pass = <Input>(to: TaskClient<Input>, data: Input) => to.dispatch(data);
    void [mixed, pass(client, input), pass(any, 1), pass(bare, undefined)];
    const test = createTestApp({ from: taskora });
    const tried = await test.runJob(bare);
    same<typeof tried, number>(true);
    void [test.runJob(any), test.runJob("any"), test.runJob(contract, input), test.runJob(client, input, { delay: 1 })];`,
  "events with their results": `
    const stop: () => void = taskora.on("failed", ({ error, attempt }) => void [error.message, attempt]);
    taskora.on("error", ({ code, error }) => void [code.length, error]);
    taskora.on("warning", ({ message }) => void message.length);`,
  "leaving a handler by retry and snooze": `
    taskora.task("leave", (_: string, ctx): number => {
      if (ctx.attempt === 1) ctx.retry({ delay: "1s", reason: "later" });
      if (ctx.attempt === 2) return ctx.snooze("1h");
      return 1;
    });`,
  "an app used for a block": `
    await using app = createTaskora({ adapter: memoryAdapter(), logger: console, defaults: { retry: { attempts: 2 } } });
    await app.start();`,
  "schedules of a client, a contract and a name": `
    taskora.schedule("a", { task: client, data: { to: "a@b.co", at: "1" }, every: "1h" });
    taskora.schedule("b", { task: contract, data: input, cron: "0 9 * * *", timezone: "Europe/Berlin", onMissed: { limit: 5 } });
    taskora.schedule("c", { task: "email.send", data: 5, every: 1000, overlap: "skip", jitter: "1m" });
    taskora.schedule("d", { task: taskora.task("bare", () => 1), every: "1h", onMissed: "catch-up" });
    taskora.task("e", { input: z.object({ n: z.number() }), handler: () => 1, schedule: [{ every: "1h", data: { n: 1 } }] });
    const triggered = await taskora.schedules.trigger<{ size: number }>("a");
    if (triggered.status === "applied") same<Awaited<typeof triggered.job.result>, { size: number }>(true);
    const handle = taskora.schedule("f", { task: taskora.task("five", () => 5), every: "1h" });
    const fired = await handle.trigger();
    if (fired.status === "applied") same<Awaited<typeof fired.job.result>, number>(true);
    void (await taskora.schedules.upsert("g", { task: client, data: { to: "a@b.co", at: "1" }, every: "1h" })).pause();`,
  "branching on an error's code": `
    import { TaskoraError, JobFailedError, ValidationError } from "taskora";
    try { await client.dispatch(input).result; } catch (error) {
      if (error instanceof JobFailedError) void [error.attempt, error.cause];
      if (error instanceof ValidationError) void error.issues[0]?.path;
      if (error instanceof TaskoraError && error.code === "JOB_EXPIRED") void error.retryable;
    }`,
};

describe("the public types", () => {
  const all = new Map<string, string>();
  const keyOf = (name: string) => name.replace(/\W+/g, "-");
  for (const [name, code] of Object.entries(COMPILES)) all.set(keyOf(name), `${HEAD}${code}\nexport {};`);
  const wrong = new Map(
    Object.entries(WRONG_PROGRAMS).map(([name, { code }]) => [keyOf(name), `${HEAD}${code}\nexport {};`]),
  );
  const found = diagnose(new Map([...all, ...wrong]));

  it.each(Object.keys(COMPILES))("accept %s", (name) => {
    expect(found.get(keyOf(name))).toEqual([]);
  });

  it.each(Object.entries(WRONG_PROGRAMS))("refuse %s, in these words", (name, { says }) => {
    expect(found.get(keyOf(name))?.map(sortUnions)).toEqual([sortUnions(says)]);
  });

  it("refuse all of it in the words of TypeScript 7 too", async () => {
    const said = await diagnoseWith("typescript-7.0", wrong);
    for (const [name, { says, says7 = says }] of Object.entries(WRONG_PROGRAMS))
      expect.soft(said.get(keyOf(name))?.map(sortUnions), name).toEqual([sortUnions(says7)]);
  }, 120_000);
});
