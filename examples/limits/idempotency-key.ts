/** A request that is sent again is answered with the job of the first, and nothing is paid twice. */
import { KeyReusedError } from "taskora";
import { openApp } from "./app.js";

const taskora = openApp();
let payments = 0;
const pay = taskora.task("payment.take", (request: unknown) => {
  payments += 1;
  return `payment ${payments} for ${JSON.stringify(request)}`;
});

await taskora.start();
const options = { idempotency: "request-41" };
console.log(await pay.dispatch({ order: 7 }, options).result);
console.log(await pay.dispatch({ order: 7 }, options).result);
await pay.dispatch({ order: 8 }, options).catch((error: unknown) => {
  if (error instanceof KeyReusedError) console.log("refused: the key stands for another order");
  else throw error;
});
await taskora.close();
