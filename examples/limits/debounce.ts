/** A document is indexed when its author pauses, not with every key. */
import { JobReplacedError } from "taskora";
import { openApp } from "./app.js";

const taskora = openApp();
const index = taskora.task("document.index", (text: unknown) => `indexed "${text}"`);

await taskora.start();
const jobs = ["H", "He", "Hel", "Hell", "Hello"].map((text) =>
  index.dispatch(text, { debounce: { key: "document-1", delay: "200ms", maxWait: "5s" } }),
);
const ends = await Promise.allSettled(jobs.map((job) => job.result));
const replaced = ends.filter((end) => end.status === "rejected" && end.reason instanceof JobReplacedError);
console.log(`${replaced.length} replaced, then ${await jobs.at(-1)?.result}`);
await taskora.close();
