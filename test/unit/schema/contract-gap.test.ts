import { describe, expect, it } from "vitest";
import { contractGap, type ImplementedTask } from "../../../src/core/contract-store.js";

const contract = { task: "a", version: 2, fingerprint: "f" };

function worker(...tasks: Partial<ImplementedTask>[]) {
  return { tasks: tasks.map((fields) => ({ ...contract, since: 1, ...fields })) };
}

describe("the gap between a contract and the live workers", () => {
  it.each([
    ["no-worker", []],
    ["no-worker", [worker({ task: "b" })]],
    ["older-workers", [worker({ version: 1 })]],
    ["newer-workers", [worker({ version: 3, since: 3 })]],
    ["newer-workers", [worker({ version: 1 }), worker({ version: 3, since: 3 })]],
    ["other-fingerprint", [worker({ fingerprint: "g" })]],
    [undefined, [worker({})]],
    [undefined, [worker({ fingerprint: "" })]],
    [undefined, [worker({ version: 3, since: 2, fingerprint: "g" })]],
    [undefined, [worker({ task: "b" }, { version: 1 }), worker({ version: 1 }, {})]],
  ] as const)("is %s", (gap, workers) => {
    expect(contractGap(contract, workers)).toBe(gap);
  });

  it("does not look at the fingerprint of a contract that has none", () => {
    expect(contractGap({ ...contract, fingerprint: "" }, [worker({ fingerprint: "g" })])).toBeUndefined();
  });
});
