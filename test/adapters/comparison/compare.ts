import fc from "fast-check";
import type { ConformanceKit } from "taskora/testing";
import { describe, it } from "vitest";
import { memoryKit } from "../../support/memory-kit.js";
import { play, type Sequence, sequenceOf, sequences, type Workflows } from "./commands.js";
import { FOUND_SEEDS } from "./found-seeds.js";
import { PlayedStore } from "./played-store.js";

/** More on demand: `COMPARISON_RUNS=10000 COMPARISON_SEED=7 npx vitest run test/adapters/comparison.test.ts`. */
const RUNS = Number(process.env.COMPARISON_RUNS ?? 500);
/** So many sequences are played at once, each on stores of its own. */
const AT_ONCE = 4;
/** `COMPARISON_LOOK=each` compares everything after each step, which says where two part, and takes longer. */
const LOOKS = process.env.COMPARISON_LOOK === "each" ? "after each" : "at the end";
/** What memory kits begin with. */
const START_AT = Date.UTC(2026, 0, 1);

/** A store beside memory. */
export interface ComparedStore {
  readonly name: string;
  /** Makes an empty store whose clock starts at so many ms since the epoch. */
  readonly kit: (startAt: number) => Promise<ConformanceKit>;
  /** Another for each store, so that more is tried. */
  readonly seed: number;
  readonly workflows: Workflows;
}

/** Plays what once was answered differently, and random sequences, on the memory adapter and on another. */
export function describeComparison({ name, kit, seed, workflows }: ComparedStore): void {
  async function onBoth(commands: Sequence): Promise<void> {
    const memory = await new PlayedStore(memoryKit()).open();
    const redis = await new PlayedStore(await kit(START_AT)).open();
    try {
      await play(commands, { memory, redis });
    } finally {
      await Promise.all([memory.close(), redis.close()]);
    }
  }

  describe.concurrent(`the memory adapter and that of ${name}`, () => {
    it.each(FOUND_SEEDS)("do alike where once $found", { timeout: 120_000 }, async ({ steps }) => {
      await onBoth(sequenceOf(steps));
    });

    const first = Number(process.env.COMPARISON_SEED ?? seed);
    it.each(Array.from({ length: AT_ONCE }, (_, nth) => first + 1000 * nth))(
      "do alike whatever is done to them, from seed %i",
      { timeout: 60_000 + RUNS * 1000 },
      async (from) => {
        const numRuns = Math.ceil(RUNS / AT_ONCE);
        await fc.assert(fc.asyncProperty(sequences(LOOKS, workflows), onBoth), { numRuns, seed: from });
      },
    );
  });
}
