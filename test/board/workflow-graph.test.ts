import fc from "fast-check";
import { createTaskora } from "taskora";
import { memoryAdapter } from "taskora/memory";
import { chain, group } from "taskora/workflow";
import { describe, expect, it } from "vitest";
import { type TreePart, workflowTree } from "../../board-ui/src/workflow/workflow-tree.js";
import { criticalPath, withCriticalPath } from "../../src/board/critical-path.js";
import { readWorkflowGraph, workflowNodes } from "../../src/board/workflow-graph.js";
import { nodeOutline } from "../../src/core/workflow/graph.js";
import { layOut, type Plan } from "../../src/core/workflow/plan.js";
import type { GraphNode } from "../../src/core/workflow/store.js";

const { plan: plans } = fc.letrec<{ plan: Plan<string> }>((tie) => ({
  plan: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom("a", "b").map((leaf): Plan<string> => ({ kind: "step", leaf })),
    fc.array(tie("plan"), { minLength: 2, maxLength: 4 }).map(
      (parts): Plan<string> => ({
        kind: "chain",
        parts: parts.flatMap((part) => (part.kind === "chain" ? part.parts : [part])),
      }),
    ),
    fc
      .array(tie("plan"), { maxLength: 4 })
      .map((parts): Plan<string> => ({ kind: "group", parts, onFailure: "fail-fast" })),
  ),
}));

function planOf(part: TreePart): Plan<string> {
  if (part.kind === "step") return { kind: "step", leaf: part.node.task ?? "" };
  if (part.kind === "chain") return { kind: "chain", parts: part.parts.map(planOf) };
  return { kind: "group", parts: part.members.map(planOf), onFailure: "fail-fast" };
}

describe("the graph of a workflow, as pages draw it", () => {
  it("has the nesting that was written, for any of it", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const { nodes } = layOut(plan);
        const steps = nodes.flatMap((laid, node) =>
          "leaf" in laid ? [{ node, task: laid.leaf, state: "pending" as const }] : [],
        );
        const outlines = nodes.map((laid, node) =>
          nodeOutline(node, ("leaf" in laid ? { ...laid, template: 0 } : laid) as GraphNode),
        );
        const tree = workflowTree(workflowNodes(steps, outlines));
        expect(tree && planOf(tree)).toEqual(plan);
      }),
      { numRuns: 200 },
    );
  });

  it("says of the end of a group how far its members are", () => {
    const outlines = [
      { node: 0, group: { join: 2, end: 0 } },
      { node: 1, group: { join: 2, end: 1 } },
      { node: 2, first: 0 },
    ];
    const states = (...each: ("pending" | "started" | "completed" | "failed")[]) =>
      workflowNodes(
        each.map((state, node) => ({ node, task: "a", state })),
        outlines,
      ).at(-1)?.state;
    expect(states("pending", "pending")).toBe("pending");
    expect(states("completed", "pending")).toBe("started");
    expect(states("started", "pending")).toBe("started");
    expect(states("completed", "failed")).toBe("completed");
  });

  it("has a critical path: at the end of a group the member that ended last, or goes on", () => {
    // a → (b → c | d | ()) → e, as the store numbers it.
    const step = (node: number, after?: number) => ({
      ...{ node, task: "a", state: "started" as const },
      ...(after === undefined ? {} : { after }),
    });
    const nodes = [
      ...[
        step(0),
        step(1, 0),
        step(2, 1),
        step(3, 0),
        { node: 4, after: 0, state: "completed" as const, first: 4 },
      ],
      ...[{ node: 5, state: "started" as const, first: 1, members: [[2, 4]] as const }, step(6, 5)],
    ];
    const path = (...ends: readonly (readonly [number, number])[]) => [
      ...[...criticalPath(nodes, new Map(ends))].sort((a, b) => a - b),
    ];
    const begun = [
      [0, 1],
      [1, 2],
      [4, 1],
    ] as const;
    expect(path(...begun, [2, 9], [3, 5], [6, 10])).toEqual([0, 1, 2, 5, 6]);
    expect(path(...begun, [2, 9], [3, 12], [6, 13])).toEqual([0, 3, 5, 6]);
    expect(path(...begun, [2, 9])).toEqual([0, 3, 5, 6]);
    expect(path([0, 1])).toEqual([0, 1, 2, 5, 6]);
    expect(criticalPath([], new Map())).toEqual(new Set());
  });

  it("is read from the store", async () => {
    const app = createTaskora({ adapter: memoryAdapter(), logger: false });
    const double = app.task("double", async (n: number) => n * 2);
    const sum = app.task("sum", async (numbers: readonly number[]) => numbers.length);
    await app.start();
    const workflow = app.workflow(chain(group([double.step(1), double.step(2)]), sum));
    await workflow.result;
    expect(await readWorkflowGraph(app, workflow.id)).toEqual([
      { node: 0, task: "double", state: "completed", jobId: `${workflow.id}.0` },
      { node: 1, task: "double", state: "completed", jobId: `${workflow.id}.1` },
      { node: 2, state: "completed", first: 0, members: [[0, 1]] },
      { node: 3, after: 2, task: "sum", state: "completed", jobId: `${workflow.id}.3` },
    ]);
    expect(await readWorkflowGraph(app, "nothing")).toEqual([]);
    const marked = await withCriticalPath(app, await readWorkflowGraph(app, workflow.id));
    expect(marked.map(({ isCritical }) => isCritical === true)).toEqual([
      ...[expect.any(Boolean), expect.any(Boolean), true, true],
    ]);
    expect(marked.slice(0, 2).filter(({ isCritical }) => isCritical)).toHaveLength(1);
    await app.close();
  });
});
