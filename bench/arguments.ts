import { parseArgs } from "node:util";
import { STORES, type StoreName } from "./spec.js";
import { findWorkload, WORKLOADS } from "./workloads/index.js";
import type { Workload } from "./workloads/workload.js";

/** What `npm run bench` was asked to do. */
export interface BenchArguments {
  readonly mode: "full" | "quick";
  readonly store: StoreName;
  readonly workloads: readonly Workload[];
  readonly peers: readonly string[];
  readonly rounds: number;
  readonly targetMs: number;
  /** A commit of this library to compare with. */
  readonly against: string | undefined;
  /** Whether all contenders took part, so that the rows may replace recorded ones. */
  readonly isComplete: boolean;
}

/** Those that are measured on each store; what is on another store takes part for the comparison. */
export const PEERS: Readonly<Record<StoreName, readonly string[]>> = {
  redis: ["taskora", "bullmq", "bee-queue", "groupmq"],
  postgres: ["taskora", "graphile-worker", "pg-boss", "bullmq-postgres", "bullmq", "bare-insert"],
};

/** The rows that everything else follows from. */
const QUICK_WORKLOADS = [
  "dispatch-single",
  "dispatch-concurrent",
  "bulk-50",
  "bulk-1000",
  "process-c1",
  "process-c10",
  "process-c100",
  "process-c1000",
  "latency-start",
  "bytes-59",
];

const USAGE = `npm run bench -- [options]
  --only a,b      workloads whose name starts with one of these
  --store s       ${STORES.join(" or ")}; default ${STORES[0]}
  --peers a,b     of ${PEERS.redis.join(", ")}; on postgres ${PEERS.postgres.join(", ")}
  --against c     ours alone, beside itself at commit c
  --rounds n      default 5, with --quick 3
  --seconds n     length of each measurement, default 2, with --quick 0.8
  --quick         BullMQ and taskora on the main rows, compared with bench/results.json
  --list          names of all workloads`;

/**
 * @throws {Error} that says what is wrong and what there is
 */
export function readArguments(argv: readonly string[]): BenchArguments | { readonly print: string } {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: "string" },
      store: { type: "string", default: "redis" },
      peers: { type: "string" },
      against: { type: "string" },
      rounds: { type: "string" },
      seconds: { type: "string" },
      quick: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return { print: USAGE };
  if (values.list) {
    const width = Math.max(...WORKLOADS.map(({ name }) => name.length));
    return { print: WORKLOADS.map(({ name, title }) => `${name.padEnd(width)}  ${title}`).join("\n") };
  }
  const store = storeOf(values.store);
  const peers = peersOf(store, values);
  const there = WORKLOADS.filter(({ stores }) => stores?.includes(store) ?? true);
  return {
    mode: values.quick ? "quick" : "full",
    store,
    workloads: selectWorkloads(values.only, values.quick ? QUICK_WORKLOADS.map(findWorkload) : there),
    peers,
    rounds: requirePositive("rounds", values.rounds ?? (values.quick ? "3" : "5")),
    targetMs: 1000 * requirePositive("seconds", values.seconds ?? (values.quick ? "0.8" : "2")),
    against: values.against,
    isComplete: PEERS[store].every((peer) => peers.includes(peer)),
  };
}

function storeOf(text: string): StoreName {
  const store = STORES.find((name) => name === text);
  if (store !== undefined) return store;
  throw new Error(`expected --store to be ${STORES.join(" or ")}, got "${text}".`);
}

function peersOf(
  store: StoreName,
  asked: { readonly peers?: string; readonly against?: string; readonly quick?: boolean },
): readonly string[] {
  const usual = asked.quick ? ["taskora", "bullmq"] : PEERS[store];
  const peers = asked.peers?.split(",") ?? (asked.against === undefined ? usual : ["taskora"]);
  for (const peer of peers) requirePeer(store, peer);
  return asked.against === undefined ? peers : [...peers, "earlier"];
}

function selectWorkloads(only: string | undefined, all: readonly Workload[]): readonly Workload[] {
  if (only === undefined) return all;
  const starts = only.split(",");
  const found = all.filter(({ name }) => starts.some((start) => name.startsWith(start)));
  if (found.length > 0) return found;
  throw new Error(
    `no workload starts with ${starts.join(" or ")}. Workloads: ${all.map(({ name }) => name).join(", ")}.`,
  );
}

function requirePeer(store: StoreName, peer: string): void {
  if (PEERS[store].includes(peer)) return;
  throw new Error(`there is no peer "${peer}" on ${store}. Peers: ${PEERS[store].join(", ")}.`);
}

function requirePositive(option: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new Error(`expected --${option} to be a number above 0, got "${text}".`);
}
