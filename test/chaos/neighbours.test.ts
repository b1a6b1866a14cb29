import { describe, expect, it } from "vitest";
import { Fleet, storiesOf } from "../support/chaos.js";
import type { ChaosJob } from "../support/chaos-protocol.js";
import { usualChaosStores } from "../support/chaos-stores.js";
import type { Program } from "../support/child.js";
import { rejection } from "../support/signals.js";

const WORKERS = 2;
const STALL_LIMIT = 1;

/** What a job does that is not good for its neighbours. The lease is a second. */
const CULPRITS: readonly { readonly does: string; readonly job: ChaosJob }[] = [
  { does: "kills its process", job: { kills: true } },
  { does: "blocks its process for longer than the lease", job: { blocksMs: 3500 } },
];

describe.each(CULPRITS)("a job that $does", ({ job: culprit }) => {
  it.each(usualChaosStores)(
    "fails alone: its neighbours of each task run twice at most and complete, on $store",
    async ({ open }) => {
      const fleet = new Fleet({ ...(await open()), lease: "1s", stallLimit: STALL_LIMIT });
      await fleet.app.connect();
      const neighbours = [
        ...Array.from({ length: 9 }, () => fleet.client.dispatch({ ms: 300 })),
        ...Array.from({ length: 3 }, () => fleet.other.dispatch({ ms: 300 })),
      ];
      await Promise.all(neighbours);
      const bad = fleet.client.dispatch(culprit);
      const failed = rejection(bad.result);
      await bad;
      let isOver = false;
      const living: Program[] = [];
      // A supervisor: who dies is replaced.
      const keepOne = async (): Promise<void> => {
        while (!isOver) {
          const worker = fleet.startWorker();
          living.push(worker);
          await worker.exited;
        }
      };
      const kept = Array.from({ length: WORKERS }, keepOne);

      await Promise.all(neighbours.map(({ result }) => result));
      expect(await failed).toMatchObject({ code: "JOB_FAILED", cause: { code: "JOB_STALLED" } });
      isOver = true;
      for (const worker of living) worker.kill("SIGTERM");
      await Promise.all(kept);
      const stories = storiesOf(await fleet.evidence());
      for (const { id } of neighbours) {
        expect(stories.get(id)?.starts.length, id).toBeLessThanOrEqual(2);
        expect(await fleet.app.jobs.get({ id }), id).toMatchObject({ state: "completed" });
      }
      // Once among the others, then alone until it was blamed too often.
      expect(stories.get(bad.id)?.starts.length).toBeLessThanOrEqual(STALL_LIMIT + 2);
      await fleet.close();
    },
    90_000,
  );
});
