import { describe, expect, it } from "vitest";
import { Fleet, storiesOf } from "../support/chaos.js";
import { CHAOS_STORES } from "../support/chaos-stores.js";

const JOBS = 3000;
const WORKERS = 3;
const LONGEST_JOB_MS = 2000;

describe("three workers with random start offsets and leases shorter than their jobs", () => {
  it("run 3 000 jobs once each", async () => {
    const fleet = new Fleet({ ...(await CHAOS_STORES.Redis()), concurrency: 120, lease: "1s" });
    const results = Array.from({ length: JOBS }, () => fleet.work({ ms: Math.random() * LONGEST_JOB_MS }));
    const offsets = Array.from({ length: WORKERS }, () => Math.random() * 1000).sort((a, b) => a - b);
    const workers = [];
    for (const [index, offset] of offsets.entries()) {
      await new Promise((resolve) => setTimeout(resolve, offset - (offsets[index - 1] ?? 0)));
      workers.push(fleet.startWorker());
    }
    await Promise.all(results);
    for (const worker of workers) worker.kill("SIGTERM");
    const exits = await Promise.all(workers.map((worker) => worker.exited));
    expect(exits).toEqual(workers.map(() => ({ code: 0, signal: null })));

    const stories = [...storiesOf(await fleet.evidence()).values()];
    expect(stories.length).toBe(JOBS);
    expect(stories.filter(({ ranAgain }) => ranAgain)).toEqual([]);
    expect(
      stories.filter(({ starts, ends, dones }) => starts.length !== 1 || ends !== 1 || dones !== 1),
    ).toEqual([]);
    expect(await fleet.app.jobs.count()).toMatchObject({ completed: JOBS, total: JOBS });
    const busy = new Set(stories.flatMap(({ starts }) => starts));
    expect(busy.size).toBe(WORKERS);
    expect(fleet.errors).toEqual([]);
    await fleet.close();
  }, 120_000);
});
