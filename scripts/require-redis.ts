/** Opens `npm test`: ends it at once, with one sentence, where no Redis can be had for the tests. */
import { missingRedis } from "./redis.js";

const missing = await missingRedis();
if (missing !== undefined) {
  process.stderr.write(`${missing}\n`);
  process.exitCode = 1;
}
