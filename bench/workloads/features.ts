import { FEATURES } from "../spec.js";
import { dispatchAtOnce, repeat } from "./dispatch.js";
import { processWorkload } from "./process.js";
import type { Workload } from "./workload.js";

const PLAIN = "taskora";
const CONTENDERS = [PLAIN, ...Object.keys(FEATURES).map((feature) => `${PLAIN}+${feature}`)];

/** What each thing costs when it is used: against the plain form in the same round. */
export const featureWorkloads: readonly Workload[] = [
  {
    name: "features-dispatch",
    title: "1 000 dispatches at once, with and without",
    chapter: "features",
    metrics: ["jobsPerSecond", "nodeMicros", "redisMicros"],
    contenders: CONTENDERS,
    sizing: "timed",
    run: (bench) => repeat(bench, { count: 1000, send: dispatchAtOnce }),
  },
  {
    ...processWorkload({
      name: "features-process",
      title: "100 jobs at a time, with and without",
      concurrency: 100,
    }),
    chapter: "features",
    contenders: CONTENDERS,
  },
];
