import type { RetryOptions, TaskoraError } from "taskora";
import { expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";
import { rejection } from "../../support/signals.js";

/** An error that cannot even be looked at. */
function unreadable(): unknown {
  const error = new Error("x");
  Object.defineProperty(error, "message", {
    get() {
      throw new Error("no message for you");
    },
  });
  return error;
}

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

describeBehaviour("what a handler throws", ({ app, world }) => {
  it.each([
    ["undefined", () => undefined],
    ["null", () => null],
    ["a symbol", () => Symbol("s")],
    ["an error whose message cannot be read", unreadable],
    ["a revoked proxy", revoked],
    ["an error whose message is an object", () => Object.assign(new Error(), { message: { a: 1 } })],
    ["five million characters", () => new Error("m".repeat(5_000_000))],
  ])("fails the job and the worker goes on: %s", async (_, thrown) => {
    const tasks = app();
    const client = tasks.task("odd", (isOdd: boolean) => {
      if (isOdd) throw thrown();
      return "fine";
    });
    await tasks.start();
    const failed = await rejection(client.dispatch(true).result);
    expect(failed).toMatchObject({ code: "JOB_FAILED" });
    expect(failed.message.length).toBeLessThan(10_000);
    expect(await client.dispatch(false).result).toBe("fine");
  });

  it.each<[string, RetryOptions]>([
    ["a filter", { attempts: 2, retryOn: [() => throwing()] }],
    ["a backoff", { attempts: 2, delay: 0, backoff: () => throwing() }],
  ])("ends the job although %s throws, and the app hears of it", async (_, retry) => {
    const tasks = app();
    const heard = new Promise((resolve) => tasks.on("error", resolve));
    const client = tasks.task("policy", {
      retry,
      handler: () => {
        throw new Error("handler");
      },
    });
    await tasks.start();
    const job = client.dispatch(null);
    expect((await rejection(job.result)).cause).toMatchObject({ message: "handler" });
    expect(await heard).toMatchObject({ error: { message: "policy" }, task: "policy", jobId: job.id });
    expect(world().takeErrorCodes()).toEqual(["HOOK_FAILED"]);
  });

  it("says that it was the progress that cannot be encoded", async () => {
    const tasks = app();
    const client = tasks.task("progress", (_: unknown, ctx) => ctx.progress(1n));
    await tasks.start();
    const cause = (await rejection(client.dispatch(null).result)).cause as TaskoraError;
    expect(cause.message).toMatch(/^The progress of progress cannot be encoded/);
  });
});

function throwing(): never {
  throw new Error("policy");
}
