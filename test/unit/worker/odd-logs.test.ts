import type { JobContext } from "taskora";
import { expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";
import { rejection } from "../../support/signals.js";

describeBehaviour("what a handler logs", ({ app }) => {
  async function logsOf(write: (ctx: JobContext) => void) {
    const tasks = app();
    const client = tasks.task("logs", (_: unknown, ctx) => write(ctx));
    await tasks.start();
    const job = await client.dispatch(null);
    await job.result;
    return ((await job.get())?.logs ?? []).map(({ message, fields }) => ({ message, fields }));
  }

  it("is kept although one field cannot be encoded", async () => {
    const cyclic: Record<string, unknown> = { a: 1 };
    cyclic.self = cyclic;
    const logs = await logsOf(({ log }) => {
      log.info("before", { n: 1 });
      log.warn("odd", { cyclic, big: 1n, ids: new Set(["a"]), ratio: Number.NaN, fine: [1] });
      log.info("after");
    });
    expect(logs).toEqual([
      { message: "before", fields: { n: 1 } },
      {
        message: "odd",
        fields: {
          cyclic: { a: 1, self: "part of itself" },
          big: "1n",
          ids: ["a"],
          ratio: "NaN",
          fine: [1],
        },
      },
      { message: "after", fields: undefined },
    ]);
  });

  it("has no fields where there are none to show", async () => {
    const nothing = null as unknown as undefined;
    const logs = await logsOf(({ log }) => {
      log.info("null", nothing);
      log.info("undefined", undefined);
    });
    expect(logs).toEqual([
      { message: "null", fields: undefined },
      { message: "undefined", fields: undefined },
    ]);
  });

  it("keeps name and message of an error", async () => {
    const [line] = await logsOf(({ log }) => log.error("failed", { error: new RangeError("too far") }));
    expect(line?.fields).toMatchObject({ error: { name: "RangeError", message: "too far" } });
  });

  it("is as it was when it was logged", async () => {
    const state = { step: 1 };
    const [line] = await logsOf(({ log }) => {
      log.info("state", { state });
      state.step = 2;
    });
    expect(line?.fields).toEqual({ state: { step: 1 } });
  });

  it("is cut when it is too long, and text when it is something else", async () => {
    const logs = await logsOf(({ log }) => {
      log.info("m".repeat(100_000), { long: "f".repeat(100_000) });
      log.info({ a: 1 } as never, 5 as never);
    });
    expect(JSON.stringify(logs).length).toBeLessThan(40_000);
    expect(logs[0]?.message).toMatch(/m… \(100000 characters\)$/);
    expect(logs[1]).toEqual({ message: '{"a":1}', fields: { value: 5 } });
  });
});

describeBehaviour("progress", ({ app }) => {
  it("is refused beyond maxPayloadBytes", async () => {
    const tasks = app({ maxPayloadBytes: 1000 });
    const client = tasks.task("progress", (_: unknown, ctx) => ctx.progress("x".repeat(2000)));
    await tasks.start();
    const { cause } = await rejection(client.dispatch(null).result);
    expect(cause).toMatchObject({
      code: "PAYLOAD_TOO_LARGE",
      message: expect.stringMatching(/^The progress of/),
    });
  });
});
