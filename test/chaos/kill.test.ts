import { describe, expect, it } from "vitest";
import { Fleet, storiesOf } from "../support/chaos.js";
import { usualChaosStores } from "../support/chaos-stores.js";
import type { Program } from "../support/child.js";

const KILLS = 12;
const WORKERS = 3;
/** So many jobs are under way or waiting at any time, so that every kill hits some. */
const OUTSTANDING = 300;

describe.each(usualChaosStores)("random kill -9 among three workers, on $store,", ({ open }) => {
  it("lose no job, finish none twice and restart only what they hit", async () => {
    const fleet = new Fleet({ ...(await open()), lease: "1s" });
    const ids = new Set<string>();
    let outstanding = 0;
    let isOver = false;
    const results: Promise<void>[] = [];
    const feed = () => {
      while (!isOver && outstanding < OUTSTANDING) {
        outstanding += 1;
        results.push(
          fleet.work({ ms: Math.random() * 200 }).then((id) => {
            ids.add(id);
            outstanding -= 1;
            feed();
          }),
        );
      }
    };
    feed();
    const killed = new Set<number>();
    const workers: Program[] = Array.from({ length: WORKERS }, () => fleet.startWorker());
    for (let kill = 0; kill < KILLS; kill++) {
      const index = Math.floor(Math.random() * WORKERS);
      const worker = workers[index] as Program;
      await worker.printed("ready");
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
      worker.kill("SIGKILL");
      killed.add(worker.pid);
      await worker.exited;
      workers[index] = fleet.startWorker();
    }
    isOver = true;
    for (let settled = 0; settled < results.length; settled = results.length) await Promise.all(results);
    for (const worker of workers) worker.kill("SIGTERM");
    await Promise.all(workers.map((worker) => worker.exited));

    const stories = storiesOf(await fleet.evidence());
    expect([...stories.keys()].sort()).toEqual([...ids].sort());
    for (const [id, story] of stories) {
      expect(story, id).toMatchObject({ dones: 1, ranAgain: false });
      const interrupted = story.starts.slice(0, -1);
      expect(
        interrupted.filter((pid) => !killed.has(pid)),
        id,
      ).toEqual([]);
      expect(new Set(interrupted).size, id).toBe(interrupted.length);
    }
    expect(await fleet.app.jobs.count()).toMatchObject({ completed: ids.size, total: ids.size });
    expect(fleet.errors).toEqual([]);
    await fleet.close();
  }, 180_000);
});
