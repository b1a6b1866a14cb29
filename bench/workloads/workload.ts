/** What a workload is, and what it finds in its child process. */

import type { Adapter } from "../../src/core/adapter.js";
import type { Partner } from "../partner.js";
import type { Capability, Payload, Session, Setup } from "../peers/peer.js";
import type { RedisStats } from "../redis-stats.js";
import type { Measures, Metric, Spec, StoreName } from "../spec.js";
import type { StoreStats } from "../stores.js";

/** The chapters of the report, in order. */
export const CHAPTERS = {
  dispatch: "Dispatching",
  process: "Processing",
  cold: "From cold",
  latency: "Latency",
  storage: "Storage",
  idle: "Idle",
  features: "What each feature costs",
  calls: "Longest calls",
} as const;

export interface Workload {
  readonly name: string;
  readonly title: string;
  readonly chapter: keyof typeof CHAPTERS;
  /** Printed in this order; the first is the one that ratios are made of. */
  readonly metrics: readonly [Metric, ...Metric[]];
  /** Contenders that lack one of these do not take part. */
  readonly needs?: readonly Capability[];
  /** Default: every queue in its plain form. Features are told from the first one. */
  readonly contenders?: readonly string[];
  /** Where it is measured. Default: in every store. */
  readonly stores?: readonly StoreName[];
  /** `timed` runs for a time; `counted` needs to know how many jobs fit, so a pilot runs first. */
  readonly sizing: "timed" | "counted" | "fixed";
  /** Another workload whose speed tells how many jobs fit, instead of a pilot. */
  readonly ratesFrom?: string;
  /** For workloads that take long. */
  readonly maxRounds?: number;
  /** Runs in a child process of its own with an empty store. */
  readonly run: (bench: Bench) => Promise<Measures>;
  /** What a second process does, where there is one. Resolves when told to stop. */
  readonly assist?: (bench: Bench, told: Told) => Promise<unknown>;
}

/** A child process as a workload sees it. */
export interface Bench {
  readonly spec: Spec;
  readonly stats: StoreStats;
  /** The same, of a workload for Redis alone. */
  readonly redis: RedisStats;
  /** Opens the contender. Defaults: one queue, default retention, results ignored. */
  open(setup?: Partial<Omit<Setup, "store" | "storeUrl" | "features">>): Promise<Session>;
  /** Our adapter for Redis, without an app around it. */
  openAdapter(): Promise<Adapter>;
  /** Starts the second process and waits until it is ready. */
  startPartner(): Promise<Partner>;
}

/** The second process's side of the link. */
export interface Told {
  /** Says that everything is set up; resolves when the first process says go. */
  readonly go: () => Promise<void>;
  /** Resolves when the first process asks for the answer. */
  readonly stop: () => Promise<void>;
}

/** The two sizes that are measured: JSON of exactly this many bytes. */
export const SMALL_BYTES = 59;

/**
 * A payload whose JSON has exactly `bytes` bytes.
 *
 * @param index makes payloads differ
 */
export function makePayload(index: number, bytes: number = SMALL_BYTES): Payload {
  const id = `p${String(index).padStart(11, "0")}`;
  const frame = JSON.stringify({ id, text: "" }).length;
  return { id, text: FILLER.slice(0, bytes - frame) };
}

const FILLER = "lorem ipsum dolor sit amet consectetur ".repeat(300);

/** `count` payloads of one size. */
export function makePayloads(count: number, bytes: number = SMALL_BYTES): readonly Payload[] {
  return Array.from({ length: count }, (_, index) => makePayload(index, bytes));
}
