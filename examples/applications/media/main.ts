/** Runs the library in one process, with a number on stdin to set the pool: `node --import tsx examples/applications/media/main.ts`. */
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { memoryAdapter } from "taskora/memory";
import { redisAdapter } from "taskora/redis";
import { openLibrary, upload } from "./app.js";

const url = process.env.REDIS_URL;
const work = (name: string, ms: number) => async (asset: { readonly id: string }, signal: AbortSignal) => {
  await wait(ms, undefined, { signal });
  console.log(`${name} of ${asset.id}`);
};
const library = openLibrary(
  url === undefined ? memoryAdapter() : redisAdapter(url),
  { thumbnail: work("thumbnail", 300), transcode: work("transcoding", 1000) },
  Number(process.env.MEDIA ?? 2),
);
await library.taskora.start();
for (let n = 1; n <= 20; n++) await upload(library, { id: `asset-${n}`, path: `/library/${n}.mov` });

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const { status } = library.taskora.pools.set("media", Number(line));
  console.log(`media: ${line} at once from now on (${status})`);
});
process.once("SIGINT", async () => {
  lines.close();
  await library.taskora.close();
});
