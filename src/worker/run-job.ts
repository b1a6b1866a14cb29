import type { ClaimedJob } from "../core/adapter.js";
import { OptionError, TaskoraError, ValidationError } from "../core/errors.js";
import type { Encoded } from "../core/job.js";
import { runOnion } from "../core/onion.js";
import type { Outcome } from "../core/outcome.js";
import { decodeValue, encodeValue, requireSize } from "../core/serializer.js";
import { type Validation, validate } from "../core/validation.js";
import { encoderOf } from "../schema/either-side.js";
import type { Handler, MiddlewareContext } from "./handler.js";
import type { RunnableTask } from "./runnable-task.js";
import { thrownError } from "./thrown-error.js";

/** A job that its handler has ended, or is about to, in a transaction. */
interface EarlyEnd {
  /** What it ended with; undefined: it did not. */
  readonly completed: { readonly result: Encoded | undefined } | undefined;
}

/** One run as the pipeline sees it. */
export interface JobRun {
  readonly job: ClaimedJob;
  readonly task: RunnableTask;
  readonly ctx: MiddlewareContext & { readonly transactionalEnd: EarlyEnd | undefined };
  /** ms since the epoch on this machine, for the age of a job from the future. */
  now(): number;
  /** The lowest version that live workers run of those that run the job's; undefined: nobody does. */
  reach(): Promise<number | undefined>;
}

/**
 * Runs one job: decode → version gate → migrate → validate → middleware → handler → validate → encode.
 * Never throws: whatever happens is an outcome. It is a promise only where schema, layers or handler are asynchronous:
 * what ends at once is gone before the garbage collector looks, which for short handlers halves the cost of a job.
 */
export function runJob(run: JobRun): Outcome | Promise<Outcome> {
  try {
    const { job, task, ctx } = run;
    if (job.version > task.version) return putBack(run);
    const data = readInput(run);
    if (data instanceof Promise || task.middleware.length > 0) return runSteps(run, data);
    ctx.data = data;
    const returned = task.handler(data, ctx);
    if (!isThenable(returned)) return complete(run, returned);
    return Promise.resolve(returned).then((value) => complete(run, value), threw);
  } catch (thrown) {
    return threw(thrown);
  }
}

async function runSteps(run: JobRun, data: unknown): Promise<Outcome> {
  try {
    const { task, ctx } = run;
    ctx.data = await data;
    await runLayers(task.middleware, task.handler, ctx);
    return complete(run, ctx.result);
  } catch (thrown) {
    return threw(thrown);
  }
}

/** The end of a run whose handler returned. */
function complete(run: JobRun, returned: unknown): Outcome | Promise<Outcome> {
  const early = run.ctx.transactionalEnd?.completed;
  if (early !== undefined) return { kind: "completed", result: early.result };
  try {
    const result = packResult(run, returned);
    if (!(result instanceof Promise)) return { kind: "completed", result };
    return result.then((packed): Outcome => ({ kind: "completed", result: packed }), threw);
  } catch (thrown) {
    return threw(thrown);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/** The first half of {@link runJob}, for a job that runs with others; undefined: its data is ready. */
export async function readJob(run: JobRun): Promise<Outcome | undefined> {
  try {
    const { job, task, ctx } = run;
    if (job.version > task.version) return await putBack(run);
    ctx.data = await readInput(run);
    return undefined;
  } catch (thrown) {
    return threw(thrown);
  }
}

/** The second half of {@link runJob}, with the data that `ctx` has. */
export async function runRead(run: JobRun): Promise<Outcome> {
  try {
    const { task, ctx } = run;
    await runLayers(task.middleware, task.handler, ctx);
    return complete(run, ctx.result);
  } catch (thrown) {
    return threw(thrown);
  }
}

/** Decode → migrate → validate; a promise only where one of them takes one. */
function readInput(run: JobRun): unknown {
  const { job, task } = run;
  const given = readPayload(run);
  if (job.version < task.version) return migrateInput(run, given);
  return task.input === undefined ? given : parse(run, "input", given);
}

async function migrateInput(run: JobRun, given: unknown): Promise<unknown> {
  const payload = await migratePayload(run, given);
  return run.task.input === undefined ? payload : parse(run, "input", payload);
}

function threw(thrown: unknown): Outcome {
  return { kind: "threw", error: thrownError(thrown) };
}

function readPayload({ job, task }: JobRun): unknown {
  if (job.corrupt !== undefined) {
    throw new TaskoraError(
      "RECORD_CORRUPT",
      `The stored record of job ${job.id} (${job.task}) cannot be read: ${job.corrupt}. ` +
        "Another program may have written to taskora's keys; dispatch the job again.",
    );
  }
  return decodeValue(task.serializer, job.payload, { task: task.name, side: "input" });
}

const MIN_NEWER_DELAY_MS = 250;
const MAX_NEWER_DELAY_MS = 30_000;
/** Where a live worker runs it, that worker takes it as soon as it can, and this is for the case that it cannot. */
const MIN_LEFT_MS = 60_000;
const MAX_LEFT_MS = 600_000;

/**
 * A job from a newer producer waits for a newer worker, which is woken where one lives and comes for it where one is
 * started. Until then it is tried again after half its age, so tries become rarer by themselves.
 */
async function putBack(run: JobRun): Promise<Outcome> {
  const { version, enqueuedAt } = run.job;
  const reach = await run.reach();
  const half = (run.now() - enqueuedAt) / 2;
  if (reach === undefined) {
    const delayMs = Math.min(Math.max(half, MIN_NEWER_DELAY_MS), MAX_NEWER_DELAY_MS);
    return { kind: "released", delayMs, newer: { version } };
  }
  const delayMs = Math.min(Math.max(half, MIN_LEFT_MS), MAX_LEFT_MS);
  return { kind: "released", delayMs, newer: { version, reach } };
}

async function migratePayload({ job, task }: JobRun, given: unknown): Promise<unknown> {
  if (job.version < task.since) {
    throw new TaskoraError(
      "JOB_VERSION_UNSUPPORTED",
      `Job ${job.id} was dispatched with version ${job.version} of ${task.name} and this worker accepts ` +
        `${task.since} to ${task.version}. Run a worker that still knows version ${job.version}, or lower since and ` +
        "add a migration.",
    );
  }
  let payload = given;
  for (let version = job.version; version < task.version; version++) {
    const step = task.migrate[version];
    if (step !== undefined) payload = await step(payload);
  }
  return payload;
}

/** The parsed value, or a promise of it where the schema is asynchronous. */
function parse(run: Pick<JobRun, "job" | "task">, side: "input" | "output", value: unknown): unknown {
  const checked = validate(run.task[side], value);
  if (checked instanceof Promise) return checked.then((result) => parsedValue(run, side, result));
  return parsedValue(run, side, checked);
}

function parsedValue(
  { task, job }: Pick<JobRun, "job" | "task">,
  side: "input" | "output",
  result: Validation,
): unknown {
  if (result.ok) return result.value;
  throw new ValidationError({ task: task.name, side, issues: result.issues, jobId: job.id });
}

function runLayers(
  layers: RunnableTask["middleware"],
  handler: Handler,
  ctx: MiddlewareContext,
): Promise<void> {
  return runOnion({
    layers,
    ctx,
    core: async () => {
      ctx.result = await handler(ctx.data, ctx);
    },
    again: () => {
      throw new OptionError("a middleware called next() twice; call it once at most");
    },
  });
}

/** What a handler returned, checked and encoded; a promise only where the schema is asynchronous. */
export function packResult(
  run: Pick<JobRun, "job" | "task">,
  returned: unknown,
): Encoded | undefined | Promise<Encoded | undefined> {
  const { output } = run.task;
  if (output === undefined) return packValue(run, returned);
  const encode = encoderOf(output);
  const given = encode === undefined ? returned : encode(returned);
  const parsed = parse(run, "output", given);
  // Nobody parses it a second time, so what the schema made is stored, unless a codec made something that does not travel.
  const toStore = (value: unknown) => packValue(run, encode === undefined ? value : given);
  return parsed instanceof Promise ? parsed.then(toStore) : toStore(parsed);
}

function packValue({ task }: Pick<JobRun, "task">, value: unknown): Encoded | undefined {
  if (value === undefined) return undefined;
  const encoded = encodeValue(task.serializer, value, { task: task.name, side: "output" });
  requireSize(encoded, task.maxResultBytes, { task: task.name, side: "output" });
  return encoded;
}
