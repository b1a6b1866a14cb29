import type { InsertReply, NewJob } from "../../core/adapter.js";
import { limitArguments, surplusArgument } from "../../core/arguments.js";
import type { Batcher } from "../../core/batcher.js";
import { someText } from "../../core/checks.js";
import { Countdown } from "../../core/countdown.js";
import { OptionError, ValidationError } from "../../core/errors.js";
import type { JobRef } from "../../core/job.js";
import { AppClosedError } from "../../core/job-errors.js";
import { isLaneName, laneName, laneParts, laneTask } from "../../core/lane-name.js";
import { requireLimitKey } from "../../core/limits/limit-key.js";
import { describe } from "../../core/options.js";
import { encodeValue, requireSize, type Serializer } from "../../core/serializer.js";
import type { DispatchGroup } from "../../core/telemetry/job-telemetry.js";
import type { Telemetry, ToldDispatch } from "../../core/telemetry/telemetry.js";
import { nextMicrotask } from "../../core/turns.js";
import { validate } from "../../core/validation.js";
import { type Encoder, encoderOf } from "../../schema/either-side.js";
import type { StandardSchema } from "../../schema/standard-schema.js";
import { type WireForm, wireFormOf } from "../../schema/wire-form.js";
import type { TaskEvents } from "../event-types.js";
import type { EventHub, ListenOptions } from "../events.js";
import { DispatchedJob } from "../handles/dispatched-job.js";
import { type JobHandle, type PendingJob, StoredJobHandle } from "../handles/job-handle.js";
import { HeldKey, type KeyHandle } from "../handles/key-handle.js";
import type { ImplementerWatch, Sighting } from "../implementer-watch.js";
import { BoundTaskHandle, type TaskHandle } from "../operate/task-handle.js";
import { type StepOptions, StepSource } from "../workflows/step-source.js";
import { stepPart, type WorkflowPart } from "../workflows/workflow-part.js";
import type { LimitsOf } from "./contract-limits.js";
import {
  type DispatchContext,
  type DispatchMiddleware,
  type Layered,
  runDispatchLayers,
} from "./dispatch-layers.js";
import {
  type DispatchOptions,
  headersOption,
  type JobDefaults,
  type JobTiming,
  resolveDispatch,
  withHeadersOf,
} from "./dispatch-options.js";
import { withDigest } from "./payload-digest.js";
import type { ProducerContext } from "./producer-context.js";
import { createTaskLanes, type LanesHost, type TaskLanes } from "./task-lanes.js";

/** What a producer sees of a task. */
export interface TaskClient<Input = unknown, Result = unknown, Message = unknown> extends TaskHandle<Input> {
  /**
   * Stores one job. Returns at once: the promise resolves when the store has it, and already has `id` and `result`.
   * What is dispatched in one tick travels together.
   */
  dispatch(data: Input, options?: DispatchOptions): PendingJob<Result, Message>;
  /**
   * Stores any number of jobs, in order, taking items only as fast as the store does. Resolves with one job per item
   * once each is stored or refused; one bad item rejects only its own.
   */
  dispatchMany(
    items: Iterable<Input> | AsyncIterable<Input>,
    options?: DispatchOptions | ((data: Input, index: number) => DispatchOptions),
  ): Promise<readonly PendingJob<Result, Message>[]>;
  /** A step of a workflow that is given `data`; see `chain`, `group` and `taskora.workflow()`. */
  step(data: Input, options?: StepOptions): WorkflowPart<unknown, Result>;
  /** A step of a workflow that is given what the step before it gives. The task itself stands for `nextStep()`. */
  nextStep(options?: StepOptions): WorkflowPart<Input, Result>;
  /**
   * The client of a lane of this task: a waiting list of its own, with counts, pause and workers of its own, for jobs of the
   * same contract. It needs no declaration.
   *
   * @throws {OptionError} `NAME_INVALID`
   */
  lane(name: string): TaskClient<Input, Result, Message>;
  /** The lanes that there are, and more of them to work on. */
  readonly lanes: TaskLanes;
  /** Resolves when fewer than 10 000 jobs (8 MiB) of this process wait to be stored. For loops that dispatch. */
  waitForCapacity(): Promise<void>;
  /** The handle of a job dispatched elsewhere. Does not look whether it exists. */
  job(id: string): JobHandle<Result, Message, Input>;
  /** Whichever job holds a key of `deduplicate` or `idempotency`. Does not look whether any does. */
  byKey(key: string): KeyHandle<Result, Message, Input>;
  /** Listens to events of this task from every process, and of the task as a whole; `*` is any. Returns what stops it. */
  on<Type extends keyof TaskEvents>(
    type: Type,
    listener: (event: TaskEvents<Result>[Type]) => void,
    options?: ListenOptions,
  ): () => void;
}

/** A task as the producer side keeps it. */
export interface ProducerTask {
  readonly name: string;
  readonly version: number;
  readonly fingerprint: string;
  readonly input: StandardSchema | undefined;
  readonly defaults: JobDefaults;
  /** Completes each job's limits; undefined: the contract adds nothing to it. */
  readonly limitsOf: LimitsOf | undefined;
}

/** What a client needs from its app. */
export interface TaskClientHost {
  readonly context: ProducerContext;
  readonly events: EventHub;
  readonly inserts: Batcher<DispatchedJob<unknown>, InsertReply>;
  /** Sends a prepared job to the store: together with those of other callers, unless it is in a transaction. */
  store(job: DispatchedJob<unknown>): void;
  readonly serializer: Serializer;
  readonly maxPayloadBytes: number;
  readonly validateOnDispatch: boolean;
  readonly layers: readonly DispatchMiddleware[];
  /** A dispatch middleware threw when its job was on its way already. */
  layerFailed(error: unknown, about: { readonly task: string; readonly jobId: string }): void;
  readonly implementers: ImplementerWatch;
  readonly telemetry: Telemetry;
  readonly lanes: LanesHost;
  newId(): string;
  /** Dispatches that are being prepared, which a close waits for. */
  readonly preparing: Set<Promise<void>>;
  isOpen(): boolean;
}

/** A dispatch that has layers to go through. */
interface Prepared<Input> {
  readonly data: Input;
  readonly options: DispatchOptions | undefined;
  readonly timing: JobTiming;
  readonly isChecked: boolean;
}

const PLAIN: JobTiming = { priority: 0 };
/** Jobs whose schema or middleware is at work; each holds a few closures, so fewer than may wait to be stored. */
const MAX_PREPARING = 1000;
/** Beside the payload a job weighs about this much on its way. */
const JOB_OVERHEAD_BYTES = 64;

/** The same in the ES module and in the CommonJS build: a process may hold both. */
const STEPS = Symbol.for("taskora.client.steps");

/** The steps that a client makes, with the task behind it; undefined for what is no client. */
export function stepsOf(client: object): StepSource | undefined {
  return STEPS in client ? (client as { readonly [STEPS]: StepSource })[STEPS] : undefined;
}

/** Validates, encodes and hands jobs to the batcher. Synchronous all the way unless a schema or a layer is not. */
export class BoundTaskClient<Input, Result, Message = unknown>
  extends BoundTaskHandle<Input>
  implements TaskClient<Input, Result, Message>
{
  readonly #task: ProducerTask;
  readonly #host: TaskClientHost;
  readonly #wireForm: WireForm;
  readonly #encode: Encoder | undefined;
  readonly #timing: JobTiming;
  readonly #sighting: Sighting;
  readonly #steps: StepSource;
  readonly #laneClients = new Map<string, BoundTaskClient<Input, Result, Message>>();
  /** The last dispatch that is still being prepared; later ones wait for it, so that order is kept. */
  #preparing: Promise<unknown> | undefined;

  constructor(task: ProducerTask, host: TaskClientHost) {
    super(task.name, host.context);
    this.#task = task;
    this.#host = host;
    this.#wireForm = wireFormOf(task.input);
    this.#encode = encoderOf(task.input);
    this.#steps = new StepSource(task, host, (data) => this.#check(data));
    this.#sighting = host.implementers.sightingOf(task);
    const { priority, delayMs, ttlMs } = task.defaults;
    const isPlain = priority === 0 && delayMs === undefined && ttlMs === undefined;
    this.#timing = isPlain ? PLAIN : resolveDispatch({}, task.defaults);
  }

  get [STEPS](): StepSource {
    return this.#steps;
  }

  dispatch(
    data: Input,
    options?: DispatchOptions,
    ...surplus: readonly unknown[]
  ): PendingJob<Result, Message> {
    const client = this.#inLane(options);
    const job = client.#newJob();
    if (surplus.length > 0) failSoon(job, surplusArgument("dispatch()", 2, surplus[0]));
    else client.#prepare(job, data, options);
    return job;
  }

  get lanes(): TaskLanes {
    return createTaskLanes(laneParts(this.name).contract, this.#host.lanes);
  }

  lane(name: string): BoundTaskClient<Input, Result, Message> {
    const known = this.#laneClients.get(name);
    if (known !== undefined) return known;
    const task = laneTask(laneParts(this.name).contract, laneName(name, "lane"));
    const client = new BoundTaskClient<Input, Result, Message>({ ...this.#task, name: task }, this.#host);
    this.#laneClients.set(name, client);
    this.#host.lanes.meet(task);
    return client;
  }

  /** Whoever prepares the job refuses a lane that is none. */
  #inLane(options: Pick<DispatchOptions, "lane"> | undefined): BoundTaskClient<Input, Result, Message> {
    const lane = options?.lane;
    return isLaneName(lane) ? this.lane(lane) : this;
  }

  step(data: Input, options?: StepOptions): WorkflowPart<unknown, Result> {
    return stepPart({ source: this.#inLane(options).#steps, given: { data }, options });
  }

  nextStep(options?: StepOptions): WorkflowPart<Input, Result> {
    return stepPart({ source: this.#inLane(options).#steps, given: undefined, options });
  }

  #newJob(): DispatchedJob<Result, Message> {
    const ref = { task: this.name, id: this.#host.newId() };
    return new DispatchedJob<Result, Message>(ref, this.#host.context);
  }

  async dispatchMany(
    items: Iterable<Input> | AsyncIterable<Input>,
    options?: DispatchOptions | ((data: Input, index: number) => DispatchOptions),
  ): Promise<readonly PendingJob<Result, Message>[]> {
    requireItems(items, this.name);
    const group = this.#host.telemetry.many(this.name);
    const jobs: DispatchedJob<Result, Message>[] = [];
    const answered = new Countdown();
    const take = (data: Input): Promise<void> | undefined => {
      const own = typeof options === "function" ? options(data, jobs.length) : options;
      const client = this.#inLane(own);
      const job = client.#newJob();
      job.collect(answered);
      jobs.push(job);
      client.#prepare(job, data, own, group);
      return this.#isFull ? this.waitForCapacity() : undefined;
    };
    try {
      if (Symbol.asyncIterator in items) for await (const data of items) await take(data);
      else {
        for (const data of items) {
          const room = take(data);
          if (room !== undefined) await room;
        }
      }
      await answered.zero();
    } finally {
      this.#host.telemetry.endMany(group);
      for (const job of jobs) job.letGo();
    }
    return jobs;
  }

  async waitForCapacity(): Promise<void> {
    while (this.#host.preparing.size >= MAX_PREPARING)
      await (this.#preparing ?? Promise.race(this.#host.preparing));
    await this.#host.inserts.room();
  }

  get #isFull(): boolean {
    return this.#host.inserts.isFull || this.#host.preparing.size >= MAX_PREPARING;
  }

  job(id: string): JobHandle<Result, Message, Input> {
    return new StoredJobHandle<Result, Message, Input>(
      { task: this.name, id: someText(id, "id") },
      this.#host.context,
      "unknown",
    );
  }

  byKey(key: string): KeyHandle<Result, Message, Input> {
    return new HeldKey<Result, Message, Input>(
      { task: this.name, key: requireLimitKey(key, "key") },
      this.#host.context,
    );
  }

  on<Type extends keyof TaskEvents>(
    type: Type,
    listener: (event: TaskEvents<Result>[Type]) => void,
    options: ListenOptions = {},
  ): () => void {
    return this.#host.events.onTask(this.name, type, { listener, options });
  }

  #prepare(
    job: DispatchedJob<Result, Message>,
    data: Input,
    options: DispatchOptions | undefined,
    group?: DispatchGroup,
  ): void {
    try {
      if (!this.#host.isOpen()) throw new AppClosedError(`dispatch ${this.name}`);
      const given = options === undefined ? this.#timing : resolveDispatch(options, this.#task.defaults);
      const timing = this.#host.telemetry.hearsDispatches ? this.#tell(job, given, group) : given;
      if (timing.limits !== undefined) this.#host.context.requireLimits(timing.limits, this.name);
      if (options?.onDuplicate === "reject") job.rejectDuplicates();
      if (options?.within !== undefined) this.#joinTransaction(job, options.within);
      const isChecked = options?.validateOnDispatch ?? this.#host.validateOnDispatch;
      if (this.#preparing !== undefined || this.#host.layers.length > 0) {
        this.#prepareLater(job, this.#throughLayers(job, { data, options, timing, isChecked }));
        return;
      }
      const checked = isChecked ? this.#check(data) : data;
      if (checked instanceof Promise) {
        const passed = checked.then((value) => this.#pack(job, value, timing));
        this.#prepareLater(job, { passed, ended: Promise.resolve() });
      } else this.#pack(job, checked, timing);
    } catch (error) {
      failSoon(job, error);
    }
  }

  /** Whoever listens may add to the headers. */
  #tell(job: DispatchedJob<Result, Message>, timing: JobTiming, group: DispatchGroup | undefined): JobTiming {
    const { version, fingerprint } = this.#task;
    const told = this.#host.telemetry.dispatch(
      { task: this.name, id: job.id, version, fingerprint, headers: { ...timing.headers } },
      group,
    );
    job.told = told;
    return withHeadersOf(told, timing);
  }

  #joinTransaction(job: DispatchedJob<Result, Message>, transaction: object): void {
    this.#host.context.requireFeature("transactions", `within of a dispatch to ${this.name}`);
    job.joinTransaction(transaction);
  }

  #prepareLater(job: DispatchedJob<Result, Message>, { passed, ended }: Layered): void {
    const done = passed.then(undefined, (error: unknown) => job.fail(error));
    this.#preparing = done;
    const { preparing } = this.#host;
    const settled = ended.then(() => done);
    preparing.add(settled);
    void done.then(() => {
      if (this.#preparing === done) this.#preparing = undefined;
    });
    void settled.then(() => preparing.delete(settled));
  }

  /** Behind the dispatches before it, so that order is kept. */
  #throughLayers(job: DispatchedJob<Result, Message>, dispatch: Prepared<Input>): Layered {
    const { data, options = {}, timing } = dispatch;
    const ctx: DispatchContext = {
      task: this.name,
      jobId: job.id,
      options: Object.freeze({ ...options }),
      data,
      headers: { ...timing.headers },
    };
    const run = () =>
      runDispatchLayers({
        layers: this.#host.layers,
        ctx,
        pass: async () => {
          const value = dispatch.isChecked ? await this.#check(ctx.data) : ctx.data;
          this.#pack(job, value, { ...timing, headers: headersOption(ctx.headers, "headers") });
        },
        answer: () => job.answered(),
        withheld: () => withheld(job),
        failed: (error) => this.#host.layerFailed(error, { task: this.name, jobId: job.id }),
      });
    if (this.#preparing === undefined) return run();
    const running = this.#preparing.then(run);
    return { passed: running.then(({ passed }) => passed), ended: running.then(({ ended }) => ended) };
  }

  /** The value to send, or a promise of it. */
  #check(data: unknown): unknown {
    const { input } = this.#task;
    if (input === undefined) return data;
    const given = this.#encode === undefined ? data : this.#encode(data);
    const checked = validate(input, given);
    if (checked instanceof Promise) return checked.then((result) => this.#checkedValue(result, given));
    return this.#checkedValue(checked, given);
  }

  #checkedValue(result: Awaited<ReturnType<typeof validate>>, data: unknown): unknown {
    if (!result.ok) throw new ValidationError({ task: this.name, side: "input", issues: result.issues });
    return this.#wireForm === "parsed" ? result.value : data;
  }

  #pack(job: DispatchedJob<Result, Message>, value: unknown, timing: JobTiming): void {
    const payload = encodeValue(this.#host.serializer, value, { task: this.name, side: "input" });
    requireSize(payload, this.#host.maxPayloadBytes, { task: this.name, side: "input" });
    const { version, fingerprint, limitsOf } = this.#task;
    const plain: NewJob = { task: this.name, id: job.id, payload, version, fingerprint, ...timing };
    const newJob = limitsOf === undefined ? plain : { ...plain, limits: limitsOf(value, timing.limits) };
    if (job.told !== undefined) tellEncoded(job.told, newJob, this.#host.context.clock.now());
    if (this.#sighting.isOpen) this.#host.implementers.see(this.#sighting);
    job.prepared(
      timing.limits === undefined ? newJob : withDigest(newJob),
      payload.length + JOB_OVERHEAD_BYTES,
    );
    this.#host.store(job as DispatchedJob<unknown>);
  }
}

limitArguments(BoundTaskClient.prototype, "", {
  throws: { lane: 1, step: 2, nextStep: 1, job: 1, byKey: 1, on: 3 },
  rejects: { dispatchMany: 2, waitForCapacity: 0 },
});

function tellEncoded({ message }: ToldDispatch, job: NewJob, now: number): void {
  message.bytes = job.payload.length;
  message.maxAttempts = job.maxAttempts ?? 0;
  message.group = job.limits?.group?.key;
  message.delayMs = job.dueAt === undefined ? (job.delayMs ?? 0) : Math.max(0, job.dueAt - now);
}

function withheld({ id, task }: JobRef): OptionError {
  return new OptionError(
    `Job ${id} (${task}) was not stored: a dispatch middleware ended without calling next(). ` +
      "Call and await next(), or throw an error that says why not.",
  );
}

/** Fails a job once its caller had the chance to listen. */
function failSoon(job: { fail(error: unknown): void }, error: unknown): void {
  nextMicrotask(() => job.fail(error));
}

function requireItems(items: unknown, task: string): void {
  const isList = typeof items === "object" && items !== null;
  if (isList && (Symbol.iterator in items || Symbol.asyncIterator in items)) return;
  throw new OptionError(
    `expected the items of ${task} to be iterable, such as a list, got ${describe(items)}`,
    { option: "items" },
  );
}
