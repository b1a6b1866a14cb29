/** Opens `npm test`: ends it at once, with one sentence, where no PostgreSQL can be had for the tests. */
import { missingPostgres } from "./postgres.js";

const missing = await missingPostgres();
if (missing !== undefined) {
  process.stderr.write(`${missing}\n`);
  process.exitCode = 1;
}
