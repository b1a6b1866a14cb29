import { virtualRedisKit } from "../support/virtual-redis.js";
import { describeComparison } from "./comparison/compare.js";

describeComparison({ name: "Redis", kit: virtualRedisKit, seed: 20_260_101, workflows: "in half of them" });
