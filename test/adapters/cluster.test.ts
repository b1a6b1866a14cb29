import { conformanceCases } from "taskora/testing";
import { describe, it } from "vitest";
import { clusterKit } from "../support/cluster-kit.js";

// Cases wait for the server's clock most of the time, so they run side by side.
describe.concurrent("the Redis adapter on a cluster of three", () => {
  for (const { name, run } of conformanceCases) it(name, async () => run(await clusterKit()));
});
