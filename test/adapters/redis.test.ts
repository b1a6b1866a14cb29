import { redisAdapter } from "taskora/redis";
import { registerConformance } from "taskora/testing";
import { describe, it } from "vitest";
import { redisKit } from "../support/redis-kit.js";

// Cases wait for the server's clock most of the time, so they run side by side.
describe.concurrent("the Redis adapter", () => {
  registerConformance({ adapter: redisAdapter(), kit: redisKit, it });
});
