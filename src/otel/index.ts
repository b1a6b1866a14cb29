/** Traces and metrics of OpenTelemetry. */
export { instrument } from "./instrument.js";
export type { Instrumentation, InstrumentedJob, InstrumentOptions } from "./instrument-options.js";
