import type { JobLimits } from "./limits/job-limits.js";

/**
 * What a store may do beyond the plain verbs, and names in `Adapter.features` when it does. What it does not name it never
 * meets: the app refuses it with `NOT_SUPPORTED` before the store is asked. So a feature that is added here later is
 * declined by every store that does not know it yet.
 *
 * - `limits`, `rates`, `groups`, `collect`: jobs with `limits.limit`, `.rate`, `.group` or `.collect`.
 * - `unique`, `idempotency`, `throttle`, `debounce`: jobs with the field of that name in their limits.
 * - `events`: the topic `events`.
 * - `messages`: the verb of that name, and annotations with a message. Who has it tells `events` too.
 * - `transactions`: `insert` and `settle` within a transaction of the caller's, and the verb `transaction`.
 * - `control`: the verb of that name; without it tasks are neither paused nor drained.
 * - `overrides`: the control `limits`: the numbers of a task stand above those that its jobs brought. Who has it has `control`,
 *   and `limits` or `rates`.
 * - `suspects`: jobs that were lost with one lease are tried apart. Without it each of them is blamed, nothing of
 *   `ClaimRequest.apart` is asked, and no claim says that suspects wait.
 * - `versions`: a job that was put back as newer than its worker comes as soon as somebody runs it. Without it it waits for
 *   the time it was put back for.
 */
export const ADAPTER_FEATURES = [
  "limits",
  "rates",
  "groups",
  "collect",
  "unique",
  "idempotency",
  "throttle",
  "debounce",
  "events",
  "messages",
  "transactions",
  "control",
  "overrides",
  "suspects",
  "versions",
] as const;

export type AdapterFeature = (typeof ADAPTER_FEATURES)[number];

/** Features whose lack is felt at no call: the app goes without. */
export type QuietFeature = "suspects" | "versions";

/** Stores beside the verbs: an adapter that has one of them has the member of that name. */
export const OPTIONAL_STORES = ["workflows", "schedules", "contracts", "observe"] as const;

/** Whatever an adapter may decline. */
export type Feature = AdapterFeature | (typeof OPTIONAL_STORES)[number];

/** Features that some call asks for. */
export type AskedFeature = Exclude<Feature, QuietFeature>;

/** What of an adapter says what it can. */
export interface Capable {
  readonly features: readonly AdapterFeature[];
  readonly workflows?: object | undefined;
  readonly schedules?: object | undefined;
  readonly contracts?: object | undefined;
  readonly observe?: object | undefined;
}

/** Whether an adapter can do what `feature` names. */
export function hasFeature(adapter: Capable, feature: Feature): boolean {
  const [store] = OPTIONAL_STORES.filter((name) => name === feature);
  return store === undefined
    ? adapter.features.includes(feature as AdapterFeature)
    : adapter[store] !== undefined;
}

/** What an adapter declines, in the order of the lists. */
export function declinedBy(adapter: Capable): readonly Feature[] {
  return [...ADAPTER_FEATURES, ...OPTIONAL_STORES].filter((feature) => !hasFeature(adapter, feature));
}

const FEATURE_OF_LIMIT: { readonly [Part in keyof Required<JobLimits>]: AskedFeature } = {
  limit: "limits",
  rate: "rates",
  group: "groups",
  collect: "collect",
  unique: "unique",
  idempotency: "idempotency",
  throttle: "throttle",
  debounce: "debounce",
  step: "workflows",
  workflow: "workflows",
};

/** What a store must be able to do for jobs with these limits. */
export function featuresOfLimits(limits: JobLimits | undefined): readonly AskedFeature[] {
  const parts = Object.keys(limits ?? {}) as (keyof JobLimits)[];
  return parts.filter((part) => limits?.[part] !== undefined).map((part) => FEATURE_OF_LIMIT[part]);
}
