import { ValidationError } from "taskora";
import { expect, it } from "vitest";
import * as z from "zod";
import { describeBehaviour } from "../../support/behaviour.js";
import { Collected, rejection } from "../../support/signals.js";

const contract = { name: "user.greet", version: 1, input: z.object({ name: z.string() }) };
const bad = { name: 7 } as unknown as { name: string };

describeBehaviour("a dispatch", ({ app, world }) => {
  it("has its id, task and state at once, in time order", async () => {
    const greet = app().register(contract);
    const first = greet.dispatch({ name: "a" });
    const second = greet.dispatch({ name: "b" });
    expect(first.id).toMatch(/^[-\w]{14}$/);
    expect(second.id > first.id).toBe(true);
    expect(first.task).toBe("user.greet");
    expect(await first.getState()).toBe("waiting");
  });

  it("resolves to a handle that is no thenable, so that an async function can return it", async () => {
    const greet = app().register(contract);
    const send = async () => greet.dispatch({ name: "a" });
    const handle = await send();
    expect("then" in handle).toBe(false);
    expect(handle.id).toMatch(/^[-\w]{14}$/);
    expect(await handle.getState()).toBe("waiting");
  });

  it("works with then, catch, finally and the promise combinators", async () => {
    const greet = app().register(contract);
    let ended = 0;
    const job = greet.dispatch({ name: "a" });
    expect(await job.then((handle) => handle.id)).toBe(job.id);
    expect((await job.finally(() => ended++)).id).toBe(job.id);
    expect(ended).toBe(1);
    const [one, two] = await Promise.all([greet.dispatch({ name: "b" }), greet.dispatch({ name: "c" })]);
    expect(one.id < two.id).toBe(true);
    expect(await greet.dispatch(bad).catch((error: Error) => error.name)).toBe("ValidationError");
    expect(Object.prototype.toString.call(job)).toBe("[object PendingJob]");
  });

  it("rejects an invalid payload and reports nothing when it is awaited", async () => {
    const greet = app().register(contract);
    const error = await rejection(greet.dispatch(bad));
    expect(error).toBeInstanceOf(ValidationError);
    expect(error).toMatchObject({ side: "input", task: "user.greet", issues: [{ path: ["name"] }] });
    expect(error.message).toContain("Send what the contract declares");
    await new Promise((resolve) => setImmediate(resolve));
    expect(world().errors).toEqual([]);
  });

  it("rejects the result of a job that could not be stored", async () => {
    const greet = app().register(contract);
    const job = greet.dispatch(bad);
    const { result } = job;
    expect(await rejection(result)).toBeInstanceOf(ValidationError);
    expect(await rejection(job.getState())).toBeInstanceOf(ValidationError);
    expect(await rejection(job.cancel())).toBeInstanceOf(ValidationError);
    expect(world().errors).toEqual([]);
  });

  it("tells the error event of a failure nobody looked at, and never crashes the process", async () => {
    const crashes: unknown[] = [];
    const onCrash = (reason: unknown) => crashes.push(reason);
    process.on("unhandledRejection", onCrash);
    const tasks = app();
    const told = new Collected<{ code: string; task?: string; jobId?: string }>();
    tasks.on("error", told.push);
    const { id } = tasks.register(contract).dispatch(bad);
    const [event] = await told.reach(1);
    expect(event).toMatchObject({ code: "VALIDATION_FAILED", task: "user.greet", jobId: id });
    expect(world().takeErrorCodes()).toEqual(["VALIDATION_FAILED"]);
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", onCrash);
    expect(crashes).toEqual([]);
  });

  it("tells the logger when nobody listens to the error event", async () => {
    const lines = new Collected<string>();
    const logger = { info: lines.push, warn: lines.push, error: lines.push };
    const { createTaskora } = await import("taskora");
    const tasks = createTaskora({ adapter: world().adapter(), logger });
    tasks.register(contract).dispatch(bad);
    expect((await lines.reach(1))[0]).toContain("does not fit the input schema of user.greet");
    await tasks.close();
  });

  it("does not crash when a failed promise is kept and looked at later", async () => {
    const greet = app().register(contract);
    const jobs = [greet.dispatch(bad), greet.dispatch({ name: "fine" })] as const;
    const outcomes = await Promise.allSettled(jobs);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
  });

  it("sends the parsed value: defaults filled in, unknown keys gone", async () => {
    const tasks = app();
    const input = z.object({ to: z.string().trim(), locale: z.enum(["en", "de"]).default("en") });
    const mail = tasks.register({ name: "mail", version: 1, input });
    const job = mail.dispatch({ to: " a ", extra: true } as never);
    await job;
    expect((await tasks.jobs.get({ id: job.id }))?.data).toEqual({ to: "a", locale: "en" });
  });

  it("leaves a one-way transform to the worker", async () => {
    const tasks = app();
    const input = z.object({ n: z.string().transform(Number) });
    const seen: unknown[] = [];
    const sum = tasks.task("sum", { input, handler: ({ n }) => void seen.push(n) });
    await tasks.start();
    await sum.dispatch({ n: "41" }).result;
    expect(seen).toEqual([41]);
  });

  it("skips its own check on request, and the worker still checks", async () => {
    const tasks = app();
    const greet = tasks.task("user.greet", { input: contract.input, handler: () => "never" });
    await tasks.start();
    const job = greet.dispatch(bad, { validateOnDispatch: false });
    const error = await rejection(job.result);
    expect(error).toMatchObject({ code: "JOB_FAILED", attempt: 1, cause: { name: "ValidationError" } });
  });

  it("does not check at all when the app says so", async () => {
    const tasks = app({ validateOnDispatch: false });
    const job = await tasks.register(contract).dispatch(bad);
    expect(await job.getState()).toBe("waiting");
  });

  it("keeps the order of jobs whose schema is asynchronous", async () => {
    const tasks = app();
    const slow = z.object({ n: z.number() }).refine(async ({ n }) => {
      await new Promise((resolve) => setTimeout(resolve, n % 2 === 0 ? 3 : 0));
      return n !== 3;
    });
    const count = tasks.register({ name: "count", version: 1, input: slow });
    const jobs = [0, 1, 2, 3, 4, 5].map((n) => count.dispatch({ n }));
    const settled = await Promise.allSettled(jobs);
    expect(settled.map(({ status }) => status === "fulfilled")).toEqual([
      true,
      true,
      true,
      false,
      true,
      true,
    ]);
    const page = await tasks.jobs.list({ task: "count", state: "waiting" });
    expect(page.items.map(({ data }) => (data as { n: number }).n)).toEqual([0, 1, 2, 4, 5]);
  });
});
