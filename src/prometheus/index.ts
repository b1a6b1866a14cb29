/** Metrics for Prometheus, of one process or of a whole store. */
export type { MetricsText } from "./families.js";
export { type MetricsOptions, metrics, type TaskoraMetrics } from "./metrics.js";
export type { PromRegistry } from "./registry.js";
