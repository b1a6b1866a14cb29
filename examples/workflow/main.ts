/** An order is fetched, its parcels are packed side by side, and the customer is told; then the carrier goes on strike. */
import { createTaskora, WorkflowFailedError } from "taskora";
import { memoryAdapter } from "taskora/memory";
import { redisAdapter } from "taskora/redis";
import { chain, group, map } from "taskora/workflow";
import * as z from "zod";

const url = process.env.REDIS_URL;
const taskora = createTaskora({
  adapter: url === undefined ? memoryAdapter() : redisAdapter(url),
  logger: false, // what is to be seen is printed below
});

const Order = z.object({ id: z.string(), cents: z.number() });
let strikes = 1;

const fetchOrder = taskora.task("order.fetch", {
  input: z.object({ id: z.string() }),
  output: Order,
  handler: ({ id }) => ({ id, cents: 4200 }),
});
const chargeCard = taskora.task("card.charge", {
  input: Order,
  output: z.string(),
  handler: ({ id, cents }) => `${id} paid ${cents} cents`,
});
const packParcel = taskora.task("parcel.pack", {
  input: z.string(),
  output: z.string(),
  handler: (item) => `a parcel with ${item}`,
});
const ship = taskora.task("parcel.ship", {
  input: z.array(z.string()),
  output: z.number(),
  handler: (parcels) => {
    if (strikes-- > 0) throw new Error("the carrier is on strike");
    return parcels.length;
  },
});

await taskora.start();

const paid = await taskora.workflow(chain(fetchOrder.step({ id: "o-1" }), chargeCard));
console.log(await paid.result);

const sent = await taskora.workflow(
  group([chain(fetchOrder.step({ id: "o-2" }), chargeCard), chain(map(packParcel, ["tea", "cups"]), ship)]),
  { ttl: "1h" },
);
const failure: unknown = await sent.result.catch((error: unknown) => error);
if (failure instanceof WorkflowFailedError) console.log(`failed at ${failure.step?.task}`);

const resumed = await sent.resume({ reason: "the card was charged by hand" });
if (resumed.status === "applied") {
  const [receipt, parcels] = await resumed.workflow.result;
  console.log(`${receipt}, ${parcels} parcels on their way`);
}
await taskora.close();
