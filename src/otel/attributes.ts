/**
 * Names of OpenTelemetry's conventions for messaging, and those of our own.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
 */
import type { Attributes, Span } from "@opentelemetry/api";
import { jobOrigin } from "../core/job-origin.js";
import { laneParts } from "../core/lane-name.js";
import type { JobTelemetry } from "../core/telemetry/job-telemetry.js";

/** The operation that a span or a measurement is of. */
export type Operation = "send" | "process" | "settle";

/** Those that are the same for all jobs of a task. */
export class TaskAttributes {
  readonly #byTask = new Map<string, Attributes>();
  readonly #operation: Operation;
  readonly #system: Attributes;

  /** @param isDoubled also under the name that the system had in older conventions */
  constructor(operation: Operation, isDoubled: boolean) {
    this.#operation = operation;
    this.#system = {
      "messaging.system.name": "taskora",
      ...(isDoubled ? { "messaging.system": "taskora" } : {}),
    };
  }

  of(task: string): Attributes {
    let attributes = this.#byTask.get(task);
    if (attributes === undefined) {
      attributes = {
        ...this.#system,
        "messaging.operation.type": this.#operation,
        "messaging.operation.name": this.#operation,
        "messaging.destination.name": task,
        // The workers that share its jobs are those of its contract, whatever the lane.
        ...(this.#operation === "send" ? {} : { "messaging.consumer.group.name": laneParts(task).contract }),
      };
      this.#byTask.set(task, attributes);
    }
    return attributes;
  }
}

/** Whether the environment asks for names of older conventions as well. */
export function isDoubled(): boolean {
  const asked = process.env.OTEL_SEMCONV_STABILITY_OPT_IN?.split(",").map((word) => word.trim());
  return asked?.includes("messaging/dup") ?? false;
}

/** Tells a span those of one job, beside its task's. */
export function describeJob(message: JobTelemetry, span: Span): void {
  const { id, version, fingerprint, attempt, bytes, worker, waitMs } = message;
  span.setAttribute("messaging.message.id", id);
  span.setAttribute("taskora.contract.version", version);
  if (bytes > 0) span.setAttribute("messaging.message.body.size", bytes);
  if (fingerprint !== "") span.setAttribute("taskora.contract.fingerprint", fingerprint);
  if (attempt > 0) span.setAttribute("taskora.attempt", attempt);
  if (worker !== undefined) span.setAttribute("messaging.client.id", worker);
  if (waitMs !== undefined) span.setAttribute("taskora.wait_ms", Math.max(0, Math.round(waitMs)));
  const { workflow, schedule } = jobOrigin(id);
  if (workflow !== undefined) span.setAttribute("messaging.message.conversation_id", workflow);
  if (schedule !== undefined) span.setAttribute("taskora.schedule", schedule);
}

/** What kind of error it is, of few values. */
export function errorType(error: unknown): string {
  if (typeof error !== "object" || error === null) return "_OTHER";
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
  if (typeof code === "string" && code !== "") return code;
  return typeof name === "string" && name !== "" ? name : "_OTHER";
}
