import { memoryAdapter } from "taskora/memory";
import { conformanceCases, registerConformance } from "taskora/testing";
import { describe, expect, it } from "vitest";
import { memoryKit } from "../../support/memory-kit.js";

function register(features: "all" | "none") {
  const tests: string[] = [];
  const skipped: string[] = [];
  const printed: string[] = [];
  const adapter = features === "all" ? memoryAdapter() : { name: "plain", features: [] };
  registerConformance({
    adapter,
    kit: memoryKit,
    it: Object.assign((name: string) => tests.push(name), { skip: (name: string) => skipped.push(name) }),
    print: (line) => printed.push(line),
  });
  return { tests, skipped, printed };
}

describe("registerConformance", () => {
  it("runs every case that needs no more than the adapter has", () => {
    const { tests, skipped, printed } = register("all");
    expect(tests.length).toBe(conformanceCases.length);
    expect(skipped).toEqual([]);
    expect(printed).toEqual([]);
  });

  it("skips the others by name, says why, and says how many", () => {
    const { tests, skipped, printed } = register("none");
    expect(tests.length + skipped.length).toBe(conformanceCases.length);
    expect(skipped).toContain("events: a revival (needs events)");
    expect(tests).toContain("settle: a failed job keeps its error");
    expect(printed).toEqual([expect.stringContaining(`: ${skipped.length} of ${conformanceCases.length} `)]);
  });
});
