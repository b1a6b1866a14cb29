/** Metrics as prom-client's registry takes them. It is known by its shape: the package is no dependency. */
import type { FamilyKind, Sample } from "./families.js";

/** What is used of a `Registry` of prom-client. */
export interface PromRegistry {
  /** Adds a metric. */
  registerMetric(metric: never): void;
}

/** A metric as the registry asks for it. */
interface PromMetric {
  name: string;
  readonly help: string;
  readonly type: FamilyKind["type"];
  readonly aggregator: "sum";
  get(): Promise<unknown>;
}

/** The registry knows no moment when a counter began, and adds `_total` itself where it is to be added. */
export function registered({ name, type, help }: FamilyKind, read: () => Promise<readonly Sample[]>): never {
  const metric: PromMetric = {
    name: type === "counter" ? `${name}_total` : name,
    help: `${help}.`,
    type,
    aggregator: "sum",
    async get() {
      const samples = (await read()).filter(({ suffix }) => suffix !== "_created");
      const values = samples.map(({ suffix, labels, value }) => ({
        ...{ labels, value },
        ...(type === "histogram" ? { metricName: `${name}${suffix}` } : {}),
      }));
      const { name: shown, aggregator } = metric;
      return { name: shown, help: metric.help, type, aggregator, values };
    },
  };
  return metric as never;
}
