/** Libraries of telemetry that tests check this one against. They are installed when the first test asks for them. */
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type {
  Attributes,
  ContextManager,
  HrTime,
  MeterProvider,
  SpanContext,
  TextMapPropagator,
  TracerProvider,
} from "@opentelemetry/api";
import { installOwnPackages } from "../../scripts/own-packages.js";

/** Where they are. */
export const CLIENTS_FOLDER = fileURLToPath(new URL("../telemetry-clients/", import.meta.url));

/** A span as the SDK gives it to exporters. */
export interface EndedSpan {
  readonly name: string;
  readonly kind: number;
  readonly attributes: Attributes;
  readonly links: readonly { readonly context: SpanContext }[];
  readonly status: { readonly code: number; readonly message?: string };
  readonly events: readonly { readonly name: string }[];
  readonly parentSpanContext?: SpanContext;
  readonly endTime: HrTime;
  spanContext(): SpanContext;
}

interface TracingSdk {
  readonly AlwaysOffSampler: new () => object;
  readonly BasicTracerProvider: new (options: object) => TracerProvider & { shutdown(): Promise<void> };
  readonly InMemorySpanExporter: new () => { getFinishedSpans(): EndedSpan[]; reset(): void };
  readonly SimpleSpanProcessor: new (exporter: object) => object;
}

/** What a reader of metrics collects. */
export interface Collection {
  readonly resourceMetrics: {
    readonly scopeMetrics: readonly {
      readonly metrics: readonly {
        readonly descriptor: { readonly name: string; readonly unit: string };
        readonly dataPoints: readonly { readonly attributes: Attributes; readonly value: unknown }[];
      }[];
    }[];
  };
}

interface MetricsSdk {
  readonly MeterProvider: new (options: { readers: readonly object[] }) => MeterProvider;
  readonly MetricReader: abstract new () => { collect(): Promise<Collection> };
}

/** `require` of the folder that has them. */
export function telemetryClients(folder = CLIENTS_FOLDER): NodeJS.Require {
  installOwnPackages(folder);
  return createRequire(`${folder}package.json`);
}

/** The SDK's parts for traces, and what it takes to carry them. */
export function tracingSdk(folder?: string): TracingSdk & {
  readonly contextManager: ContextManager;
  readonly propagator: TextMapPropagator;
} {
  const clients = telemetryClients(folder);
  const { AsyncLocalStorageContextManager } = clients("@opentelemetry/context-async-hooks") as {
    AsyncLocalStorageContextManager: new () => ContextManager;
  };
  const { W3CTraceContextPropagator } = clients("@opentelemetry/core") as {
    W3CTraceContextPropagator: new () => TextMapPropagator;
  };
  return {
    ...(clients("@opentelemetry/sdk-trace-base") as TracingSdk),
    contextManager: new AsyncLocalStorageContextManager().enable(),
    propagator: new W3CTraceContextPropagator(),
  };
}

/** The SDK's parts for metrics. */
export function metricsSdk(): MetricsSdk {
  return telemetryClients()("@opentelemetry/sdk-metrics") as MetricsSdk;
}
