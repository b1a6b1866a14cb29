/**
 * Compares taskora with other queues: `npm run bench`, `npm run bench:quick`; `npm run bench -- --help`.
 * Exit codes: 0 done, 2 cannot run, 4 something fell (`--quick`).
 */
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type BenchArguments, readArguments } from "./arguments.js";
import { Campaign } from "./campaign.js";
import { type Comparison, compareRow, renderComparison } from "./compare.js";
import { describeMachine, readCommit, readVersions } from "./machine.js";
import type { Peer } from "./peers/peer.js";
import { prepare, say } from "./prepare.js";
import { renderReport } from "./report.js";
import { mergeResults, type Results, readResults, type WorkloadResult, writeResults } from "./results.js";
import { serverVersions } from "./server-versions.js";
import type { StoreName } from "./spec.js";
import { checkTargets } from "./targets.js";
import { WORKLOADS } from "./workloads/index.js";

/** What was recorded of a store. */
const FILES = {
  redis: { json: "results.json", page: "RESULTS.md" },
  postgres: { json: "results-postgres.json", page: "RESULTS-POSTGRES.md" },
} as const;
const FELL = 4;
const CANNOT_RUN = 2;
/** Fewer rounds are for trying things out. */
const ROUNDS_TO_RECORD = 2;
const QUICK_PEER = "bullmq";

async function main(): Promise<number> {
  const asked = readArguments(process.argv.slice(2));
  if ("print" in asked) {
    process.stdout.write(`${asked.print}\n`);
    return 0;
  }
  await prepare(asked.against);
  const peers = await loadPeers(asked.peers);
  const campaign = new Campaign({
    ...asked,
    peers,
    commit: readCommit(),
  });
  return asked.mode === "quick" ? runQuick(campaign) : runFull(campaign, { asked, peers });
}

async function loadPeers(names: readonly string[]): Promise<ReadonlyMap<string, Peer>> {
  const load = async (name: string): Promise<[string, Peer]> => {
    const module: unknown = await import(new URL(`.build/peers/${name}.js`, import.meta.url).href);
    return [name, (module as { readonly peer: Peer }).peer];
  };
  return new Map(await Promise.all(names.map(load)));
}

async function runFull(
  campaign: Campaign,
  { asked, peers }: { readonly asked: BenchArguments; readonly peers: ReadonlyMap<string, Peer> },
): Promise<number> {
  const about = {
    machine: describeMachine(),
    store: asked.store,
    versions: readVersions(asked.peers, await serverVersions([asked.store, ...storesOf(peers)])),
    settings: Object.fromEntries([...peers].map(([name, { setting }]) => [name, setting])),
  };
  const isRecorded = asked.isComplete && asked.against === undefined && asked.rounds >= ROUNDS_TO_RECORD;
  const workloads: WorkloadResult[] = [];
  for await (const row of campaign.run()) {
    workloads.push(row);
    // After every row, so that a run that is broken off has not been for nothing.
    if (isRecorded) await record({ ...about, workloads });
  }
  if (isRecorded) process.stdout.write(`${pathOf(asked.store, "page")}\n${pathOf(asked.store, "json")}\n`);
  else process.stdout.write(renderReport({ ...about, workloads }));
  for (const { target, measured, isMet } of checkTargets({ ...about, workloads })) {
    if (!isMet) say(`not reached: ${target}: ${measured}`);
  }
  return 0;
}

function pathOf(store: StoreName, file: "json" | "page"): string {
  return fileURLToPath(new URL(FILES[store][file], import.meta.url));
}

function storesOf(peers: ReadonlyMap<string, Peer>): readonly StoreName[] {
  return [...peers.values()].flatMap(({ store }) => store ?? []);
}

async function record(fresh: Results): Promise<void> {
  const order = WORKLOADS.map(({ name }) => name);
  const json = pathOf(fresh.store, "json");
  const results = mergeResults(await readResults(json), { fresh, order });
  await writeResults(json, results);
  await writeFile(pathOf(fresh.store, "page"), renderReport(results));
}

async function runQuick(campaign: Campaign): Promise<number> {
  const recorded = await readResults(pathOf("redis", "json"));
  const comparisons: Comparison[] = [];
  for await (const row of campaign.run()) {
    const comparison = compareRow(row, { recorded, peer: QUICK_PEER });
    if (comparison !== undefined) comparisons.push(comparison);
  }
  process.stdout.write(`${renderComparison(comparisons, QUICK_PEER)}\n`);
  return comparisons.some(({ verdict }) => verdict === "fell") ? FELL : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = CANNOT_RUN;
}
