import { createRequire } from "node:module";
import BeeQueue from "bee-queue";
import { type JobOptions, type Payload, type Peer, RESULT, type Session, type Setup } from "./peer.js";

export const peer: Peer = {
  setting:
    "the fast settings of its manual: one shared command connection, events and stored job objects only where " +
    "results are awaited, activateDelayedJobs on workers; removeOnSuccess, since it keeps all or none",
  capabilities: ["bulk", "results", "delay"],
  open,
};

async function open(setup: Setup): Promise<Session> {
  const client = connect(setup.storeUrl);
  const queues = setup.queues.map((name) => makeQueue(name, { client, setup }));
  await Promise.all(queues.map((each) => each.ready()));
  const queue = queues[0] as BeeQueue<Payload>;
  return {
    dispatch: (payload, options) => makeJob(queue, payload, options).save(),
    dispatchMany: (payloads, options) =>
      queue.saveAll(payloads.map((payload, index) => makeJob(queue, payload, options?.(index)))),
    call: async (payload) => {
      const job = queue.createJob(payload);
      const ended = new Promise((resolve, reject) => job.on("succeeded", resolve).on("failed", reject));
      await job.save();
      return ended;
    },
    work: async (work) => {
      for (const each of queues) {
        each.process(work.concurrency, async (job: BeeQueue.Job<Payload>) => {
          work.onJob(job.data);
          return RESULT;
        });
      }
    },
    pending: async () => {
      const { waiting, active, delayed } = await queue.checkHealth();
      return waiting + active + delayed;
    },
    close: async () => {
      await Promise.all(queues.map((each) => each.close()));
      client.end(false);
    },
  };
}

/** A command connection that all queues share; blocking ones are made from it. */
function connect(storeUrl: string): { end(flush: boolean): void } {
  const fromBeeQueue = createRequire(createRequire(import.meta.url).resolve("bee-queue"));
  const { hostname, port } = new URL(storeUrl);
  return fromBeeQueue("redis").createClient({ host: hostname, port: Number(port) });
}

function makeQueue(name: string, use: { readonly client: object; readonly setup: Setup }): BeeQueue<Payload> {
  const { client, setup } = use;
  const isAwaited = setup.results === "awaited";
  const isWorker = setup.role !== "producer";
  return new BeeQueue<Payload>(name, {
    redis: client as never,
    isWorker,
    getEvents: isAwaited && setup.role !== "worker",
    sendEvents: isAwaited && isWorker,
    storeJobs: isAwaited,
    activateDelayedJobs: isWorker,
    removeOnSuccess: setup.retention !== "all",
  });
}

function makeJob(queue: BeeQueue<Payload>, payload: Payload, options?: JobOptions): BeeQueue.Job<Payload> {
  const job = queue.createJob(payload);
  return options?.delayMs === undefined ? job : job.delayUntil(Date.now() + options.delayMs);
}
