import { processWorkload } from "./process.js";
import type { Workload } from "./workload.js";

const SIZES = [
  { backlog: 1_000, title: "10³ more jobs waiting" },
  { backlog: 10_000, title: "10⁴ more jobs waiting" },
  { backlog: 100_000, title: "10⁵ more jobs waiting" },
  { backlog: 1_000_000, title: "10⁶ more jobs waiting" },
] as const;
/** A queue that stores one job per call needs minutes for the largest. */
const ALL_SIZES = ["taskora", "bullmq", "bee-queue"];

/** Does it matter how many jobs wait behind the ones that run? */
export const backlogWorkloads: readonly Workload[] = SIZES.map(({ backlog, title }) => ({
  ...processWorkload({
    name: `backlog-${backlog}`,
    title: `100 at a time, ${title}`,
    concurrency: 100,
    backlog,
  }),
  chapter: "storage",
  contenders: ALL_SIZES,
  ratesFrom: "process-c100",
  ...(backlog === 1_000_000 && { maxRounds: 2 }),
}));
