import { createTaskora, type Taskora } from "taskora";
import { memoryAdapter } from "taskora/memory";

/** Next bundles this module into each of its entries: what there must be one of is kept in the process. */
const kept = globalThis as { shop?: Taskora };

export function shop(): Taskora {
  kept.shop ??= openShop();
  return kept.shop;
}

function openShop(): Taskora {
  const taskora = createTaskora({ adapter: memoryAdapter() });
  const sendEmail = taskora.task("email.send", {
    concurrency: 3,
    handler: async ({ to }: { to: string }, { log }) => log.info(`sent to ${to}`),
  });
  setInterval(() => void sendEmail.dispatch({ to: "ada@example.com" }).catch(() => undefined), 1_000).unref();
  return taskora;
}
