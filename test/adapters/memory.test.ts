import { memoryAdapter } from "taskora/memory";
import { conformanceCases, registerConformance } from "taskora/testing";
import { describe, expect, it } from "vitest";
import { memoryKit } from "../support/memory-kit.js";

describe("the memory adapter", () => {
  it("runs a list of cases with unique names", () => {
    const names = conformanceCases.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(120);
  });

  registerConformance({ adapter: memoryAdapter(), kit: memoryKit, it });
});
