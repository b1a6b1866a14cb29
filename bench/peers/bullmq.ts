import { type JobsOptions, Queue, QueueEvents, Worker } from "bullmq";
import { Redis } from "ioredis";
import {
  type JobOptions,
  type Payload,
  type Peer,
  RESULT,
  type Session,
  type Setup,
  type Work,
} from "./peer.js";

/** Completed jobs that stay. */
export const KEPT = { default: { count: 1000 }, all: false, none: true } as const;

export const peer: Peer = {
  setting:
    "one ioredis connection shared by queues and workers, as its manual advises (each worker adds a blocking one); " +
    "removeOnComplete { count: 1000 }; all else default",
  capabilities: ["bulk", "results", "delay", "priority"],
  store: "redis",
  open,
};

async function open(setup: Setup): Promise<Session> {
  const connection = new Redis(setup.storeUrl, { maxRetriesPerRequest: null });
  const defaultJobOptions = { removeOnComplete: KEPT[setup.retention] };
  const queues = setup.queues.map((name) => new Queue<Payload>(name, { connection, defaultJobOptions }));
  const queue = queues[0] as Queue<Payload>;
  const listens = setup.results === "awaited" && setup.role !== "worker";
  const events = listens ? new QueueEvents(queue.name, { connection }) : undefined;
  await Promise.all([queue.waitUntilReady(), events?.waitUntilReady()]);
  const workers: Worker[] = [];
  return {
    dispatch: (payload, options) => queue.add("job", payload, options && jobOptions(options)),
    dispatchMany: (payloads, options) =>
      queue.addBulk(payloads.map((data, index) => bulkJob(data, options?.(index)))),
    call: async (payload) => (await queue.add("job", payload)).waitUntilFinished(events as QueueEvents),
    work: async (work) => {
      workers.push(...setup.queues.map((name) => startWorker(name, { connection, work })));
      await Promise.all(workers.map((worker) => worker.waitUntilReady()));
    },
    pending: () => queue.getJobCountByTypes("waiting", "active", "delayed", "prioritized"),
    close: async () => {
      await Promise.all(workers.map((worker) => worker.close()));
      await Promise.all([...queues.map((each) => each.close()), events?.close()]);
      await connection.quit();
    },
  };
}

function startWorker(name: string, use: { readonly connection: Redis; readonly work: Work }): Worker {
  const { connection, work } = use;
  const handler = async (job: { readonly data: Payload }) => {
    work.onJob(job.data);
    return RESULT;
  };
  return new Worker<Payload>(name, handler, { connection, concurrency: work.concurrency });
}

/** A job of a bulk call. */
export function bulkJob(data: Payload, options: JobOptions | undefined) {
  return options === undefined ? { name: "job", data } : { name: "job", data, opts: jobOptions(options) };
}

/** Lower numbers are more urgent there. */
export function jobOptions({ delayMs, priority }: JobOptions): JobsOptions {
  return {
    ...(delayMs !== undefined && { delay: delayMs }),
    ...(priority !== undefined && { priority: 11 - priority }),
  };
}
