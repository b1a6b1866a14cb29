import fc from "fast-check";
import { describe, it } from "vitest";
import { memoryKit } from "../support/memory-kit.js";
import { redisKit } from "../support/redis-kit.js";
import { play, type Sequence, sequenceOf, sequences } from "./model/commands.js";
import { FOUND_SEEDS } from "./model/found-seeds.js";
import { PlayedModel } from "./model/played-model.js";
import { PlayedStore } from "./model/played-store.js";

/** More on demand: `MODEL_RUNS=10000 MODEL_SEED=7 npx vitest run test/adapters/model.test.ts`. */
const RUNS = Number(process.env.MODEL_RUNS ?? 500);
const SEED = Number(process.env.MODEL_SEED ?? 20_260_101);
/** `MODEL_LOOK=each` compares everything after each step, which says where two part, and takes longer. */
const LOOKS = process.env.MODEL_LOOK === "each" ? "after each" : "at the end";

/** Plays a sequence on empty stores. */
async function onBoth(commands: Sequence): Promise<void> {
  const memory = await new PlayedStore(memoryKit()).open();
  const redis = await new PlayedStore(await redisKit()).open();
  try {
    await play(commands, { model: new PlayedModel(), stores: { memory, redis } });
  } finally {
    await Promise.all([memory.close(), redis.close()]);
  }
}

describe("the memory and the Redis adapter", () => {
  it.each(FOUND_SEEDS)("do as the model does where once $found", async ({ steps }) => {
    await onBoth(sequenceOf(steps));
  });

  it("do as the model of a job's life does", { timeout: 30_000 + RUNS * 1000 }, async () => {
    await fc.assert(fc.asyncProperty(sequences(LOOKS), onBoth), { numRuns: RUNS, seed: SEED });
  });
});
