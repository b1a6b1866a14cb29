import { createTaskora, type Taskora } from "taskora";
import { memoryAdapter } from "taskora/memory";
import { redisAdapter } from "taskora/redis";

/** An app on the Redis that `REDIS_URL` names, else in memory: nothing else in the scripts knows which. */
export function openApp(): Taskora {
  const url = process.env.REDIS_URL;
  return createTaskora({ adapter: url === undefined ? memoryAdapter() : redisAdapter(url) });
}
