import type { TaskoraOptions } from "taskora";
import { memoryAdapter } from "taskora/memory";
import { redisAdapter } from "taskora/redis";
import { afterEach, describe, expect, it } from "vitest";
import { forget, type Library, openLibrary, upload } from "../../examples/applications/media/app.js";
import { sharedRedis, uniquePrefix } from "../support/redis-server.js";

const STORES: Readonly<Record<string, () => Promise<TaskoraOptions["adapter"]>>> = {
  memory: async () => memoryAdapter(),
  Redis: async () => redisAdapter((await sharedRedis()).url, { prefix: uniquePrefix() }),
};

const libraries: Library[] = [];

afterEach(async () => {
  for (const { taskora } of libraries.splice(0)) await taskora.close();
});

/** Work that begins when a slot is free and goes on until it is let go. */
class Bench {
  readonly begun: string[] = [];
  readonly #releases: (() => void)[] = [];
  #watchers: { readonly count: number; readonly resolve: () => void }[] = [];

  work(name: string, signal: AbortSignal): Promise<void> {
    this.begun.push(name);
    for (const { count, resolve } of this.#watchers) if (this.begun.length >= count) resolve();
    return new Promise((resolve, reject) => {
      this.#releases.push(resolve);
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  }

  /** Resolves once so many have begun. */
  until(count: number): Promise<void> {
    if (this.begun.length >= count) return Promise.resolve();
    return new Promise((resolve) => {
      this.#watchers = [...this.#watchers, { count, resolve }];
    });
  }

  releaseAll(): void {
    for (const release of this.#releases.splice(0)) release();
  }
}

async function open(store: string, media: number) {
  const adapter = await STORES[store]?.();
  if (adapter === undefined) throw new Error(`no store ${store}`);
  const bench = new Bench();
  const tools = {
    thumbnail: ({ id }: { id: string }, signal: AbortSignal) => bench.work(`thumbnail of ${id}`, signal),
    transcode: ({ id }: { id: string }, signal: AbortSignal) => bench.work(`film of ${id}`, signal),
  };
  const library = openLibrary(adapter, tools, media);
  libraries.push(library);
  return { library, bench };
}

const anAsset = (id: string) => ({ id, path: `/library/${id}.mov` });

describe.each(Object.keys(STORES))("the media library on %s", (store) => {
  it("runs as many jobs as its pool says, of both tasks together, and more when that is raised", async () => {
    const { library, bench } = await open(store, 2);
    const jobs = (await Promise.all(["a", "b", "c"].map((id) => upload(library, anAsset(id))))).flat();
    const results = jobs.map((job) => job.result);
    await library.taskora.start();
    await bench.until(2);
    expect(await library.taskora.jobs.count()).toMatchObject({ active: 2, waiting: 4 });
    expect(library.taskora.pools.get("media")).toMatchObject({ size: 2, running: 2 });

    expect(library.taskora.pools.set("media", 3)).toEqual({ status: "applied" });
    await bench.until(3);
    expect(await library.taskora.jobs.count()).toMatchObject({ active: 3, waiting: 3 });

    library.taskora.pools.set("media", 10);
    await bench.until(6);
    bench.releaseAll();
    await Promise.all(results);
  });

  it("works once on what is announced twice, and stops when the asset is deleted", async () => {
    const { library, bench } = await open(store, 4);
    const first = await upload(library, anAsset("a"));
    const second = await upload(library, anAsset("a"));
    expect(second.map((job) => job.id)).toEqual(first.map((job) => job.id));
    await library.taskora.start();
    await bench.until(2);
    expect([...bench.begun].sort()).toEqual(["film of a", "thumbnail of a"]);
    await forget(library, "a");
    for (const job of first) await expect(job.result).rejects.toThrow("the asset was deleted");
  });
});
