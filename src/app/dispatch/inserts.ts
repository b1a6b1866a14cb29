import type { Adapter, InsertOptions, InsertReply } from "../../core/adapter.js";
import { Batcher } from "../../core/batcher.js";
import type { Clock } from "../../core/clock.js";
import type { DispatchedJob } from "../handles/dispatched-job.js";
import type { Heartbeat } from "../handles/heartbeat.js";
import type { ResultHub } from "../handles/results.js";
import type { Patience } from "./patience.js";

/** One insert call carries at most this much; see PERFORMANCE in docs/performance.md for how it was chosen. */
const INSERT_ITEMS = 1000;
const INSERT_BYTES = 1 << 20;
/**
 * Of a thousand jobs dispatched in one tick the store works on the first while the last are still being validated:
 * measured, 400 000 jobs a second instead of 300 000.
 */
const EARLY_ITEMS = 200;
const CALLS_IN_FLIGHT = 4;
/** Above this, `room()` and `dispatchMany` wait. */
const HIGH_WATER_ITEMS = 10_000;
const HIGH_WATER_BYTES = 8 << 20;

/** What jobs are stored with. */
interface InsertsHost {
  readonly adapter: Adapter;
  readonly clock: Clock;
  readonly results: ResultHub;
  readonly heartbeat: Heartbeat;
  /** Whether the adapter is connected and nothing must be waited for. */
  readonly isReady: () => boolean;
  readonly connect: () => Promise<void>;
  readonly patience: Patience;
}

type Inserts = Batcher<DispatchedJob<unknown>, InsertReply>;

const BOUNDS = {
  maxItems: INSERT_ITEMS,
  maxBytes: INSERT_BYTES,
  highWaterItems: HIGH_WATER_ITEMS,
  highWaterBytes: HIGH_WATER_BYTES,
};

/** Gathers jobs of one process into few calls, which go out in order. */
export function createInserts(app: InsertsHost): Inserts {
  const { results } = app;
  const insert = (jobs: readonly DispatchedJob<unknown>[], waitedMs: number) =>
    store(app, jobs, waitedMs === 0 ? undefined : { waitedMs });
  /** Settles with the last call that is being prepared: none that comes later may be sent before it. */
  let ahead: Promise<unknown> | undefined;
  const insertPrepared = async (jobs: readonly DispatchedJob<unknown>[], waitedMs: number) => {
    const startedAt = app.clock.monotonic();
    const before = ahead;
    const prepared = app.patience.until(() => prepare(app, jobs), waitedMs).then(() => before);
    const own = prepared.then(undefined, () => before);
    ahead = own;
    try {
      await prepared;
    } finally {
      if (ahead === own) ahead = undefined;
    }
    return insert(jobs, waitedMs + app.clock.monotonic() - startedAt);
  };
  return new Batcher({
    send: (jobs, waitedMs) => {
      // A single dispatch is little more than its promises, so the usual way makes none.
      const isReady =
        ahead === undefined && app.isReady() && (results.isSubscribed || !jobs.some((job) => job.isWatched));
      return isReady ? insert(jobs, waitedMs) : insertPrepared(jobs, waitedMs);
    },
    clock: app.clock,
    earlyItems: EARLY_ITEMS,
    maxInFlight: CALLS_IN_FLIGHT,
    ...BOUNDS,
  });
}

function store(
  { adapter, heartbeat }: Pick<InsertsHost, "adapter" | "heartbeat">,
  jobs: readonly DispatchedJob<unknown>[],
  call: InsertOptions | undefined,
): Promise<readonly InsertReply[]> {
  const newJobs = jobs.map((job) => job.takeForSending());
  const storing = call === undefined ? adapter.insert(newJobs) : adapter.insert(newJobs, call);
  heartbeat.storing(newJobs, storing);
  return storing;
}

/** Outcomes that were asked for are told over a subscription that must exist before the jobs do. */
async function prepare(
  app: Pick<InsertsHost, "connect" | "results">,
  jobs: readonly DispatchedJob<unknown>[],
): Promise<void> {
  await app.connect();
  if (jobs.some((job) => job.isWatched)) await app.results.subscribe();
}

/**
 * Takes jobs to the store: together, or in the transactions they are dispatched within. Each transaction has calls of its
 * own, one after another, since its connection is the caller's. Nothing is tried again: it has failed by then.
 */
export function createJobSink(
  shared: Inserts,
  app: Omit<InsertsHost, "patience" | "isReady">,
): (job: DispatchedJob<unknown>) => void {
  const open = new WeakMap<object, Inserts>();
  const insertsOf = (within: object): Inserts => {
    const send = async (jobs: readonly DispatchedJob<unknown>[]) => {
      await prepare(app, jobs);
      return store(app, jobs, { within });
    };
    return new Batcher({ send, clock: app.clock, maxInFlight: 1, ...BOUNDS });
  };
  return (job) => {
    const { transaction } = job;
    if (transaction === undefined) return shared.add(job);
    const inserts = open.get(transaction) ?? insertsOf(transaction);
    open.set(transaction, inserts);
    inserts.add(job);
  };
}
