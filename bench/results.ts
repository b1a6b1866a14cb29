/** What is recorded: every round of every contender, so that each figure of the report can be worked out again. */
import { readFile, writeFile } from "node:fs/promises";
import { METRICS, type Measures, type Metric, type StoreName } from "./spec.js";
import { type Spread, spread } from "./statistics.js";

export interface Results {
  /** That all were measured on, but for peers that have one of their own. */
  readonly store: StoreName;
  readonly machine: Machine;
  /** Of node, redis and each queue. */
  readonly versions: Readonly<Record<string, string>>;
  /** How each queue is configured. */
  readonly settings: Readonly<Record<string, string>>;
  readonly workloads: readonly WorkloadResult[];
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
}

export interface WorkloadResult {
  readonly name: string;
  readonly title: string;
  readonly chapter: string;
  /** The first one makes the ratio. */
  readonly metrics: readonly Metric[];
  /** Day of the measurement, ISO. */
  readonly date: string;
  /** Of this library. */
  readonly commit: string;
  readonly contenders: readonly ContenderResult[];
}

export interface ContenderResult {
  readonly name: string;
  /** `null` where a round failed. */
  readonly rounds: readonly (Measures | null)[];
  readonly failures: readonly string[];
}

/** A metric of a contender over its rounds. */
export function metricOf(contender: ContenderResult, metric: Metric): Spread | undefined {
  return spread(contender.rounds.flatMap((round) => round?.[metric] ?? []));
}

/**
 * How many times better `left` is than `right`, round by round: the noise of a round hits both. 2 means twice the
 * speed, half the latency or half the bytes.
 */
export function ratioOf(left: ContenderResult, right: ContenderResult, metric: Metric): Spread | undefined {
  const ratios = left.rounds.flatMap((round, index) => {
    const mine = round?.[metric];
    const theirs = right.rounds[index]?.[metric];
    if (mine === undefined || theirs === undefined) return [];
    if (mine === theirs) return [1];
    return METRICS[metric].better === "higher" ? [mine / theirs] : [theirs / mine];
  });
  return spread(ratios.filter((ratio) => Number.isFinite(ratio)));
}

export function findContender(result: WorkloadResult | undefined, name: string): ContenderResult | undefined {
  return result?.contenders.find((contender) => contender.name === name);
}

/** Undefined when nothing was recorded yet. */
export async function readResults(path: string): Promise<Results | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Results;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Four digits are more than these measurements carry. */
export async function writeResults(path: string, results: Results): Promise<void> {
  const rounded = (_key: string, value: unknown) =>
    typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
  await writeFile(path, `${JSON.stringify(results, rounded, 1)}\n`);
}

/** New rows replace recorded ones of the same name; the order of `names` is kept. */
export function mergeResults(
  recorded: Results | undefined,
  { fresh, order }: { readonly fresh: Results; readonly order: readonly string[] },
): Results {
  const rows = new Map<string, WorkloadResult>();
  for (const row of [...(recorded?.workloads ?? []), ...fresh.workloads]) rows.set(row.name, row);
  const workloads = order.flatMap((name) => rows.get(name) ?? []);
  return { ...fresh, settings: { ...recorded?.settings, ...fresh.settings }, workloads };
}
