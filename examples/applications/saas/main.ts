/** Runs the application in one process: `node --import tsx examples/applications/saas/main.ts`. */
import { setTimeout as wait } from "node:timers/promises";
import { memoryAdapter } from "taskora/memory";
import { redisAdapter } from "taskora/redis";
import { openSaas } from "./app.js";
import { serve } from "./server.js";

const url = process.env.REDIS_URL;
const saas = openSaas(url === undefined ? memoryAdapter() : redisAdapter(url), async (_tenant, file) => {
  await wait(200);
  return file.length;
});
await saas.taskora.start();
const server = serve(saas).listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  console.log("listening on", server.address());
});
process.once("SIGINT", async () => {
  server.close();
  await saas.taskora.close();
});
