import type { PendingWorkflow, TaskClient } from "taskora";
import { chain, group } from "taskora/workflow";
import { describe, expect, it } from "vitest";
import { Fleet, storiesOf } from "../support/chaos.js";
import { usualChaosStores } from "../support/chaos-stores.js";
import type { Program } from "../support/child.js";

const KILLS = 12;
const WORKERS = 3;
/** So many workflows are under way at any time, so that every kill hits steps at each boundary. */
const OUTSTANDING = 40;
/** Steps and joins of one workflow, by the numbers of their nodes. */
const STEPS = [0, 1, 2, 4, 5, 6];
const RESULT = [5, 6];

describe.each(usualChaosStores)("random kill -9 among workers of workflows, on $store,", ({ open }) => {
  it("leaves none stuck and runs no step again but those it hit", async () => {
    const fleet = new Fleet({ ...(await open()), lease: "1s" });
    // The handler takes anything, so any result fits.
    const work = fleet.client as TaskClient<unknown, string>;
    const ms = () => Math.random() * 60;
    const start = (): PendingWorkflow<string[]> =>
      fleet.app.workflow(
        chain(
          group([work.step({ ms: ms() }), work.step({ ms: ms() }), work.step({ ms: ms() })]),
          work,
          group([work.step({ ms: ms() }), work]),
        ),
      );
    const ids: string[] = [];
    const runs: Promise<void>[] = [];
    let isOver = false;
    const keepOneGoing = async (): Promise<void> => {
      while (!isOver) {
        const workflow = start();
        expect(await workflow.result).toEqual(RESULT.map((node) => `${workflow.id}.${node}`));
        ids.push(workflow.id);
      }
    };
    for (let lane = 0; lane < OUTSTANDING; lane++) runs.push(keepOneGoing());
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
    await Promise.all(runs);
    for (const worker of workers) worker.kill("SIGTERM");
    await Promise.all(workers.map((worker) => worker.exited));

    const stories = storiesOf(await fleet.evidence());
    expect(ids.length).toBeGreaterThan(OUTSTANDING);
    expect([...stories.keys()].sort()).toEqual(
      ids.flatMap((id) => STEPS.map((node) => `${id}.${node}`)).sort(),
    );
    for (const [id, { starts }] of stories) {
      const interrupted = starts.slice(0, -1);
      expect(
        interrupted.filter((pid) => !killed.has(pid)),
        id,
      ).toEqual([]);
    }
    expect(await fleet.app.jobs.count()).toMatchObject({ completed: stories.size, total: stories.size });
    expect(fleet.errors).toEqual([]);
    await fleet.close();
  }, 180_000);
});
