import { type AddJobsJobSpec, makeWorkerUtils, type Runner, run, type WorkerUtils } from "graphile-worker";
import pg from "pg";
import type { JobOptions, Payload, Peer, Session, Setup } from "./peer.js";

/** Its words for it: as many as the local queue holds are settled together. */
const LOCAL_QUEUE = 500;

export const peer: Peer = {
  setting:
    `tuned: localQueue of ${LOCAL_QUEUE}, completeJobBatchDelay and failJobBatchDelay of 0 ms, a pool of 10; it deletes what ` +
    "has completed and keeps no results",
  capabilities: ["bulk", "delay", "priority"],
  store: "postgres",
  open,
};

async function open(setup: Setup): Promise<Session> {
  const pgPool = new pg.Pool({ connectionString: setup.storeUrl, max: 10 });
  const utils: WorkerUtils = await makeWorkerUtils({ pgPool });
  await utils.migrate();
  const [name = ""] = setup.queues;
  let runner: Runner | undefined;
  return {
    dispatch: (payload, options) => utils.addJob(name, payload, options && specOf(options)),
    dispatchMany: (payloads, options) =>
      utils.addJobs(payloads.map((payload, index) => jobOf(name, payload, options?.(index)))),
    work: async (work) => {
      const task = async (payload: unknown) => work.onJob(payload as Payload);
      runner = await run({
        pgPool,
        noHandleSignals: true,
        taskList: Object.fromEntries(setup.queues.map((queue) => [queue, task])),
        preset: {
          worker: {
            concurrentJobs: work.concurrency,
            localQueue: { size: LOCAL_QUEUE },
            completeJobBatchDelay: 0,
            failJobBatchDelay: 0,
            maxPoolSize: 10,
          },
        },
      });
    },
    pending: async () => {
      const { rows } = await pgPool.query<{ readonly count: string }>(
        "select count(*) from graphile_worker._private_jobs",
      );
      return Number(rows[0]?.count);
    },
    close: async () => {
      await runner?.stop();
      await utils.release();
      await pgPool.end();
    },
  };
}

function jobOf(identifier: string, payload: Payload, options: JobOptions | undefined): AddJobsJobSpec {
  return { identifier, payload, ...(options !== undefined && specOf(options)) };
}

/** Lower numbers are more urgent there. */
function specOf({ delayMs, priority }: JobOptions) {
  return {
    ...(delayMs !== undefined && { runAt: new Date(Date.now() + delayMs) }),
    ...(priority !== undefined && { priority: 11 - priority }),
  };
}
