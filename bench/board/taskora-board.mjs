// taskora's board over the same jobs. Arguments: the url of a Redis, the number of jobs per task.

import { createBoard } from "../../dist/board/index.js";
import { createTaskora } from "../../dist/index.js";
import { redisAdapter } from "../../dist/redis/index.js";

const [url = "", jobs = "40"] = process.argv.slice(2);
const app = createTaskora({ adapter: redisAdapter(url), logger: false });
const email = app.task("email.send", {
  concurrency: 10,
  handler: async ({ n }) => ({ messageId: `m-${n}` }),
});
const webhook = app.task("webhook.deliver", {
  concurrency: 10,
  handler: async ({ n }) => {
    throw new Error(`HTTP 503 from 10.0.0.${n}`);
  },
});
const thumbnail = app.task("image.thumbnail", {
  concurrency: 3,
  handler: () => new Promise(() => undefined),
});
await app.start();
for (const task of [email, webhook, thumbnail]) {
  await task.dispatchMany(Array.from({ length: Number(jobs) }, (_, n) => ({ n, to: "ada@example.com" })));
}
await email.dispatch({ n: -1, to: "ada@example.com" }, { delay: "2h" });
for (;;) {
  const { waiting, active } = await app.jobs.count({ task: ["email.send", "webhook.deliver"] });
  if (waiting + active === 0) break;
  await new Promise((resolve) => setTimeout(resolve, 50));
}
const board = createBoard(app);
const { url: at } = await board.listen({ port: 0 });
process.stdout.write(`${at}\n`);
process.once("SIGTERM", async () => {
  await board.close();
  await app.close({ timeout: 0 });
  process.exit();
});
