/** The worker service: takes jobs from the store until SIGINT or SIGTERM. Start it as often as there are machines. */
import { createTaskora } from "taskora";
import { postgresAdapter } from "taskora/postgres";
import { redisAdapter } from "taskora/redis";
import { handlers } from "./handlers.js";
import { keyPrefix, setting } from "./settings.js";
import { implementTasks } from "./tasks.gen/index.js";

const { POSTGRES_URL, SHOP_SCHEMA } = process.env;
const adapter =
  POSTGRES_URL === undefined
    ? redisAdapter({ url: setting("REDIS_URL"), prefix: keyPrefix() })
    : postgresAdapter({ url: POSTGRES_URL, schema: SHOP_SCHEMA });
const taskora = createTaskora({ adapter });
implementTasks(taskora, handlers);
await taskora.run();
