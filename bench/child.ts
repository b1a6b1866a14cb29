/**
 * One measurement in a process of its own: opens one contender, runs one workload, tells the figures to the parent
 * and exits, whatever timers and connections a contender has left.
 */
import { EventEmitter, once } from "node:events";
import type { Adapter } from "../src/core/adapter.js";
import { measuredWindow, nodeMicros, type Window } from "./meter.js";
import { Partner, type PartnerMessage, type PartnerOrder } from "./partner.js";
import type { Peer } from "./peers/peer.js";
import { RedisStats } from "./redis-stats.js";
import { contenderName, type Measures, type Spec } from "./spec.js";
import { statsOf } from "./stores.js";
import { findWorkload } from "./workloads/index.js";
import type { Bench, Told } from "./workloads/workload.js";

/** What the parent is told. */
export type ChildMessage =
  | { readonly measures: Measures; readonly window?: Window }
  | { readonly failed: string };

async function makeBench(spec: Spec): Promise<Bench> {
  // By a computed name, so that the harness compiles where the other queues are not installed.
  const file = new URL(`./peers/${spec.peer}.js`, import.meta.url).href;
  const { peer } = (await import(file)) as { readonly peer: Peer };
  const { store, storeUrl, features } = spec;
  const stats = statsOf(spec);
  return {
    spec,
    stats,
    get redis() {
      if (stats instanceof RedisStats) return stats;
      throw new Error(`${spec.workload} is measured on Redis alone`);
    },
    open: (setup) =>
      peer.open({
        role: "both",
        queues: ["bench"],
        retention: "default",
        results: "ignored",
        ...setup,
        store,
        storeUrl,
        features,
      }),
    openAdapter: () => openAdapter(storeUrl),
    startPartner: () => Partner.start(spec),
  };
}

async function openAdapter(storeUrl: string): Promise<Adapter> {
  const file = new URL("./taskora/redis/index.js", import.meta.url).href;
  const { redisAdapter } = (await import(file)) as typeof import("../src/redis/index.js");
  const adapter = redisAdapter(storeUrl);
  await adapter.connect();
  return adapter;
}

async function runMain(spec: Spec): Promise<void> {
  const measures = await findWorkload(spec.workload).run(await makeBench(spec));
  const window = measuredWindow();
  await tell({ measures, ...(window !== undefined && { window }) });
}

async function runPartner(spec: Spec): Promise<void> {
  const { assist } = findWorkload(spec.workload);
  if (assist === undefined) throw new Error(`${spec.workload} has no second process`);
  takeOrders();
  let startedMicros = 0;
  const told: Told = {
    go: async () => {
      await tell("ready");
      await order("go");
      startedMicros = nodeMicros();
    },
    stop: () => order("stop"),
  };
  const answer = await assist(await makeBench(spec), told);
  await tell({ report: { answer, nodeMicros: nodeMicros() - startedMicros } });
  // The first process ends this one when it has read the report.
  await once(process, "disconnect");
}

/** Orders may come before they are waited for. */
const orders = new EventEmitter();
const received = new Set<unknown>();

async function order(expected: PartnerOrder): Promise<void> {
  if (!received.has(expected)) await once(orders, expected);
}

function takeOrders(): void {
  process.on("message", (message: PartnerOrder) => {
    received.add(message);
    orders.emit(message);
  });
}

function tell(message: ChildMessage | PartnerMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    if (process.send === undefined)
      throw new Error("run the harness with npm run bench; this is a part of it");
    process.send(message, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
}

async function main(): Promise<void> {
  const spec = JSON.parse(process.argv[2] ?? "null") as Spec;
  try {
    await (spec.role === "main" ? runMain(spec) : runPartner(spec));
  } catch (error) {
    const what = `${spec.workload} with ${contenderName(spec.peer, spec.features)}`;
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    await tell({ failed: `${what}: ${why}` });
  }
  process.exit(0);
}

await main();
