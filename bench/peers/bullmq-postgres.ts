import { createPostgresBackend, withBackend } from "bullmq";
import { bulkJob, jobOptions, KEPT } from "./bullmq.js";
import { type Payload, type Peer, RESULT, type Session, type Setup } from "./peer.js";

const { Queue, QueueEvents, Worker } = withBackend(createPostgresBackend);

export const peer: Peer = {
  setting:
    "its own backend for PostgreSQL, one pool of 10; removeOnComplete { count: 1000 }; all else default",
  capabilities: ["bulk", "results", "delay", "priority"],
  store: "postgres",
  open,
};

async function open(setup: Setup): Promise<Session> {
  const connection = { connectionString: setup.storeUrl, max: 10, migrate: true };
  const defaultJobOptions = { removeOnComplete: KEPT[setup.retention] };
  const queues = setup.queues.map((name) => new Queue<Payload>(name, { connection, defaultJobOptions }));
  const [queue] = queues;
  if (queue === undefined) throw new Error("no queue was asked for");
  await queue.waitUntilReady();
  const listens = setup.results === "awaited" && setup.role !== "worker";
  const events = listens ? new QueueEvents(queue.name, { connection }) : undefined;
  await events?.waitUntilReady();
  const workers: { close(): Promise<unknown>; waitUntilReady(): Promise<unknown> }[] = [];
  return {
    dispatch: (payload, options) => queue.add("job", payload, options && jobOptions(options)),
    dispatchMany: (payloads, options) =>
      queue.addBulk(payloads.map((payload, index) => bulkJob(payload, options?.(index)))),
    call: async (payload) => {
      const job = await queue.add("job", payload);
      return job.waitUntilFinished(events as never);
    },
    work: async ({ concurrency, onJob }) => {
      for (const name of setup.queues) {
        const handler = async (job: { readonly data: Payload }) => {
          onJob(job.data);
          return RESULT;
        };
        workers.push(new Worker<Payload>(name, handler, { connection, concurrency }));
      }
      await Promise.all(workers.map((worker) => worker.waitUntilReady()));
    },
    pending: () => queue.getJobCountByTypes("waiting", "active", "delayed", "prioritized"),
    close: async () => {
      await Promise.all(workers.map((worker) => worker.close()));
      await Promise.all([...queues.map((each) => each.close()), events?.close()]);
    },
  };
}
