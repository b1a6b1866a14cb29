/** The nested chains and groups behind the graph of a workflow, as it is stored. */
import type { WorkflowNode } from "../../../src/board/api.js";

/** A part of a workflow. */
export type TreePart =
  | { readonly kind: "step"; readonly node: WorkflowNode }
  | { readonly kind: "chain"; readonly parts: readonly TreePart[] }
  /** Members side by side; `end` waits for all of them. */
  | { readonly kind: "group"; readonly members: readonly TreePart[]; readonly end: WorkflowNode };

/** The whole workflow; `undefined`: it has no nodes. Nodes that no chain leads to stand at the end, so that none is hidden. */
export function workflowTree(nodes: readonly WorkflowNode[]): TreePart | undefined {
  const last = nodes.at(-1);
  if (last === undefined) return undefined;
  const seen = new Set<number>();
  const byNumber = new Map(nodes.map((node) => [node.node, node]));
  const whole = chainUpTo(last.node, { byNumber, seen, from: 0 });
  const left = nodes.filter(({ node }) => !seen.has(node));
  if (left.length === 0) return whole;
  return chainOf([...partsOf(whole), ...left.map((node): TreePart => ({ kind: "step", node }))]);
}

interface Walk {
  readonly byNumber: ReadonlyMap<number, WorkflowNode>;
  /** Each node is laid once, whatever a broken graph says. */
  readonly seen: Set<number>;
  /** What stands before this is outside. */
  readonly from: number;
}

/** The parts that lead to a node, from the beginning of what they are in. */
function chainUpTo(end: number, walk: Walk): TreePart {
  const parts: TreePart[] = [];
  let at: number | undefined = end;
  while (at !== undefined && at >= walk.from && !walk.seen.has(at)) {
    const node = walk.byNumber.get(at);
    if (node === undefined) break;
    walk.seen.add(at);
    parts.unshift(node.task === undefined ? groupOf(node, walk) : { kind: "step", node });
    at = node.task === undefined ? beforeGroup(node, walk.byNumber) : node.after;
  }
  return chainOf(parts);
}

function groupOf(end: WorkflowNode, walk: Walk): TreePart {
  const members: TreePart[] = [];
  let from = end.first ?? end.node;
  for (const [first, last] of end.members ?? []) {
    for (let member = first; member <= Math.min(last, end.node - 1); member++) {
      if (walk.seen.has(member)) continue;
      members.push(chainUpTo(member, { ...walk, from }));
      from = member + 1;
    }
  }
  return { kind: "group", members, end };
}

/** What the first node of a group waits for is what the group waits for. */
function beforeGroup(
  { first, node, after }: WorkflowNode,
  byNumber: ReadonlyMap<number, WorkflowNode>,
): number | undefined {
  return first === undefined || first >= node ? after : byNumber.get(first)?.after;
}

function partsOf(part: TreePart): readonly TreePart[] {
  return part.kind === "chain" ? part.parts : [part];
}

function chainOf(parts: readonly TreePart[]): TreePart {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind: "chain", parts };
}
