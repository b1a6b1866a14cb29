import { PgBoss } from "pg-boss";
import type { JobOptions, Payload, Peer, Session, Setup } from "./peer.js";

const BATCH = 500;

export const peer: Peer = {
  setting:
    `useListenNotify, workers that fetch batches of up to ${BATCH} jobs and complete them together, polling every 0.5 s ` +
    "otherwise; all else default (completed jobs stay for its 7 days)",
  capabilities: ["bulk", "delay", "priority"],
  store: "postgres",
  open,
};

async function open(setup: Setup): Promise<Session> {
  const boss = new PgBoss({ connectionString: setup.storeUrl, useListenNotify: true });
  boss.on("error", (error) => console.error(error));
  await boss.start();
  for (const queue of setup.queues) await boss.createQueue(queue, { notify: true });
  const [name = ""] = setup.queues;
  return {
    dispatch: (payload, options) => boss.send(name, payload, options && sendOptions(options)),
    dispatchMany: (payloads, options) =>
      boss.insert(
        name,
        payloads.map((data, index) => {
          const each = options?.(index);
          return { data, ...(each !== undefined && sendOptions(each)) };
        }),
      ),
    work: async ({ concurrency, onJob }) => {
      const handler = async (jobs: readonly { readonly data: Payload }[]) => {
        for (const { data } of jobs) onJob(data);
      };
      const options = { batchSize: Math.min(concurrency, BATCH), pollingIntervalSeconds: 0.5 };
      for (const queue of setup.queues) await boss.work<Payload>(queue, options, handler);
    },
    pending: async () => {
      const { rows } = await boss
        .getDb()
        .executeSql("select count(*) as count from pgboss.job where name = $1 and state < 'completed'", [
          name,
        ]);
      return Number((rows[0] as { readonly count: string }).count);
    },
    close: () => boss.stop({ graceful: false }),
  };
}

function sendOptions({ delayMs, priority }: JobOptions) {
  return {
    ...(delayMs !== undefined && { startAfter: new Date(Date.now() + delayMs) }),
    ...(priority !== undefined && { priority }),
  };
}
