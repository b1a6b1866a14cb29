import { createTaskora } from "taskora";
import type { Adapter } from "taskora/adapter";
import { runShopDay } from "../producer/shop-day.js";
import { createClient } from "../producer/tasks.gen/index.js";
import { handlers } from "../worker/handlers.js";
import { implementTasks } from "../worker/tasks.gen/index.js";
import type { RunningShop } from "./running-shop.js";

/** Producer and worker in this process. */
export function oneProcessShop(store: { readonly adapter: Adapter; clean(): Promise<void> }): RunningShop {
  const taskora = createTaskora({ adapter: store.adapter, logger: false });
  implementTasks(taskora, handlers);
  const tasks = createClient(taskora);
  return {
    observer: taskora,
    open: () => taskora.start(),
    runDay: (day) => runShopDay(tasks, day),
    pids: () => [],
    close: async () => {
      await taskora.close();
      await store.clean();
    },
  };
}
