/** The worker service: takes jobs from Redis until SIGINT or SIGTERM. Start it as often as there are machines. */
import { createTaskora } from "taskora";
import { redisAdapter } from "taskora/redis";
import { handlers } from "./handlers.js";
import { keyPrefix, setting } from "./settings.js";
import { implementTasks } from "./tasks.gen/index.js";

const taskora = createTaskora({ adapter: redisAdapter({ url: setting("REDIS_URL"), prefix: keyPrefix() }) });
implementTasks(taskora, handlers);
await taskora.run();
