import { monotonicMs, recordWindow } from "../meter.js";
import type { Measures } from "../spec.js";
import { percentile } from "../statistics.js";
import { type Bench, makePayload, type Told, type Workload } from "./workload.js";

const METRICS = ["p50Ms", "p99Ms"] as const;
const CONCURRENCY = 10;
const WARM_SAMPLES = 100;
/** A sample takes about 6 ms, most of it pause. */
const MS_PER_SAMPLE = 6;

/** A producer and a worker in two processes; one job at a time, and a pause, so that nothing queues. */
export const latencyWorkloads: readonly Workload[] = [
  {
    name: "latency-start",
    title: "From dispatch to the start of the handler, in another process",
    chapter: "latency",
    metrics: METRICS,
    sizing: "timed",
    run: measureStart,
    assist: (bench, told) => answer(bench, told, "ignored"),
  },
  {
    name: "latency-result",
    title: "From dispatch to the result, from another process",
    chapter: "latency",
    metrics: METRICS,
    needs: ["results"],
    sizing: "timed",
    run: measureResult,
    assist: (bench, told) => answer(bench, told, "awaited"),
  },
];

async function measureStart(bench: Bench): Promise<Measures> {
  const session = await bench.open({ role: "producer" });
  const partner = await bench.startPartner();
  partner.go();
  await sample(bench, (index) => session.dispatch({ ...makePayload(index), sentAtMs: monotonicMs() }));
  const { answer: latencies } = await partner.stop<number[]>();
  return summary(latencies);
}

async function measureResult(bench: Bench): Promise<Measures> {
  const session = await bench.open({ role: "producer", results: "awaited" });
  const { call } = session;
  if (call === undefined) throw new Error("this queue has no way to wait for a result");
  const partner = await bench.startPartner();
  partner.go();
  const latencies: number[] = [];
  await sample(bench, async (index) => {
    const sentAtMs = monotonicMs();
    await call({ ...makePayload(index), sentAtMs });
    latencies.push(monotonicMs() - sentAtMs);
  });
  await partner.stop();
  return summary(latencies);
}

/** The worker's side: how long after its dispatch each job started. */
async function answer(bench: Bench, told: Told, results: "ignored" | "awaited"): Promise<readonly number[]> {
  const session = await bench.open({ role: "worker", results });
  const latencies: number[] = [];
  await session.work({
    concurrency: CONCURRENCY,
    onJob: ({ sentAtMs }) => {
      if (sentAtMs !== undefined) latencies.push(monotonicMs() - sentAtMs);
    },
  });
  await told.go();
  await told.stop();
  return latencies;
}

async function sample(bench: Bench, step: (index: number) => Promise<unknown>): Promise<void> {
  const samples = WARM_SAMPLES + Math.round((bench.spec.targetMs * 2) / MS_PER_SAMPLE);
  let fromMs = 0;
  for (let index = 0; index < samples; index++) {
    if (index === WARM_SAMPLES) fromMs = startOfWindow(bench);
    await step(index);
    // Pauses of changing length, so that no rhythm of a timer is hit.
    await new Promise((resolve) => setTimeout(resolve, 3 + (index % 5)));
  }
  recordWindow({ fromMs, toMs: monotonicMs() });
}

function startOfWindow({ stats }: Bench): number {
  stats.resetCounters();
  return monotonicMs();
}

function summary(latencies: readonly number[]): Measures {
  const counted = latencies.slice(WARM_SAMPLES);
  return { p50Ms: percentile(counted, 0.5), p99Ms: percentile(counted, 0.99) };
}
