import { conformanceCases } from "taskora/testing";
import { describe, it } from "vitest";
import { clusterKit } from "../support/cluster-kit.js";

/** The scripts are those of one server: half of the cases do, and `CLUSTER_CASES=all` runs the others as well. */
const CASES = conformanceCases.filter((_, nth) => process.env.CLUSTER_CASES === "all" || nth % 2 === 0);

// Cases wait for the server's clock most of the time, so they run side by side.
describe.concurrent("the Redis adapter on a cluster of three", () => {
  for (const { name, run } of CASES) it(name, async () => run(await clusterKit()));
});
