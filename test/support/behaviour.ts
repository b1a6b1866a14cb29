import type { AppErrorEvent, AppWarningEvent } from "taskora";
import { createTaskora, type Taskora, type TaskoraOptions } from "taskora";
import type { Adapter } from "taskora/adapter";
import { createMemoryStore, memoryAdapter } from "taskora/memory";
import { redisAdapter } from "taskora/redis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { emptyCluster, scanCluster, sharedCluster } from "./cluster-kit.js";
import { emptyPrefix } from "./empty-redis.js";
import { scanMemory } from "./memory-scan.js";
import { postgresWorld } from "./postgres-world.js";
import { scanRedis } from "./redis-scan.js";
import { sharedRedis, uniquePrefix } from "./redis-server.js";

/** One store and the apps a test makes over it; each app is like a process of its own. */
export interface Kit {
  readonly name: string;
  open(): Promise<{
    adapter(): Adapter;
    empty(): Promise<void>;
    /** What stays of these tasks although all their jobs have ended and no process is connected. */
    leftovers(tasks: readonly string[]): Promise<readonly string[]>;
    close(): Promise<void>;
  }>;
}

const memory: Kit = {
  name: "memory",
  async open() {
    const store = createMemoryStore();
    return {
      adapter: () => memoryAdapter({ store }),
      empty: async () => store.clear(),
      leftovers: async (tasks) => scanMemory(store, tasks),
      close: () => Promise.resolve(),
    };
  },
};

const redis: Kit = {
  name: "Redis",
  async open() {
    const { url } = await sharedRedis();
    const prefix = uniquePrefix();
    return {
      adapter: () => redisAdapter({ url, prefix }),
      empty: () => emptyPrefix(url, prefix),
      leftovers: () => scanRedis(url, prefix),
      close: () => Promise.resolve(),
    };
  },
};

const cluster: Kit = {
  name: "a Redis Cluster",
  async open() {
    const started = await sharedCluster();
    const prefix = uniquePrefix();
    let opened = 0;
    return {
      adapter: () => redisAdapter({ url: started.urls[opened++ % started.urls.length] ?? "", prefix }),
      empty: () => emptyCluster(started, prefix),
      leftovers: () => scanCluster(started, prefix),
      close: () => Promise.resolve(),
    };
  },
};

const postgres: Kit = { name: "Postgres", open: postgresWorld };

/**
 * The stores every behaviour is checked on: memory and Redis. `TEST_STORES=memory` asks for quick runs, `TEST_STORES=cluster`
 * for a cluster of three alone, `TEST_STORES=postgres` for PostgreSQL alone.
 */
export const KITS: readonly Kit[] = { memory: [memory], cluster: [cluster], postgres: [postgres] }[
  process.env.TEST_STORES ?? ""
] ?? [memory, redis];

/** What a behaviour test works with. */
export class World {
  /** Errors that reached an app's `error` event. A test that causes one takes it; the rest fail the test. */
  readonly errors: AppErrorEvent[] = [];
  readonly warnings: AppWarningEvent[] = [];
  readonly #apps: Taskora[] = [];
  readonly #store: Awaited<ReturnType<Kit["open"]>>;

  constructor(store: Awaited<ReturnType<Kit["open"]>>) {
    this.#store = store;
  }

  /** Another app over the same store, closed after the test. */
  app(options: Partial<TaskoraOptions> = {}): Taskora {
    const app = createTaskora({ adapter: this.adapter(), logger: false, ...options });
    app.on("error", (event) => this.errors.push(event));
    app.on("warning", (event) => this.warnings.push(event));
    this.#apps.push(app);
    return app;
  }

  adapter(): Adapter {
    return this.#store.adapter();
  }

  /** Deletes everything in the store, behind the back of all apps. */
  empty(): Promise<void> {
    return this.#store.empty();
  }

  /** Closes every app, then says what stays of these tasks although all their jobs have ended. */
  async leftovers(tasks: readonly string[]): Promise<readonly string[]> {
    await Promise.all(this.#apps.map((app) => app.close()));
    return this.#store.leftovers(tasks);
  }

  /** The codes of the errors so far; they no longer fail the test. */
  takeErrorCodes(): string[] {
    return this.errors.splice(0).map((event) => event.code);
  }

  async close(): Promise<void> {
    await Promise.all(this.#apps.map((app) => app.close({ timeout: 0 })));
    await this.#store.close();
  }
}

/** What a behaviour test is given: the store of the running test, and apps over it. */
export interface Behaviour {
  world(): World;
  app(options?: Partial<TaskoraOptions>): Taskora;
}

/** `describe`s a unit once per store. */
export function describeBehaviour(unit: string, body: (context: Behaviour) => void): void {
  describe.each(KITS)(`${unit} on $name`, (kit) => {
    let world: World;
    beforeEach(async () => {
      world = new World(await kit.open());
    });
    afterEach(async () => {
      await world.close();
      expect(world.errors.map((event) => event.error)).toEqual([]);
    });
    body({ world: () => world, app: (options) => world.app(options) });
  });
}

/** The same for tests that mostly wait: they run at once, each with what {@link describeBehaviour} gives to all of them. */
export function describeAtOnce(
  unit: string,
  body: (test: (title: string, run: (context: Behaviour) => Promise<void>) => void) => void,
): void {
  describe.each(KITS)(`${unit} on $name`, (kit) => {
    body((title, run) =>
      it.concurrent(title, async ({ expect }) => {
        const world = new World(await kit.open());
        try {
          await run({ world: () => world, app: (options) => world.app(options) });
        } finally {
          await world.close();
        }
        expect(world.errors.map((event) => event.error)).toEqual([]);
      }),
    );
  });
}
