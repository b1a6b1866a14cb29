/** Three clicks on a button make one job, and all three get its result. */
import { openApp } from "./app.js";

const taskora = openApp();
const reports = taskora.task("report.build", (customer: unknown) => `the report of ${customer}`);

const clicks = await reports.dispatchMany(["ada", "ada", "bob", "ada"], (customer) => ({
  deduplicate: String(customer),
}));
await taskora.start();
for (const job of clicks) {
  console.log(job.isDuplicate ? "joined:" : "stored:", await job.result);
}
await taskora.close();
