import type { TaskClient } from "taskora";
import { chain, group } from "taskora/workflow";
import { describe, expect, it } from "vitest";
import { CRASH_POINTS } from "../../src/core/workflow/courier.js";
import { WORKFLOW_TASK } from "../../src/core/workflow/step.js";
import { createKeys } from "../../src/redis/keys.js";
import { Fleet, storiesOf } from "../support/chaos.js";
import { CHAOS_TASK, OTHER_TASK } from "../support/chaos-protocol.js";
import { CHAOS_STORES } from "../support/chaos-stores.js";
import { sharedCluster } from "../support/cluster-kit.js";
import { slotOf } from "../support/redis-cluster.js";
import { sharedRedis, uniquePrefix } from "../support/redis-server.js";

const WORKFLOWS = 6;
/** Steps of one workflow, by the numbers of their nodes; joins between them. */
const STEPS = [0, 1, 2, 4, 5, 6];

const STORES = [
  { name: "Redis", points: CRASH_POINTS, open: CHAOS_STORES.Redis },
  {
    name: "Postgres",
    // Nothing is carried in part: all that follows is one transaction.
    points: CRASH_POINTS.filter((point) => point !== "partly carried"),
    open: CHAOS_STORES.Postgres,
  },
  {
    name: "a Redis Cluster, each task and the workflows on another node",
    points: CRASH_POINTS,
    open: async () => {
      const cluster = await sharedCluster();
      const keys = createKeys("any");
      const owners = [CHAOS_TASK, OTHER_TASK, WORKFLOW_TASK].map((task) =>
        cluster.ownerOf(slotOf(keys.root(task))),
      );
      expect(new Set(owners).size).toBe(3);
      const { url: bookUrl } = await sharedRedis();
      return { url: cluster.url, prefix: uniquePrefix(), bookUrl };
    },
  },
] as const;

/** What a process does between hops is hardly the store's: on a cluster when `CHAOS_STORES=all` asks for it. */
const SOME = process.env.CHAOS_STORES === "all" ? STORES : STORES.slice(0, 2);

describe.each(SOME)("a worker that is killed between the hops of a workflow on $name", ({ open, points }) => {
  it.each(points)(
    "leaves no workflow stuck, and runs no step twice: %s",
    { timeout: 180_000 },
    async (point) => {
      const fleet = new Fleet({ ...(await open()), concurrency: 1 });
      const completed = new Map<string, number>();
      fleet.app.on("completed", ({ id }) => completed.set(id, (completed.get(id) ?? 0) + 1));
      const [work, other] = [fleet.client, fleet.other] as unknown as TaskClient<unknown, string>[];
      if (work === undefined || other === undefined) throw new Error("no clients");
      const start = () =>
        fleet.app.workflow(
          chain(
            group([work.step({}), other.step({}), work.step({})]),
            work,
            group([other.step({}), work.step({})]),
          ),
        );
      const doomed = fleet.startWorker({ diesAt: { point, nth: point === "acknowledged" ? 1 : 3 } });
      const workflows = Array.from({ length: WORKFLOWS }, start);
      expect((await doomed.exited).signal).toBe("SIGKILL");
      const worker = fleet.startWorker();
      const results = await Promise.all(workflows.map(({ result }) => result));
      expect(results).toEqual(workflows.map(({ id }) => [`${id}.5`, `${id}.6`]));
      worker.kill("SIGTERM");
      await worker.exited;

      const stories = storiesOf(await fleet.evidence());
      const steps = workflows.flatMap(({ id }) => STEPS.map((node) => `${id}.${node}`)).sort();
      expect([...stories.keys()].sort()).toEqual(steps);
      for (const [id, { starts }] of stories) {
        expect(
          starts.slice(0, -1).filter((pid) => pid !== doomed.pid),
          id,
        ).toEqual([]);
      }
      expect([...completed].filter(([, times]) => times > 1)).toEqual([]);
      expect(fleet.errors).toEqual([]);
      await fleet.close();
    },
  );
});
