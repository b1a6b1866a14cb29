import { CallStage } from "../calls/call-stage.js";
import { insertCalls } from "../calls/insert-calls.js";
import { keepCalls } from "../calls/keep-calls.js";
import { lookCalls } from "../calls/look-calls.js";
import { runCalls } from "../calls/run-calls.js";
import { scheduleCalls } from "../calls/schedule-calls.js";
import type { Situation } from "../calls/situation.js";
import { workflowCalls } from "../calls/workflow-calls.js";
import { readScriptCalls } from "../script-times.js";
import type { Measures } from "../spec.js";
import { median } from "../statistics.js";
import type { Bench, Workload } from "./workload.js";

const SITUATIONS: readonly Situation[] = [
  ...insertCalls,
  ...runCalls,
  ...keepCalls,
  ...lookCalls,
  ...workflowCalls,
  ...scheduleCalls,
];

/** Each with a task of its own. The slowest call of the middle one counts: a pause of the machine is not the script's. */
const REPEATS = 8;
const MOST_REMEMBERED = 10_000;
/** The server logs the commands within scripts too, which takes longer than most of them: only what is slow is logged. */
const LOGGED_FROM_MICROS = 100;

/** How long the store is busy with one call: nobody else is served meanwhile. */
export const callWorkloads: readonly Workload[] = SITUATIONS.map((situation) => ({
  name: `calls-${situation.name}`,
  title: situation.title,
  chapter: "calls",
  metrics: ["slowestMs", "medianMs"],
  contenders: ["taskora"],
  stores: ["redis"],
  sizing: "fixed",
  maxRounds: 3,
  run: (bench) => measureCalls(bench, situation),
}));

async function measureCalls(bench: Bench, { arrange, act }: Situation): Promise<Measures> {
  const { redis: stats } = bench;
  await stats.call("CONFIG", "SET", "slowlog-log-slower-than", LOGGED_FROM_MICROS);
  await stats.call("CONFIG", "SET", "slowlog-max-len", MOST_REMEMBERED);
  const adapter = await bench.openAdapter();
  const times: number[] = [];
  const slowest: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const stage = new CallStage(adapter, `calls-${repeat}`);
    await arrange?.(stage);
    await stats.call("SLOWLOG", "RESET");
    await act(stage);
    const logged = (await readScriptCalls(stats, MOST_REMEMBERED)).map(({ micros }) => micros / 1000);
    times.push(...logged);
    slowest.push(Math.max(LOGGED_FROM_MICROS / 1000, ...logged));
  }
  await adapter.close();
  const medianMs = times.length === 0 ? LOGGED_FROM_MICROS / 1000 : median(times);
  return { slowestMs: median(slowest), medianMs };
}
