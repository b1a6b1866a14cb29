import { describe, expect, it } from "vitest";
import { diagnose } from "./snippets.js";

const HEAD = `
import { createTaskora, type JobDetails, type JobHandle, type KeyHandle, type TaskData, type TaskName, type TaskResult } from "taskora";
import { memoryAdapter } from "taskora/memory";

declare module "taskora" {
  interface Register {
    readonly "email.send": { readonly data: { to: string }; readonly result: { messageId: string } };
  }
}
declare module "taskora" {
  interface Register {
    readonly "report.make": { readonly data: { day: string }; readonly result: number };
  }
}

const app = createTaskora({ adapter: memoryAdapter() });
declare const given: string;
/** Compiles only for exactly the same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>) => undefined;
`;

const COMPILES: Readonly<Record<string, string>> = {
  "names of tasks, registered or not": `
    const names: TaskName[] = ["email.send", "report.make", "other", given];
    same<TaskData<"email.send">, { to: string }>(true);
    same<TaskResult<"other">, unknown>(true);
    void names;`,
  "a job that is read, with its data and result": `
    const job = await app.jobs.get({ task: "email.send", id: "1" });
    const data = job?.data;
    same<typeof data, { to: string } | undefined>(true);
    job?.result?.messageId satisfies string | undefined;
    const other = await app.jobs.get({ task: given, id: "1" });
    other?.data satisfies unknown;
    (await app.jobs.get({ id: "1" }))?.data satisfies unknown;`,
  "jobs that are listed, of a task and of some": `
    const { items } = await app.jobs.list({ task: "email.send", where: (job) => job.data?.to === "a@b.co" });
    items.map((job) => job.data?.to satisfies string | undefined);
    for await (const job of app.jobs.list({ task: ["email.send", "report.make"] }))
      job.data satisfies { to: string } | { day: string } | undefined;
    await app.jobs.list({ task: given, where: (job) => job.data === 1 });
    await app.jobs.retryAll({ task: "email.send", where: (job) => job.data?.to !== undefined });`,
  "handles, with their results": `
    app.jobs.handle({ task: "email.send", id: "1" }) satisfies JobHandle<{ messageId: string }>;
    const unregistered = app.jobs.handle({ task: given, id: "1" });
    same<typeof unregistered, JobHandle<unknown>>(true);
    app.jobs.handle<string>({ task: "other", id: "1" }) satisfies JobHandle<string>;
    app.jobs.byKey({ task: "report.make", key: "k" }) satisfies KeyHandle<number>;
    const retried = await app.jobs.retry({ task: "report.make", id: "1" });
    if (retried.status === "applied") (await retried.job.result) satisfies number;
    const details = await app.jobs.handle({ task: "email.send", id: "1" }).get();
    same<typeof details, JobDetails<{ to: string }, { messageId: string }> | undefined>(true);
    const held = await app.jobs.byKey({ task: "report.make", key: "k" }).get();
    same<typeof held, JobDetails<{ day: string }, number> | undefined>(true);
    (await (await app.jobs.byKey({ task: "report.make", key: "k" }).holder())?.get())?.data?.day satisfies string | undefined;
    if (retried.status === "applied") (await retried.job.get())?.data?.day satisfies string | undefined;
    const other = await unregistered.get();
    same<typeof other, JobDetails | undefined>(true);
    const collected = await app.tasks.handle("email.send").getCollected();
    collected?.items[0]?.to satisfies string | undefined;`,
  "schedules, with their data": `
    const handle = await app.schedules.upsert("daily", { every: "1d", task: "email.send", data: { to: "a@b.co" } });
    const triggered = await handle.trigger();
    if (triggered.status === "applied") (await triggered.job.result) satisfies { messageId: string };
    app.schedule("other", { every: "1d", task: "other", data: 5 });
    app.schedule("given", { every: "1d", task: given });`,
  "events of a task, with their results": `
    app.on("completed", ({ result }) => result.messageId satisfies string, { task: "email.send" });
    app.on("completed", ({ result }) => result satisfies unknown, { task: given });
    app.on("completed", ({ result }) => result satisfies unknown);
    (await app.once("completed", { task: "report.make" })).result satisfies number;`,
};

const FAILS: Readonly<Record<string, readonly [code: string, message: string]>> = {
  "data of a schedule that does not fit the name": [
    `app.schedule("a", { every: "1d", task: "email.send", data: { day: "1" } });`,
    "Object literal may only specify known properties, and 'day' does not exist in type '{ to: string; }'.",
  ],
  "a schedule without data by a name that takes some": [
    `await app.schedules.upsert("a", { every: "1d", task: "email.send" });`,
    [
      `Argument of type '{ every: "1d"; task: "email.send"; }' is not assignable to parameter of type 'ScheduleOptions<"email.send"> & ChangeOptions'.`,
      `  Type '{ every: "1d"; task: "email.send"; }' is not assignable to type 'EvenSchedule & ScheduleBounds & ScheduleRules & { readonly task: "email.send"; readonly lane?: string | undefined; } & { readonly data: { to: string; }; } & ChangeOptions'.`,
      `    Property 'data' is missing in type '{ every: "1d"; task: "email.send"; }' but required in type '{ readonly data: { to: string; }; }'.`,
    ].join("\n"),
  ],
  "a field that the data of a name does not have": [
    `(await app.jobs.get({ task: "email.send", id: "1" }))?.data?.subject;`,
    "Property 'subject' does not exist on type '{ to: string; }'.",
  ],
};

describe("registered tasks", () => {
  const keyOf = (name: string) => `register-${name.replace(/\W+/g, "-")}`;
  const all = [...Object.entries(COMPILES), ...Object.entries(FAILS).map(([name, [code]]) => [name, code])];
  const registered = HEAD.slice(HEAD.indexOf("declare module"), HEAD.indexOf("const app"));
  const snippets = all.map(([name = "", code = ""]) => {
    return [keyOf(name), `${HEAD.replace(registered, "")}${code}\nexport {};`] as const;
  });
  const found = diagnose(new Map([["register", `import "taskora";\n${registered}`], ...snippets]));

  it("come from several declarations of one program", () => {
    expect(found.get("register")).toEqual([]);
  });

  it.each(Object.keys(COMPILES))("type %s", (name) => {
    expect(found.get(keyOf(name))).toEqual([]);
  });

  it.each(Object.entries(FAILS))("refuse %s", (name, [, message]) => {
    expect(found.get(keyOf(name))).toEqual([message]);
  });
});
