import { internalsOf } from "../app/app-internals.js";
import type { Taskora } from "../app/taskora.js";
import { VERSION } from "../app/version.js";
import { isDoubled, TaskAttributes } from "./attributes.js";
import { INSTRUMENT, type Instrumentation, type InstrumentOptions } from "./instrument-options.js";
import { JobMetrics } from "./job-metrics.js";
import { loadApi } from "./load-api.js";
import { PreviousAttempts } from "./previous-attempts.js";
import { observeStore } from "./store-metrics.js";
import { JobTracing } from "./tracing.js";

/**
 * Lets an app tell OpenTelemetry of its jobs: spans, whose context travels in the headers of jobs, and metrics. Call it once per
 * app, when the SDK is set up, and await it before the app is used.
 *
 * @throws {TaskoraError} `DEPENDENCY_MISSING` without the package `@opentelemetry/api`
 * @throws {OptionError} on an unknown option ("did you mean")
 */
export async function instrument(
  taskora: Taskora,
  options: InstrumentOptions = {},
): Promise<Instrumentation> {
  const { listen, observed } = internalsOf(taskora);
  const given = INSTRUMENT.read(options, "instrument()");
  const api = await loadApi();
  const tracer = given.tracer ?? api.trace.getTracer("taskora", VERSION);
  const meter = given.meter ?? api.metrics.getMeter("taskora", VERSION);
  const doubled = isDoubled();
  const sending = new TaskAttributes("send", doubled);
  const processing = new TaskAttributes("process", doubled);
  const settling = new TaskAttributes("settle", doubled);
  const previous = new PreviousAttempts(observed.adapter);
  const stops = [
    listen(new JobTracing({ api, tracer, options: given, previous, sending, processing })),
    listen(new JobMetrics(meter, { send: sending, process: processing, settle: settling })),
    observeStore(meter, observed),
  ];
  return {
    stop() {
      for (const stop of stops) stop();
    },
  };
}
