/**
 * A worker whose handlers end their jobs in transactions, and which dies where a job says, once. Prints `ready`. Arguments: url,
 * schema, and the schema of the tables `effect` and `died`.
 */
import { Pool } from "pg";
import { createTaskora, type JobContext } from "taskora";
import type { Adapter } from "taskora/adapter";
import { postgresAdapter } from "taskora/postgres";
import { WITHIN_TASK, type WithinJob } from "../within-protocol.js";

const [url = "", schema = "", own = ""] = process.argv.slice(2);
const pool = new Pool({ connectionString: url, max: 10 });
const store = postgresAdapter({ url, schema });

/** Dies here the first time that a job says so. */
async function pass(point: WithinJob["dies"], { id }: Pick<JobContext, "id">, job: WithinJob): Promise<void> {
  if (job.dies !== point) return;
  const { rowCount } = await pool.query(`insert into ${own}.died values ($1) on conflict do nothing`, [id]);
  if (rowCount === 0) return;
  process.kill(process.pid, "SIGKILL");
  await new Promise(() => undefined);
}

/** What runs, so that the adapter knows which job it settles. */
const running = new Map<string, WithinJob>();

/** Dies between the end of a job and the commit of the transaction that it stands in. */
const adapter: Adapter = new Proxy(store, {
  get(target, name) {
    const member: unknown = Reflect.get(target, name);
    if (name !== "settle") return typeof member === "function" ? member.bind(target) : member;
    const settle: Adapter["settle"] = async (batches, call) => {
      const replies = await target.settle(batches, call);
      const [settlement] = batches[0]?.settlements ?? [];
      const job = running.get(settlement?.id ?? "");
      if (call?.within !== undefined && settlement !== undefined && job !== undefined)
        await pass("before the commit", settlement, job);
      return replies;
    };
    return settle;
  },
});

const app = createTaskora({ adapter, logger: false });
app.on("error", ({ code, error }) => process.stdout.write(`error ${code} ${(error as Error).message}\n`));
app.task(WITHIN_TASK, {
  concurrency: 8,
  lease: "1s",
  stallLimit: 100,
  retention: { completed: { count: 100_000 } },
  handler: async (job: WithinJob, ctx) => {
    running.set(ctx.id, job);
    await pass("before", ctx, job);
    const write = async (client: { query(text: string, values: unknown[]): Promise<unknown> }) => {
      await client.query(`insert into ${own}.effect values ($1)`, [ctx.id]);
      await pass("inside", ctx, job);
      return job.number;
    };
    if (job.form === "within") await ctx.within(write);
    else await inTransaction(ctx, write);
    await pass("after the commit", ctx, job);
    running.delete(ctx.id);
  },
});
await app.start();
process.stdout.write("ready\n");

/** As an application does with a library of its own. */
async function inTransaction(
  ctx: JobContext,
  write: (client: { query(text: string, values: unknown[]): Promise<unknown> }) => Promise<number>,
): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await ctx.complete(await write(client), { within: client });
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
}
