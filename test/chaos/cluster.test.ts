import { createTaskora, type TaskClient, type Taskora } from "taskora";
import { redisAdapter } from "taskora/redis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ClusterNode, type RedisCluster, slotOf, startCluster } from "../support/redis-cluster.js";
import { uniquePrefix } from "../support/redis-server.js";

const STEPS = 16;
const STEP_MS = 40;

/** Many jobs of two tasks on different nodes, and what became of them. */
class Load {
  readonly runs = new Map<string, number>();
  readonly errors: string[] = [];
  readonly prefix = uniquePrefix();
  readonly root: string;
  readonly app: Taskora;
  readonly #workers: Taskora[] = [];
  readonly #results: Promise<unknown>[] = [];
  readonly #cluster: RedisCluster;
  readonly #tasks: readonly string[];
  readonly #clients: readonly TaskClient<unknown, unknown>[];
  #isOver = false;
  #lanes: Promise<unknown> = Promise.resolve();
  stored = 0;

  constructor(cluster: RedisCluster) {
    this.#cluster = cluster;
    this.#tasks = this.#namesOnNodes();
    this.root = `${this.prefix}:{${this.#tasks[0]}}:`;
    this.app = this.#newApp();
    this.#clients = this.#tasks.map(
      (name) => this.app.register({ name, version: 1 }) as TaskClient<unknown, unknown>,
    );
  }

  /** The node of the first task. */
  get owner(): ClusterNode {
    return this.#cluster.ownerOf(slotOf(this.root));
  }

  async start(): Promise<void> {
    for (let count = 0; count < 2; count++) {
      const worker = this.#newApp();
      for (const name of this.#tasks) {
        worker.task(name, {
          concurrency: 20,
          lease: "5s",
          retention: { completed: { count: 100_000 } },
          handler: async (_data, { id }) => {
            this.runs.set(id, (this.runs.get(id) ?? 0) + 1);
            await new Promise((resolve) => setTimeout(resolve, 5));
            return id;
          },
        });
      }
      this.#workers.push(worker);
      await worker.start();
    }
    this.#lanes = Promise.all([0, 1, 2, 3].map((lane) => this.#dispatchAll(lane)));
  }

  /** Stores a job of the first task, or of the second. */
  async dispatch(nth: number) {
    try {
      const job = await this.#clients[nth % this.#clients.length]?.dispatch({ nth });
      this.stored += 1;
      return job;
    } catch (error) {
      this.errors.push((error as { readonly code: string }).code);
      return undefined;
    }
  }

  /** Resolves when so many more jobs have been stored. */
  async storesMore(count: number): Promise<void> {
    const goal = this.stored + count;
    while (this.stored < goal) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** Ends the load; every job that was stored has ended. */
  async end(): Promise<readonly unknown[]> {
    this.#isOver = true;
    await this.#lanes;
    return Promise.all(this.#results);
  }

  /** Jobs of all tasks that completed. */
  async completed(): Promise<number> {
    const stats = await Promise.all(this.#tasks.map((task) => this.app.jobs.count({ task })));
    return stats.reduce((sum, { completed }) => sum + completed, 0);
  }

  async close(): Promise<void> {
    this.#isOver = true;
    await Promise.all([...this.#workers, this.app].map((app) => app.close({ timeout: 0 })));
  }

  async #dispatchAll(lane: number): Promise<void> {
    for (let nth = lane; !this.#isOver; nth++) {
      const job = await this.dispatch(nth);
      if (job === undefined) continue;
      this.#results.push(job.result.catch((error: { readonly code: string }) => error.code));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  #newApp(): Taskora {
    const adapter = redisAdapter({ url: this.#cluster.url, prefix: this.prefix });
    const app = createTaskora({ adapter, logger: false });
    app.on("error", ({ code }) => this.errors.push(code));
    return app;
  }

  /** A task on the second node, and one on the third. */
  #namesOnNodes(): readonly string[] {
    const names = Array.from({ length: 100 }, (_, nth) => `task-${nth}`);
    return [1, 2].map((nth) => {
      const node = this.#cluster.masters[nth];
      return names.find((name) => this.#cluster.ownerOf(slotOf(`${this.prefix}:{${name}}:`)) === node) ?? "";
    });
  }
}

const isMaster = async ({ redis }: ClusterNode) =>
  String(await redis.info("replication")).includes("role:master");

/** A master that is asked by a busy replica may let five seconds pass and go on as before: it is asked again. */
async function takeOver(replica: ClusterNode): Promise<void> {
  for (let looks = 0; !(await isMaster(replica)); looks++) {
    if (looks % 300 === 0) await replica.redis.cluster("FAILOVER").catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

let cluster: RedisCluster;
let load: Load;

async function begin(options: Parameters<typeof startCluster>[0] = {}): Promise<void> {
  cluster = await startCluster(options);
  load = new Load(cluster);
  await load.start();
  await load.storesMore(50);
}

afterEach(async () => {
  await load?.close();
  await cluster?.stop();
});

describe("a cluster whose slots move under load", () => {
  beforeEach(() => begin(), 60_000);

  it("loses no job and runs none twice while a task's slot goes to another node in 16 steps", async () => {
    const slot = slotOf(load.root);
    const from = load.owner;
    const to = cluster.masters[0] as ClusterNode;
    await to.redis.cluster("SETSLOT", slot, "IMPORTING", from.id);
    await from.redis.cluster("SETSLOT", slot, "MIGRATING", to.id);
    for (let step = 0; step < STEPS; step++) {
      const left = STEPS - step;
      const keys = (await from.redis.cluster("GETKEYSINSLOT", slot, 1000)) as string[];
      const some = keys.slice(0, Math.ceil(keys.length / left));
      if (some.length > 0) {
        await from.redis.call("MIGRATE", "127.0.0.1", String(to.port), "", "0", "5000", "KEYS", ...some);
      }
      await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    }
    expect(await from.redis.cluster("COUNTKEYSINSLOT", slot)).toBe(0);
    for (const { redis } of [to, from]) await redis.cluster("SETSLOT", slot, "NODE", to.id);
    await load.storesMore(50);
    const results = await load.end();
    expect(load.errors).toEqual([]);
    expect(new Set(results)).toEqual(new Set(load.runs.keys()));
    expect([...load.runs.values()].filter((count) => count !== 1)).toEqual([]);
    expect(await load.completed()).toBe(load.stored);
  }, 60_000);
});

describe("a cluster whose masters change under load", () => {
  beforeEach(() => begin({ replicas: true, nodeTimeoutMs: 1000 }), 60_000);

  it("loses no job and runs none twice when a replica is asked to take over", async () => {
    const nth = cluster.masters.indexOf(load.owner);
    const replica = cluster.replicas[nth] as ClusterNode;
    await takeOver(replica);
    await load.storesMore(100);
    await load.end();
    expect(load.errors).toEqual([]);
    expect([...load.runs.values()].filter((count) => count !== 1)).toEqual([]);
    expect(await load.completed()).toBe(load.stored);
  }, 60_000);

  it("goes on when a master is killed, and finishes what its replica had", async () => {
    const { owner } = load;
    const id = (await load.dispatch(0))?.id ?? "";
    // What is confirmed is what this connection wrote, and all that came before it.
    await owner.redis.set(`${load.root}confirmed`, "1");
    expect(await owner.redis.wait(1, 5000)).toBe(1);
    await owner.stop();
    await load.storesMore(200);
    await load.end();
    const stats = await load.app.jobs.count();
    expect(stats).toMatchObject({ waiting: 0, active: 0, delayed: 0, failed: 0 });
    expect(load.runs.get(id)).toBeGreaterThanOrEqual(1);
    // What the last moments before stored may be gone; what is there ended once, and a dispatch that failed may be there.
    expect(await load.completed()).toBeLessThanOrEqual(load.stored + load.errors.length);
  }, 90_000);
});
