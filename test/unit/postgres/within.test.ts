import { Client, Pool } from "pg";
import { type AppErrorEvent, createTaskora, type JobContext, type Taskora } from "taskora";
import type { Adapter } from "taskora/adapter";
import { memoryAdapter } from "taskora/memory";
import { postgresAdapter } from "taskora/postgres";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { FaultyAdapter } from "../../support/faulty-adapter.js";
import { runSql, sharedPostgres, uniqueSchema } from "../../support/postgres-server.js";
import { gate } from "../../support/signals.js";
import { startProxy } from "../../support/tcp-proxy.js";

/** A busy machine takes its time. */
const PATIENT = { timeout: 10_000 };

const schema = uniqueSchema();
const own = uniqueSchema();
const here = { url: "" };
const apps: Taskora[] = [];
const events: AppErrorEvent[] = [];
const warned: string[] = [];

beforeAll(async () => {
  here.url = (await sharedPostgres()).url;
  await runSql(here.url, `create schema ${own}; create table ${own}.effect (job text, number integer)`);
});

beforeEach(() => {
  events.splice(0);
  warned.splice(0);
});

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
  await runSql(here.url, `truncate ${own}.effect`);
});

afterAll(async () => {
  await runSql(here.url, `drop schema ${own} cascade; drop schema if exists ${schema} cascade`);
});

function adapter(): Adapter {
  return postgresAdapter({ url: here.url, schema, migrate: true });
}

function newApp(over: Adapter = adapter()): Taskora {
  const app = createTaskora({ adapter: over, logger: false });
  app.on("error", (event) => events.push(event));
  app.on("warning", ({ code }) => warned.push(code));
  apps.push(app);
  return app;
}

const INSERT = `insert into ${own}.effect values ($1, $2)`;

/** What handlers have written, and committed. */
async function effects(): Promise<readonly string[]> {
  const rows = await runSql(here.url, `select job from ${own}.effect order by job`);
  return rows.map(({ job }) => String(job));
}

/** Runs `work` in a transaction of a client of the test's own. */
async function inTransaction<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: here.url });
  await client.connect();
  try {
    await client.query("begin");
    const result = await work(client);
    const { command } = await client.query("commit");
    if (command !== "COMMIT") throw new Error("the server rolled back");
    return result;
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    await client.end();
  }
}

let names = 0;

function taskName(): string {
  names += 1;
  return `within.${names}`;
}

describe("a handler that ends its job in a transaction", () => {
  it("commits what it wrote with the end of its job, and what work returned is the result", async () => {
    const app = newApp();
    const completed = gate<unknown>();
    app.on("completed", (event) => completed.open(event));
    const task = app.task(taskName(), async (number: number, ctx) => {
      ctx.log.info("before");
      await ctx.within(async (tx) => {
        await tx.query(INSERT, [ctx.id, number]);
        ctx.log.info("inside");
        ctx.progress({ done: number });
        return { number };
      });
      return "another";
    });
    await app.start();
    const job = await task.dispatch(3);
    expect(await job.result).toEqual({ number: 3 });
    expect(await effects()).toEqual([job.id]);
    expect(await completed.opened).toMatchObject({ id: job.id, result: { number: 3 } });
    const read = await job.get();
    expect(read).toMatchObject({
      state: "completed",
      result: { number: 3 },
      attempt: 1,
      progress: { done: 3 },
    });
    expect(read?.logs?.map(({ message }) => message)).toEqual(["before", "inside"]);
    expect(read?.history).toMatchObject([{ attempt: 1, outcome: "completed" }]);
    expect([events, warned]).toEqual([[], []]);
  });

  it("tells nobody of it before the commit", async () => {
    const app = newApp();
    const [written, go] = [gate(), gate()];
    const task = app.task(taskName(), (_: null, ctx) =>
      inTransaction(async (client) => {
        await client.query(INSERT, [ctx.id, 1]);
        await ctx.complete("done", { within: client });
        written.open();
        await go.opened;
      }),
    );
    await app.start();
    const job = await task.dispatch(null);
    await written.opened;
    expect(await effects()).toEqual([]);
    expect(await job.get()).toMatchObject({ state: "active" });
    go.open();
    expect(await job.result).toBe("done");
    expect(await effects()).toEqual([job.id]);
    expect([events, warned]).toEqual([[], []]);
  });

  it("rolls back when work throws, and the attempt fails as any", async () => {
    const app = newApp();
    const task = app.task(taskName(), {
      retry: { attempts: 2, delay: 0 },
      handler: (_: null, ctx: JobContext) =>
        ctx.within(async (tx) => {
          await tx.query(INSERT, [`${ctx.id} ${ctx.attempt}`, 1]);
          if (ctx.attempt === 1) throw new Error("the card was declined");
          return ctx.attempt;
        }),
    });
    await app.start();
    const job = await task.dispatch(null);
    expect(await job.result).toBe(2);
    expect(await effects()).toEqual([`${job.id} 2`]);
    expect((await job.get())?.history).toMatchObject([
      { outcome: "failed", error: { message: "the card was declined" } },
      { outcome: "completed" },
    ]);
  });

  it("fails its attempt with a result that does not fit, and nothing is written", async () => {
    const app = newApp();
    const task = app.task(taskName(), {
      output: z.number(),
      handler: (_: null, ctx) =>
        ctx.within(async (tx) => {
          await tx.query(INSERT, [ctx.id, 1]);
          return "no number" as unknown as number;
        }),
    });
    await app.start();
    const job = await task.dispatch(null);
    await expect(job.result).rejects.toMatchObject({ cause: { code: "VALIDATION_FAILED" } });
    expect(await effects()).toEqual([]);
  });

  it("may do over what failed, and nothing once the job has ended", async () => {
    const app = newApp();
    const task = app.task(taskName(), async (_: null, ctx) => {
      const write = (isGood: boolean) =>
        ctx.within(async (tx) => {
          await tx.query(INSERT, [ctx.id, 1]);
          if (!isGood) throw new Error("a conflict");
          await expect(ctx.within(async () => 0)).rejects.toMatchObject({ code: "OPTION_INVALID" });
          return "second";
        });
      await expect(write(false)).rejects.toThrow("a conflict");
      await write(true);
      const again = {
        code: "OPTION_INVALID",
        message: expect.stringContaining("has ended in a transaction already"),
      };
      await expect(write(true)).rejects.toMatchObject(again);
      await inTransaction(async (client) => {
        await expect(ctx.complete(0, { within: client })).rejects.toMatchObject(again);
      });
    });
    await app.start();
    const job = await task.dispatch(null);
    expect(await job.result).toBe("second");
    expect(await effects()).toEqual([job.id]);
    expect([events, warned]).toEqual([[], []]);
  });

  it("reports what it throws after its job has ended, which stays completed", async () => {
    const app = newApp();
    const task = app.task(taskName(), {
      onFailed: () => expect.unreachable(),
      handler: async (how: "within" | "complete", ctx: JobContext) => {
        if (how === "within") await ctx.within(async () => how);
        else await inTransaction((client) => ctx.complete(how, { within: client }));
        throw new Error("too late");
      },
    });
    await app.start();
    for (const how of ["within", "complete"] as const) {
      const job = await task.dispatch(how);
      expect(await job.result).toBe(how);
      await expect.poll(() => events.length, PATIENT).toBe(1);
      expect(events.splice(0)).toMatchObject([
        { code: "HOOK_FAILED", jobId: job.id, error: { message: "too late" } },
      ]);
      expect(await job.get()).toMatchObject({ state: "completed" });
    }
  });

  it("is tried again when a transaction of its own does not commit after the job was ended in it", async () => {
    const app = newApp();
    const task = app.task(taskName(), {
      retry: { attempts: 2, delay: 0 },
      handler: (_: null, ctx: JobContext) =>
        inTransaction(async (client) => {
          await client.query(INSERT, [ctx.id, ctx.attempt]);
          await ctx.complete(ctx.attempt, { within: client });
          if (ctx.attempt === 1) throw new Error("after all not");
        }),
    });
    await app.start();
    const job = await task.dispatch(null);
    expect(await job.result).toBe(2);
    expect(await effects()).toEqual([job.id]);
  });

  it("says what was passed where no transaction is", async () => {
    const app = newApp();
    const pool = new Pool({ connectionString: here.url, max: 1 });
    const task = app.task(taskName(), async (_: null, ctx) => {
      const invalid = { code: "OPTION_INVALID" };
      await expect(ctx.complete(1, { within: pool })).rejects.toMatchObject(invalid);
      await expect(ctx.complete(1, {} as { within: object })).rejects.toMatchObject(invalid);
      await expect(ctx.within(pool as never)).rejects.toMatchObject(invalid);
      await expect(ctx.within(async (tx) => void (await tx.query("commit")))).rejects.toMatchObject(invalid);
      return "the ordinary way";
    });
    await app.start();
    expect(await task.dispatch(null).result).toBe("the ordinary way");
    await pool.end();
  });

  it("is refused by a store without transactions", async () => {
    const app = newApp(memoryAdapter());
    const task = app.task("plain", async (_: null, ctx) => {
      const refused = { code: "NOT_SUPPORTED" };
      await expect(ctx.within(async () => 1)).rejects.toMatchObject(refused);
      await expect(ctx.complete(1, { within: {} })).rejects.toMatchObject(refused);
    });
    await app.start();
    await task.dispatch(null).result;
  });

  it("keeps no more of finished jobs than others", async () => {
    const app = newApp();
    const task = app.task(taskName(), {
      retention: { completed: { count: 0 } },
      handler: (_: null, ctx) => ctx.within(async () => "gone"),
    });
    await app.start();
    const job = await task.dispatch(null);
    expect(await job.result).toBe("gone");
    expect(await job.get()).toBeUndefined();
  });

  it("takes turns where more of them want a transaction than there are connections", async () => {
    const pool = new Pool({ connectionString: here.url, max: 5 });
    const app = newApp(postgresAdapter({ pool, schema, migrate: true }));
    let [open, most] = [0, 0];
    const task = app.task(taskName(), {
      concurrency: 20,
      handler: (number: number, ctx) =>
        ctx.within(async (tx) => {
          open += 1;
          most = Math.max(most, open);
          await tx.query(INSERT, [ctx.id, number]);
          open -= 1;
          return number;
        }),
    });
    await app.start();
    const results = Array.from({ length: 50 }, (_, number) => task.dispatch(number).result);
    expect(await Promise.all(results)).toEqual(Array.from({ length: 50 }, (_, number) => number));
    expect(most).toBe(1);
    expect(await effects()).toHaveLength(50);
    await app.close();
    await pool.end();
  });

  it("has ended, and is told so, when the answer to its commit was lost", async () => {
    const { port } = new URL(here.url);
    const proxy = await startProxy({ host: "127.0.0.1", port: Number(port) });
    const url = new URL(here.url);
    url.port = String(proxy.port);
    const store = postgresAdapter({ url, schema, migrate: true });
    const cutting = new Proxy(store, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (name !== "settle") return typeof member === "function" ? member.bind(target) : member;
        const settle: Adapter["settle"] = async (batches, call) => {
          const replies = await target.settle(batches, call);
          if (call?.within !== undefined) {
            proxy.swallowAnswers();
            void (async () => {
              while ((await effects()).length === 0);
              proxy.cut();
            })();
          }
          return replies;
        };
        return settle;
      },
    });
    const app = newApp(cutting);
    const task = app.task(taskName(), {
      onFailed: () => expect.unreachable(),
      handler: async (_: null, ctx: JobContext) => {
        expect(
          await ctx.within(async (tx) => {
            await tx.query(INSERT, [ctx.id, 1]);
            return "done";
          }),
        ).toBe("done");
      },
    });
    await app.start();
    const job = await task.dispatch(null);
    expect(await job.result).toBe("done");
    expect(await effects()).toEqual([job.id]);
    await app.close();
    await proxy.stop();
  });

  it("dispatches other jobs with it, all or none", async () => {
    const app = newApp();
    const ship = app.task(taskName(), (order: string) => `shipped ${order}`);
    const shipped: Promise<string>[] = [];
    const pay = app.task(taskName(), {
      retry: { attempts: 2, delay: 0 },
      handler: (order: string, ctx: JobContext) =>
        ctx.within(async (tx) => {
          shipped.push((await ship.dispatch(`${order} ${ctx.attempt}`, { within: tx })).result);
          if (ctx.attempt === 1) throw new Error("not yet");
          return "paid";
        }),
    });
    await app.start();
    expect(await pay.dispatch("o-1").result).toBe("paid");
    await expect(shipped[0]).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
    expect(await shipped[1]).toBe("shipped o-1 2");
  });
});

describe("a job that is no longer its worker's", () => {
  /** A worker that hears nothing of its lease, and another that runs the job meanwhile. */
  async function lostTo(handler: (ctx: JobContext, lost: Promise<unknown>) => unknown) {
    const name = taskName();
    const faulty = new FaultyAdapter(adapter());
    const deaf = newApp(faulty.adapter);
    const [started, lost, over] = [gate(), gate(), gate<unknown>()];
    deaf.task(name, {
      lease: "300ms",
      concurrency: 1,
      handler: async (_, ctx) => {
        started.open();
        try {
          over.open(await handler(ctx, lost.opened));
        } catch (error) {
          over.open(error);
          throw error;
        }
      },
    });
    const job = await newApp().register({ name, version: 1 }).dispatch(null);
    await deaf.start();
    await started.opened;
    faulty.always("refused", "renew", "claim", "sweep");
    const other = newApp();
    other.task(name, (_, ctx) =>
      ctx.within(async (tx) => {
        await tx.query(INSERT, [`${ctx.id} by the other`, 1]);
        return "other";
      }),
    );
    await other.start();
    expect(await job.result).toBe("other");
    events.splice(0);
    lost.open();
    return { job, deaf, faulty, error: await over.opened };
  }

  it("is not committed by a worker that was too late, which says so once", async () => {
    const { job, error, faulty } = await lostTo((ctx, lost) =>
      ctx.within(async (tx) => {
        await tx.query(INSERT, [ctx.id, 1]);
        await lost;
      }),
    );
    expect(error).toMatchObject({ code: "LEASE_LOST" });
    expect(await effects()).toEqual([`${job.id} by the other`]);
    await expect.poll(() => warned, PATIENT).toEqual(["LEASE_LOST"]);
    faulty.heal();
  });

  it("is not committed by a handler that caught the refusal, in a transaction of his own", async () => {
    const { job, error, faulty } = await lostTo((ctx, lost) =>
      inTransaction(async (client) => {
        await client.query(INSERT, [ctx.id, 1]);
        await lost;
        await ctx.complete("mine", { within: client }).catch(() => undefined);
      }),
    );
    expect(error).toMatchObject({ message: "the server rolled back" });
    expect(await effects()).toEqual([`${job.id} by the other`]);
    faulty.heal();
  });

  it("ends as cancelled when a cancel came before its end, and nothing is written", async () => {
    const app = newApp();
    const [written, go, cleaned] = [gate(), gate(), gate()];
    const task = app.task(taskName(), {
      onCancel: () => cleaned.open(),
      onFailed: () => expect.unreachable(),
      handler: (_: null, ctx) =>
        ctx.within(async (tx) => {
          await tx.query(INSERT, [ctx.id, 1]);
          written.open();
          await go.opened;
        }),
    });
    await app.start();
    const job = await task.dispatch(null);
    await written.opened;
    await job.cancel({ reason: "changed his mind" });
    go.open();
    await expect(job.result).rejects.toMatchObject({ code: "JOB_CANCELLED", reason: "changed his mind" });
    await cleaned.opened;
    expect(await effects()).toEqual([]);
  });
});
