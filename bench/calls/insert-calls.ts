import type { JobLimits } from "../../src/core/limits/job-limits.js";
import type { JobFields } from "./call-stage.js";
import type { Situation } from "./situation.js";

const HOUR_MS = 3_600_000;

/** What a job can take part in, each alone. */
export const FLOWS: Readonly<Record<string, (index: number) => JobLimits>> = {
  group: (index) => ({ group: { key: `g${index % 100}` } }),
  limit: (index) => ({ limit: { key: `k${index % 100}`, max: 1000 } }),
  rate: () => ({ rate: { key: "k", limit: 100_000, windowMs: 1000 } }),
  unique: (index) => ({ unique: { key: `k${index}` } }),
  idempotency: (index) => ({ idempotency: { key: `k${index}`, windowMs: HOUR_MS, digest: "d" } }),
  throttle: () => ({ throttle: { key: "k", limit: 100_000, windowMs: 1000 } }),
  debounce: (index) => ({ debounce: { key: `k${index}`, delayMs: HOUR_MS } }),
  "debounce of one key": () => ({ debounce: { key: "k", delayMs: HOUR_MS } }),
  collect: () => ({ collect: { key: "k", delayMs: HOUR_MS, maxSize: 1000 } }),
};

/** As much at once as one job can have. */
export const everyLimit = (index: number): JobLimits =>
  Object.assign(
    {},
    ...["group", "limit", "rate", "unique", "idempotency", "throttle"].map((name) => FLOWS[name]?.(index)),
  );

const FIELDS: Readonly<Record<string, JobFields>> = {
  priorities: (index) => ({ priority: index % 10 }),
  "a TTL": () => ({ ttlMs: HOUR_MS }),
  "a delay": () => ({ delayMs: HOUR_MS }),
  "a watcher": () => ({ watch: true }),
};

export const insertCalls: readonly Situation[] = [
  { name: "insert-plain", title: "insert-plain: 1 000 jobs", act: (stage) => stage.insert() },
  {
    name: "insert-plain-listened",
    title: "insert-plain: 1 000 jobs, somebody listens",
    arrange: (stage) => stage.listen(),
    act: (stage) => stage.insert(),
  },
  {
    name: "insert-uneven",
    title: "insert: 1 000 jobs with ids of two lengths",
    act: (stage) => {
      const [first, ...others] = stage.jobs();
      return stage.adapter.insert(
        first === undefined ? [] : [{ ...first, id: `${first.id}-first` }, ...others],
      );
    },
  },
  {
    name: "insert-again",
    title: "insert-plain, insert: 1 000 jobs that are stored",
    arrange: (stage) => stage.insert(),
    act: (stage) => stage.insert(),
  },
  ...Object.entries(FIELDS).map(
    ([what, fields]) =>
      ({
        name: `insert-${nameOf(what)}`,
        title: `insert: 1 000 jobs with ${what}`,
        act: (stage) => stage.insert(fields),
      }) satisfies Situation,
  ),
  ...Object.entries({ ...FLOWS, "every limits": everyLimit }).map(
    ([what, limits]) =>
      ({
        name: `insert-${nameOf(what)}`,
        title: `insert: 1 000 jobs with ${what}`,
        act: (stage) => stage.insertWith(limits),
      }) satisfies Situation,
  ),
  {
    name: "insert-every-limits-listened",
    title: "insert: 1 000 jobs with every limits, TTL, priority and watcher, somebody listens",
    arrange: (stage) => stage.listen(),
    act: (stage) =>
      stage.insert((index) => ({
        limits: everyLimit(index),
        ttlMs: HOUR_MS,
        priority: index % 10,
        watch: true,
      })),
  },
];

/** `"a TTL"` → `"ttl"`. */
export function nameOf(what: string): string {
  return what.replace(/^an? /, "").replaceAll(" ", "-").toLowerCase();
}
