/** An account is synced once at a time; another one does not wait for it, although it came later. */
import { openApp } from "./app.js";

const taskora = openApp();
const started: string[] = [];
let endFirst: () => void = () => undefined;
const isBobDone = new Promise<void>((resolve) => {
  endFirst = resolve;
});
const sync = taskora.task("account.sync", {
  handler: async (name: unknown) => {
    // Ada's first sync takes until Bob's is done: her others wait for it, and Bob does not.
    started.push(String(name));
    if (name === "ada-1") await isBobDone;
    if (name === "bob-1") endFirst();
  },
});

const jobs = await sync.dispatchMany(["ada-1", "ada-2", "ada-3", "bob-1"], (name) => ({
  concurrency: String(name).split("-")[0] ?? "",
}));
await taskora.start();
await Promise.all(jobs.map((job) => job.result));
console.log(started.join(" "));
await taskora.close();
