import { Queue, Worker } from "groupmq";
import { Redis } from "ioredis";
import { type JobOptions, type Payload, type Peer, RESULT, type Session, type Setup } from "./peer.js";

/** One job of a group runs at a time, so there are at least as many groups as jobs run at once. */
const GROUPS = 1000;

export const peer: Peer = {
  setting:
    `jobs spread evenly over ${GROUPS} groups, since one job of a group runs at a time; keepCompleted 1000; ` +
    "autoBatch off, since it can lose jobs; all else default",
  capabilities: ["delay"],
  open,
};

async function open(setup: Setup): Promise<Session> {
  const redis = new Redis(setup.storeUrl, { maxRetriesPerRequest: null });
  const keepCompleted = setup.retention === "all" ? 1_000_000_000 : 1000;
  const queues = setup.queues.map((namespace) => new Queue<Payload>({ redis, namespace, keepCompleted }));
  const queue = queues[0] as Queue<Payload>;
  const workers: ReturnType<typeof startWorker>[] = [];
  let dispatched = 0;
  return {
    dispatch: (data, options) => {
      dispatched += 1;
      return queue.add({ groupId: `g${dispatched % GROUPS}`, data, ...addOptions(options) });
    },
    work: async (work) => {
      const handler = async (job: { readonly data: Payload }) => {
        work.onJob(job.data);
        return RESULT;
      };
      for (const each of queues) workers.push(startWorker(each, work.concurrency, handler));
    },
    pending: async () => {
      const { waiting, active, delayed } = await queue.getJobCounts();
      return waiting + active + delayed;
    },
    close: async () => {
      await Promise.all(workers.map((worker) => worker.close(0)));
      await Promise.all(queues.map((each) => each.close()));
      redis.disconnect();
    },
  };
}

function startWorker(
  queue: Queue<Payload>,
  concurrency: number,
  handler: (job: { readonly data: Payload }) => Promise<unknown>,
) {
  const worker = new Worker<Payload>({ queue, concurrency, handler });
  // Its loop ends when the process does.
  worker.run().catch((error: unknown) => console.error("groupmq worker ended:", error));
  return worker;
}

function addOptions(options: JobOptions | undefined): { readonly delay?: number } {
  return options?.delayMs === undefined ? {} : { delay: options.delayMs };
}
