import { type Context, context, createContextKey, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";
import { Collected } from "../../support/signals.js";

const REQUEST = createContextKey("request");
const inRequest = <Result>(name: string, work: () => Result): Result =>
  context.with(ROOT_CONTEXT.setValue(REQUEST, name), work);
const request = () => context.active().getValue(REQUEST);

/** What the propagator of W3C does with a header, and no more. */
function extracted(headers: Readonly<Record<string, string>>): Context {
  const [, traceId = "", spanId = "", flags = "0"] = headers.traceparent?.split("-") ?? [];
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: Number(flags), isRemote: true });
}

describeBehaviour("the context manager of OpenTelemetry", ({ app }) => {
  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  });

  afterAll(() => {
    context.disable();
  });

  it("finds no request in a job, and its own in each listener", async () => {
    const tasks = app();
    const inJobs: unknown[] = [];
    const inListeners = new Collected<unknown>();
    const task = tasks.task("t", async () => {
      inJobs.push(request());
      await Promise.resolve();
      inJobs.push(request());
    });
    inRequest("listening", () => task.on("completed", () => inListeners.push(request())));
    task.on("completed", () => inListeners.push(request()));
    await inRequest("first", () => task.dispatch(1));
    await inRequest("start", () => tasks.start());
    for (const name of ["a", "b"]) await inRequest(name, () => task.dispatch(1).result);
    expect(inJobs).toEqual(Array(6).fill(undefined));
    const heard = await inListeners.reach(6);
    expect(heard.filter((found) => found === "listening")).toHaveLength(3);
    expect(heard.filter((found) => found === undefined)).toHaveLength(3);
  });

  it("finds in a job the trace that its header carries", async () => {
    const tasks = app();
    tasks.use((ctx, next) => context.with(extracted(ctx.headers), next));
    const task = tasks.task("t", async () => {
      await Promise.resolve();
      return trace.getSpanContext(context.active())?.traceId;
    });
    await tasks.start();
    const ids = ["0af7651916cd43dd8448eb211c80319c", "4bf92f3577b34da6a3ce929d0e0e4736"];
    const jobs = ids.map((id) => {
      const headers = { traceparent: `00-${id}-b7ad6b7169203331-01` };
      return inRequest("request", () => task.dispatch(1, { headers }).result);
    });
    expect(await Promise.all(jobs)).toEqual(ids);
  });
});
