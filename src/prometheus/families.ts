/** Metrics as they are exported, and the text of them. */

/** One value of a metric. */
export interface Sample {
  /** Behind the name of the metric: `_bucket`, `_sum`; `""`: none. */
  readonly suffix: "" | "_total" | "_bucket" | "_sum" | "_count" | "_created";
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a metric is. */
export interface FamilyKind {
  /** Without what its values have behind it. */
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
}

/** A metric with its values. */
export interface Family extends FamilyKind {
  readonly samples: readonly Sample[];
}

/** Every metric there is; which of them have values depends on the mode. */
export const FAMILIES = {
  jobs: ["taskora_jobs", "counter", "Jobs that ended, by how"],
  runs: ["taskora_runs", "counter", "Attempts that ended, by how"],
  dispatched: ["taskora_dispatched", "counter", "Jobs that were stored"],
  run: ["taskora_run_seconds", "histogram", "How long attempts ran"],
  wait: ["taskora_wait_seconds", "histogram", "How long jobs waited for an attempt"],
  queue: ["taskora_queue_jobs", "gauge", "Jobs there are, by state"],
  oldest: [
    "taskora_oldest_seconds",
    "gauge",
    "For how long the job waits that has waited longest; 0: none waits",
  ],
  paused: ["taskora_paused", "gauge", "1: the task is paused"],
  workers: ["taskora_workers", "gauge", "Live workers"],
  slots: ["taskora_slots", "gauge", "Slots of this process for jobs, by whether they are used"],
  late: ["taskora_schedule_late_seconds", "gauge", "How long ago a slot came that was not fired; 0: none"],
  up: ["taskora_store_up", "gauge", "1: the store answers"],
  build: ["taskora_build_info", "gauge", "Always 1; the version is in the label"],
} as const satisfies Readonly<Record<string, readonly [string, FamilyKind["type"], string]>>;

/** Names a metric here. */
export type FamilyKey = keyof typeof FAMILIES;

/** A metric without its values. */
export function kindOf(key: FamilyKey): FamilyKind {
  const [name, type, help] = FAMILIES[key];
  return { name, type, help };
}

/** Which metrics a mode has. */
export const MODES: Readonly<Record<"process" | "store", readonly FamilyKey[]>> = {
  process: ["jobs", "runs", "dispatched", "run", "wait", "slots", "build"],
  store: [
    ...(["jobs", "runs", "dispatched", "run", "wait", "queue"] as const),
    ...(["oldest", "paused", "workers", "late", "up", "build"] as const),
  ],
};

const CONTENT_TYPES = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
} as const;

/** What is answered to a scrape. */
export interface MetricsText {
  /** For the header of this name. */
  readonly contentType: string;
  readonly text: string;
}

/** Whether whoever asks prefers the text of OpenMetrics. */
export function wantsOpenMetrics(accept: string | undefined): boolean {
  return accept?.includes("application/openmetrics-text") ?? false;
}

/** Writes metrics; those without values are left out. */
export function writeFamilies(families: readonly Family[], isOpenMetrics: boolean): MetricsText {
  const lines = families.flatMap((family) =>
    family.samples.length === 0 ? [] : linesOf(family, isOpenMetrics),
  );
  if (isOpenMetrics) lines.push("# EOF");
  const contentType = isOpenMetrics ? CONTENT_TYPES.openMetrics : CONTENT_TYPES.text;
  return { contentType, text: `${lines.join("\n")}\n` };
}

/** OpenMetrics names a counter without `_total`; only it knows when one began. */
function linesOf({ name, type, help, samples }: Family, isOpenMetrics: boolean): readonly string[] {
  const shown = type === "counter" && !isOpenMetrics ? `${name}_total` : name;
  const values = samples.filter(({ suffix }) => isOpenMetrics || suffix !== "_created");
  return [
    `# HELP ${shown} ${help}.`,
    `# TYPE ${shown} ${type}`,
    ...values.map(({ suffix, labels, value }) => `${name}${suffix}${labelText(labels)} ${numberText(value)}`),
  ];
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function numberText(value: number): string {
  return value === Number.POSITIVE_INFINITY ? "+Inf" : String(value);
}
