import type { Feature } from "taskora/adapter";
import { conformanceCases } from "taskora/testing";
import { describe, expect, it } from "vitest";
import { recordFeatures } from "../support/feature-recorder.js";
import { memoryKit } from "../support/memory-kit.js";

/** No call asks for them; the adapter over a JSON file goes without, and runs what does not need them. */
const QUIET: readonly Feature[] = ["suspects", "versions"];

describe("conformance cases", () => {
  for (const { name, needs, run } of conformanceCases) {
    it(`need what they ask for, and nothing else: ${name}`, async () => {
      const asked = new Set<Feature>();
      const kit = memoryKit();
      await run({ ...kit, open: () => recordFeatures(kit.open(), asked) });
      const isAsked = (feature: Feature) => !QUIET.includes(feature);
      expect([...asked].filter(isAsked).sort()).toEqual(needs.filter(isAsked).sort());
    });
  }
});
