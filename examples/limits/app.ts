import { createTaskora, type Taskora } from "taskora";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { redisAdapter } from "taskora/redis";

const store = createMemoryStore();

/**
 * An app on the Redis that `REDIS_URL` names, else in memory: nothing else in the scripts knows which. All apps of a script
 * see the same jobs, as processes would.
 */
export function openApp(): Taskora {
  const url = process.env.REDIS_URL;
  return createTaskora({
    adapter: url === undefined ? memoryAdapter({ store }) : redisAdapter(url),
    logger: false, // the scripts print what is to be seen
  });
}
