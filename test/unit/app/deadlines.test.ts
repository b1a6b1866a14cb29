import { createTaskora, type PendingJob, type TaskClient, type Taskora } from "taskora";
import type { Adapter } from "taskora/adapter";
import { postgresAdapter } from "taskora/postgres";
import { redisAdapter } from "taskora/redis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SchemaShelf, sharedPostgres } from "../../support/postgres-server.js";
import { sharedRedis, uniquePrefix } from "../../support/redis-server.js";
import { startProxy, type TcpProxy } from "../../support/tcp-proxy.js";

/** What a call may take beyond its deadline. */
const LATE_MS = 1000;
const schemas = new SchemaShelf();

/** A store that is reached over a proxy. */
interface Reached {
  readonly proxy: TcpProxy;
  readonly adapter: Adapter;
}

const STORES = [
  {
    store: "Redis",
    jobs: 20_000,
    deadlineMs: 1000,
    async reach(deadline: number): Promise<Reached> {
      const proxy = await startProxy(await sharedRedis());
      const { port } = proxy;
      const prefix = uniquePrefix();
      return { proxy, adapter: redisAdapter({ host: "127.0.0.1", port, prefix, deadline }) };
    },
  },
  {
    store: "Postgres",
    jobs: 5000,
    // A connection that is new there learns what every function means first.
    deadlineMs: 2200,
    async reach(deadline: number): Promise<Reached> {
      const { url, port } = await sharedPostgres();
      const proxy = await startProxy({ host: "127.0.0.1", port });
      const schema = await schemas.take();
      // Its tables take longer than a short deadline.
      const first = postgresAdapter({ url, schema, deadline: "30s" });
      await first.connect();
      await first.close();
      const through = url.replace(String(port), String(proxy.port));
      return { proxy, adapter: postgresAdapter({ url: through, schema, deadline }) };
    },
  },
] as const;

let proxy: TcpProxy;
let app: Taskora;
let client: TaskClient;
let jobs: number;
let deadlineMs: number;

async function open({ reach, ...store }: (typeof STORES)[number]): Promise<void> {
  const reached = await reach(store.deadlineMs);
  ({ jobs, deadlineMs } = store);
  proxy = reached.proxy;
  app = createTaskora({ adapter: reached.adapter, logger: false });
  client = app.register({ name: "deadline.test", version: 1 });
}

afterEach(async () => {
  await app.close({ timeout: 0 });
  await proxy.stop();
});

/**
 * Makes calls. What they were refused with; how long after the first call the first refusal came, and how long after the
 * last call the last one, in ms.
 */
async function refusals(
  call: () => readonly PromiseLike<unknown>[],
): Promise<{ readonly codes: readonly unknown[]; readonly first: number; readonly last: number }> {
  const from = performance.now();
  const calls = call();
  const to = performance.now();
  const codes = new Set<unknown>();
  const times: number[] = [];
  await Promise.all(
    calls.map(async (call) => {
      await Promise.resolve(call).then(
        () => codes.add("none"),
        (error: { code: unknown; retryable: unknown }) => codes.add(`${error.code} ${error.retryable}`),
      );
      times.push(performance.now());
    }),
  );
  const last = times.reduce((a, b) => Math.max(a, b), 0) - to;
  return { codes: [...codes], first: (times[0] ?? 0) - from, last };
}

function dispatchAll(): readonly PendingJob[] {
  return Array.from({ length: jobs }, (_, index) => client.dispatch(index));
}

/** Every way for the store to be away. */
const WAYS = [
  ["refuses connections", () => proxy.cut(), "refuse"],
  ["accepts connections and says nothing", () => proxy.cut(), "mute"],
  ["goes silent on open connections too", () => proxy.freeze(), "mute"],
] as const;

const EACH = STORES.flatMap((store) =>
  WAYS.map(([does, strike, onConnect]) => ({ store, does, strike, onConnect })),
);

describe.each(EACH)("when $store.store $does,", ({ store, strike, onConnect }) => {
  beforeEach(() => open(store));

  it("each of many dispatches is refused when its own deadline is over", async () => {
    await app.connect();
    proxy.onConnect = onConnect;
    strike();
    const { codes, first, last } = await refusals(dispatchAll);
    expect(codes).toEqual(["STORE_UNAVAILABLE true"]);
    expect(first).toBeGreaterThan(deadlineMs - 50);
    expect(last).toBeLessThan(deadlineMs + LATE_MS);
    expect(proxy.accepted).toBeLessThan(deadlineMs / 50);
  });

  it("each whose result is awaited is too, before the first connection as well", async () => {
    proxy.onConnect = onConnect;
    strike();
    const { codes, last } = await refusals(() => dispatchAll().map(({ result }) => result));
    expect(codes).toEqual(["STORE_UNAVAILABLE true"]);
    expect(last).toBeLessThan(deadlineMs + LATE_MS);
  });

  it("reads and cancels behind one another are too", async () => {
    await app.connect();
    proxy.onConnect = onConnect;
    strike();
    const handles = Array.from({ length: 1500 }, (_, index) => client.job(`job-${index}`));
    const { codes, last } = await refusals(() =>
      handles.flatMap((handle) => [handle.cancel(), handle.getState()]),
    );
    expect(codes).toEqual(["STORE_UNAVAILABLE true"]);
    expect(last).toBeLessThan(deadlineMs + LATE_MS);
  });
});

describe.each(STORES)("a dispatch to $store behind others", (store) => {
  beforeEach(() => open(store));

  it.each(["before the first connection", "later"])("has a deadline of its own, %s", async (when) => {
    if (when === "later") await app.connect();
    proxy.onConnect = "refuse";
    proxy.cut();
    const early = refusals(dispatchAll);
    await new Promise((resolve) => setTimeout(resolve, deadlineMs * 0.9));
    const late = refusals(() => [client.dispatch("late")]);
    expect((await early).last).toBeLessThan(deadlineMs + LATE_MS);
    const { codes, first, last } = await late;
    expect(codes).toEqual(["STORE_UNAVAILABLE true"]);
    expect(first).toBeGreaterThan(deadlineMs - 50);
    expect(last).toBeLessThan(deadlineMs + LATE_MS);
  });

  it("is stored when the store is back before its deadline, and those refused are not", async () => {
    await app.connect();
    proxy.onConnect = "refuse";
    proxy.cut();
    const refused = refusals(dispatchAll);
    await new Promise((resolve) => setTimeout(resolve, deadlineMs * 0.9));
    const late = client.dispatch("late");
    await refused;
    proxy.onConnect = "pass";
    await late;
    expect((await app.jobs.count()).waiting).toBe(1);
  });
});

describe.each(STORES)("a call of $store before the first connection", (store) => {
  beforeEach(() => open(store));

  it("says why there is none, as connecting does", async () => {
    await proxy.stop();
    for (const call of [() => client.dispatch(1), () => client.job("a").getState(), () => app.start()]) {
      await expect(call()).rejects.toThrow(
        /refused the connection: nobody listens there: connect ECONNREFUSED/,
      );
    }
  });
});

describe("a process that was busy while it began to connect", () => {
  it("has no longer for it: loading the driver takes of the time as well", async () => {
    const adapter = redisAdapter({ host: "127.0.0.1", port: 1, deadline: "300ms" });
    const from = performance.now();
    const connected = adapter.connect();
    while (performance.now() - from < 400);
    await expect(connected).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(performance.now() - from).toBeLessThan(650);
  });
});
