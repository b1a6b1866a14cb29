// bull-board over BullMQ, as its readme starts it. Arguments: the url of a Redis, the number of jobs per queue.
import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { ExpressAdapter } from "@bull-board/express";
import { Queue, Worker } from "bullmq";
import express from "express";

const [url = "", jobs = "40"] = process.argv.slice(2);
const connection = { url };
const names = ["email.send", "webhook.deliver", "image.thumbnail"];
const queues = names.map((name) => new Queue(name, { connection }));
const workers = names.map(
  (name) =>
    new Worker(
      name,
      async (job) => {
        if (name === "webhook.deliver") throw new Error(`HTTP 503 from 10.0.0.${job.data.n}`);
        if (name === "image.thumbnail") await new Promise(() => undefined);
        return { messageId: `m-${job.data.n}` };
      },
      { connection, concurrency: name === "image.thumbnail" ? 3 : 10 },
    ),
);
for (const queue of queues) {
  const data = Array.from({ length: Number(jobs) }, (_, n) => ({
    name: queue.name,
    data: { n, to: "ada@example.com" },
  }));
  await queue.addBulk(data);
}
await queues[0].add("email.send", { n: -1, to: "ada@example.com" }, { delay: 7_200_000 });
for (;;) {
  const counts = await Promise.all(
    queues.slice(0, 2).map((queue) => queue.getJobCounts("waiting", "active")),
  );
  if (counts.every(({ waiting, active }) => waiting + active === 0)) break;
  await new Promise((resolve) => setTimeout(resolve, 50));
}
const serverAdapter = new ExpressAdapter();
createBullBoard({ queues: queues.map((queue) => new BullMQAdapter(queue)), serverAdapter });
const app = express();
app.use("/", serverAdapter.getRouter());
const server = app.listen(0, "127.0.0.1", () =>
  process.stdout.write(`http://127.0.0.1:${server.address().port}\n`),
);
process.once("SIGTERM", async () => {
  server.close();
  await Promise.all(workers.map((worker) => worker.close(true)));
  process.exit();
});
