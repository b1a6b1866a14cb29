import { conformanceCases } from "taskora/testing";
import { describe, it } from "vitest";
import { redisKit } from "../support/redis-kit.js";

describe("the Redis adapter", () => {
  it.each(conformanceCases)("$name", async ({ run }) => {
    await run(await redisKit());
  });
});
