/** Begins a transaction, starts a workflow in it, says so, and waits to be killed. */
import pg from "pg";
import { createTaskora } from "taskora";
import { postgresAdapter } from "taskora/postgres";
import { chain } from "taskora/workflow";

const [url = "", schema = ""] = process.argv.slice(2);
const app = createTaskora({ adapter: postgresAdapter({ url, schema }), logger: false });
const double = app.task("double", (n: number) => n * 2);
const client = new pg.Client(url);
await client.connect();
setInterval(() => undefined, 1 << 30);
await client.query("begin");
await app.workflow(chain(double.step(1), double), { within: client });
process.stdout.write("stored\n");
