import type { Feature } from "../spec.js";
import { dispatchAtOnce, repeat } from "./dispatch.js";
import { processWorkload } from "./process.js";
import type { Workload } from "./workload.js";

const PLAIN = "taskora";

/** What each thing costs when it is used: against the plain form in the same round. */
export const featureWorkloads: readonly Workload[] = [
  {
    name: "features-dispatch",
    title: "1 000 dispatches at once, with and without",
    chapter: "features",
    metrics: ["jobsPerSecond", "nodeMicros", "storeMicros"],
    contenders: contenders([
      "no-validation",
      "dispatch-middleware",
      "ttl",
      "priority",
      "headers",
      "deduplicate",
      "idempotency-key",
      "throttle",
      "debounce",
      "group",
      "concurrency-key",
      "rate-limit",
      "collect",
      "workflow",
      "listener",
      "channels",
      "otel-api",
      "otel-unsampled",
      "otel-sampled",
      "memory",
    ]),
    sizing: "timed",
    run: (bench) => repeat(bench, { count: 1000, send: dispatchAtOnce }),
  },
  {
    ...processWorkload({
      name: "features-process",
      title: "100 jobs at a time, with and without",
      concurrency: 100,
    }),
    chapter: "features",
    contenders: contenders([
      "no-validation",
      "output",
      "middleware",
      "retries",
      "timeout",
      "ttl",
      "priority",
      "headers",
      "deduplicate",
      "idempotency-key",
      "group",
      "concurrency-key",
      "rate-limit",
      "collect",
      "workflow",
      "listener",
      "channels",
      "sdk-unsampled",
      "sdk-sampled",
      "otel-api",
      "otel-unsampled",
      "otel-sampled",
      "no-metrics",
      "memory",
    ]),
  },
];

function contenders(features: readonly Feature[]): readonly string[] {
  return [PLAIN, ...features.map((feature) => `${PLAIN}+${feature}`)];
}
