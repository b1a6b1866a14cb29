/** What every example shows: an app with one task, and a customer who keeps it busy. */
import { createTaskora } from "taskora";
import { memoryAdapter } from "taskora/memory";

/** Jobs live as long as the process; redisAdapter() and postgresAdapter() keep them. */
export const taskora = createTaskora({ adapter: memoryAdapter() });

export const sendEmail = taskora.task("email.send", {
  concurrency: 3,
  handler: async ({ to }: { to: string }, { log }) => {
    await new Promise((resolve) => setTimeout(resolve, 200));
    log.info(`sent to ${to}`);
  },
});

/** Starts to work, and gets a job a second. */
export async function openShop(): Promise<void> {
  await taskora.start();
  const customer = setInterval(() => {
    sendEmail.dispatch({ to: "ada@example.com" }).catch(() => clearInterval(customer));
  }, 1_000);
  customer.unref();
}
