import { createTaskora } from "taskora";
import { memoryAdapter } from "taskora/memory";
import { runShopDay } from "../producer/shop-day.js";
import { createClient } from "../producer/tasks.gen/index.js";
import { handlers } from "../worker/handlers.js";
import { implementTasks } from "../worker/tasks.gen/index.js";
import type { RunningShop } from "./running-shop.js";

/** Producer and worker in this process, over jobs kept in its memory. */
export function memoryShop(): RunningShop {
  const taskora = createTaskora({ adapter: memoryAdapter(), logger: false });
  implementTasks(taskora, handlers);
  const tasks = createClient(taskora);
  return {
    observer: taskora,
    open: () => taskora.start(),
    runDay: (day) => runShopDay(tasks, day),
    pids: () => [],
    close: () => taskora.close(),
  };
}
