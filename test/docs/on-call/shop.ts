import { createTaskora, type Taskora, type TaskoraOptions } from "taskora";
import { redisAdapter } from "taskora/redis";

/** A shop on a bad day. */
export interface Shop {
  /** Ids of workers and jobs, each with the one that the page shows in its place. */
  readonly shown: ReadonlyMap<string, string>;
  close(): Promise<void>;
}

const SHOWN_WORKERS = ["hT5uQ2x1", "bN8cW0s3", "kR4pY7d9"];
const SHOWN_JOBS = ["BM2jJQwUE_gB2j", "BM2jJbgUE_gBxY"];

const REFUNDS = 240;
const ORDERS = 600;
const MAILS = 1000;
const TAKEN = 400;
const GONE = 36;
const SCANS = 97_724;

const HEALTHY = [
  ...["cart.remind", "email.send", "image.resize", "invoice.print", "order.confirm", "payment.refund"],
  ...["report.daily", "search.index", "stock.sync", "user.clean", "vat.check", "webhook.deliver"],
] as const;

/**
 * Twelve tasks and 100 000 jobs, three workers of which one cannot reach what it needs, a customer whose address is gone, and a
 * schedule that somebody stopped.
 */
export async function openShop(url: string): Promise<Shop> {
  const apps: Taskora[] = [];
  const open = (options: Partial<TaskoraOptions> = {}) => {
    const app = createTaskora({ adapter: redisAdapter(url), logger: false, ...options });
    apps.push(app);
    return app;
  };
  const producer = open();
  const sick = open({ release: "v41" });
  sick.task("payment.refund", () => {
    throw Object.assign(new Error("getaddrinfo ENOTFOUND bank.internal"), { code: "ENOTFOUND" });
  });
  await sick.start();
  await dispatch(producer, "payment.refund", REFUNDS);
  await settled(producer, "payment.refund", REFUNDS);
  for (let nth = 0; nth < 2; nth++) await startHealthy(open({ release: "v41" }));
  await dispatch(producer, "order.confirm", ORDERS);
  await dispatch(producer, "email.send", MAILS);
  await dispatch(producer, "webhook.deliver", TAKEN);
  await dispatch(producer, "webhook.deliver", GONE, { customer: "umbrella" });
  await settled(producer, "webhook.deliver", GONE);
  await stopSchedule(producer);
  await dispatch(producer, "search.index", SCANS);
  const shown = await shownFor(producer);
  return { shown, close: async () => void (await Promise.all(apps.map((app) => app.close({ timeout: 0 })))) };
}

async function startHealthy(app: Taskora): Promise<void> {
  for (const task of HEALTHY) {
    app.task(task, async (data: { readonly customer?: string }) => {
      if (task === "search.index") await new Promise((resolve) => setTimeout(resolve, 50));
      if (data.customer === "umbrella")
        throw Object.assign(new Error("410 Gone: https://umbrella.example/hook"), { code: "GONE" });
      return { done: true };
    });
  }
  await app.start();
}

async function dispatch(app: Taskora, task: string, count: number, more: object = {}): Promise<void> {
  const client = app.register({ name: task, version: 1 });
  await client.dispatchMany(Array.from({ length: count }, (_, number) => ({ number, ...more })));
}

/** Asks until all of them have ended: nobody listens on a bad day. */
async function settled(app: Taskora, task: string, count: number): Promise<void> {
  for (;;) {
    const info = await app.tasks.get(task);
    if ((info?.counts.failed ?? 0) >= count) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Workers tell what they count every 10 s. */
async function shownFor(app: Taskora): Promise<ReadonlyMap<string, string>> {
  const { items: workers } = await app.workers.list();
  for (;;) {
    const { items: groups } = await app.errors.list();
    if (groups.length === 2) {
      const jobs = groups.toSorted((a, b) => b.count - a.count).map(({ last }) => last.jobId);
      const ids = [...workers.map(({ id }) => id), ...jobs];
      return new Map(ids.map((id, at) => [id, [...SHOWN_WORKERS, ...SHOWN_JOBS][at] as string]));
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function stopSchedule(app: Taskora): Promise<void> {
  await app.schedules.upsert("daily-report", { task: "report.daily", cron: "0 6 * * *", data: {} });
  await app.schedules.pause("daily-report", { by: "bo", reason: "numbers were wrong" });
}
