import { createTaskora, type TaskClient } from "taskora";
import { postgresAdapter } from "taskora/postgres";
import { afterEach, describe, expect, it } from "vitest";
import { Program } from "../support/child.js";
import { runSql, sharedPostgres, uniqueSchema } from "../support/postgres-server.js";
import { DEATHS, WITHIN_TASK, type WithinJob } from "../support/within-protocol.js";

const open: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** Tables of the application's own, a producer, and a worker process that is started again whenever it dies. */
async function fleet() {
  const { url } = await sharedPostgres();
  const [schema, own] = [uniqueSchema(), uniqueSchema()];
  // An effect that came twice is a row more, not an error.
  await runSql(
    url,
    `create schema ${own}; create table ${own}.effect (job text); create table ${own}.died (job text primary key)`,
  );
  open.push(() => runSql(url, `drop schema ${own} cascade; drop schema ${schema} cascade`));
  const app = createTaskora({ adapter: postgresAdapter({ url, schema, migrate: true }), logger: false });
  await app.connect();
  open.push(() => app.close());
  const client = app.register({ name: WITHIN_TASK, version: 1 }) as TaskClient<WithinJob, number>;
  let isOver = false;
  let current: Program | undefined;
  let deaths = 0;
  const working = (async () => {
    for (; !isOver; deaths++) {
      current = new Program("within-worker", [url, schema, own]);
      await current.exited;
    }
  })();
  open.push(async () => {
    isOver = true;
    current?.kill("SIGKILL");
    await working;
  });
  const kill = () => current?.kill("SIGKILL");
  const effects = async () => {
    const rows = await runSql(url, `select job, count(*)::integer as times from ${own}.effect group by job`);
    return new Map(rows.map(({ job, times }) => [String(job), Number(times)]));
  };
  return { app, client, kill, effects, deaths: () => deaths };
}

/** Each job has had its effect once, ended as completed and told its result. */
async function expectOnce(
  { app, effects }: Awaited<ReturnType<typeof fleet>>,
  jobs: readonly { readonly id: string; readonly result: Promise<number> }[],
): Promise<void> {
  expect(await Promise.all(jobs.map(({ result }) => result))).toEqual(jobs.map((_, number) => number));
  expect(await effects()).toEqual(new Map(jobs.map(({ id }) => [id, 1])));
  expect(await app.jobs.count()).toMatchObject({ total: jobs.length, completed: jobs.length });
}

describe("jobs that end in a transaction, whose worker is killed", () => {
  it("have their effect once wherever it dies", { timeout: 120_000 }, async () => {
    const work = await fleet();
    const forms = ["within", "complete"] as const;
    const dying = forms.flatMap((form) => DEATHS.map((dies) => ({ form, dies })));
    const jobs = Array.from({ length: 160 }, (_, number): WithinJob => {
      const form = forms[number % 2] ?? "within";
      return { number, form, ...(number % 20 === 0 ? dying[number / 20] : {}) };
    });
    await expectOnce(work, await Promise.all(await work.client.dispatchMany(jobs)));
    expect(work.deaths()).toBe(dying.length);
  });

  it("have their effect once under load, whenever it dies", { timeout: 120_000 }, async () => {
    const work = await fleet();
    const jobs = await Promise.all(
      Array.from({ length: 300 }, (_, number) =>
        work.client.dispatch({ number, form: number % 2 === 0 ? "within" : "complete" }),
      ),
    );
    for (const at of [20, 150]) {
      await Promise.any(jobs.slice(at).map(({ result }) => result));
      work.kill();
    }
    await expectOnce(work, jobs);
    expect(work.deaths()).toBeGreaterThan(0);
  });
});
