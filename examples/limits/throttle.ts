/** Of a flood of alerts three an hour are stored. */
import { ThrottledError } from "taskora";
import { openApp } from "./app.js";

const taskora = openApp();
const alerts = taskora.task("alert.send", (text: unknown) => text);

const throttle = { key: "disk is full", limit: 3, window: "1h" } as const;
const jobs = await alerts.dispatchMany(Array(100).fill("at 99 %"), { throttle });
const ends = await Promise.allSettled(jobs);
const refused = ends.filter((end) => end.status === "rejected" && end.reason instanceof ThrottledError);
console.log(`${jobs.length - refused.length} stored, ${refused.length} refused`);
await taskora.close();
