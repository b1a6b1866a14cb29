/** A service takes three calls in half a second: the jobs over that wait, and no worker asks again and again. */
import { openApp } from "./app.js";

const LIMIT = 3;
const WINDOW_MS = 500;
const taskora = openApp();
const sms = taskora.task("sms.send", {
  rateLimit: { limit: LIMIT, window: WINDOW_MS },
  handler: (text: unknown) => `sent ${String(text)}`,
});

const jobs = await sms.dispatchMany(["1", "2", "3", "4", "5", "6", "7"]);
await taskora.start();
await Promise.all(jobs.map((job) => job.result));

const starts: number[] = [];
for (const job of jobs) starts.push((await taskora.jobs.get({ id: job.id }))?.startedAt ?? 0);
starts.sort((one, other) => one - other);
// The store's clock decides, and shows whole milliseconds.
const isExceeded = starts.some((at, index) => at - (starts[index - LIMIT] ?? 0) < WINDOW_MS - 1);
console.log(`${starts.length} calls, ${isExceeded ? "more than" : "at most"} ${LIMIT} in any half second`);
await taskora.close();
