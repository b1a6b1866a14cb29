/**
 * A process that declares and works on one schedule, for tests that kill and close it. Its handler writes each run to a
 * Redis list of the test's own. Its argument is a {@link ScheduleWorkerOptions} as JSON.
 */
import { Redis } from "ioredis";
import { createTaskora } from "taskora";
import { adapterAt } from "../adapter-at.js";
import type { ScheduleWorkerOptions } from "../chaos-protocol.js";

const { url, prefix, bookUrl, evidence, every } = JSON.parse(
  process.argv[2] ?? "{}",
) as ScheduleWorkerOptions;
const book = new Redis(bookUrl, { maxRetriesPerRequest: null, connectionName: "evidence" });
const say = (line: string) => process.stdout.write(`${line}\n`);

const app = createTaskora({
  adapter: adapterAt({ url, prefix }),
  logger: false,
  defaults: { retention: { completed: { count: 0 } } },
});
app.on("error", ({ code, error }) => say(`error ${code} ${(error as Error).message}`));
app.task("tick", {
  lease: "1s",
  stallLimit: 50,
  handler: async (_data, ctx) => {
    await book.rpush(evidence, `start ${ctx.id} ${process.pid}`);
  },
  schedule: { every, onMissed: "catch-up" },
});
const running = app.run({ timeout: "5s" });
await app.start();
say("ready");
await running;
book.disconnect();
