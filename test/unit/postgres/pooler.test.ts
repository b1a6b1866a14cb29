import { once } from "node:events";
import { createTaskora, type Taskora } from "taskora";
import { postgresAdapter } from "taskora/postgres";
import { afterEach, describe, expect, it } from "vitest";
import { poolerBefore } from "../../support/pgbouncer.js";
import { runSql, sharedPostgres, uniqueSchema } from "../../support/postgres-server.js";

const open: Taskora[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.close()));
});

/** The code of the next warning of taskora's that this process is given. */
async function warned(): Promise<unknown> {
  for (;;) {
    const [warning] = await once(process, "warning");
    if (warning.name === "TaskoraWarning") return warning.code;
  }
}

describe("a pooler in transaction mode, which swallows notices,", { timeout: 60_000 }, () => {
  it("is noticed, told of once, and lived with: jobs run, results, cancels and events arrive", async () => {
    const { url } = await sharedPostgres();
    const pooled = await poolerBefore(url);
    const schema = uniqueSchema();
    const app = () => {
      const made = createTaskora({ adapter: postgresAdapter({ url: pooled, schema, migrate: true }) });
      open.push(made);
      return made;
    };
    const warning = warned();
    const worker = app();
    worker.task("double", (n: number) => 2 * n);
    worker.task("wait", (_, ctx) => once(ctx.signal, "abort").then(() => ctx.signal.throwIfAborted()));
    const ended = worker.once("cancelled");
    await worker.start();
    const producer = app();
    const double = producer.register({ name: "double", version: 1 });
    const results = Array.from(
      { length: 200 },
      (_, n) => double.dispatch(n, { delay: n % 7 === 0 ? 50 : 0 }).result,
    );
    expect(await Promise.all(results)).toEqual(Array.from({ length: 200 }, (_, n) => 2 * n));
    const wait = producer.register({ name: "wait", version: 1 });
    const waiting = await wait.dispatch();
    await expect.poll(() => waiting.getState(), { timeout: 20_000 }).toBe("active");
    await waiting.cancel({ reason: "enough" });
    await expect(waiting.result).rejects.toMatchObject({ code: "JOB_CANCELLED" });
    expect((await ended).id).toBe(waiting.id);
    expect(await warning).toBe("TASKORA_POSTGRES_POLLING");
    await Promise.all(open.splice(0).map((each) => each.close()));
    await runSql(url, `drop schema ${schema} cascade`);
  });
});
