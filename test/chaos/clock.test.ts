import { describe, expect, it } from "vitest";
import { Fleet, storiesOf } from "../support/chaos.js";
import { usualChaosStores } from "../support/chaos-stores.js";

const HOUR_MS = 3_600_000;
const JOBS = 60;

describe.each(usualChaosStores)(
  "machines whose clocks are set by an hour while jobs run, on $store,",
  ({ open }) => {
    it("run each job once, though every job outlives its lease", async () => {
      const fleet = new Fleet({ ...(await open()), lease: "1s", concurrency: 10 });
      const workers = [fleet.startWorker(), fleet.startWorker()];
      await Promise.all(workers.map((worker) => worker.printed("ready")));
      const ids = await Promise.all(
        Array.from({ length: JOBS }, (_, n) => {
          const stepsMs = n % 4 === 0 ? HOUR_MS * (n % 8 === 0 ? -1 : 1) : 0;
          return fleet.work({ stepsMs, ms: 1500 });
        }),
      );
      for (const worker of workers) worker.kill("SIGTERM");
      expect(await Promise.all(workers.map((worker) => worker.exited))).toEqual([
        { code: 0, signal: null },
        { code: 0, signal: null },
      ]);
      const stories = storiesOf(await fleet.evidence());
      expect(ids.map((id) => stories.get(id))).toEqual(
        ids.map(() => expect.objectContaining({ starts: [expect.any(Number)], ends: 1, dones: 1 })),
      );
      expect(fleet.errors).toEqual([]);
      await fleet.close();
    }, 60_000);
  },
);
