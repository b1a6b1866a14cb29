import { createServer } from "node:net";
import type { JobFailedError, RetryOptions, TaskEvents } from "taskora";
import { expect, it } from "vitest";
import * as z from "zod";
import { describeBehaviour } from "../../support/behaviour.js";
import { Collected, rejection } from "../../support/signals.js";

/** An address of this machine at which nobody listens. */
async function closedUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`;
}

const gathered = () =>
  Promise.any([
    Promise.reject(new Error("mirror one is down")),
    Promise.reject(Object.assign(new RangeError("mirror two is down"), { code: 503 })),
  ]);

describeBehaviour("what stands behind the error of a job", ({ app }) => {
  it("is told to who waits, by the inspector, as a dead letter and by events: a cause", async () => {
    const tasks = app();
    const url = await closedUrl();
    const task = tasks.task("call", {
      retry: { attempts: 2, delay: 1 },
      handler: async () => void (await fetch(url)),
    });
    const events = new Collected<TaskEvents["failed"]>();
    tasks.on("failed", events.push);
    await tasks.start();
    const job = await task.dispatch(1);
    const failed = (await rejection(job.result)) as JobFailedError;
    const refused = { code: "ECONNREFUSED", message: expect.stringContaining("ECONNREFUSED") };
    const error = { name: "TypeError", message: "fetch failed", cause: refused };
    expect(failed.cause).toBeInstanceOf(Error);
    expect(failed.cause).toMatchObject(error);
    expect((failed.cause as Error).cause).toBeInstanceOf(Error);
    const found = await tasks.jobs.get({ id: job.id });
    expect(found?.error).toMatchObject(error);
    expect(found?.history.map((attempt) => attempt.error)).toMatchObject([error, error]);
    expect((await tasks.jobs.list({ task: "call", state: "failed" })).items[0]?.error).toMatchObject(error);
    expect((await tasks.jobs.list({ state: "failed", task: "call" })).items[0]?.error).toMatchObject(error);
    expect((await events.reach(1))[0]?.error).toMatchObject(error);
  });

  it("is told to who waits and by the inspector: gathered errors and codes that are numbers", async () => {
    const tasks = app();
    const task = tasks.task("all", gathered);
    await tasks.start();
    const job = await task.dispatch(1);
    const { cause } = (await rejection(job.result)) as JobFailedError;
    const errors = [
      { name: "Error", message: "mirror one is down" },
      { name: "RangeError", message: "mirror two is down", code: 503 },
    ];
    expect(cause).toBeInstanceOf(AggregateError);
    expect((cause as AggregateError).errors).toMatchObject(errors);
    expect((await tasks.jobs.get({ id: job.id }))?.error).toMatchObject({ name: "AggregateError", errors });
  });

  it("is told to who waits and by the inspector: what await using suppressed", async () => {
    const tasks = app();
    const task = tasks.task("using", async () => {
      await using connection = {
        async [Symbol.asyncDispose]() {
          throw new Error("the connection would not close");
        },
      };
      throw Object.assign(new Error("the service is away"), { code: 503, connection: typeof connection });
    });
    await tasks.start();
    const job = await task.dispatch(1);
    const { cause } = (await rejection(job.result)) as JobFailedError;
    const errors = [
      { name: "Error", message: "the connection would not close" },
      { name: "Error", message: "the service is away", code: 503 },
    ];
    expect(cause).toMatchObject({ name: "SuppressedError", errors });
    expect((await tasks.jobs.get({ id: job.id }))?.error).toMatchObject({ name: "SuppressedError", errors });
  });

  it("is told of a failed step to who waits for its workflow", async () => {
    const tasks = app();
    const task = tasks.task("step", () => {
      throw new Error("outer", { cause: Object.assign(new Error("inner"), { code: 7 }) });
    });
    await tasks.start();
    const failed = await rejection(tasks.workflow(task.step(1)).result);
    expect(failed).toMatchObject({
      code: "WORKFLOW_FAILED",
      cause: { message: "outer", cause: { code: 7 } },
    });
  });

  async function runsWith(retry: RetryOptions, handler: () => unknown): Promise<number> {
    const tasks = app();
    let runs = 0;
    const task = tasks.task("t", {
      retry: { attempts: 3, delay: 0, ...retry },
      handler: () => {
        runs += 1;
        return handler();
      },
    });
    await tasks.start();
    await rejection(task.dispatch(1).result);
    await tasks.close();
    return runs;
  }

  it("is looked through by the filters of retry", async () => {
    const url = await closedUrl();
    expect(await runsWith({ retryOn: ["ECONNREFUSED"] }, () => fetch(url))).toBe(3);
    expect(await runsWith({ noRetryOn: ["ECONNREFUSED"] }, () => fetch(url))).toBe(1);
    expect(await runsWith({ noRetryOn: [RangeError] }, gathered)).toBe(1);
    expect(await runsWith({ retryOn: ["503"] }, gathered)).toBe(3);
  });

  it("counts as a validation error when a schema of the handler's own threw it", async () => {
    const parse = () => z.object({ id: z.string() }).parse({ id: 1 });
    const wrapped = () => {
      try {
        parse();
      } catch (cause) {
        throw new Error("the service answered something else", { cause });
      }
    };
    for (const handler of [parse, wrapped]) {
      expect(await runsWith({}, handler)).toBe(1);
      expect(await runsWith({ retryOn: ["VALIDATION_FAILED"] }, handler)).toBe(3);
      expect(await runsWith({ retryOn: ["ZodError"] }, handler)).toBe(3);
    }
  });
});
