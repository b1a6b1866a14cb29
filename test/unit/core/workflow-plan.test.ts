import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { layOut, type Plan } from "../../../src/core/workflow/plan.js";

const step = (leaf: string): Plan<string> => ({ kind: "step", leaf });
const chain = (...parts: Plan<string>[]): Plan<string> => ({ kind: "chain", parts });
const group = (...parts: Plan<string>[]): Plan<string> => ({ kind: "group", parts, onFailure: "fail-fast" });

const { plan: anyPlan } = fc.letrec<{ plan: Plan<string> }>((tie) => ({
  plan: fc.oneof(
    { depthSize: "small" },
    fc.constant(step("s")),
    fc.record({
      kind: fc.constant("chain" as const),
      parts: fc.array(tie("plan"), { minLength: 1, maxLength: 4 }),
    }),
    fc.record({
      kind: fc.constant("group" as const),
      parts: fc.array(tie("plan"), { maxLength: 4 }),
      onFailure: fc.constantFrom("fail-fast" as const, "continue" as const),
    }),
  ),
}));

/** Every number in ranges. */
function numbers(ranges: readonly (readonly [number, number])[] = []): number[] {
  return ranges.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index),
  );
}

describe("a plan that is laid out", () => {
  it("puts steps of a chain behind one another", () => {
    expect(layOut(chain(step("a"), step("b")))).toEqual({
      nodes: [
        { leaf: "a", next: [[1, 1]] },
        { leaf: "b", after: 0 },
      ],
      roots: [[0, 0]],
    });
  });

  it("puts members of a group in a row before their join", () => {
    expect(layOut(chain(group(step("a"), step("b")), step("c")))).toEqual({
      nodes: [
        { leaf: "a", group: { join: 2, end: 0 } },
        { leaf: "b", group: { join: 2, end: 1 } },
        { members: [[0, 1]], first: 0, onFailure: "fail-fast", next: [[3, 3]] },
        { leaf: "c", after: 2 },
      ],
      roots: [[0, 1]],
    });
  });

  it("lets a group of none wait for what comes before it", () => {
    const { nodes } = layOut(chain(step("a"), group()));
    expect(nodes[1]).toEqual({ members: [], first: 1, onFailure: "fail-fast", after: 0 });
  });

  it("runs each node once, whatever order they end in, and the last one last", () => {
    fc.assert(
      fc.property(anyPlan, fc.infiniteStream(fc.nat()), (plan, picks) => {
        const { nodes, roots } = layOut(plan);
        const ready = numbers(roots);
        const open = nodes.map((node) => ("members" in node ? numbers(node.members).length : 0));
        const ended: number[] = [];
        while (ready.length > 0) {
          const [index = 0] = ready.splice((picks.next().value ?? 0) % ready.length, 1);
          const node = nodes[index];
          ended.push(index);
          if (node?.group?.end === index) {
            const { join } = node.group;
            open[join] = (open[join] ?? 0) - 1;
            if (open[join] === 0) ready.push(join);
          } else ready.push(...numbers(node?.next));
        }
        expect(ended.at(-1)).toBe(nodes.length - 1);
        expect([...ended].sort((a, b) => a - b)).toEqual(nodes.map((_, index) => index));
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});
