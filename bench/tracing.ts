/** An OpenTelemetry SDK that throws its spans away: what a service pays before anything is sent. */

/** What is used of the SDK: its packages are in this folder alone, so its types are unknown where the rest is checked. */
interface Sdk {
  readonly BasicTracerProvider: new (options: object) => object;
  readonly BatchSpanProcessor: new (exporter: object, options: object) => { forceFlush(): Promise<void> };
  readonly AlwaysOnSampler: new () => object;
  readonly AlwaysOffSampler: new () => object;
}

interface Api {
  readonly trace: {
    setGlobalTracerProvider(provider: object): boolean;
    getTracer(name: string): Tracer;
    getSpanContext(context: object): object | undefined;
    setSpan(context: object, span: Span): object;
  };
  readonly context: {
    setGlobalContextManager(manager: object): boolean;
    with(context: object, work: () => void): void;
  };
  readonly propagation: {
    setGlobalPropagator(propagator: object): boolean;
    extract(context: object, carrier: object): object;
  };
  readonly ROOT_CONTEXT: object;
  readonly SpanKind: { readonly CONSUMER: number };
}

interface Tracer {
  startSpan(name: string, options: object, context: object): Span;
}

interface Span {
  isRecording(): boolean;
  setAttribute(key: string, value: string | number): void;
  end(): void;
}

/** As many as a job's span has. */
const STARTING = Object.fromEntries(["system", "type", "name", "task", "group"].map((key) => [key, key]));
const FURTHER = ["id", "version", "bytes", "attempt", "worker", "wait", "outcome"] as const;

let api: Api | undefined;
let tracer: Tracer | undefined;
let processor: { forceFlush(): Promise<void> } | undefined;

/** Until the spans that have ended are thrown away, so that those of stored jobs are no part of what is measured next. */
export async function flushSpans(): Promise<void> {
  await processor?.forceFlush();
}

/** Calls `work` within a span as `taskora/otel` makes it, by calls of the SDK alone. {@link setUpSdk} comes first. */
export function inSpan(traceparent: string, work: () => void): void {
  if (api === undefined || tracer === undefined) throw new Error("no SDK is set up");
  const { context, propagation, ROOT_CONTEXT, SpanKind, trace } = api;
  const linked = trace.getSpanContext(propagation.extract(ROOT_CONTEXT, { traceparent }));
  const options = { kind: SpanKind.CONSUMER, links: [{ context: linked }], attributes: STARTING };
  const span = tracer.startSpan("process", options, ROOT_CONTEXT);
  if (span.isRecording()) for (const key of FURTHER) span.setAttribute(key, key);
  context.with(trace.setSpan(ROOT_CONTEXT, span), work);
  span.end();
}

/** @param sampled all spans are recorded, or none */
export async function setUpSdk(sampled: boolean): Promise<void> {
  api = await packageOf<Api>("@opentelemetry/api");
  const sdk = await packageOf<Sdk>("@opentelemetry/sdk-trace-base");
  const { AsyncLocalStorageContextManager } = await packageOf<{
    readonly AsyncLocalStorageContextManager: new () => { enable(): object };
  }>("@opentelemetry/context-async-hooks");
  const { W3CTraceContextPropagator } = await packageOf<{
    readonly W3CTraceContextPropagator: new () => object;
  }>("@opentelemetry/core");
  const sampler = sampled ? new sdk.AlwaysOnSampler() : new sdk.AlwaysOffSampler();
  const exporter = {
    export: (_spans: unknown, done: (result: { readonly code: number }) => void) => done({ code: 0 }),
    shutdown: async () => undefined,
  };
  processor = new sdk.BatchSpanProcessor(exporter, { maxQueueSize: 100_000 });
  const spanProcessors = [processor];
  api.trace.setGlobalTracerProvider(new sdk.BasicTracerProvider({ sampler, spanProcessors }));
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  api.propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  tracer = api.trace.getTracer("bench");
}

async function packageOf<Exports>(name: string): Promise<Exports> {
  return (await import(name)) as Exports;
}
