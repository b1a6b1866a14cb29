/** What a child process is told to measure, and what it answers. Plain data: it crosses process borders as JSON. */

/** Servers that jobs are stored in. */
export const STORES = ["redis", "postgres"] as const;

export type StoreName = (typeof STORES)[number];

/** Things of ours that a row switches on; each is compared with the plain contender. */
export const FEATURES = {
  "no-validation": "no schemas at all",
  output: "output schema, a result of 40 bytes stored",
  middleware: "one pass-through middleware around the handler",
  "dispatch-middleware": "one pass-through middleware around dispatch",
  retries: "retry: 5 attempts, exponential backoff",
  timeout: "timeout of 30 s",
  ttl: "ttl of 1 h",
  priority: "priority 5 on every job",
  headers: "one traceparent header on every job",
  deduplicate: "deduplicate with a key of its own on every job",
  "idempotency-key": "an idempotency key of its own on every job",
  throttle: "throttle: 100 000 jobs a second, one key",
  debounce: "debounce of 1 h with a key of its own on every job",
  group: "a group of 100 for every job",
  "concurrency-key": "a concurrency key of 100 for every job, limit 1 000",
  collect: "collect: batches of up to 100",
  workflow: "a workflow of one step instead of every job",
  "rate-limit": "rate limit: 100 000 jobs in 100 ms, one key",
  listener: "a listener for completed in the same process",
  channels: "a subscriber to the channels of runs",
  "sdk-unsampled": "a span of an SDK that samples nothing around each handler, without taskora/otel",
  "sdk-sampled":
    "a span with as many attributes around each handler that the SDK throws away, without taskora/otel",
  "otel-api": "taskora/otel where no SDK is set up",
  "otel-unsampled": "taskora/otel with an SDK that samples nothing",
  "otel-sampled": "taskora/otel with an SDK that records every span and throws it away",
  "no-metrics": "metrics: false, so that workers measure nothing",
  memory: "memory adapter instead of Redis",
} as const;

export type Feature = keyof typeof FEATURES;

/** One measurement. */
export interface Spec {
  readonly workload: string;
  /** A file in `peers/`, without features. */
  readonly peer: string;
  readonly features: readonly Feature[];
  readonly store: StoreName;
  readonly storeUrl: string;
  /** The server's main process. */
  readonly storePid: number;
  /** How long the measured part should last. */
  readonly targetMs: number;
  /** Jobs of a counted workload; undefined in the pilot, which finds out how many fit. */
  readonly jobs?: number;
  readonly role: "main" | "partner";
}

/** Figures of one measurement, by metric. */
export type Measures = Partial<Record<Metric, number>>;

/** What is measured: unit, which way is better, and how it is printed. */
export const METRICS = {
  jobsPerSecond: { unit: "jobs/s", better: "higher", digits: 0 },
  nodeMicros: { unit: "node µs/job", better: "lower", digits: 1 },
  storeMicros: { unit: "store µs/job", better: "lower", digits: 1 },
  walBytes: { unit: "WAL B/job", better: "lower", digits: 0 },
  p50Ms: { unit: "p50 ms", better: "lower", digits: 2 },
  p99Ms: { unit: "p99 ms", better: "lower", digits: 2 },
  bytesPerJob: { unit: "bytes/job", better: "lower", digits: 0 },
  connections: { unit: "connections", better: "lower", digits: 0 },
  commandsPerSecond: { unit: "commands/s", better: "lower", digits: 1 },
  scriptedPerSecond: { unit: "commands/s, those inside scripts too", better: "lower", digits: 1 },
  slowestMs: { unit: "slowest ms", better: "lower", digits: 2 },
  medianMs: { unit: "median ms", better: "lower", digits: 2 },
  cpuPercent: { unit: "CPU %", better: "lower", digits: 2 },
} as const;

export type Metric = keyof typeof METRICS;

/** The name under which a contender appears: `taskora`, `bullmq`, `taskora+ttl`. */
export function contenderName(peer: string, features: readonly Feature[]): string {
  return [peer, ...features].join("+");
}

/**
 * The parts of a contender's name.
 *
 * @throws {Error} naming the feature that does not exist
 */
export function parseContender(name: string): {
  readonly peer: string;
  readonly features: readonly Feature[];
} {
  const [peer = "", ...features] = name.split("+");
  for (const feature of features) {
    if (!(feature in FEATURES)) {
      throw new Error(`there is no feature "${feature}". Features: ${Object.keys(FEATURES).join(", ")}.`);
    }
  }
  return { peer, features: features as Feature[] };
}
