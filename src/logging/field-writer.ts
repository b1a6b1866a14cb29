import { type Logger, type LogLevel, recordWriter } from "../app/logger.js";
import type { JobTelemetry } from "../core/telemetry/job-telemetry.js";

/** Writes a line with fields; a logger that throws spoils no job. */
export type WriteFields = (level: LogLevel, text: string, fields: Readonly<Record<string, unknown>>) => void;

/** @throws {OptionError} when it cannot be written to */
export function fieldWriter(logger: Logger): WriteFields {
  return recordWriter(logger);
}

/** The ids of a `traceparent`, as logs are joined to traces by. */
export function traceFields(told: Pick<JobTelemetry, "trace"> | undefined): Readonly<Record<string, string>> {
  const [, traceId, spanId] = told?.trace?.split("-") ?? [];
  return traceId === undefined || spanId === undefined ? {} : { trace_id: traceId, span_id: spanId };
}
