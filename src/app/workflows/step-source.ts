import { OptionError } from "../../core/errors.js";
import type { Encoded } from "../../core/job.js";
import type { JobLimits } from "../../core/limits/job-limits.js";
import { runOnion } from "../../core/onion.js";
import { encodeValue, requireSize } from "../../core/serializer.js";
import type { StepTemplate } from "../../core/workflow/store.js";
import type { LimitsOf } from "../dispatch/contract-limits.js";
import { type JobOptions, type JobTiming, resolveStep } from "../dispatch/dispatch-options.js";
import type { DispatchContext, ProducerTask, TaskClientHost } from "../dispatch/task-client.js";

/** How one step of a workflow is dispatched. `delay` counts from when the step could start. */
export type StepOptions = JobOptions;

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
   * sees it as it sees any job; for a step whose input comes later `ctx.data` is undefined, and what becomes of it is not
   * looked at.
   *
   * @throws {OptionError} on a bad option
   * @throws {TaskoraError} `VALIDATION_FAILED`, `PAYLOAD_TOO_LARGE`, `PAYLOAD_UNSERIALIZABLE`
   */
  prepare(request: StepRequest, jobId: string): PreparedStep | Promise<PreparedStep> {
    const data = request.given?.data;
    const timing = this.#timingOf(request.options);
    if (timing.limits !== undefined) this.host.context.requireLimits(timing.limits, this.task.name);
    if (this.host.layers.length === 0) return this.#check(request, data, timing);
    return this.#throughLayers(data, timing, jobId).then((seen) =>
      this.#check(request, seen.data, seen.timing),
    );
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
    const isChecked = this.host.validateOnDispatch && options?.validateOnDispatch !== true;
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
    data: unknown,
    timing: JobTiming,
    jobId: string,
  ): Promise<{ readonly data: unknown; readonly timing: JobTiming }> {
    const { layers } = this.host;
    const ctx: DispatchContext = { task: this.task.name, jobId, data, headers: { ...timing.headers } };
    let hasPassed = false;
    const core = async () => {
      hasPassed = true;
    };
    await runOnion({ layers, ctx, core, again: (first) => first });
    if (hasPassed) return { data: ctx.data, timing: { ...timing, headers: ctx.headers } };
    throw new OptionError(
      `the workflow was not stored: a dispatch middleware ended without calling next() for its step of ` +
        `${this.task.name}. Call and await next(), or throw an error that says why not`,
    );
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
