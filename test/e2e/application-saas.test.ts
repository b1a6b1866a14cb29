import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { JobHandle, TaskoraOptions } from "taskora";
import { memoryAdapter } from "taskora/memory";
import { redisAdapter } from "taskora/redis";
import { afterEach, describe, expect, it } from "vitest";
import { openSaas } from "../../examples/applications/saas/app.js";
import { serve } from "../../examples/applications/saas/server.js";
import { sharedRedis, uniquePrefix } from "../support/redis-server.js";

const STORES: Readonly<Record<string, () => Promise<TaskoraOptions["adapter"]>>> = {
  memory: async () => memoryAdapter(),
  Redis: async () => redisAdapter((await sharedRedis()).url, { prefix: uniquePrefix() }),
};

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

async function open(store: string, readRows: (tenant: string, file: string) => Promise<number>) {
  const adapter = await STORES[store]?.();
  if (adapter === undefined) throw new Error(`no store ${store}`);
  const saas = openSaas(adapter, readRows);
  const server = serve(saas).listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(
    async () => server.close(),
    () => saas.taskora.close(),
  );
  const { port } = server.address() as AddressInfo;
  const call = async (method: string, path: string, body?: unknown): Promise<Reply> => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
    return { status: response.status, body: await response.json() };
  };
  return { saas, call };
}

describe.each(Object.keys(STORES))("the SaaS on %s", (store) => {
  it("lets tenants take turns, two imports at a time for each", async () => {
    const running = new Map<string, number>();
    const order: string[] = [];
    let most = 0;
    const { saas, call } = await open(store, async (tenant) => {
      const now = (running.get(tenant) ?? 0) + 1;
      running.set(tenant, now);
      most = Math.max(most, now);
      order.push(tenant);
      await new Promise((resolve) => setImmediate(resolve));
      running.set(tenant, (running.get(tenant) ?? 0) - 1);
      return 3;
    });
    const ids: string[] = [];
    for (const tenant of ["big", "big", "big", "big", "big", "big", "small"]) {
      const { status, body } = await call("POST", "/imports", { tenant, file: "a.csv" });
      expect(status).toBe(202);
      ids.push((body as { id: string }).id);
    }
    await saas.taskora.start();
    for (const id of ids) expect(await saas.imports.job(id).result).toEqual({ rows: 3 });
    expect(most).toBeLessThanOrEqual(2);
    expect(order.indexOf("small")).toBeLessThan(4);
    expect(await call("GET", `/imports/${ids[0]}`)).toMatchObject({
      status: 200,
      body: { state: "completed" },
    });
  });

  it("lists dead letters, retries them and removes one", async () => {
    const { saas, call } = await open(store, async () => 1);
    await saas.taskora.start();
    const { body } = await call("POST", "/imports", { tenant: "berlin", file: "holiday.jpg" });
    const { id } = body as { id: string };
    await expect(saas.imports.job(id).result).rejects.toThrow("holiday.jpg is no table");
    expect(await call("GET", "/dead-letters")).toEqual({
      status: 200,
      body: [
        { id, data: { tenant: "berlin", file: "holiday.jpg" }, attempt: 1, error: "holiday.jpg is no table" },
      ],
    });
    const failedAgain = new Promise((resolve) => saas.imports.on("failed", resolve));
    expect(await call("POST", "/dead-letters")).toMatchObject({
      status: 200,
      body: { matched: 1, applied: 1 },
    });
    await failedAgain;
    expect(await call("DELETE", `/dead-letters/${id}`)).toEqual({ status: 200, body: { status: "applied" } });
    expect(await call("DELETE", `/dead-letters/${id}`)).toEqual({ status: 404, body: { status: "missing" } });
    expect(await call("POST", "/dead-letters/nobody")).toMatchObject({ status: 404 });
  });

  it("switches the schedule of a tenant on, off and on again", async () => {
    const { call } = await open(store, async () => 1);
    const switchOn = () => call("PUT", "/schedules/berlin", { every: "1h" });
    expect(await switchOn()).toMatchObject({ status: 200, body: { every: 3_600_000, paused: false } });
    expect(await call("DELETE", "/schedules/berlin")).toMatchObject({ status: 200 });
    expect(await call("GET", "/schedules/berlin")).toMatchObject({ status: 404 });
    expect(await call("DELETE", "/schedules/berlin")).toMatchObject({ status: 404 });
    expect(await switchOn()).toMatchObject({ status: 200, body: { every: 3_600_000 } });
  });

  it("keeps what schedules make in a lane of its own, which an operator pauses", async () => {
    const ran: string[] = [];
    const { saas, call } = await open(store, async (_tenant, file) => ran.push(file));
    await saas.taskora.start();
    expect(await call("DELETE", "/lanes/nightly")).toMatchObject({ body: { status: "applied" } });
    expect(await call("PUT", "/schedules/berlin", { every: "1h" })).toMatchObject({
      body: { task: "import.run/nightly" },
    });
    const { job } = (await saas.taskora.schedules.trigger("import:berlin")) as { readonly job: JobHandle };
    const { body } = await call("POST", "/imports", { tenant: "berlin", file: "now.csv" });
    await saas.imports.job((body as { id: string }).id).result;
    expect(await call("GET", "/lanes")).toMatchObject({ status: 200, body: { nightly: { waiting: 1 } } });
    expect(await call("PUT", "/lanes/nightly")).toMatchObject({ body: { status: "applied" } });
    await job.result;
    expect(ran).toEqual(["now.csv", "nightly.csv"]);
  });

  it("refuses what a user may mend with its code", async () => {
    const { call } = await open(store, async () => 1);
    expect(await call("POST", "/imports", { tenant: "", file: "a.csv" })).toMatchObject({ status: 400 });
    expect(await call("PUT", "/schedules/berlin", { every: "soon" })).toMatchObject({
      status: 400,
      body: { code: "DURATION_INVALID" },
    });
    expect(await call("GET", "/nothing")).toMatchObject({ status: 404 });
  });
});
