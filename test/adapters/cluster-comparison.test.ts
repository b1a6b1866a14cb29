import { virtualClusterKit } from "../support/virtual-redis.js";
import { describeComparison } from "./comparison/compare.js";

describeComparison({
  name: "a Redis Cluster",
  kit: virtualClusterKit,
  seed: 20_260_110,
  workflows: "in half of them",
  runs: 40,
});
