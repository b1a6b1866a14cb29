/** Measurements of this process' jobs, by the conventions for messaging, and those of our own. */
import type { Attributes, Counter, Histogram, Meter } from "@opentelemetry/api";
import type { JobListener, ProcessListener, TroubleMessage } from "../core/telemetry/job-listener.js";
import { BEGUN, type JobTelemetry, keptBy } from "../core/telemetry/job-telemetry.js";
import { errorType, type Operation, type TaskAttributes } from "./attributes.js";

/** Seconds; those of the conventions, and further ones for long jobs and long waits. */
const BOUNDARIES = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 300, 1800, 7200,
];

export class JobMetrics implements JobListener, ProcessListener {
  readonly #attributes: Readonly<Record<Operation, TaskAttributes>>;
  readonly #sent: Counter;
  readonly #consumed: Counter;
  readonly #operation: Histogram;
  readonly #process: Histogram;
  readonly #wait: Histogram;
  readonly #lost: Counter;
  readonly #troubles: Counter;

  constructor(meter: Meter, attributes: Readonly<Record<Operation, TaskAttributes>>) {
    this.#attributes = attributes;
    const seconds = { unit: "s", advice: { explicitBucketBoundaries: BOUNDARIES } };
    this.#sent = meter.createCounter("messaging.client.sent.messages", {
      unit: "{message}",
      description: "Jobs that were dispatched.",
    });
    this.#consumed = meter.createCounter("messaging.client.consumed.messages", {
      unit: "{message}",
      description: "Jobs that were claimed.",
    });
    this.#operation = meter.createHistogram("messaging.client.operation.duration", {
      ...seconds,
      description: "How long dispatches and settlements took.",
    });
    this.#process = meter.createHistogram("messaging.process.duration", {
      ...seconds,
      description: "How long attempts ran.",
    });
    this.#wait = meter.createHistogram("taskora.job.wait.duration", {
      ...seconds,
      description: "How long jobs waited for an attempt.",
    });
    this.#lost = meter.createCounter("taskora.lease.lost", {
      unit: "{job}",
      description: "Jobs that were lost with the lease of their worker.",
    });
    this.#troubles = meter.createCounter("taskora.store.errors", {
      unit: "{error}",
      description: "Errors of the store outside of any caller's sight.",
    });
  }

  dispatching(message: JobTelemetry): void {
    keptBy(message)[BEGUN] = performance.now();
  }

  dispatched(message: JobTelemetry): void {
    const attributes = this.#with("send", message, message.outcome === "refused" ? message.error : undefined);
    this.#sent.add(1, attributes);
    this.#took(message, attributes);
  }

  claimed(task: string, count: number): void {
    this.#consumed.add(count, this.#attributes.process.of(task));
  }

  ran(message: JobTelemetry): void {
    const { task, outcome, error, runMs = 0, waitMs } = message;
    const isError = outcome === "failed" || outcome === "retried";
    const attributes = this.#with("process", message, isError ? error : undefined);
    this.#process.record(runMs / 1000, { ...attributes, "taskora.outcome": outcome ?? "" });
    if (waitMs !== undefined)
      this.#wait.record(Math.max(0, waitMs) / 1000, { "messaging.destination.name": task });
  }

  settling(message: JobTelemetry): void {
    keptBy(message)[BEGUN] = performance.now();
  }

  settled(message: JobTelemetry): void {
    this.#took(message, this.#attributes.settle.of(message.task));
  }

  lost(task: string): void {
    this.#lost.add(1, { "messaging.destination.name": task });
  }

  troubled({ error }: TroubleMessage): void {
    const type = errorType(error);
    if (type.startsWith("STORE_")) this.#troubles.add(1, { "error.type": type });
  }

  #took(message: JobTelemetry, attributes: Attributes): void {
    const begun = keptBy(message)[BEGUN];
    if (begun !== undefined) this.#operation.record((performance.now() - begun) / 1000, attributes);
  }

  #with(operation: Operation, { task }: JobTelemetry, error: unknown): Attributes {
    const attributes = this.#attributes[operation].of(task);
    return error === undefined ? attributes : { ...attributes, "error.type": errorType(error) };
  }
}
