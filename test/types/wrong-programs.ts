/** A program that does not compile, and all that the compiler says of it. */
export interface WrongProgram {
  readonly code: string;
  /** The one error, with its lines, of TypeScript 5.9. */
  readonly says: string;
  /** Of TypeScript 7, where it is another. */
  readonly says7?: string;
}

/** What people get wrong, and what they then read. */
export const WRONG_PROGRAMS: Readonly<Record<string, WrongProgram>> = {
  "a payload of the wrong type": {
    code: `client.dispatch({ to: 7, at: "1" });`,
    says: `Type 'number' is not assignable to type 'string'.`,
  },
  "a payload with a missing field": {
    code: `client.dispatch({ to: "a@b.co" });`,
    says: [
      `Argument of type '{ to: string; }' is not assignable to parameter of type '{ to: string; at: string; locale?: "en" | "de" | undefined; }'.`,
      `  Property 'at' is missing in type '{ to: string; }' but required in type '{ to: string; at: string; locale?: "en" | "de" | undefined; }'.`,
    ].join("\n"),
    says7: `Property 'at' is missing in type '{ to: string; }' but required in type '{ to: string; locale?: "de" | "en" | undefined; at: string; }'.`,
  },
  "no payload where the task takes one": {
    code: `client.dispatch();`,
    says: `Expected 1-2 arguments, but got 0.`,
  },
  "a step without its payload": {
    code: `client.step();`,
    says: `Expected 1-2 arguments, but got 0.`,
  },
  "a job that is run without its payload": {
    code: `createTestApp().runJob(client);`,
    says: `Expected 2-3 arguments, but got 1.`,
  },
  "a payload with an unknown field": {
    code: `client.dispatch({ to: "a@b.co", at: "1", subject: "x" });`,
    says: `Object literal may only specify known properties, and 'subject' does not exist in type '{ to: string; at: string; locale?: "en" | "de" | undefined; }'.`,
    says7: `Object literal may only specify known properties, and 'subject' does not exist in type '{ to: string; locale?: "de" | "en" | undefined; at: string; }'.`,
  },
  "a payload in its parsed form": {
    code: `client.dispatch({ to: "a@b.co", at: 1 });`,
    says: `Type 'number' is not assignable to type 'string'.`,
  },
  "an enum value that is none": {
    code: `client.dispatch({ to: "a", at: "1", locale: "fr" });`,
    says: `Type '"fr"' is not assignable to type '"en" | "de" | undefined'.`,
  },
  "a bad item among many": {
    code: `client.dispatchMany([input, { to: 7, at: "1" }]);`,
    says: [
      `Argument of type '({ to: string; at: string; locale?: "en" | "de" | undefined; } | { to: number; at: string; })[]' is not assignable to parameter of type 'Iterable<{ to: string; at: string; locale?: "en" | "de" | undefined; }> | AsyncIterable<{ to: string; at: string; locale?: "en" | "de" | undefined; }>'.`,
      `  Type '({ to: string; at: string; locale?: "en" | "de" | undefined; } | { to: number; at: string; })[]' is not assignable to type 'Iterable<{ to: string; at: string; locale?: "en" | "de" | undefined; }>'.`,
      `    The types returned by '[Symbol.iterator]().next(...)' are incompatible between these types.`,
      `      Type 'IteratorResult<{ to: string; at: string; locale?: "en" | "de" | undefined; } | { to: number; at: string; }, undefined>' is not assignable to type 'IteratorResult<{ to: string; at: string; locale?: "en" | "de" | undefined; }, any>' with 'exactOptionalPropertyTypes: true'. Consider adding 'undefined' to the types of the target's properties.`,
      `        Type 'IteratorYieldResult<{ to: string; at: string; locale?: "en" | "de" | undefined; } | { to: number; at: string; }>' is not assignable to type 'IteratorResult<{ to: string; at: string; locale?: "en" | "de" | undefined; }, any>' with 'exactOptionalPropertyTypes: true'. Consider adding 'undefined' to the types of the target's properties.`,
      `          Type 'IteratorYieldResult<{ to: string; at: string; locale?: "en" | "de" | undefined; } | { to: number; at: string; }>' is not assignable to type 'IteratorYieldResult<{ to: string; at: string; locale?: "en" | "de" | undefined; }>' with 'exactOptionalPropertyTypes: true'. Consider adding 'undefined' to the types of the target's properties.`,
      `            Type '{ to: string; at: string; locale?: "en" | "de" | undefined; } | { to: number; at: string; }' is not assignable to type '{ to: string; at: string; locale?: "en" | "de" | undefined; }'.`,
      `              Type '{ to: number; at: string; }' is not assignable to type '{ to: string; at: string; locale?: "en" | "de" | undefined; }'.`,
      `                Types of property 'to' are incompatible.`,
      `                  Type 'number' is not assignable to type 'string'.`,
    ].join("\n"),
    says7: [
      `Argument of type '({ to: string; locale?: "de" | "en" | undefined; at: string; } | { to: number; at: string; })[]' is not assignable to parameter of type 'AsyncIterable<{ to: string; locale?: "de" | "en" | undefined; at: string; }> | Iterable<{ to: string; locale?: "de" | "en" | undefined; at: string; }>'.`,
      `  Type '({ to: string; locale?: "de" | "en" | undefined; at: string; } | { to: number; at: string; })[]' is not assignable to type 'Iterable<{ to: string; locale?: "de" | "en" | undefined; at: string; }>'.`,
      `    The types returned by '[Symbol.iterator]().next(...)' are incompatible between these types.`,
      `      Type 'IteratorResult<{ to: string; locale?: "de" | "en" | undefined; at: string; } | { to: number; at: string; }, undefined>' is not assignable to type 'IteratorResult<{ to: string; locale?: "de" | "en" | undefined; at: string; }, any>' with 'exactOptionalPropertyTypes: true'. Consider adding 'undefined' to the types of the target's properties.`,
      `        Type 'IteratorYieldResult<{ to: string; locale?: "de" | "en" | undefined; at: string; } | { to: number; at: string; }>' is not assignable to type 'IteratorResult<{ to: string; locale?: "de" | "en" | undefined; at: string; }, any>' with 'exactOptionalPropertyTypes: true'. Consider adding 'undefined' to the types of the target's properties.`,
      `          Type 'IteratorYieldResult<{ to: string; locale?: "de" | "en" | undefined; at: string; } | { to: number; at: string; }>' is not assignable to type 'IteratorYieldResult<{ to: string; locale?: "de" | "en" | undefined; at: string; }>' with 'exactOptionalPropertyTypes: true'. Consider adding 'undefined' to the types of the target's properties.`,
      `            Type '{ to: string; locale?: "de" | "en" | undefined; at: string; } | { to: number; at: string; }' is not assignable to type '{ to: string; locale?: "de" | "en" | undefined; at: string; }'.`,
      `              Type '{ to: number; at: string; }' is not assignable to type '{ to: string; locale?: "de" | "en" | undefined; at: string; }'.`,
      `                Types of property 'to' are incompatible.`,
      `                  Type 'number' is not assignable to type 'string'.`,
    ].join("\n"),
  },
  "a misspelt dispatch option": {
    code: `client.dispatch(input, { dealy: "5s" });`,
    says: `Object literal may only specify known properties, but 'dealy' does not exist in type 'DispatchOptions'. Did you mean to write 'delay'?`,
  },
  "a finished state that should count": {
    code: `client.dispatch(input, { deduplicate: { key: "k", while: ["completed"] } });`,
    says: `Type '"completed"' is not assignable to type '"waiting" | "delayed" | "active" | "retrying"'.`,
  },
  "a debounce without a delay": {
    code: `client.dispatch(input, { debounce: { key: "k" } });`,
    says: `Property 'delay' is missing in type '{ key: string; }' but required in type '{ readonly key: string; readonly delay: Duration; readonly maxWait?: Duration | undefined; }'.`,
  },
  "a throttle without a window": {
    code: `client.dispatch(input, { throttle: { key: "k", limit: 1 } });`,
    says: `Property 'window' is missing in type '{ key: string; limit: number; }' but required in type '{ readonly key: string; readonly limit: number; readonly window: Duration; }'.`,
  },
  "a duration without a unit": {
    code: `client.dispatch(input, { delay: "5" });`,
    says: `Type '"5"' is not assignable to type 'Duration | undefined'.`,
  },
  "a duration with an unknown unit": {
    code: `client.dispatch(input, { ttl: "5 parsecs" });`,
    says: `Type '"5 parsecs"' is not assignable to type 'Duration | undefined'.`,
  },
  "a header that is no text": {
    code: `client.dispatch(input, { headers: { n: 1 } });`,
    says: `Type 'number' is not assignable to type 'string'.`,
  },
  "a field the result does not have": {
    code: `const { id } = await client.dispatch(input).result;`,
    says: `Property 'id' does not exist on type '{ messageId: string; size: number; }'.`,
  },
  "the result of the handler's side": {
    code: `const { size } = await client.dispatch(input).result; size.length;`,
    says: `Property 'length' does not exist on type 'number'.`,
  },
  "a handler that returns the wrong type": {
    code: `taskora.implement(contract, () => ({ messageId: 7, size: "x" }));`,
    says: [
      `Argument of type '() => { messageId: number; size: string; }' is not assignable to parameter of type 'HandlerEntry<{ to: string; locale: "en" | "de"; at: number; }, { messageId: string; size: string; }, never>'.`,
      `  Type '() => { messageId: number; size: string; }' is not assignable to type 'Handler<{ to: string; locale: "en" | "de"; at: number; }, { messageId: string; size: string; }, never>'.`,
      `    Type '{ messageId: number; size: string; }' is not assignable to type '{ messageId: string; size: string; } | Promise<{ messageId: string; size: string; }>'.`,
      `      Type '{ messageId: number; size: string; }' is not assignable to type '{ messageId: string; size: string; }'.`,
      `        Types of property 'messageId' are incompatible.`,
      `          Type 'number' is not assignable to type 'string'.`,
    ].join("\n"),
    says7: [
      `Argument of type '() => { messageId: number; size: string; }' is not assignable to parameter of type 'HandlerEntry<{ to: string; locale: "de" | "en"; at: number; }, { messageId: string; size: string; }, never>'.`,
      `  Type '() => { messageId: number; size: string; }' is not assignable to type 'Handler<{ to: string; locale: "de" | "en"; at: number; }, { messageId: string; size: string; }, never>'.`,
      `    Type '{ messageId: number; size: string; }' is not assignable to type 'Promise<{ messageId: string; size: string; }> | { messageId: string; size: string; }'.`,
      `      Type '{ messageId: number; size: string; }' is not assignable to type '{ messageId: string; size: string; }'.`,
      `        Types of property 'messageId' are incompatible.`,
      `          Type 'number' is not assignable to type 'string'.`,
    ].join("\n"),
  },
  "a handler that returns nothing": {
    code: `taskora.implement(contract, () => undefined);`,
    says: [
      `Argument of type '() => undefined' is not assignable to parameter of type 'HandlerEntry<{ to: string; locale: "en" | "de"; at: number; }, { messageId: string; size: string; }, never>'.`,
      `  Type '() => undefined' is not assignable to type 'Handler<{ to: string; locale: "en" | "de"; at: number; }, { messageId: string; size: string; }, never>'.`,
      `    Type 'undefined' is not assignable to type '{ messageId: string; size: string; } | Promise<{ messageId: string; size: string; }>'.`,
    ].join("\n"),
    says7: [
      `Argument of type '() => undefined' is not assignable to parameter of type 'HandlerEntry<{ to: string; locale: "de" | "en"; at: number; }, { messageId: string; size: string; }, never>'.`,
      `  Type '() => undefined' is not assignable to type 'Handler<{ to: string; locale: "de" | "en"; at: number; }, { messageId: string; size: string; }, never>'.`,
      `    Type 'undefined' is not assignable to type 'Promise<{ messageId: string; size: string; }> | { messageId: string; size: string; }'.`,
    ].join("\n"),
  },
  "a handler that reads an unknown field": {
    code: `taskora.implement(contract, (data) => ({ messageId: data.subject, size: "x" }));`,
    says: `Property 'subject' does not exist on type '{ to: string; locale: "en" | "de"; at: number; }'.`,
  },
  "a handler that is missing": {
    code: `taskora.implement(contract);`,
    says: `Expected 2 arguments, but got 1.`,
  },
  "settings without a handler": {
    code: `taskora.implement(contract, { concurrency: 2 });`,
    says: [
      `Argument of type '{ concurrency: number; }' is not assignable to parameter of type 'HandlerEntry<{ to: string; locale: "en" | "de"; at: number; }, { messageId: string; size: string; }, never>'.`,
      `  Property 'handler' is missing in type '{ concurrency: number; }' but required in type 'HandlerOptions<{ to: string; locale: "en" | "de"; at: number; }, { messageId: string; size: string; }, never>'.`,
    ].join("\n"),
  },
  "a misspelt setting": {
    code: `taskora.implement(contract, { concurency: 2, handler: () => ({ messageId: "", size: "" }) });`,
    says: `Object literal may only specify known properties, and 'concurency' does not exist in type 'HandlerEntry<{ to: string; locale: "en" | "de"; at: number; }, { messageId: string; size: string; }, never>'.`,
  },
  "a misspelt retry option": {
    code: `taskora.task("x", { retry: { atempts: 3 }, handler: () => 1 });`,
    says: `Object literal may only specify known properties, but 'atempts' does not exist in type 'RetryOptions'. Did you mean to write 'attempts'?`,
  },
  "an unknown backoff": {
    code: `taskora.task("x", { retry: { backoff: "quadratic" }, handler: () => 1 });`,
    says: `Type '"quadratic"' is not assignable to type 'Backoff | undefined'.`,
  },
  "an inline handler that returns what its output does not allow": {
    code: `taskora.task("x", { output: z.object({ n: z.number() }), handler: () => ({ n: "1" }) });`,
    says: `Type 'string' is not assignable to type 'number'.`,
  },
  "a misspelt event": {
    code: `taskora.on("complete", () => undefined);`,
    says: `Argument of type '"complete"' is not assignable to parameter of type '"error" | "paused" | "resumed" | "drained" | "*" | keyof JobEvents<Result> | "warning" | "audit"'.`,
  },
  "an app event on a task": {
    code: `client.on("error", () => undefined);`,
    says: `Argument of type '"error"' is not assignable to parameter of type '"paused" | "resumed" | "drained" | "*" | keyof JobEvents<unknown>'.`,
  },
  "an unknown app option": {
    code: `createTaskora({ adapter: memoryAdapter(), adaptor: 1 });`,
    says: `Object literal may only specify known properties, but 'adaptor' does not exist in type 'TaskoraOptions'. Did you mean to write 'adapter'?`,
  },
  "an app without an adapter": {
    code: `createTaskora({});`,
    says: [
      `Argument of type '{}' is not assignable to parameter of type 'TaskoraOptions'.`,
      `  Property 'adapter' is missing in type '{}' but required in type 'TaskoraOptions'.`,
    ].join("\n"),
    says7: `Property 'adapter' is missing in type '{}' but required in type 'TaskoraOptions'.`,
  },
  "an adapter that is a url": {
    code: `createTaskora({ adapter: "redis://localhost" });`,
    says: `Type 'string' is not assignable to type 'Adapter'.`,
  },
  "a contract whose input is no schema": {
    code: `defineTask({ name: "x", input: { to: "string" } });`,
    says: `Object literal may only specify known properties, and 'to' does not exist in type 'StandardSchema<unknown, unknown>'.`,
  },
  "an unknown contract option": {
    code: `defineTask({ name: "x", timout: "5s" });`,
    says: `Object literal may only specify known properties, but 'timout' does not exist in type 'ContractDefinition<"x", undefined, undefined, undefined, undefined>'. Did you mean to write 'timeout'?`,
  },
  "a change of a contract": {
    code: `contract.version = 2;`,
    says: `Cannot assign to 'version' because it is a read-only property.`,
  },
  "a change of a context": {
    code: `taskora.task("x", (_: string, ctx) => { ctx.attempt = 2; });`,
    says: `Cannot assign to 'attempt' because it is a read-only property.`,
  },
  "a schedule whose data does not fit": {
    code: `taskora.schedule("a", { task: client, data: { to: 5, at: "1" }, every: "1h" });`,
    says: `Type 'number' is not assignable to type 'string'.`,
  },
  "a schedule without the data its task needs": {
    code: `taskora.schedule("a", { task: contract, every: "1h" });`,
    says: [
      `Argument of type '{ task: TaskContract<"email.send", z.ZodObject<{ to: z.ZodEmail; locale: z.ZodDefault<z.ZodEnum<{ en: "en"; de: "de"; }>>; at: z.ZodPipe<z.ZodString, z.ZodTransform<number, string>>; }, z.core.$strip>, z.ZodObject<...>, undefined>; every: "1h"; }' is not assignable to parameter of type 'ScheduleOptions<TaskContract<"email.send", ZodObject<{ to: ZodEmail; locale: ZodDefault<ZodEnum<{ en: "en"; de: "de"; }>>; at: ZodPipe<ZodString, ZodTransform<number, string>>; }, $strip>, ZodObject<...>, undefined>>'.`,
      `  Type '{ task: TaskContract<"email.send", z.ZodObject<{ to: z.ZodEmail; locale: z.ZodDefault<z.ZodEnum<{ en: "en"; de: "de"; }>>; at: z.ZodPipe<z.ZodString, z.ZodTransform<number, string>>; }, z.core.$strip>, z.ZodObject<...>, undefined>; every: "1h"; }' is not assignable to type 'EvenSchedule & ScheduleBounds & ScheduleRules & { readonly task: TaskContract<"email.send", ZodObject<{ to: ZodEmail; locale: ZodDefault<ZodEnum<{ en: "en"; de: "de"; }>>; at: ZodPipe<...>; }, $strip>, ZodObject<...>, undefined>; readonly lane?: string | undefined; } & { ...; }'.`,
      `    Property 'data' is missing in type '{ task: TaskContract<"email.send", z.ZodObject<{ to: z.ZodEmail; locale: z.ZodDefault<z.ZodEnum<{ en: "en"; de: "de"; }>>; at: z.ZodPipe<z.ZodString, z.ZodTransform<number, string>>; }, z.core.$strip>, z.ZodObject<...>, undefined>; every: "1h"; }' but required in type '{ readonly data: { to: string; at: string; locale?: "en" | "de" | undefined; }; }'.`,
    ].join("\n"),
    says7: [
      `Argument of type '{ task: TaskContract<"email.send", z.ZodObject<{ to: z.ZodEmail; locale: z.ZodDefault<z.ZodEnum<{ de: "de"; en: "en"; }>>; at: z.ZodPipe<z.ZodString, z.ZodTransform<number, string>>; }, z.core.$strip>, z.ZodObject<...>, undefined>; every: "1h"; }' is not assignable to parameter of type 'ScheduleOptions<TaskContract<"email.send", ZodObject<{ to: ZodEmail; locale: ZodDefault<ZodEnum<{ de: "de"; en: "en"; }>>; at: ZodPipe<ZodString, ZodTransform<number, string>>; }, $strip>, ZodObject<...>, undefined>>'.`,
      `  Type '{ task: TaskContract<"email.send", z.ZodObject<{ to: z.ZodEmail; locale: z.ZodDefault<z.ZodEnum<{ de: "de"; en: "en"; }>>; at: z.ZodPipe<z.ZodString, z.ZodTransform<number, string>>; }, z.core.$strip>, z.ZodObject<...>, undefined>; every: "1h"; }' is not assignable to type 'EvenSchedule & ScheduleBounds & ScheduleRules & { readonly task: TaskContract<"email.send", ZodObject<{ to: ZodEmail; locale: ZodDefault<ZodEnum<{ de: "de"; en: "en"; }>>; at: ZodPipe<...>; }, $strip>, ZodObject<...>, undefined>; readonly lane?: string | undefined; } & { ...; }'.`,
      `    Property 'data' is missing in type '{ task: TaskContract<"email.send", z.ZodObject<{ to: z.ZodEmail; locale: z.ZodDefault<z.ZodEnum<{ de: "de"; en: "en"; }>>; at: z.ZodPipe<z.ZodString, z.ZodTransform<number, string>>; }, z.core.$strip>, z.ZodObject<...>, undefined>; every: "1h"; }' but required in type '{ readonly data: { to: string; locale?: "de" | "en" | undefined; at: string; }; }'.`,
    ].join("\n"),
  },
  "a schedule with two kinds of times": {
    code: `taskora.schedule("a", { task: "x", every: "1h", cron: "* * * * *" });`,
    says: [
      `Argument of type '{ task: "x"; every: "1h"; cron: string; }' is not assignable to parameter of type 'ScheduleOptions<"x">'.`,
      `  Types of property 'cron' are incompatible.`,
      `    Type 'string' is not assignable to type 'EveryOrCron'.`,
    ].join("\n"),
  },
  "a schedule without times": {
    code: `taskora.schedule("a", { task: "x" });`,
    says: [
      `Argument of type '{ task: "x"; }' is not assignable to parameter of type 'ScheduleOptions<"x">'.`,
      `  Type '{ task: "x"; }' is not assignable to type 'EveryOrCron & ScheduleBounds & ScheduleRules & { readonly task: "x"; readonly lane?: string | undefined; } & { readonly data?: unknown; }'.`,
      `    Property '[everyOrCron]' is missing in type '{ task: "x"; }' but required in type 'EveryOrCron'.`,
    ].join("\n"),
  },
  "the jobs of a batch where nothing is collected": {
    code: `taskora.implement(contract, (data, ctx) => ({ messageId: ctx.items[0].id, size: "" }));`,
    says: `Property 'items' does not exist on type 'JobContext<never>'.`,
  },
  "an unknown policy for missed slots": {
    code: `taskora.schedule("a", { task: "x", every: "1h", onMissed: "later" });`,
    says: `Type '"later"' is not assignable to type 'MissedPolicy | undefined'.`,
  },
  "a schedule of a task whose data does not fit": {
    code: `taskora.task("e", { input: z.object({ n: z.number() }), handler: () => 1, schedule: { every: "1h", data: { n: "1" } } });`,
    says: `Type 'string' is not assignable to type 'number'.`,
  },
  "a cancel without its field": {
    code: `await (await client.dispatch(input)).cancel({ why: "x" });`,
    says: `Object literal may only specify known properties, and 'why' does not exist in type 'ChangeOptions'.`,
  },
  "a misspelt field of a payload": {
    code: `client.dispatch({ to: "a@b.co", at: "1", lcale: "de" });`,
    says: `Object literal may only specify known properties, but 'lcale' does not exist in type '{ to: string; at: string; locale?: "en" | "de" | undefined; }'. Did you mean to write 'locale'?`,
    says7: `Object literal may only specify known properties, but 'lcale' does not exist in type '{ to: string; locale?: "de" | "en" | undefined; at: string; }'. Did you mean to write 'locale'?`,
  },
  "a field that is missing inside": {
    code: `taskora.register(defineTask({ name: "n", input: z.object({ address: z.object({ street: z.string(), zip: z.string() }) }) })).dispatch({ address: { street: "x" } });`,
    says: `Property 'zip' is missing in type '{ street: string; }' but required in type '{ street: string; zip: string; }'.`,
  },
  "a duration in words": {
    code: `client.dispatch(input, { delay: "1 minute" });`,
    says: `Type '"1 minute"' is not assignable to type 'Duration | undefined'.`,
  },
  "a state that is none": {
    code: `taskora.jobs.list({ state: "complete" });`,
    says: `Type '"complete"' is not assignable to type '"waiting" | "delayed" | "active" | "completed" | "failed" | "retrying" | "cancelled" | "expired" | readonly ("waiting" | "delayed" | "active" | "completed" | "failed" | "retrying" | "cancelled" | "expired")[] | undefined'. Did you mean '"completed"'?`,
  },
  "two texts for a job": {
    code: `taskora.jobs.retry("email.send", "1");`,
    says: [
      `No overload matches this call.`,
      `  Overload 1 of 2, '(ref: JobRef, change?: ChangeOptions | undefined): Promise<RetryResult<unknown, unknown, unknown>>', gave the following error.`,
      `    Argument of type 'string' is not assignable to parameter of type 'JobRef'.`,
      `  Overload 2 of 2, '(ref: JobRef, change?: ChangeOptions | undefined): Promise<RetryResult<unknown>>', gave the following error.`,
      `    Argument of type 'string' is not assignable to parameter of type 'JobRef'.`,
    ].join("\n"),
    says7: [
      `No overload matches this call.`,
      `  The last overload gave the following error.`,
      `    Argument of type 'string' is not assignable to parameter of type 'JobRef'.`,
    ].join("\n"),
  },
  "a text for a job": {
    code: `taskora.jobs.get("1");`,
    says: `Argument of type 'string' is not assignable to parameter of type '{ readonly task?: (string & {}) | undefined; readonly id: string; }'.`,
  },
  "a text for the tasks that are counted": {
    code: `taskora.jobs.count("email.send");`,
    says: `Type '"email.send"' has no properties in common with type 'Pick<JobListQuery<TaskRef>, "task" | "lane">'.`,
  },
  "a bulk change of what nothing names": {
    code: `taskora.jobs.removeAll();`,
    says: `Expected 1 arguments, but got 0.`,
  },
  "an inline handler that returns what its output does not allow, later": {
    code: `taskora.task("x", { output: z.object({ n: z.number() }), handler: async () => ({ n: "1" }) });`,
    says: [
      `Type 'Promise<{ n: string; }>' is not assignable to type '{ n: number; } | Promise<{ n: number; }>'.`,
      `  Type 'Promise<{ n: string; }>' is not assignable to type 'Promise<{ n: number; }>'.`,
      `    Type '{ n: string; }' is not assignable to type '{ n: number; }'.`,
      `      Types of property 'n' are incompatible.`,
      `        Type 'string' is not assignable to type 'number'.`,
    ].join("\n"),
    says7: [
      `Type 'Promise<{ n: string; }>' is not assignable to type 'Promise<{ n: number; }> | { n: number; }'.`,
      `  Type 'Promise<{ n: string; }>' is not assignable to type 'Promise<{ n: number; }>'.`,
      `    Type '{ n: string; }' is not assignable to type '{ n: number; }'.`,
      `      Types of property 'n' are incompatible.`,
      `        Type 'string' is not assignable to type 'number'.`,
    ].join("\n"),
  },
  "an inline handler whose parameter does not fit its input": {
    code: `taskora.task("x", { input: z.object({ n: z.number() }), handler: (data: { n: string }) => data.n });`,
    says: [
      `Type '(data: { n: string; }) => string' is not assignable to type '(data: { n: number; }, ctx: JobContext<never>) => string | Promise<string>'.`,
      `  Types of parameters 'data' and 'data' are incompatible.`,
      `    Type '{ n: number; }' is not assignable to type '{ n: string; }'.`,
      `      Types of property 'n' are incompatible.`,
      `        Type 'number' is not assignable to type 'string'.`,
    ].join("\n"),
  },
  "an inline handler that reads an unknown field": {
    code: `taskora.task("x", { input: z.object({ n: z.number() }), handler: ({ m }) => m });`,
    says: `Property 'm' does not exist on type '{ n: number; }'.`,
  },
  "data that does not fit an inline handler with options": {
    code: `taskora.task("x", { handler: (n: number) => n }).dispatch("1");`,
    says: `Argument of type 'string' is not assignable to parameter of type 'number'.`,
  },
  "an inline task with a misspelt setting": {
    code: `taskora.task("x", { input: z.object({ n: z.number() }), concurency: 2, handler: ({ n }) => n });`,
    says: `Object literal may only specify known properties, and 'concurency' does not exist in type 'Handler<unknown, number> | InlineTaskOptions<unknown, number, ZodObject<{ n: ZodNumber; }, $strip>, undefined, undefined, undefined>'.`,
  },
  "an inline task without a handler": {
    code: `taskora.task("x", { concurrency: 2 });`,
    says: [
      `Argument of type '{ concurrency: number; }' is not assignable to parameter of type 'Handler<unknown, unknown> | InlineTaskOptions<unknown, unknown, undefined, undefined, undefined, undefined>'.`,
      `  Property 'handler' is missing in type '{ concurrency: number; }' but required in type 'InlineTaskOptions<unknown, unknown, undefined, undefined, undefined, undefined>'.`,
    ].join("\n"),
  },
  "an inline task with a setting of the wrong type": {
    code: `taskora.task("x", { concurrency: "2", handler: () => 1 });`,
    says: `Type 'string' is not assignable to type 'number'.`,
  },
  "the jobs of a batch in an inline task that collects nothing": {
    code: `taskora.task("x", { handler: (n: string, ctx) => ctx.items });`,
    says: `Property 'items' does not exist on type 'JobContext<never>'.`,
  },
  "a batch that is taken for one of its payloads": {
    code: `taskora.task("x", { input: z.object({ n: z.number() }), collect: { delay: "1s" }, handler: (item) => item.n });`,
    says: `Property 'n' does not exist on type 'readonly { n: number; }[]'.`,
  },
  "a message where nothing is emitted": {
    code: `taskora.task("x", { handler: (_, ctx) => ctx.emit(5) });`,
    says: `Argument of type '5' is not assignable to parameter of type 'never'.`,
  },
  "a message of the wrong type": {
    code: `taskora.task("x", { emits: z.string(), handler: (_, ctx) => ctx.emit(5) });`,
    says: `Argument of type 'number' is not assignable to parameter of type 'string'.`,
  },
  "a schedule with two kinds of times, of an inline task": {
    code: `taskora.task("e", { handler: () => 1, schedule: { every: "1h", cron: "* * * * *" } });`,
    says: `Type 'string' is not assignable to type 'EveryOrCron'.`,
  },
  "a schedule without times, at run time": {
    code: `taskora.schedules.upsert("a", { task: "x" });`,
    says: [
      `Argument of type '{ task: "x"; }' is not assignable to parameter of type 'ScheduleOptions<"x"> & ChangeOptions'.`,
      `  Type '{ task: "x"; }' is not assignable to type 'EveryOrCron & ScheduleBounds & ScheduleRules & { readonly task: "x"; readonly lane?: string | undefined; } & { readonly data?: unknown; } & ChangeOptions'.`,
      `    Property '[everyOrCron]' is missing in type '{ task: "x"; }' but required in type 'EveryOrCron'.`,
    ].join("\n"),
  },
  "a time zone beside every": {
    code: `taskora.schedule("a", { task: "x", every: "1h", timezone: "UTC" });`,
    says: [
      `Argument of type '{ task: "x"; every: "1h"; timezone: string; }' is not assignable to parameter of type 'ScheduleOptions<"x">'.`,
      `  Types of property 'timezone' are incompatible.`,
      `    Type 'string' is not assignable to type 'EveryOrCron'.`,
    ].join("\n"),
  },
  "a misspelt option of a schedule": {
    code: `taskora.schedule("a", { task: "x", evry: "1h" });`,
    says: `Object literal may only specify known properties, but 'evry' does not exist in type 'ScheduleOptions<"x">'. Did you mean to write 'every'?`,
  },
};
