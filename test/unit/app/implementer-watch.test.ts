import { type AppWarningEvent, createTaskora, type Taskora, type TaskoraOptions } from "taskora";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { VirtualClock } from "taskora/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { internalsOf } from "../../../src/app/app-internals.js";

const contract = { name: "user.greet", version: 2, input: undefined, output: undefined, fingerprint: "new" };
const MINUTE_MS = 60_000;

describe("a producer whose contract nobody implements", () => {
  let clock: VirtualClock;
  let store: ReturnType<typeof createMemoryStore>;
  let apps: Taskora[];
  let warnings: AppWarningEvent[];

  beforeEach(() => {
    clock = new VirtualClock();
    store = createMemoryStore({ clock });
    apps = [];
    warnings = [];
  });

  afterEach(async () => {
    await Promise.all(apps.map((app) => app.close()));
  });

  function makeApp(adapter: TaskoraOptions["adapter"] = memoryAdapter({ store })): Taskora {
    const app = createTaskora({ adapter, clock, logger: false });
    app.on("warning", (warning) => warnings.push(warning));
    apps.push(app);
    return app;
  }

  async function startWorker(fields: Partial<typeof contract> & { since?: number } = {}): Promise<Taskora> {
    const worker = makeApp();
    internalsOf(worker).implementGenerated({ ...contract, ...fields }, () => "hello");
    await worker.start();
    return worker;
  }

  async function reasonAfter(ms: number): Promise<string | undefined> {
    await clock.advance(ms);
    const [warning] = warnings;
    return warning?.code === "CONTRACT_NOT_IMPLEMENTED" ? warning.contract.reason : undefined;
  }

  it("is warned once, after a grace, with a code and the contract", async () => {
    const greet = internalsOf(makeApp()).registerGenerated(contract);
    await greet.dispatch("Ada");
    expect(await reasonAfter(MINUTE_MS - 1)).toBeUndefined();
    await clock.advance(10_001);
    expect(warnings).toMatchObject([
      {
        task: "user.greet",
        code: "CONTRACT_NOT_IMPLEMENTED",
        contract: { version: 2, fingerprint: "new", reason: "no-worker" },
      },
    ]);
    expect(warnings[0]?.message).toContain("no live worker has a handler for this task");
    for (let minute = 0; minute < 30; minute++) {
      await greet.dispatch("Ada");
      await clock.advance(MINUTE_MS);
    }
    expect(warnings).toHaveLength(1);
  });

  it("is not warned when a worker comes within the grace", async () => {
    await internalsOf(makeApp()).registerGenerated(contract).dispatch("Ada");
    await clock.advance(MINUTE_MS / 2);
    await startWorker();
    expect(await reasonAfter(2 * MINUTE_MS)).toBeUndefined();
  });

  it("is not warned by anything while it dispatches nothing", async () => {
    internalsOf(makeApp()).registerGenerated(contract);
    expect(await reasonAfter(60 * MINUTE_MS)).toBeUndefined();
  });

  it.each([
    ["older-workers", { version: 1 }],
    ["newer-workers", { version: 4, since: 3 }],
    ["other-fingerprint", { fingerprint: "other" }],
    ["no-worker", { name: "user.other" }],
  ])("is told %s", async (reason, fields) => {
    await startWorker(fields);
    await internalsOf(makeApp()).registerGenerated(contract).dispatch("Ada");
    expect(await reasonAfter(2 * MINUTE_MS)).toBe(reason);
  });

  it.each([
    ["the same", {}],
    ["one without a fingerprint", { fingerprint: "" }],
    ["a newer version that still accepts this one", { version: 3, since: 2, fingerprint: "other" }],
  ])("is silent with a worker of %s", async (_what, fields) => {
    await startWorker(fields);
    await internalsOf(makeApp()).registerGenerated(contract).dispatch("Ada");
    expect(await reasonAfter(2 * MINUTE_MS)).toBeUndefined();
  });

  it("is silent when one worker of several has it", async () => {
    await startWorker({ fingerprint: "other" });
    await startWorker();
    await internalsOf(makeApp()).registerGenerated(contract).dispatch("Ada");
    expect(await reasonAfter(2 * MINUTE_MS)).toBeUndefined();
  });

  it("is looked at again much later, and then warned", async () => {
    const worker = await startWorker();
    const greet = internalsOf(makeApp()).registerGenerated(contract);
    await greet.dispatch("Ada");
    await clock.advance(2 * MINUTE_MS);
    await worker.close();
    await greet.dispatch("Ada");
    expect(await reasonAfter(5 * MINUTE_MS)).toBeUndefined();
    await clock.advance(10 * MINUTE_MS);
    await greet.dispatch("Ada");
    expect(await reasonAfter(2 * MINUTE_MS)).toBe("no-worker");
  });

  it("is warned about a worker that died, once its announcement has ended", async () => {
    const adapter = memoryAdapter({ store });
    await adapter.connect();
    const announcement = { worker: "dead", host: "box", pid: 1, ageMs: 0, ttlMs: 30_000 };
    await adapter.contracts?.announce({
      ...announcement,
      tasks: [{ task: contract.name, version: 2, since: 1, fingerprint: "new" }],
    });
    await internalsOf(makeApp()).registerGenerated(contract).dispatch("Ada");
    expect(await reasonAfter(2 * MINUTE_MS)).toBe("no-worker");
    await adapter.close();
  });

  it("reads the workers once for contracts that are dispatched together", async () => {
    const adapter = memoryAdapter({ store });
    let reads = 0;
    const contracts = Object.assign(Object.create(adapter.contracts ?? null), adapter.contracts, {
      workers: async () => {
        reads += 1;
        return (await adapter.contracts?.workers()) ?? [];
      },
    });
    const app = makeApp(withContracts(adapter, contracts));
    for (const name of ["a", "b", "c"]) {
      const client = internalsOf(app).registerGenerated({ ...contract, name });
      for (let count = 0; count < 10; count++) await client.dispatch(count);
    }
    await clock.advance(5 * MINUTE_MS);
    expect([reads, warnings.length]).toEqual([1, 3]);
  });

  it("is not warned over a store that keeps no workers", async () => {
    const app = makeApp(withContracts(memoryAdapter({ store }), undefined));
    await internalsOf(app).registerGenerated(contract).dispatch("Ada");
    expect(await reasonAfter(60 * MINUTE_MS)).toBeUndefined();
    await expect(app.workers.list()).rejects.toMatchObject({ code: "NOT_SUPPORTED" });
  });

  it("is forgotten by a close, with no timer left", async () => {
    const app = makeApp();
    await internalsOf(app).registerGenerated(contract).dispatch("Ada");
    await app.close();
    expect(clock.nextTimerInMs).toBeUndefined();
    expect(await reasonAfter(5 * MINUTE_MS)).toBeUndefined();
  });
});

type Adapter = TaskoraOptions["adapter"];

function withContracts(adapter: Adapter, contracts: Adapter["contracts"]): Adapter {
  return new Proxy(adapter, {
    get(target, key) {
      if (key === "contracts") return contracts;
      const member: unknown = Reflect.get(target, key, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
