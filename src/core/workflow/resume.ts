/** Which steps of a workflow run again when it is resumed: what had not completed, and is needed. */
import { isJoin, type NodeDraft, type NodeState, numbersOf } from "./graph.js";
import type { JoinNode } from "./store.js";

/** Undoes what did not complete; returns the nodes that start anew, in order. */
export function resetNodes(nodes: NodeDraft): readonly number[] {
  const ready: number[] = [];
  // From the last node to the first, so that what follows a node is known.
  for (let node = nodes.size - 1; node >= 0; node -= 1) {
    const state = nodes.at(node);
    if (state === undefined || !isNeeded(nodes, state)) continue;
    const open = isJoin(state.spec) ? openMembers(nodes, state.spec) : 0;
    nodes.set(node, { outcome: undefined, isStarted: false, open });
    if (open === 0 && hasItsInput(nodes, state)) ready.push(node);
  }
  return ready.reverse();
}

/** A node that did not complete is needed unless what follows has an outcome all the same. */
function isNeeded(nodes: NodeDraft, { spec, outcome }: NodeState): boolean {
  if (outcome?.status === "completed") return false;
  const isEnd = spec.group !== undefined && spec.next === undefined;
  const follower = isEnd ? spec.group?.join : spec.next?.[0]?.[0];
  return follower === undefined || nodes.at(follower)?.outcome === undefined;
}

function hasItsInput(nodes: NodeDraft, { spec }: NodeState): boolean {
  return spec.after === undefined || nodes.at(spec.after)?.outcome?.status === "completed";
}

function openMembers(nodes: NodeDraft, join: JoinNode): number {
  let open = 0;
  for (const member of numbersOf(join.members)) {
    if (nodes.at(member)?.outcome?.status !== "completed") open += 1;
  }
  return open;
}
