/** One process with two schedules: watch them run, pause one, trigger it by hand, change it. */
import { createTaskora } from "taskora";
import { memoryAdapter } from "taskora/memory";
import { redisAdapter } from "taskora/redis";
import * as z from "zod";

const url = process.env.REDIS_URL;
const taskora = createTaskora({
  adapter: url === undefined ? memoryAdapter() : redisAdapter(url),
  logger: false, // what is to be seen is printed below
});

/** Resolves when the task has run `count` times more. */
let ran: (() => void) | undefined;
const runs = async (count: number) => {
  for (let left = count; left > 0; left--) {
    await new Promise<void>((resolve) => {
      ran = resolve;
    });
  }
};

const report = taskora.task("report.make", {
  input: z.object({ kind: z.string() }),
  handler: ({ kind }) => {
    console.log(`the ${kind} report`);
    ran?.();
  },
});
taskora.schedule("report.quick", { task: report, data: { kind: "quick" }, every: "500ms" });
const daily = taskora.schedule("report.daily", {
  task: report,
  data: { kind: "daily" },
  cron: "0 6 * * 1-5",
  timezone: "Europe/Berlin",
  onMissed: { limit: 3 },
});

await taskora.start();
await runs(3);

await taskora.schedules.pause("report.quick");
for await (const { name, paused, nextSlotAt } of taskora.schedules.list()) {
  const hour = nextSlotAt === undefined ? "" : new Date(nextSlotAt).toISOString().slice(14, 19);
  console.log(`${name}: ${paused ? "paused" : `next at minute ${hour} of its hour`}`);
}

const triggered = await daily.trigger();
if (triggered.status === "applied") await triggered.job.result;
await taskora.schedules.update("report.quick", { data: { kind: "quicker" }, every: "400ms" });
await taskora.schedules.resume("report.quick");
await runs(2);

await taskora.schedules.remove("report.quick");
await taskora.schedules.remove("report.daily");
await taskora.close();
