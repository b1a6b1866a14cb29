import { nodeMicros } from "../meter.js";
import { RedisStats } from "../redis-stats.js";
import type { Measures } from "../spec.js";
import type { Bench, Workload } from "./workload.js";

const TASKS = 50;
const SETTLE_MS = 3000;
const WINDOW_MS = 10_000;
/** The `INFO` that ends the window is counted by the server. */
const OWN_COMMANDS = 1;

/** One process that works on 50 tasks and has nothing to do. */
export const idleWorkloads: readonly Workload[] = [
  {
    name: "idle-50",
    title: "One process with 50 tasks and no jobs",
    chapter: "idle",
    metrics: ["connections", "commandsPerSecond", "scriptedPerSecond", "cpuPercent"],
    sizing: "fixed",
    maxRounds: 2,
    run: measureIdle,
  },
];

async function measureIdle(bench: Bench): Promise<Measures> {
  const { stats } = bench;
  const queues = Array.from({ length: TASKS }, (_, index) => `bench.t${index}`);
  const session = await bench.open({ queues });
  await session.work({ concurrency: 10, onJob: () => undefined });
  await sleep(SETTLE_MS);
  const connections = await stats.otherConnections();
  const sent = await stats.watchCommands(WINDOW_MS);
  const scripted = stats instanceof RedisStats ? stats : undefined;
  const commands = await scripted?.commands();
  const cpu = nodeMicros();
  await sleep(WINDOW_MS);
  const cpuPercent = (nodeMicros() - cpu) / (WINDOW_MS * 10);
  const after = await scripted?.commands();
  const seconds = WINDOW_MS / 1000;
  return {
    connections,
    commandsPerSecond: sent / seconds,
    ...(commands !== undefined &&
      after !== undefined && { scriptedPerSecond: (after - commands - OWN_COMMANDS) / seconds }),
    cpuPercent,
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
