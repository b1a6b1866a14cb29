import { Meter } from "../meter.js";
import { AT_ONCE, dispatchAtOnce } from "./dispatch.js";
import { load } from "./load.js";
import { work } from "./process.js";
import { makePayloads, type Workload } from "./workload.js";

const METRICS = ["jobsPerSecond", "nodeMicros", "storeMicros"] as const;

/** What a process does first, when none of its code is compiled yet and the store knows no script. */
export const coldWorkloads: readonly Workload[] = [
  {
    name: "cold-concurrent",
    title: "20 000 dispatches, 1 000 at once, from cold",
    chapter: "cold",
    metrics: METRICS,
    sizing: "fixed",
    run: async (bench) => {
      const session = await bench.open({ role: "producer" });
      const payloads = makePayloads(AT_ONCE);
      const meter = new Meter(bench.stats);
      meter.start();
      for (let turn = 0; turn < 20; turn++) await dispatchAtOnce(session, payloads);
      meter.stop();
      return meter.measures(20 * AT_ONCE);
    },
  },
  coldWorker({ concurrency: 1, jobs: 5000 }),
  coldWorker({ concurrency: 10, jobs: 20_000 }),
  coldWorker({ concurrency: 100, jobs: 50_000 }),
];

/** The clock starts before the worker does. */
function coldWorker({
  concurrency,
  jobs,
}: {
  readonly concurrency: number;
  readonly jobs: number;
}): Workload {
  return {
    name: `cold-c${concurrency}`,
    title: `${jobs} jobs, ${concurrency} at a time, from cold`,
    chapter: "cold",
    metrics: METRICS,
    sizing: "fixed",
    run: async (bench) => {
      const session = await bench.open();
      await load(session, { jobs });
      return work(bench, session, { jobs, warm: 0, concurrency, backlog: 0 });
    },
  };
}
