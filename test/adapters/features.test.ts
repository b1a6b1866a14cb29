import type { Feature } from "taskora/adapter";
import { conformanceCases } from "taskora/testing";
import { describe, expect, it } from "vitest";
import { recordFeatures } from "../support/feature-recorder.js";
import { memoryKit } from "../support/memory-kit.js";

describe("conformance cases", () => {
  for (const { name, needs, run } of conformanceCases) {
    it(`need what they ask for, and nothing else: ${name}`, async () => {
      const asked = new Set<Feature>();
      const kit = memoryKit();
      await run({ ...kit, open: () => recordFeatures(kit.open(), asked) });
      expect([...asked].sort()).toEqual([...needs].sort());
    });
  }
});
