import { Meter } from "../meter.js";
import type { JobOptions, Session, Setup } from "../peers/peer.js";
import type { Measures } from "../spec.js";
import { load } from "./load.js";
import type { Bench, Workload } from "./workload.js";

const METRICS = ["jobsPerSecond", "nodeMicros", "storeMicros"] as const;
/** Enough to see how fast a queue is; the harness repeats with more until the time is filled. */
export const PILOT_JOBS = 3000;

/** What differs between the rows. */
export interface ProcessRow {
  readonly name: string;
  readonly title: string;
  readonly concurrency: number;
  readonly bytes?: number;
  readonly retention?: Setup["retention"];
  readonly options?: (index: number) => JobOptions;
  /** Jobs that stay waiting behind those that are measured. */
  readonly backlog?: number;
}

export const processWorkloads: readonly Workload[] = [
  processWorkload({ name: "process-c1", title: "One job at a time", concurrency: 1 }),
  processWorkload({ name: "process-c10", title: "10 jobs at a time", concurrency: 10 }),
  processWorkload({ name: "process-c100", title: "100 jobs at a time", concurrency: 100 }),
  processWorkload({ name: "process-c1000", title: "1 000 jobs at a time", concurrency: 1000 }),
  twoProcesses(),
  processWorkload({
    name: "process-keep-all",
    title: "100 at a time, every finished job kept",
    concurrency: 100,
    retention: "all",
  }),
  {
    ...processWorkload({
      name: "process-keep-none",
      title: "100 at a time, no completed job kept",
      concurrency: 100,
      retention: "none",
    }),
    contenders: ["taskora", "graphile-worker", "bullmq", "bee-queue"],
  },
  {
    ...processWorkload({
      name: "process-delayed",
      title: "100 at a time, jobs that were delayed and are due",
      concurrency: 100,
      options: () => ({ delayMs: 20 }),
    }),
    needs: ["delay"],
  },
  {
    ...processWorkload({
      name: "process-prioritized",
      title: "100 at a time, ten priorities mixed",
      concurrency: 100,
      options: (index) => ({ priority: (index % 10) + 1 }),
    }),
    needs: ["priority"],
  },
  {
    ...processWorkload({
      name: "process-1kb",
      title: "100 at a time, payloads of 1 kB",
      concurrency: 100,
      bytes: 1000,
    }),
    stores: ["postgres"],
  },
  processWorkload({
    name: "process-10kb",
    title: "100 at a time, payloads of 10 kB",
    concurrency: 100,
    bytes: 10_000,
  }),
];

/** Jobs are stored first, then a worker in the same process runs them all. */
export function processWorkload(row: ProcessRow): Workload {
  const { name, title, retention = "default", backlog = 0, ...rest } = row;
  return {
    name,
    title,
    chapter: "process",
    metrics: METRICS,
    sizing: "counted",
    run: async (bench) => {
      const jobs = bench.spec.jobs ?? PILOT_JOBS;
      const session = await bench.open({ retention });
      await load(session, { ...rest, jobs: jobs + backlog });
      const warm = Math.min(Math.ceil(jobs * WARM_SHARE), WARM_JOBS);
      return work(bench, session, { jobs, warm, concurrency: row.concurrency, backlog });
    },
  };
}

/** Share of the jobs that run before the clock starts, and at most this many. */
const WARM_SHARE = 0.1;
const WARM_JOBS = 5000;

interface WorkPlan {
  readonly jobs: number;
  /** So many of them run before the clock starts; 0: it starts before the worker does. */
  readonly warm: number;
  readonly concurrency: number;
  readonly backlog: number;
}

/**
 * The clock starts in the handler of the last warm-up job. It stops when the store has no job left that has not
 * ended; with a backlog, in the handler of the last counted job.
 */
export async function work(bench: Bench, session: Session, plan: WorkPlan): Promise<Measures> {
  const { jobs, warm, concurrency, backlog } = plan;
  const meter = new Meter(bench.stats);
  if (warm === 0) meter.start();
  let started = 0;
  await new Promise<void>((resolve, reject) => {
    const onJob = () => {
      started += 1;
      if (started === warm) meter.start();
      if (started !== jobs) return;
      if (backlog > 0) meter.stop();
      resolve();
    };
    session.work({ concurrency, onJob }).catch(reject);
  });
  if (backlog === 0) {
    await untilNothingPending(session);
    meter.stop();
  }
  return meter.measures(jobs - warm);
}

async function untilNothingPending(session: Session, pauseMs = 0): Promise<void> {
  while ((await session.pending()) > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
}

const TWO_PROCESSES_CONCURRENCY = 100;
/** Seldom enough to cost nothing, often enough for a run of a second or two. */
const POLL_MS = 3;

function twoProcesses(): Workload {
  return {
    name: "process-two-processes",
    title: "Two processes, 100 at a time each",
    chapter: "process",
    metrics: METRICS,
    sizing: "counted",
    run: async (bench) => {
      const jobs = bench.spec.jobs ?? PILOT_JOBS;
      const session = await bench.open();
      await load(session, { jobs });
      const partner = await bench.startPartner();
      const meter = new Meter(bench.stats);
      meter.start();
      partner.go();
      await session.work({ concurrency: TWO_PROCESSES_CONCURRENCY, onJob: () => undefined });
      await untilNothingPending(session, POLL_MS);
      meter.stop();
      const { nodeMicros } = await partner.stop();
      return meter.measures(jobs, nodeMicros);
    },
    assist: async (bench, told) => {
      const session = await bench.open({ role: "worker" });
      await told.go();
      await session.work({ concurrency: TWO_PROCESSES_CONCURRENCY, onJob: () => undefined });
      await told.stop();
    },
  };
}
