import type { Meter, Tracer } from "@opentelemetry/api";
import { internalsOf } from "../app/app-internals.js";
import type { Taskora } from "../app/taskora.js";
import { VERSION } from "../app/version.js";
import { isDoubled, TaskAttributes } from "./attributes.js";
import { INSTRUMENT, type Instrumentation, type InstrumentOptions } from "./instrument-options.js";
import { JobMetrics } from "./job-metrics.js";
import { type Api, loadApi } from "./load-api.js";
import { PreviousAttempts } from "./previous-attempts.js";
import { observeStore } from "./store-metrics.js";
import { JobTracing } from "./tracing.js";

/**
 * Lets an app tell OpenTelemetry of its jobs: spans, whose context travels in the headers of jobs, and metrics. Call it once per
 * app and await it before the app is used. Jobs cost nothing until an SDK is set up, and are told of from then on.
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
  const doubled = isDoubled();
  const send = new TaskAttributes("send", doubled);
  const process = new TaskAttributes("process", doubled);
  const settle = new TaskAttributes("settle", doubled);
  const previous = new PreviousAttempts(observed.adapter);
  let unobserve = () => {};
  const stops = [
    listen(() => {
      const tracer = given.tracer ?? globalTracer(api);
      return (
        tracer &&
        new JobTracing({ api, tracer, options: given, previous, sending: send, processing: process })
      );
    }),
    listen(() => {
      const meter = given.meter ?? globalMeter(api);
      if (meter === undefined) return undefined;
      unobserve = observeStore(meter, observed);
      return new JobMetrics(meter, { send, process, settle });
    }),
    () => unobserve(),
  ];
  return {
    stop() {
      for (const stop of stops) stop();
    },
  };
}

/** Undefined: nobody takes spans, and nothing is carried with jobs. */
function globalTracer({ propagation, ProxyTracerProvider, trace }: Api): Tracer | undefined {
  const provider = trace.getTracerProvider();
  const noProvider = new ProxyTracerProvider().getDelegate();
  const isNobody = "getDelegate" in provider && (provider as ProxyProvider).getDelegate() === noProvider;
  return isNobody && propagation.fields().length === 0 ? undefined : trace.getTracer("taskora", VERSION);
}

type ProxyProvider = InstanceType<Api["ProxyTracerProvider"]>;

/** Undefined: nobody takes measurements. */
function globalMeter({ createNoopMeter, metrics }: Api): Meter | undefined {
  const meter = metrics.getMeter("taskora", VERSION);
  return meter === createNoopMeter() ? undefined : meter;
}
