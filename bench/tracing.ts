/** An OpenTelemetry SDK that throws its spans away: what a service pays before anything is sent. */

/** What is used of the SDK: its packages are in this folder alone, so its types are unknown where the rest is checked. */
interface Sdk {
  readonly BasicTracerProvider: new (options: object) => object;
  readonly BatchSpanProcessor: new (exporter: object, options: object) => object;
  readonly AlwaysOnSampler: new () => object;
  readonly AlwaysOffSampler: new () => object;
}

interface Api {
  readonly trace: { setGlobalTracerProvider(provider: object): boolean };
  readonly context: { setGlobalContextManager(manager: object): boolean };
  readonly propagation: { setGlobalPropagator(propagator: object): boolean };
}

/** @param sampled all spans are recorded, or none */
export async function setUpSdk(sampled: boolean): Promise<void> {
  const api = await packageOf<Api>("@opentelemetry/api");
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
  const spanProcessors = [new sdk.BatchSpanProcessor(exporter, { maxQueueSize: 100_000 })];
  api.trace.setGlobalTracerProvider(new sdk.BasicTracerProvider({ sampler, spanProcessors }));
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  api.propagation.setGlobalPropagator(new W3CTraceContextPropagator());
}

async function packageOf<Exports>(name: string): Promise<Exports> {
  return (await import(name)) as Exports;
}
