/** Tenants take turns, and one of them has paid for more. */
import { openApp } from "./app.js";

const taskora = openApp();
const order: string[] = [];
const imports = taskora.task("import.run", {
  concurrency: 1,
  handler: (file: unknown) => {
    order.push(String(file));
  },
});

const jobs = [
  ...(await imports.dispatchMany(["big-1", "big-2", "big-3", "big-4"], { group: "big" })),
  ...(await imports.dispatchMany(["gold-1", "gold-2", "gold-3"], { group: { key: "gold", weight: 2 } })),
  ...(await imports.dispatchMany(["small-1"], { group: "small" })),
];
await taskora.start();
await Promise.all(jobs.map((job) => job.result));
console.log(order.join(" "));
await taskora.close();
