import { createTaskora, type Taskora } from "taskora";
import type { Adapter } from "taskora/adapter";
import { postgresAdapter } from "taskora/postgres";
import { afterEach, describe, expect, it, vi } from "vitest";
import { runSql, sharedPostgres, uniqueSchema } from "../../support/postgres-server.js";

const open: Taskora[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.close()));
  vi.doUnmock("../../../src/postgres/sql/source.js");
  vi.resetModules();
});

/** The adapter of a release whose functions have other texts. */
async function otherRelease(): Promise<typeof postgresAdapter> {
  vi.resetModules();
  vi.doMock("../../../src/postgres/sql/source.js", async (original) => {
    const source = await original<typeof import("../../../src/postgres/sql/source.js")>();
    return { ...source, NESTED: `${source.NESTED} set application_name = 'other release'` };
  });
  return (await import("../../../src/postgres/index.js")).postgresAdapter;
}

describe("two releases of the adapter during a rolling deployment", { timeout: 60_000 }, () => {
  it("work on one schema side by side, each with functions of its own", async () => {
    const { url } = await sharedPostgres();
    const schema = uniqueSchema();
    const other = await otherRelease();
    const ran = new Map<string, Set<string>>();
    const start = async (release: string, adapter: Adapter) => {
      const app = createTaskora({ adapter, logger: false });
      open.push(app);
      const client = app.task("count", {
        concurrency: 5,
        retry: { attempts: 3, delay: 10 },
        handler: (n: number, ctx) => {
          ran.set(ctx.id, (ran.get(ctx.id) ?? new Set()).add(release));
          if (n % 5 === 0 && ctx.attempt === 1) throw new Error("once more");
          return n;
        },
      });
      await app.start();
      return client;
    };
    const old = await start("old", other({ url, schema, migrate: true }));
    // The new one comes while the old one works.
    const before = Array.from({ length: 100 }, (_, n) => old.dispatch(n, { delay: n }));
    const young = await start("new", postgresAdapter({ url, schema, migrate: true }));
    const jobs = [
      ...before,
      ...Array.from({ length: 300 }, (_, n) => (n % 2 === 0 ? old : young).dispatch(n, { delay: n % 50 })),
    ];
    const results = await Promise.all(jobs.map((job) => job.result));
    expect(results).toEqual([
      ...Array.from({ length: 100 }, (_, n) => n),
      ...Array.from({ length: 300 }, (_, n) => n),
    ]);
    expect(new Set([...ran.values()].flatMap((releases) => [...releases]))).toEqual(new Set(["old", "new"]));
    expect(await runSql(url, `select count(*)::int as sets from ${schema}.function_set`)).toEqual([
      { sets: 2 },
    ]);
    await Promise.all(open.splice(0).map((app) => app.close()));
    await runSql(url, `drop schema ${schema} cascade`);
  });
});
