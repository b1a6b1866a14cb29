/**
 * Spans of jobs: one of the producer per dispatch, or per call that dispatches several, and one of the consumer per attempt.
 *
 * A dispatch → its span, whose context travels in the job's headers → each attempt has a trace of its own that links to the
 * dispatch, and to the attempt before; its span is active while the handler runs.
 */
import type { Link, Span, TextMapSetter, Tracer } from "@opentelemetry/api";
import type { JobListener } from "../core/telemetry/job-listener.js";
import { type DispatchGroup, type JobTelemetry, keptBy, SPAN } from "../core/telemetry/job-telemetry.js";
import { WORKFLOW_TASK } from "../core/workflow/step.js";
import { describeJob, errorType, type TaskAttributes } from "./attributes.js";
import type { InstrumentOptions } from "./instrument-options.js";
import type { Api } from "./load-api.js";
import { type PreviousAttempts, traceparentOf } from "./previous-attempts.js";

/** A job that waited for longer than this is no part of the request that dispatched it. */
const SOON_MS = 10_000;
const MOST_BAGGAGE_CHARS = 512;

/** What tracing is made of. */
export interface TracingParts {
  readonly api: Api;
  readonly tracer: Tracer;
  readonly options: Pick<InstrumentOptions, "attributes" | "baggage" | "links">;
  readonly previous: PreviousAttempts;
  readonly sending: TaskAttributes;
  readonly processing: TaskAttributes;
}

/** The span of a call that dispatches several jobs, and what each of them carries. */
interface GroupSpan {
  readonly span: Span;
  readonly headers: Readonly<Record<string, string>>;
}

/** What is told of a job is worked out when its span records; a sampler sees what is the same for all jobs of the task. */
export class JobTracing implements JobListener {
  readonly #parts: TracingParts;
  readonly #setter: TextMapSetter<Record<string, string>>;
  readonly #groups = new WeakMap<DispatchGroup, GroupSpan>();
  /** Attempts whose link to the one before is being read. */
  readonly #linking = new WeakMap<JobTelemetry, Promise<void>>();

  constructor(parts: TracingParts) {
    this.#parts = parts;
    const isBaggageCarried = parts.options.baggage === true;
    this.#setter = {
      set(carrier, key, value) {
        if (key === "baggage" && (!isBaggageCarried || value.length > MOST_BAGGAGE_CHARS)) return;
        carrier[key] = value;
      },
    };
  }

  dispatchingMany(group: DispatchGroup): void {
    const span = this.#startSending(group.task);
    const headers = {};
    this.#inject(span, headers);
    this.#groups.set(group, { span, headers });
  }

  dispatchedMany(group: DispatchGroup): void {
    const span = this.#groups.get(group)?.span;
    if (span === undefined) return;
    if (span.isRecording()) this.#describeGroup(group, span);
    span.end();
  }

  #describeGroup(group: DispatchGroup, span: Span): void {
    span.setAttribute("messaging.batch.message_count", group.count);
    if (group.refused > 0) {
      span.setAttributes({ "taskora.refused": group.refused, "error.type": "_OTHER" });
      span.setStatus({
        code: this.#parts.api.SpanStatusCode.ERROR,
        message: `${group.refused} were refused`,
      });
    }
  }

  dispatching(message: JobTelemetry, group: DispatchGroup | undefined): void {
    const known = group && this.#groups.get(group);
    if (known !== undefined) {
      Object.assign(message.headers, known.headers);
      return;
    }
    const span = this.#startSending(message.task);
    if (span.isRecording()) this.#describe(message, span);
    this.#inject(span, message.headers);
    keptBy(message)[SPAN] = span;
  }

  dispatched(message: JobTelemetry): void {
    const span = keptBy(message)[SPAN] as Span | undefined;
    if (span === undefined) return;
    if (span.isRecording()) {
      span.setAttribute("taskora.outcome", message.outcome ?? "");
      if (message.bytes > 0) span.setAttribute("messaging.message.body.size", message.bytes);
      if (message.group !== undefined) span.setAttribute("taskora.group", message.group);
      if (message.outcome === "refused") this.#fail(span, message.error);
    }
    span.end();
  }

  #startSending(task: string): Span {
    const { api, tracer, sending } = this.#parts;
    const name = task === WORKFLOW_TASK ? "send workflow" : `send ${task}`;
    return tracer.startSpan(name, { kind: api.SpanKind.PRODUCER, attributes: sending.of(task) });
  }

  /** Puts into headers what carries a span, as the global propagator writes it. */
  #inject(span: Span, headers: Record<string, string>): void {
    const { api } = this.#parts;
    api.propagation.inject(api.trace.setSpan(api.context.active(), span), headers, this.#setter);
  }

  run(message: JobTelemetry, work: () => void): void {
    const { api, tracer, options, processing, previous } = this.#parts;
    const { ROOT_CONTEXT } = api;
    const carried = api.propagation.extract(ROOT_CONTEXT, message.headers);
    const isChild = this.#isChild(message);
    const links = isChild ? [] : linkTo(api.trace.getSpanContext(carried));
    const before = message.attempt > 1 ? previous.take(message) : undefined;
    if (before !== undefined) links.push({ context: before });
    const around = options.baggage === true ? api.trace.deleteSpan(carried) : ROOT_CONTEXT;
    const span = tracer.startSpan(
      `process ${message.task}`,
      { kind: api.SpanKind.CONSUMER, links, attributes: processing.of(message.task) },
      isChild ? carried : around,
    );
    keptBy(message)[SPAN] = span;
    if (span.isRecording()) {
      this.#describe(message, span);
      message.trace = traceparentOf(span.spanContext());
      if (message.attempt > 1 && before === undefined) this.#linkLater(message, span);
    }
    api.context.with(api.trace.setSpan(around, span), work);
  }

  #isChild({ waitMs }: JobTelemetry): boolean {
    const { links } = this.#parts.options;
    return links === "parent" || (links === "auto" && waitMs !== undefined && waitMs < SOON_MS);
  }

  /** The attempt before ran elsewhere. */
  #linkLater(message: JobTelemetry, span: Span): void {
    const linked = this.#parts.previous.read(message).then((context) => {
      if (context !== undefined) span.addLink({ context });
      this.#linking.delete(message);
    });
    this.#linking.set(message, linked);
  }

  ran(message: JobTelemetry): void {
    const span = keptBy(message)[SPAN] as Span | undefined;
    if (span === undefined) return;
    if (span.isRecording()) this.#describeEnd(message, span);
    const linking = message.attempt > 1 ? this.#linking.get(message) : undefined;
    if (linking === undefined) span.end();
    else {
      const endedAt = performance.now();
      void linking.then(() => span.end(endedAt));
    }
  }

  #describeEnd(message: JobTelemetry, span: Span): void {
    const { outcome, error, delayMs } = message;
    span.setAttribute("taskora.outcome", outcome ?? "");
    if (outcome === "retried") {
      span.setAttributes({ "taskora.will_retry": true, "taskora.retry_delay_ms": Math.round(delayMs) });
      this.#parts.previous.remember(message, span.spanContext());
      span.recordException(exceptionOf(error));
      span.setAttribute("error.type", errorType(error));
    } else if (outcome === "failed") this.#fail(span, error);
  }

  #fail(span: Span, error: unknown): void {
    const exception = exceptionOf(error);
    span.recordException(exception);
    span.setAttribute("error.type", errorType(error));
    const message = typeof exception === "string" ? exception : exception.message;
    span.setStatus({ code: this.#parts.api.SpanStatusCode.ERROR, message });
  }

  #describe(message: JobTelemetry, span: Span): void {
    describeJob(message, span);
    const further = this.#parts.options.attributes;
    if (further === undefined) return;
    const { task, id, attempt, headers } = message;
    try {
      span.setAttributes(further({ task, id, attempt, headers }));
    } catch {
      // An attribute is no reason to lose a job.
    }
  }
}

function linkTo(context: Link["context"] | undefined): Link[] {
  return context === undefined ? [] : [{ context }];
}

function exceptionOf(error: unknown): Error | string {
  return error instanceof Error ? error : String(error);
}
