/**
 * The producer service: one day of the shop, given as JSON in SHOP_DAY. Its only ties to the worker are the store
 * and the generated client; neither the contracts nor zod are in its import graph. The report goes to the process that
 * started it, or to stdout.
 */
import { createTaskora } from "taskora";
import { postgresAdapter } from "taskora/postgres";
import { redisAdapter } from "taskora/redis";
import { runShopDay, type ShopDay } from "./shop-day.js";
import { createClient } from "./tasks.gen/index.js";

const { REDIS_URL, SHOP_PREFIX = "shop", POSTGRES_URL, SHOP_SCHEMA, SHOP_DAY } = process.env;
if ((REDIS_URL ?? POSTGRES_URL) === undefined || SHOP_DAY === undefined) {
  throw new Error(
    "The producer needs REDIS_URL or POSTGRES_URL, and SHOP_DAY (JSON: pictures, thumbnailFolder, subscribers).",
  );
}
const adapter =
  POSTGRES_URL === undefined
    ? redisAdapter({ url: REDIS_URL, prefix: SHOP_PREFIX })
    : postgresAdapter({ url: POSTGRES_URL, schema: SHOP_SCHEMA });
const taskora = createTaskora({ adapter });
try {
  const report = await runShopDay(createClient(taskora), JSON.parse(SHOP_DAY) as ShopDay);
  if (process.send === undefined) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else process.send(report);
} finally {
  await taskora.close();
}
