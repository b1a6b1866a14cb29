import { fileURLToPath, pathToFileURL } from "node:url";
import { createTaskora, type JobContext, type TaskClient, type Taskora } from "taskora";
import { postgresAdapter } from "taskora/postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installOwnPackages } from "../../scripts/own-packages.js";
import { Program } from "../support/child.js";
import { runSql, sharedPostgres, uniqueSchema } from "../support/postgres-server.js";
import type { LIBRARIES, Opened } from "./libraries.mjs";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const FILE = fileURLToPath(new URL("libraries.mjs", import.meta.url));
const NAMES = [
  "pg",
  "postgres.js",
  "Drizzle on pg",
  "Drizzle on postgres.js",
  "Kysely",
  "Knex",
  "Prisma",
  "TypeORM",
];

/** A database with a table of the application's own, an app that dispatches and works, and how a library is opened. */
const here: {
  url: string;
  libraries: typeof LIBRARIES;
} = { url: "", libraries: {} };

beforeAll(async () => {
  installOwnPackages(FOLDER, [["prisma", "generate"]]);
  const { url } = await sharedPostgres();
  const name = uniqueSchema();
  await runSql(url, `create database ${name}`);
  const own = new URL(url);
  own.pathname = name;
  here.url = own.href;
  await runSql(here.url, "create table app_order (id text primary key)");
  here.libraries = ((await import(pathToFileURL(FILE).href)) as { LIBRARIES: typeof LIBRARIES }).LIBRARIES;
}, 300_000);

class Shop {
  readonly schema = uniqueSchema();
  readonly app: Taskora;
  readonly ship: TaskClient<string, string>;
  readonly shipped: string[] = [];

  constructor() {
    this.app = createTaskora({
      adapter: postgresAdapter({ url: here.url, schema: this.schema, migrate: true }),
      logger: false,
    });
    this.ship = this.app.task("order.ship", (id: string) => {
      this.shipped.push(id);
      return `shipped ${id}`;
    });
  }

  async orders(): Promise<readonly string[]> {
    return (await runSql(here.url, "select id from app_order order by id")).map(({ id }) => String(id));
  }

  async close(): Promise<void> {
    await this.app.close();
    await runSql(here.url, `delete from app_order; drop schema if exists ${this.schema} cascade`);
  }
}

describe.each(NAMES)("jobs within a transaction of %s", (name) => {
  let shop: Shop;
  let library: Opened;

  beforeAll(async () => {
    shop = new Shop();
    await shop.app.start();
    const open = here.libraries[name];
    if (open === undefined) throw new Error(`there is no library ${name}`);
    library = await open(here.url);
  });

  afterAll(async () => {
    await library.close();
    await shop.close();
  });

  it("are there, and run, when it has committed, and not before", async () => {
    let result: Promise<string> | undefined;
    await library.transaction(async (tx, write) => {
      await write("o-1");
      const job = await shop.ship.dispatch("o-1", { within: tx });
      expect(await shop.app.jobs.get(job)).toBeUndefined();
      result = job.result;
    });
    await expect(result).resolves.toBe("shipped o-1");
    expect(await shop.orders()).toContain("o-1");
  });

  it("are as little there as the data when it was rolled back", async () => {
    const before = await shop.app.jobs.count();
    let result: Promise<string> | undefined;
    const rolledBack = library.transaction(async (tx, write) => {
      await write("o-2");
      const job = await shop.ship.dispatch("o-2", { within: tx });
      result = job.result;
      throw new Error("the card was declined");
    });
    await expect(rolledBack).rejects.toThrow("the card was declined");
    await expect(result).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
    expect(await shop.app.jobs.count()).toEqual(before);
    expect(await shop.orders()).not.toContain("o-2");
  });

  it("come many at once", async () => {
    const results: Promise<unknown>[] = [];
    await library.transaction(async (tx, write) => {
      await write("o-3");
      for (const job of await shop.ship.dispatchMany(["a", "b\\\"{},'", "c"], { within: tx }))
        results.push((await job).result);
    });
    await expect(Promise.all(results)).resolves.toEqual(["shipped a", "shipped b\\\"{},'", "shipped c"]);
  });

  it("end in one with what their handler wrote, or not at all", async () => {
    const pay = shop.app.task("order.pay", {
      retry: { attempts: 2, delay: 0 },
      handler: (id: string, ctx: JobContext) =>
        library.transaction(async (tx, write) => {
          await write(`${id} by attempt ${ctx.attempt}`);
          await ctx.complete(`paid ${id}`, { within: tx });
          if (ctx.attempt === 1) throw new Error("the card was declined");
        }),
    });
    const job = await pay.dispatch("o-5");
    await expect(job.result).resolves.toBe("paid o-5");
    expect((await shop.orders()).filter((id) => id.startsWith("o-5"))).toEqual(["o-5 by attempt 2"]);
  });

  it("are refused outside of one, with what to pass", async () => {
    const dispatched = shop.ship.dispatch("o-4", { within: library.outside });
    await expect(dispatched).rejects.toMatchObject({ code: "OPTION_INVALID", option: "within" });
  });

  it("are lost with a process that is killed before the commit, as the data is", async () => {
    const own = new Shop();
    await own.app.connect();
    await own.ship.dispatch("first").catch(() => undefined);
    const program = new Program("within-transaction", [FILE, name, here.url, own.schema]);
    await program.printed("stored");
    program.kill("SIGKILL");
    await program.exited;
    await untilGone();
    expect((await own.app.jobs.count()).total).toBe(1);
    expect(await own.orders()).not.toContain("killed");
    await own.close();
  });
});

/** The server ends the sessions of a process that died as soon as it notices. */
async function untilGone(): Promise<void> {
  for (;;) {
    const [row] = await runSql(
      here.url,
      "select count(*)::int as open from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'",
    );
    if (row?.open === 0) return;
  }
}
