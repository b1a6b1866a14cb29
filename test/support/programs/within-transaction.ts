/** Begins a transaction of a library, writes a row and dispatches a job in it, says so, and waits to be killed. */
import { pathToFileURL } from "node:url";
import { createTaskora } from "taskora";
import { postgresAdapter } from "taskora/postgres";
import type { LIBRARIES } from "../../postgres-clients/libraries.mjs";

const [file = "", name = "", url = "", schema = ""] = process.argv.slice(2);
const { LIBRARIES: libraries } = (await import(pathToFileURL(file).href)) as { LIBRARIES: typeof LIBRARIES };
const open = libraries[name];
if (open === undefined) throw new Error(`there is no library ${name}`);
const app = createTaskora({ adapter: postgresAdapter({ url, schema }), logger: false });
const ship = app.task("order.ship", (id: string) => id);
const library = await open(url);
setInterval(() => undefined, 1 << 30);
await library.transaction(async (tx, write) => {
  await write("killed");
  await ship.dispatch("killed", { within: tx });
  process.stdout.write("stored\n");
  await new Promise(() => undefined);
});
