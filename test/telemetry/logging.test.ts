import { Writable } from "node:stream";
import { context, propagation, trace } from "@opentelemetry/api";
import { createTaskora, type Logger, type Taskora, type TaskoraOptions } from "taskora";
import { jobLogger, logJobs } from "taskora/logging";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { instrument } from "taskora/otel";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { telemetryClients, tracingSdk } from "./clients.js";

const clients = telemetryClients();
const sdk = tracingSdk();
const provider = new sdk.BasicTracerProvider({ spanProcessors: [] });
let apps: Taskora[] = [];

beforeAll(() => {
  context.setGlobalContextManager(sdk.contextManager);
  propagation.setGlobalPropagator(sdk.propagator);
  trace.setGlobalTracerProvider(provider);
});

afterAll(() => {
  context.disable();
  propagation.disable();
  trace.disable();
});

afterEach(async () => {
  await Promise.all(apps.map((app) => app.close()));
  apps = [];
});

function anApp(options: Partial<TaskoraOptions> = {}): Taskora {
  const app = createTaskora({
    adapter: memoryAdapter({ store: createMemoryStore() }),
    logger: false,
    ...options,
  });
  apps.push(app);
  return app;
}

type Line = Readonly<Record<string, unknown>>;

/** Each of the loggers, and the lines that it writes, as JSON. */
const LOGGERS: Readonly<Record<string, () => { readonly logger: Logger; lines(): Line[] }>> = {
  pino() {
    const { stream, lines } = written();
    const pino = clients("pino") as (options: object, stream: Writable) => Logger;
    return { logger: pino({}, stream), lines };
  },
  winston() {
    const { stream, lines } = written();
    const winston = clients("winston") as {
      createLogger(options: object): Logger;
      readonly transports: { readonly Stream: new (options: object) => object };
      readonly format: { json(): object };
    };
    const transports = [new winston.transports.Stream({ stream })];
    return { logger: winston.createLogger({ format: winston.format.json(), transports }), lines };
  },
  bunyan() {
    const { stream, lines } = written();
    const bunyan = clients("bunyan") as { createLogger(options: object): Logger };
    return { logger: bunyan.createLogger({ name: "app", stream }), lines };
  },
  console() {
    const found: Line[] = [];
    const at = (msg: string, fields?: object) => found.push({ msg, ...fields });
    return { logger: { info: at, warn: at, error: at }, lines: () => found };
  },
};

function written() {
  let text = "";
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString();
      done();
    },
  });
  const lines = () =>
    text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Line);
  return { stream, lines };
}

const textOf = ({ msg, message }: Line) => msg ?? message;

describe.each(Object.keys(LOGGERS))("%s", (name) => {
  it("gets what handlers log, with the job and the trace of its attempt", async () => {
    const { logger, lines } = (LOGGERS[name] as NonNullable<(typeof LOGGERS)[string]>)();
    const app = anApp();
    await instrument(app);
    app.use(jobLogger(logger));
    let traced: string | undefined;
    const task = app.task("logs", (_: number, ctx) => {
      traced = trace.getSpanContext(context.active())?.traceId;
      ctx.log.warn("low on ink", { left: 3, task: "mine" });
    });
    await app.start();
    const job = task.dispatch(1);
    await job.result;
    const [line] = lines();
    expect(textOf(line as Line)).toBe("low on ink");
    expect(line).toMatchObject({ left: 3, task: "logs", jobId: job.id, attempt: 1, trace_id: traced });
    expect(line?.span_id).toMatch(/^[0-9a-f]{16}$/);
  });

  it("gets a line for each end of a job, at its level", async () => {
    const { logger, lines } = (LOGGERS[name] as NonNullable<(typeof LOGGERS)[string]>)();
    const app = anApp();
    const stop = logJobs(app, logger, { sample: { waiting: 1, active: 1 } });
    const task = app.task("life", {
      retry: { attempts: 2, backoff: "fixed", delay: 1 },
      handler: () => {
        throw Object.assign(new RangeError("too far"), { code: "FAR" });
      },
    });
    await app.start();
    const job = task.dispatch(1);
    await expect(job.result).rejects.toThrow();
    await app.close();
    stop();
    const found = lines();
    expect(found.map(({ event, attempt }) => [event, attempt])).toEqual([
      ["waiting", undefined],
      ["active", 1],
      ["retrying", 1],
      ["active", 2],
      ["failed", 2],
    ]);
    expect(found.map(textOf)).toContain("life failed");
    expect(JSON.stringify(found.at(-1))).toContain("too far");
    expect(found.at(-1)).toMatchObject({ task: "life", jobId: job.id, runMs: expect.any(Number) });
  });
});

describe("logJobs()", () => {
  it("chooses a share of the jobs, and ends when it is told", async () => {
    const { logger, lines } = (LOGGERS.console as NonNullable<(typeof LOGGERS)[string]>)();
    const app = anApp();
    const stop = logJobs(app, logger, { sample: { waiting: 0.25, completed: 0.25 } });
    const task = app.task("many", (n: number) => n);
    await app.start();
    const jobs = await task.dispatchMany(Array.from({ length: 400 }, (_, n) => n));
    await Promise.all(jobs.map((job) => job.result));
    stop();
    await task.dispatch(1).result;
    const found = lines();
    const ids = (event: string) => found.filter((line) => line.event === event).map(({ jobId }) => jobId);
    expect(ids("completed").sort()).toEqual(ids("waiting").sort());
    // 100 is expected; six times the standard deviation of 8.7 beside it.
    expect(ids("completed").length).toBeGreaterThan(48);
    expect(ids("completed").length).toBeLessThan(152);
  });

  it("refuses shares and states that are none", () => {
    const app = anApp();
    expect(() => logJobs(app, console, { sample: { completed: 2 } })).toThrow("shares from 0 to 1");
    expect(() => logJobs(app, console, { sample: { done: 1 } as object })).toThrow("done");
  });

  it("leaves a job alone whose logger throws", async () => {
    const app = anApp();
    const broken = () => {
      throw new Error("disk full");
    };
    app.use(jobLogger({ info: broken, warn: broken, error: broken }));
    const task = app.task("safe", (_: number, ctx) => {
      ctx.log.info("hello");
      return "done";
    });
    await app.start();
    expect(await task.dispatch(1).result).toBe("done");
  });
});
