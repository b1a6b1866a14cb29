import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTaskora, type TaskoraOptions } from "taskora";
import { postgresAdapter } from "taskora/postgres";
import { redisAdapter } from "taskora/redis";
import { afterAll, describe, expect, it } from "vitest";
import { loadPglite } from "../../scripts/pglite.js";
import { sharedCluster } from "../support/cluster-kit.js";
import { sharedPostgres, uniqueSchema } from "../support/postgres-server.js";
import { uniquePrefix } from "../support/redis-server.js";
import { runCommand } from "../support/run-command.js";

interface Store {
  /** As it is written on the command line. */
  readonly url: string;
  readonly prefix: string;
  readonly adapter: TaskoraOptions["adapter"];
}

const folder = mkdtempSync(join(tmpdir(), "taskora-stores-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function postgres(): Promise<Store> {
  const { url } = await sharedPostgres();
  const schema = uniqueSchema();
  return { url, prefix: schema, adapter: postgresAdapter({ url, schema, migrate: true }) };
}

const STORES: Readonly<Record<string, () => Promise<Store>>> = {
  PostgreSQL: postgres,
  async "a Redis Cluster, by several of its nodes"() {
    const { urls } = await sharedCluster();
    const prefix = uniquePrefix();
    return { url: urls.join(","), prefix, adapter: redisAdapter({ cluster: urls, prefix }) };
  },
  async "a folder of PGlite"() {
    await loadPglite();
    const path = join(folder, "data");
    return { url: `pglite:${path}`, prefix: "taskora", adapter: postgresAdapter({ pglite: path }) };
  },
};

describe("a store on the command line", () => {
  it.each(Object.entries(STORES))("is %s", { timeout: 60_000 }, async (_, open) => {
    const { url, prefix, adapter } = await open();
    const app = createTaskora({ adapter, logger: false });
    const mail = app.register({ name: "email.send", version: 1 });
    await mail.dispatchMany([{ n: 1 }, { n: 2 }, { n: 3 }], { delay: "1h" });
    await app.close();
    const over = async (...args: readonly string[]) => {
      const store = ["--store", url, "--prefix", prefix, "--json", "--timeout", "20s"];
      const { stdout } = await runCommand(...args, ...store);
      return JSON.parse(stdout) as object;
    };
    expect(await over("jobs", "list", "state:delayed data.n>1")).toMatchObject({
      ...{ exitCode: 0, data: { jobs: [{ data: { n: 2 } }, { data: { n: 3 } }] } },
    });
    expect(await over("jobs", "cancel", "--where", "data.n<3", "--yes")).toMatchObject({
      ...{ exitCode: 0, data: { matched: 2, applied: 2 } },
    });
    expect(await over("tasks")).toMatchObject({
      data: { tasks: [{ counts: { delayed: 1, cancelled: 2 } }] },
    });
  });

  it("is looked at before a deploy, whichever it is", { timeout: 60_000 }, async () => {
    const { url, prefix, adapter } = await postgres();
    const app = createTaskora({ adapter, logger: false });
    await app.register({ name: "email.send", version: 1 }).dispatch({ n: 1 }, { delay: "1h" });
    await app.close();
    const store = ["--store", url, "--prefix", prefix, "--json"];
    const [live, status] = await Promise.all([
      runCommand("diff", "--live", "--task", "email.send", ...store),
      runCommand("status", ...store),
    ]);
    expect(JSON.parse(live.stdout)).toMatchObject({
      ...{ exitCode: 5, data: { tasks: [{ states: { delayed: { sampled: 1, failed: 1 } } }] } },
    });
    expect(JSON.parse(status.stdout)).toMatchObject({ data: { store: { answers: true } } });
  });
});
