import fc from "fast-check";
import type { Feature } from "taskora/adapter";
import type { ConformanceKit } from "taskora/testing";
import { describe, it } from "vitest";
import { memoryKit } from "../../support/memory-kit.js";
import { play, type Sequence, sequenceOf, sequences, type Workflows } from "./commands.js";
import { kitWithout, stepWithin } from "./declined.js";
import { FOUND_SEEDS } from "./found-seeds.js";
import { PlayedStore } from "./played-store.js";
import type { Step } from "./steps.js";

/** More on demand: `COMPARISON_RUNS=10000 COMPARISON_SEED=7 npx vitest run test/adapters/comparison.test.ts`. */
const RUNS = process.env.COMPARISON_RUNS;
const DEFAULT_RUNS = 100;
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
  /** What it declines, which then is asked of neither. Default: nothing. */
  readonly declines?: readonly Feature[];
  /** Sequences that are played unless somebody says otherwise. Default 100. */
  readonly runs?: number;
}

/** Plays what once was answered differently, and random sequences, on the memory adapter and on another. */
export function describeComparison({
  name,
  kit,
  seed,
  workflows,
  declines = [],
  ...by
}: ComparedStore): void {
  const runs = Number(RUNS ?? by.runs ?? DEFAULT_RUNS);
  const within = (step: Step) => stepWithin(step, declines);

  async function onBoth(commands: Sequence): Promise<void> {
    const memory = await new PlayedStore(kitWithout(memoryKit(), declines)).open();
    const redis = await new PlayedStore(await kit(START_AT)).open();
    try {
      await play(commands, { memory, redis });
    } finally {
      await Promise.all([memory.close(), redis.close()]);
    }
  }

  describe.concurrent(`the memory adapter and that of ${name}`, () => {
    it.each(FOUND_SEEDS)("do alike where once $found", { timeout: 120_000 }, async ({ steps }) => {
      await onBoth(sequenceOf(steps.flatMap((step) => within(step) ?? [])));
    });

    const first = Number(process.env.COMPARISON_SEED ?? seed);
    it.each(Array.from({ length: AT_ONCE }, (_, nth) => first + 1000 * nth))(
      "do alike whatever is done to them, from seed %i",
      { timeout: 60_000 + runs * 1000 },
      async (from) => {
        const numRuns = Math.ceil(runs / AT_ONCE);
        await fc.assert(fc.asyncProperty(sequences(LOOKS, workflows, within), onBoth), {
          numRuns,
          seed: from,
        });
      },
    );
  });
}
