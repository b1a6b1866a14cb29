import type { Measures } from "../spec.js";
import { load } from "./load.js";
import { type Bench, SMALL_BYTES, type Workload } from "./workload.js";

const JOBS = 100_000;
/** Stored before the first reading, so that what exists once per queue is not counted. */
const FIRST_JOBS = 100;

export const storageWorkloads: readonly Workload[] = [SMALL_BYTES, 501].map((bytes) => ({
  name: `bytes-${bytes}`,
  title: `Memory of a waiting job, payload of ${bytes} bytes`,
  chapter: "storage",
  metrics: ["bytesPerJob"],
  stores: ["redis"],
  sizing: "fixed",
  maxRounds: 2,
  run: (bench) => measureMemory(bench, bytes),
}));

async function measureMemory(bench: Bench, bytes: number): Promise<Measures> {
  const session = await bench.open({ role: "producer" });
  await load(session, { jobs: FIRST_JOBS, bytes });
  const before = await bench.redis.settledMemory();
  await load(session, { jobs: JOBS, bytes });
  const after = await bench.redis.settledMemory();
  return { bytesPerJob: (after - before) / JOBS };
}
