import { createTaskora, DuplicateJobError, OptionError } from "taskora";
import type { JobLimits } from "taskora/adapter";
import { defineTask } from "taskora/contract";
import { memoryAdapter } from "taskora/memory";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { chain } from "../../../src/workflow/index.js";
import { describeBehaviour } from "../../support/behaviour.js";

const order = z.object({
  id: z.number(),
  customer: z.object({ id: z.string() }),
  note: z.string().default("none"),
});
const pack = defineTask({
  name: "order.pack",
  input: order,
  group: { by: "customer.id", weight: 3 },
  deduplicate: { by: "id", while: ["waiting", "delayed"] },
});
const of = (id: number, customer: string) => ({ id, customer: { id: customer } });

describeBehaviour("keys that a contract takes from the payload", ({ app, world }) => {
  /** An app, and the limits of what it stores. */
  const recorded = () => {
    const adapter = world().adapter();
    const limits: JobLimits[] = [];
    const insert = adapter.insert.bind(adapter);
    adapter.insert = (jobs, call) => {
      limits.push(...jobs.map((job) => job.limits ?? {}));
      return insert(jobs, call);
    };
    return { tasks: app({ adapter }), limits };
  };

  it("let groups take turns", async () => {
    const tasks = app();
    const ran: string[] = [];
    const client = tasks.task("turn.taken", {
      input: z.object({ tenant: z.string(), n: z.number() }),
      group: { by: "tenant" },
      concurrency: 1,
      handler: ({ tenant, n }) => {
        ran.push(`${tenant}${n}`);
      },
    });
    const jobs = await client.dispatchMany([
      ...[1, 2, 3].map((n) => ({ tenant: "big", n })),
      { tenant: "small", n: 1 },
    ]);
    await tasks.start();
    await Promise.all(jobs.map((job) => job.result));
    expect(ran).toEqual(["big1", "small1", "big2", "big3"]);
  });

  it("make a job with the key of another its duplicate, until that one has started", async () => {
    const { tasks, limits } = recorded();
    const client = tasks.register(pack);
    const first = await client.dispatch(of(7, "ada"));
    const second = await client.dispatch(of(7, "eve"));
    const many = await client.dispatchMany([of(7, "ada"), of(8, "ada"), of(8, "ada")]);
    expect([second, ...many].map(({ isDuplicate }) => isDuplicate)).toEqual([true, true, false, true]);
    expect(second.id).toBe(first.id);
    expect(await client.byKey("7").get()).toMatchObject({ id: first.id });
    expect(limits[0]).toEqual({
      group: { key: "ada", weight: 3 },
      unique: { key: "7", while: ["waiting", "delayed"] },
    });
  });

  it("yield to what a dispatch says", async () => {
    const { tasks, limits } = recorded();
    const client = tasks.register(pack);
    const first = await client.dispatch(of(7, "ada"));
    const own = await client.dispatch(of(7, "ada"), { deduplicate: "own", group: "vip" });
    const debounced = await client.dispatch(of(7, "ada"), { debounce: { key: "7", delay: "1h" } });
    expect([own.isDuplicate, debounced.isDuplicate]).toEqual([false, false]);
    expect(limits.slice(1)).toEqual([
      { group: { key: "vip" }, unique: { key: "own" } },
      { group: { key: "ada", weight: 3 }, debounce: { key: "7", delayMs: 3_600_000 } },
    ]);
    const refused = client.dispatch(of(7, "ada"), { onDuplicate: "reject" });
    await expect(refused).rejects.toBeInstanceOf(DuplicateJobError);
    await first.cancel();
    expect((await client.dispatch(of(7, "ada"))).isDuplicate).toBe(false);
  });

  it("hold for a client that a generator printed, and for a lane of its own", async () => {
    const { bindClient } = await import("taskora/generated");
    const tasks = app();
    const { name, version, group, deduplicate } = pack;
    const descriptor = { key: "pack", name, version, fingerprint: "f", options: { group, deduplicate } };
    const { pack: client } = bindClient(tasks, [descriptor as never]) as {
      pack: ReturnType<typeof tasks.register<typeof pack>>;
    };
    const first = await client.dispatch(of(7, "ada"));
    const there = await client.dispatch(of(7, "ada"), { lane: "fast" });
    const again = await client.dispatch(of(7, "ada"));
    expect([again.id === first.id, there.isDuplicate]).toEqual([true, false]);
  });

  it("refuse a payload that has none, by name, and nothing else of its batch", async () => {
    const client = app().task("loose", {
      group: { by: "customer.id" },
      deduplicate: { by: "id" },
      handler: () => undefined,
    });
    const [fine, wrong] = await client.dispatchMany([of(1, "ada"), { id: 2 }]);
    await fine;
    const error = await (wrong as PromiseLike<unknown>).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(OptionError);
    expect(String(error)).toContain("expected group.by of loose, the payload's customer.id, to be text");
    expect((await client.dispatch({ id: 3 }, { group: "g" })).isDuplicate).toBe(false);
  });

  it("are those of a schedule's jobs, which another job may stand for", async () => {
    const { tasks, limits } = recorded();
    const client = tasks.register(pack);
    const held = await client.dispatch(of(7, "ada"));
    const planned = { every: "1h", task: pack, data: of(7, "ada") } as const;
    const schedule = await tasks.schedules.upsert("packing", planned);
    expect(await schedule.trigger()).toMatchObject({ status: "applied", job: { id: held.id } });
    await held.cancel();
    const triggered = await schedule.trigger();
    expect(await client.byKey("7").get()).toMatchObject({
      id: triggered.status === "applied" ? triggered.job.id : "none",
    });
    expect(limits[2]).toEqual(limits[0]);
  });

  it("are those of a workflow's step, unless they would keep it from being stored", async () => {
    const adapter = world().adapter();
    const stored: string[] = [];
    const { workflows } = adapter;
    if (workflows === undefined) throw new Error("it keeps workflows");
    const define = workflows.define.bind(workflows);
    workflows.define = (...given) => {
      stored.push(JSON.stringify(given));
      return define(...given);
    };
    const tasks = app({ adapter });
    const grouped = tasks.task("grouped", {
      input: z.object({ tenant: z.string() }),
      group: { by: "tenant" },
      handler: ({ tenant }) => ({ tenant }),
    });
    const flow = await tasks.workflow(chain(grouped.step({ tenant: "ada" })));
    expect(stored.join()).toContain('"group":{"key":"ada"}');
    await flow.cancel();
    const late = tasks.workflow(chain(grouped.step({ tenant: "ada" }), grouped));
    await expect(late).rejects.toThrow("expected grouped to be given its data by step(data)");
    await tasks.workflow(chain(grouped.step({ tenant: "ada" }), grouped.nextStep({ group: "g" })));
    const unique = tasks.workflow(tasks.register(pack).step(of(7, "ada")));
    await expect(unique).rejects.toThrow("expected order.pack to be a task whose jobs are always stored");
  });
});

describe("a contract with keys", () => {
  it.each<[object, string]>([
    [{ group: "tenant" }, "expected group to be an object"],
    [{ group: {} }, "expected group.by"],
    [{ group: { by: "a..b" } }, "to be a path"],
    [{ group: { by: "a", weight: 0 } }, "a whole number from 1 to 1000"],
    [{ group: { by: "a", key: "b" } }, "key"],
    [{ group: null }, "got null"],
    [{ deduplicate: "id" }, "expected deduplicate to be an object"],
    [{ deduplicate: { by: "" } }, "text of 1 to 200 characters"],
    [{ deduplicate: { by: "a", while: ["completed"] } }, "list some of"],
    [{ deduplicate: { by: "a", whiel: [] } }, 'Did you mean "while"'],
    [{ group: { by: "a" }, collect: { delay: 1 } }, "expected no group beside collect"],
  ])("refuses %j", (options, message) => {
    const define = () => defineTask({ name: "a", ...options });
    expect(define).toThrow(message);
    expect(define).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
    const app = createTaskora({ adapter: memoryAdapter(), logger: false });
    expect(() => app.task("a", { ...options, handler: () => 1 })).toThrow(message);
  });
});
