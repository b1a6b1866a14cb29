import type { JobTelemetry } from "../core/telemetry/job-telemetry.js";

/** The ids of a `traceparent`, as logs are joined to traces by. */
export function traceFields(told: Pick<JobTelemetry, "trace"> | undefined): Readonly<Record<string, string>> {
  const [, traceId, spanId] = told?.trace?.split("-") ?? [];
  return traceId === undefined || spanId === undefined ? {} : { trace_id: traceId, span_id: spanId };
}
