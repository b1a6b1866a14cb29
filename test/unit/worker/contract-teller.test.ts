import { createTaskora } from "taskora";
import type { ContractSchemas } from "taskora/adapter";
import { defineTask } from "taskora/contract";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { afterEach, expect, it } from "vitest";
import { z } from "zod";
import { FaultyAdapter } from "../../support/faulty-adapter.js";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

const email = defineTask({
  name: "email.send",
  version: 1,
  input: z.object({ to: z.string().meta({ sensitive: true }), subject: z.string() }),
  output: z.object({ id: z.string() }),
});

async function reader(store: ReturnType<typeof createMemoryStore>) {
  const adapter = memoryAdapter({ store });
  await adapter.connect();
  open.push(adapter);
  return async (task: string, fingerprint = ""): Promise<ContractSchemas | undefined> =>
    (await adapter.observe?.contracts([{ task, fingerprint }]))?.[0];
}

it("a worker tells the schemas of what it implements, for whoever has no code of it", async () => {
  const store = createMemoryStore();
  const app = createTaskora({ adapter: memoryAdapter({ store }), logger: false });
  open.push(app);
  app.implement(email, () => ({ id: "1" }));
  app.task("plain", () => 1);
  app.register(defineTask({ name: "elsewhere", version: 1, input: z.string() }));
  await app.start();
  const read = await reader(store);
  expect(await read("email.send")).toMatchObject({
    input: {
      properties: { to: { type: "string", "x-taskora-sensitive": true }, subject: { type: "string" } },
      required: ["to", "subject"],
    },
    output: { properties: { id: { type: "string" } } },
  });
  const [contract, ...others] = await app.tasks.handle("email.send").contracts();
  expect(others).toEqual([]);
  expect(contract).toMatchObject({
    version: 1,
    since: 1,
    fingerprint: "",
    workers: 1,
    ...(await read("email.send")),
  });
  expect(await app.tasks.handle("plain").contracts()).toEqual([
    { version: 1, since: 1, fingerprint: "", workers: 1 },
  ]);
  await expect(app.tasks.handle("plan").contracts()).rejects.toMatchObject({ code: "TASK_NOT_FOUND" });
  expect(await read("plain")).toBeUndefined();
  expect(await read("elsewhere")).toBeUndefined();
});

it("a worker tells them again whenever it announces itself", async () => {
  const store = createMemoryStore();
  const faulty = new FaultyAdapter(memoryAdapter({ store }));
  const app = createTaskora({ adapter: faulty.adapter, logger: false });
  open.push(app);
  const told: unknown[] = [];
  app.on("error", (event) => told.push(event));
  app.implement(email, () => ({ id: "1" }));
  await app.start();
  const read = await reader(store);
  store.clear();
  expect(await read("email.send")).toBeUndefined();
  app.task("another", { input: z.string(), handler: () => 1 });
  await faulty.called("observe.tellContracts", 2);
  expect(await read("email.send")).toBeDefined();
  expect(told).toEqual([]);
});
