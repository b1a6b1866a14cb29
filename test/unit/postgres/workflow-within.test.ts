import pg from "pg";
import { createTaskora } from "taskora";
import { postgresAdapter } from "taskora/postgres";
import { chain } from "taskora/workflow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Program } from "../../support/child.js";
import { runSql, sharedPostgres, uniqueSchema } from "../../support/postgres-server.js";

async function aShop() {
  const { url } = await sharedPostgres();
  const schema = uniqueSchema();
  const app = createTaskora({ adapter: postgresAdapter({ url, schema, migrate: true }), logger: false });
  const double = app.task("double", (n: number) => n * 2);
  await app.start();
  const client = new pg.Client(url);
  await client.connect();
  const start = () => app.workflow(chain(double.step(5), double), { within: client });
  /** Jobs that are stored, and what there is to do for workflows. */
  const stored = async () => {
    const [row] = await runSql(
      url,
      `select (select count(*) from ${schema}.job)::int as jobs, (select count(*) from ${schema}.workflow_news)::int as news`,
    );
    return row;
  };
  /** The server ends the sessions of a process that died as soon as it notices. */
  const sessionsGone = async () => {
    for (let open = 1; open > 0; ) {
      const [row] = await runSql(
        url,
        `select count(*)::int as open from pg_stat_activity where state like 'idle in transaction%' and strpos(query, '${schema}') > 0`,
      );
      open = Number(row?.open);
    }
  };
  const close = async () => {
    await client.end();
    await app.close();
    await runSql(url, `drop schema ${schema} cascade`);
  };
  return { url, schema, client, start, stored, sessionsGone, close };
}

describe("a workflow that is started within a transaction", () => {
  let shop: Awaited<ReturnType<typeof aShop>>;

  beforeAll(async () => {
    shop = await aShop();
  });

  afterAll(() => shop.close());

  it("begins when that has committed, and not before", async () => {
    const before = await shop.stored();
    await shop.client.query("begin");
    const workflow = await shop.start();
    expect(await shop.stored()).toEqual(before);
    await shop.client.query("commit");
    await expect(workflow.result).resolves.toBe(20);
  });

  it("is as little there as the data when that was rolled back", async () => {
    const before = await shop.stored();
    await shop.client.query("begin");
    const workflow = await shop.start();
    await shop.client.query("rollback");
    await expect(workflow.result).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
    expect(await shop.stored()).toEqual(before);
  });

  it("is lost with a process that is killed before the commit", async () => {
    const before = await shop.stored();
    const program = new Program("workflow-within", [shop.url, shop.schema]);
    await program.printed("stored");
    program.kill("SIGKILL");
    await program.exited;
    await shop.sessionsGone();
    expect(await shop.stored()).toEqual(before);
  });
});
