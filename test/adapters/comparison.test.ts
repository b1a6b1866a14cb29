import fc from "fast-check";
import { describe, it } from "vitest";
import { memoryKit } from "../support/memory-kit.js";
import { virtualRedisKit } from "../support/virtual-redis.js";
import { play, type Sequence, sequenceOf, sequences } from "./comparison/commands.js";
import { FOUND_SEEDS } from "./comparison/found-seeds.js";
import { PlayedStore } from "./comparison/played-store.js";

/** More on demand: `COMPARISON_RUNS=10000 COMPARISON_SEED=7 npx vitest run test/adapters/comparison.test.ts`. */
const RUNS = Number(process.env.COMPARISON_RUNS ?? 400);
const SEED = Number(process.env.COMPARISON_SEED ?? 20_260_101);
/** `COMPARISON_LOOK=each` compares everything after each step, which says where two part, and takes longer. */
const LOOKS = process.env.COMPARISON_LOOK === "each" ? "after each" : "at the end";
/** What memory kits begin with. */
const START_AT = Date.UTC(2026, 0, 1);

/** Plays a sequence on empty stores. */
async function onBoth(commands: Sequence): Promise<void> {
  const memory = await new PlayedStore(memoryKit()).open();
  const redis = await new PlayedStore(await virtualRedisKit(START_AT)).open();
  try {
    await play(commands, { memory, redis });
  } finally {
    await Promise.all([memory.close(), redis.close()]);
  }
}

describe("the memory and the Redis adapter", () => {
  it.each(FOUND_SEEDS)("do alike where once $found", async ({ steps }) => {
    await onBoth(sequenceOf(steps));
  });

  it("do alike whatever is done to them", { timeout: 30_000 + RUNS * 1000 }, async () => {
    await fc.assert(fc.asyncProperty(sequences(LOOKS), onBoth), { numRuns: RUNS, seed: SEED });
  });
});
