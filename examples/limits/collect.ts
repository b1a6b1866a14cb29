/** Rows are dispatched one by one and written in batches, per table. */
import { openApp } from "./app.js";

const taskora = openApp();
const rows = taskora.task("row.store", {
  collect: { by: "table", delay: "50ms", maxSize: 3 },
  handler: (items) => {
    const batch = items as readonly { readonly table: string; readonly row: number }[];
    return `${batch[0]?.table}: rows ${batch.map(({ row }) => row).join(", ")}`;
  },
});

await taskora.start();
const jobs = await rows.dispatchMany([
  { table: "orders", row: 1 },
  { table: "users", row: 1 },
  { table: "orders", row: 2 },
  { table: "orders", row: 3 },
  { table: "users", row: 2 },
]);
for (const job of jobs) console.log(await job.result);
await taskora.close();
