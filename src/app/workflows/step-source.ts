import { OptionError } from "../../core/errors.js";
import type { Encoded } from "../../core/job.js";
import type { JobLimits } from "../../core/limits/job-limits.js";
import { encodeValue, requireSize } from "../../core/serializer.js";
import type { DispatchGroup } from "../../core/telemetry/job-telemetry.js";
import type { StepTemplate } from "../../core/workflow/store.js";
import type { LimitsOf } from "../dispatch/contract-limits.js";
import { type DispatchContext, runDispatchLayers } from "../dispatch/dispatch-layers.js";
import { type JobOptions, type JobTiming, resolveStep, withHeadersOf } from "../dispatch/dispatch-options.js";
import type { ProducerTask, TaskClientHost } from "../dispatch/task-client.js";
import { StoredJobHandle } from "../handles/job-handle.js";

/** How one step of a workflow is dispatched. `delay` counts from when the step could start. */
export interface StepOptions extends JobOptions {
  /** Waits in this lane of its task. Default: none. */
  readonly lane?: string | undefined;
}

/** One step as it was written down. */
export interface StepRequest {
  readonly source: StepSource;
  /** Undefined: the step gets what the part before it gives. */
  readonly given: { readonly data: unknown } | undefined;
  readonly options: StepOptions | undefined;
}

/** One step ready to be stored. */
export interface PreparedStep {
  readonly template: StepTemplate;
  readonly input?: Encoded;
}

/** Where a step will be found. */
export interface StoredStep {
  /** The id of the job that will run it. */
  readonly jobId: string;
  /** What the store says of its workflow. */
  readonly stored: () => Promise<unknown>;
  /** Of its workflow, where somebody is told of dispatches. */
  readonly group: DispatchGroup | undefined;
}

/** Stands for a payload that comes later. */
const NOT_KNOWN = Symbol("not known yet");

/** A task as steps come from it. */
export class StepSource {
  readonly task: ProducerTask;
  /** Tells apps apart: a workflow is stored where its steps are. */
  readonly host: TaskClientHost;
  readonly #validate: (data: unknown) => unknown;
  /** Of a step without options. */
  #usual: JobTiming | undefined;
  /** And its template, where nothing else has a say. */
  #plain: StepTemplate | undefined;

  /** @param validate checks what is given; gives the value to send, or a promise of it */
  constructor(task: ProducerTask, host: TaskClientHost, validate: (data: unknown) => unknown) {
    this.task = task;
    this.host = host;
    this.#validate = validate;
  }

  /**
   * Validates and encodes what the step is given; at once, unless a schema or middleware takes time. Dispatch middleware
   * sees it as it sees any job, and its `next()` resolves when the workflow is stored; for a step whose input comes later
   * `ctx.data` is undefined, and what becomes of it is not looked at.
   *
   * @throws {OptionError} on a bad option
   * @throws {TaskoraError} `VALIDATION_FAILED`, `PAYLOAD_TOO_LARGE`, `PAYLOAD_UNSERIALIZABLE`
   */
  prepare(request: StepRequest, step: StoredStep): PreparedStep | Promise<PreparedStep> {
    const given = this.#timingOf(request.options);
    const timing = this.host.telemetry.hearsDispatches ? this.#tell(given, step) : given;
    if (timing.limits !== undefined) this.host.context.requireLimits(timing.limits, this.task.name);
    if (this.host.layers.length === 0) return this.#check(request, request.given?.data, timing);
    return this.#throughLayers(request, timing, step).then((seen) =>
      this.#check(request, seen.data, seen.timing),
    );
  }

  #tell(timing: JobTiming, { jobId, stored, group }: StoredStep): JobTiming {
    const { name, version, fingerprint } = this.task;
    const headers = { ...timing.headers };
    const told = this.host.telemetry.dispatch(
      { task: name, id: jobId, version, fingerprint, headers },
      group,
    );
    stored().then(
      () => told.stored("stored"),
      (error: unknown) => told.refused(error),
    );
    return withHeadersOf(told, timing);
  }

  #timingOf(options: StepOptions | undefined): JobTiming {
    const { name, defaults } = this.task;
    if (options !== undefined) return resolveStep(options, name, defaults);
    this.#usual ??= resolveStep({}, name, defaults);
    return this.#usual;
  }

  #check(
    { given, options }: StepRequest,
    data: unknown,
    timing: JobTiming,
  ): PreparedStep | Promise<PreparedStep> {
    if (given === undefined) return { template: this.#template(NOT_KNOWN, timing) };
    const isChecked = options?.validateOnDispatch ?? this.host.validateOnDispatch;
    const value = isChecked ? this.#validate(data) : data;
    if (value instanceof Promise) return value.then((checked) => this.#encode(checked, timing));
    return this.#encode(value, timing);
  }

  #encode(value: unknown, timing: JobTiming): PreparedStep {
    const subject = { task: this.task.name, side: "input" } as const;
    const input = encodeValue(this.host.serializer, value, subject);
    requireSize(input, this.host.maxPayloadBytes, subject);
    return { template: this.#template(value, timing), input };
  }

  async #throughLayers(
    { given, options = {} }: StepRequest,
    timing: JobTiming,
    { jobId, stored }: StoredStep,
  ): Promise<{ readonly data: unknown; readonly timing: JobTiming }> {
    const { layers, layerFailed, context, preparing } = this.host;
    const ref = { task: this.task.name, id: jobId };
    const ctx: DispatchContext = {
      ...{ task: ref.task, jobId, data: given?.data, headers: { ...timing.headers } },
      options: Object.freeze({ ...options }),
    };
    const { passed, ended } = runDispatchLayers({
      ...{ layers, ctx },
      pass: () => undefined,
      answer: () => stored().then(() => new StoredJobHandle(ref, context, "unknown")),
      withheld: () =>
        new OptionError(
          `the workflow was not stored: a dispatch middleware ended without calling next() for its step of ` +
            `${ref.task}. Call and await next(), or throw an error that says why not`,
        ),
      failed: (error) => layerFailed(error, { task: ref.task, jobId }),
    });
    preparing.add(ended);
    void ended.then(() => preparing.delete(ended));
    await passed;
    return { data: ctx.data, timing: { ...timing, headers: ctx.headers } };
  }

  #template(value: unknown, timing: JobTiming): StepTemplate {
    if (timing !== this.#usual || this.task.limitsOf !== undefined) return this.#makeTemplate(value, timing);
    this.#plain ??= this.#makeTemplate(value, timing);
    return this.#plain;
  }

  #makeTemplate(value: unknown, timing: JobTiming): StepTemplate {
    const { name, version, fingerprint } = this.task;
    const limits = this.#limits(value, timing.limits);
    const { limits: _given, ...rest } = timing;
    return { task: name, version, fingerprint, ...rest, ...(limits === undefined ? {} : { limits }) };
  }

  /** Keys that a contract takes from the payload cannot be known before the step before has ended. */
  #limitsWithout(limitsOf: LimitsOf, given: JobLimits | undefined): JobLimits {
    try {
      return limitsOf(undefined, given);
    } catch (cause) {
      throw new OptionError(
        `expected ${this.task.name} to be given its data by step(data), since its contract takes a key from the payload, ` +
          "which is not known yet when the workflow is stored",
        { cause },
      );
    }
  }

  #limits(value: unknown, given: JobLimits | undefined): JobLimits | undefined {
    const { limitsOf, name } = this.task;
    if (limitsOf === undefined) return given;
    const limits = value === NOT_KNOWN ? this.#limitsWithout(limitsOf, given) : limitsOf(value, given);
    const { idempotency, unique, throttle, debounce } = limits;
    if ([idempotency, unique, throttle, debounce].every((field) => field === undefined)) return limits;
    throw new OptionError(
      `expected ${name} to be a task whose jobs are always stored, since it is a step of a workflow; take what may ` +
        "refuse or replace them (deduplicate, debounce, throttle) from its contract",
    );
  }
}
