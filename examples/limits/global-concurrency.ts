/** Two workers build reports, one at a time over both: the next one starts when the one before has ended. */
import { openApp } from "./app.js";

const built: string[] = [];
let running = 0;
let most = 0;

function openWorker() {
  const taskora = openApp();
  const report = taskora.task("report.build", {
    globalConcurrency: 1,
    handler: async (day: unknown) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 10));
      built.push(String(day));
      running -= 1;
    },
  });
  return { taskora, report };
}

const workers = [openWorker(), openWorker()] as const;
const jobs = await workers[0].report.dispatchMany(["Monday", "Tuesday", "Wednesday", "Thursday"]);
await Promise.all(workers.map(({ taskora }) => taskora.start()));
await Promise.all(jobs.map((job) => job.result));
console.log(built.join(" "));
console.log(`${most} at a time`);
await Promise.all(workers.map(({ taskora }) => taskora.close()));
