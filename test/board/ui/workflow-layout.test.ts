import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { layOutWorkflow, type Shape } from "../../../board-ui/src/workflow/workflow-layout.js";
import { type TreePart, workflowTree } from "../../../board-ui/src/workflow/workflow-tree.js";
import type { WorkflowNode } from "../../../src/board/api.js";
import { layOut, type Plan } from "../../../src/core/workflow/plan.js";

/** The graph of a plan, as the board's server tells it. */
function nodesOf(plan: Plan<string>): readonly WorkflowNode[] {
  return layOut(plan).nodes.map((laid, node): WorkflowNode => {
    const after = laid.after === undefined ? {} : { after: laid.after };
    if ("leaf" in laid) return { node, task: laid.leaf, state: "pending", ...after };
    return { node, state: "pending", members: laid.members, first: laid.first, ...after };
  });
}

/** A tree as a plan, with chains in chains taken apart, as `chain()` does. */
function planOf(part: TreePart): Plan<string> {
  switch (part.kind) {
    case "step":
      return { kind: "step", leaf: part.node.task ?? "" };
    case "chain":
      return { kind: "chain", parts: part.parts.map(planOf) };
    case "group":
      return { kind: "group", parts: part.members.map(planOf), onFailure: "fail-fast" };
  }
}

const step = (leaf: string): Plan<string> => ({ kind: "step", leaf });
const chain = (...parts: Plan<string>[]): Plan<string> => ({ kind: "chain", parts });
const group = (...parts: Plan<string>[]): Plan<string> => ({ kind: "group", parts, onFailure: "fail-fast" });
const map = (count: number): Plan<string> => group(...Array.from({ length: count }, () => step("resize")));

const { plan: plans } = fc.letrec<{ plan: Plan<string> }>((tie) => ({
  plan: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom("a", "b", "c").map(step),
    fc
      .array(tie("plan"), { minLength: 2, maxLength: 4 })
      .map((parts) => chain(...parts.flatMap((part) => (part.kind === "chain" ? part.parts : [part])))),
    fc.array(tie("plan"), { maxLength: 4 }).map((parts) => group(...parts)),
  ),
}));

function within(inner: Shape, outer: Shape): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}

function overlap(a: Shape, b: Shape): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

describe("the picture of a workflow", () => {
  it("has the nesting that was written, for any of it", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const tree = workflowTree(nodesOf(plan));
        expect(tree && planOf(tree)).toEqual(plan);
      }),
      { numRuns: 200 },
    );
  });

  it("puts nothing on top of something else, for any nesting", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const { shapes, width, height } = layOutWorkflow(nodesOf(plan));
        for (const [at, shape] of shapes.entries()) {
          expect(shape.x + shape.width).toBeLessThanOrEqual(width);
          expect(shape.y + shape.height).toBeLessThanOrEqual(height);
          for (const other of shapes.slice(at + 1))
            expect(!overlap(shape, other) || (shape.kind === "box" && within(other, shape))).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("leads a line into and out of every member, and between the parts of a chain", () => {
    const picture = layOutWorkflow(nodesOf(chain(step("a"), group(step("b"), step("c")), step("d"))));
    expect(picture.shapes.map((shape) => (shape.kind === "step" ? shape.node.task : shape.kind))).toEqual([
      "a",
      "box",
      "b",
      "c",
      "d",
    ]);
    expect(picture.lines).toHaveLength(2 + 2 * 2);
  });

  it("shows a wide group as one bar with its counts, until it is opened", () => {
    const nodes = nodesOf(chain(step("split"), map(100), step("join"))).map(
      (node): WorkflowNode =>
        node.task === "resize" && node.node < 51 ? { ...node, state: "completed" } : node,
    );
    const { shapes } = layOutWorkflow(nodes);
    const bar = shapes.find(({ kind }) => kind === "bar");
    expect(shapes).toHaveLength(3);
    expect(bar).toMatchObject({ counts: { total: 100, completed: 50, pending: 50 } });
    const opened = layOutWorkflow(nodes, new Set([101]));
    expect(opened.shapes).toHaveLength(103);
  });

  it("draws 10 000 steps with at most 3 000 shapes and lines, opened or not", () => {
    const wide = nodesOf(chain(step("a"), map(9_997), step("b")));
    const nested = nodesOf(
      group(...Array.from({ length: 20 }, () => group(...Array.from({ length: 20 }, () => map(20))))),
    );
    const long = nodesOf(chain(...Array.from({ length: 10_000 }, () => step("a"))));
    for (const nodes of [wide, nested, long]) {
      const ends = new Set(
        nodes
          .filter(({ task, members }) => task === undefined && (members?.[0]?.[1] ?? 0) > 500)
          .map(({ node }) => node),
      );
      for (const toggled of [new Set<number>(), ends]) {
        const { shapes, lines, counts } = layOutWorkflow(nodes, toggled);
        expect(shapes.length + lines.length).toBeLessThanOrEqual(3000);
        expect(counts.total).toBe(nodes.filter(({ task }) => task !== undefined).length);
      }
    }
  });

  it("shows every node of a graph that makes no sense, and comes to an end", () => {
    const broken: readonly WorkflowNode[] = [
      { node: 0, task: "a", state: "completed", after: 0 },
      { node: 3, task: "b", state: "pending", after: 7 },
      { node: 4, state: "pending", members: [[4, 9]], first: 4 },
    ];
    expect(layOutWorkflow(broken).shapes).toHaveLength(3);
    expect(layOutWorkflow([])).toMatchObject({ shapes: [], width: 0 });
  });
});
