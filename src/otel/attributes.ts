/**
 * Names of OpenTelemetry's conventions for messaging, and those of our own.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
 */
import type { Attributes } from "@opentelemetry/api";
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

/** Those of one job, beside its task's. */
export function jobAttributes(message: JobTelemetry): Attributes {
  const { id, version, fingerprint, attempt, bytes, worker, waitMs } = message;
  const attributes: Attributes = {
    "messaging.message.id": id,
    "taskora.contract.version": version,
  };
  if (bytes > 0) attributes["messaging.message.body.size"] = bytes;
  if (fingerprint !== "") attributes["taskora.contract.fingerprint"] = fingerprint;
  if (attempt > 0) attributes["taskora.attempt"] = attempt;
  if (worker !== undefined) attributes["messaging.client.id"] = worker;
  if (waitMs !== undefined) attributes["taskora.wait_ms"] = Math.max(0, Math.round(waitMs));
  return attributes;
}

/** What kind of error it is, of few values. */
export function errorType(error: unknown): string {
  if (typeof error !== "object" || error === null) return "_OTHER";
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
  if (typeof code === "string" && code !== "") return code;
  return typeof name === "string" && name !== "" ? name : "_OTHER";
}
