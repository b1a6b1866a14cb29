/** The graph of a workflow, as pages draw it. */
import { internalsOf } from "../app/app-internals.js";
import { notSupported } from "../app/features.js";
import type { Taskora } from "../app/taskora.js";
import { rangesOf } from "../core/workflow/graph.js";
import type { NodeOutline, StepSnapshot, WorkflowStore } from "../core/workflow/store.js";
import type { WorkflowNode } from "./api.js";

const PAGE = 1000;

/**
 * Every node of a workflow in the order of their numbers, ends of groups included; none: it is not stored (any more).
 *
 * @throws {TaskoraError} `NOT_SUPPORTED` when the adapter keeps no workflows
 */
export async function readWorkflowGraph(app: Taskora, id: string): Promise<readonly WorkflowNode[]> {
  const { adapter, connect } = internalsOf(app).observed;
  if (adapter.workflows === undefined) throw notSupported(adapter, "workflows", "the graph of a workflow");
  await connect();
  const steps = await stepsOf(adapter.workflows, id);
  return workflowNodes(steps, await outlinesOf(adapter.workflows, id));
}

async function stepsOf(store: WorkflowStore, id: string): Promise<readonly StepSnapshot[]> {
  const steps: StepSnapshot[] = [];
  for (;;) {
    const from = (steps.at(-1)?.node ?? -1) + 1;
    const page = await store.readSteps({ id, from, limit: PAGE });
    steps.push(...page);
    if (page.length < PAGE) return steps;
  }
}

async function outlinesOf(store: WorkflowStore, id: string): Promise<readonly NodeOutline[]> {
  const outlines: NodeOutline[] = [];
  for (;;) {
    const page = await store.readGraph({ id, from: outlines.length, limit: PAGE });
    outlines.push(...page);
    if (page.length < PAGE) return outlines;
  }
}

/** Steps at their places. The end of a group is as far as its members are. */
export function workflowNodes(
  steps: readonly StepSnapshot[],
  outlines: readonly NodeOutline[],
): readonly WorkflowNode[] {
  const byNode = new Map(steps.map((step) => [step.node, step]));
  const ends = endsByJoin(outlines);
  const states = new Map<number, WorkflowNode["state"]>();
  return outlines.map(({ node, first, after }): WorkflowNode => {
    const place = { node, ...(after === undefined ? {} : { after }) };
    if (first === undefined) {
      const { state, ...step } = byNode.get(node) ?? { task: "", state: "pending" as const };
      states.set(node, state);
      return { ...place, ...step, state };
    }
    const members = ends.get(node) ?? [];
    const state = stateOfEnd(members.map((member) => states.get(member) ?? "pending"));
    states.set(node, state);
    return { ...place, state, first, members: rangesOf(members) };
  });
}

/** Ends of groups with the last nodes of their members. */
function endsByJoin(outlines: readonly NodeOutline[]): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>();
  for (const { node, group } of outlines) {
    if (group?.end !== node) continue;
    const ends = found.get(group.join);
    if (ends === undefined) found.set(group.join, [node]);
    else ends.push(node);
  }
  return found;
}

function stateOfEnd(members: readonly WorkflowNode["state"][]): WorkflowNode["state"] {
  const open = members.filter((state) => state === "pending" || state === "started");
  if (open.length === 0) return "completed";
  return open.length === members.length && !open.includes("started") ? "pending" : "started";
}
