/** Which steps of a workflow its end waited for. */

import { internalsOf } from "../app/app-internals.js";
import type { Taskora } from "../app/taskora.js";
import type { WorkflowNode } from "./api.js";

/** Of larger ones not all jobs are read each time that somebody looks. */
const MOST_STEPS = 300;

/** When jobs of steps ended, by the numbers of the nodes; what goes on ends at infinity. */
type Ends = ReadonlyMap<number, number>;

/** The nodes, with those marked that the end waited for, or waits. Nothing is marked where a job is not stored any more. */
export async function withCriticalPath(
  app: Taskora,
  nodes: readonly WorkflowNode[],
): Promise<readonly WorkflowNode[]> {
  const steps = nodes.filter(({ task }) => task !== undefined);
  if (steps.length > MOST_STEPS) return nodes;
  const begun = steps.flatMap(({ node, task, jobId }) =>
    task === undefined || jobId === undefined ? [] : [{ node, ref: { task, id: jobId } }],
  );
  const readings = await internalsOf(app).observed.adapter.read(begun.map(({ ref }) => ref));
  if (readings.includes(undefined)) return nodes;
  const ends = begun.map(({ node }, nth) => [node, readings[nth]?.finishedAt ?? Infinity] as const);
  const critical = criticalPath(nodes, new Map(ends));
  return nodes.map((node) => (critical.has(node.node) ? { ...node, isCritical: true } : node));
}

/** The numbers of the nodes, from the end backwards: of the members of a group the one that ended last. */
export function criticalPath(nodes: readonly WorkflowNode[], ends: Ends): ReadonlySet<number> {
  const byNumber = new Map(nodes.map((node) => [node.node, node]));
  const endOf = endsOf(nodes, ends);
  const path = new Set<number>();
  let at = nodes.at(-1)?.node;
  while (at !== undefined && !path.has(at)) {
    path.add(at);
    const node = byNumber.get(at);
    at = node === undefined ? undefined : (lastMember(node, endOf) ?? before(node, byNumber));
  }
  return path;
}

/** When each node ended, the ends of groups too. Members stand before them. */
function endsOf(nodes: readonly WorkflowNode[], ends: Ends): (node: number) => number {
  const known = new Map<number, number>();
  const endOf = (node: number) => known.get(node) ?? ends.get(node) ?? Infinity;
  for (const node of nodes) {
    const last = lastMember(node, endOf);
    if (last !== undefined) known.set(node.node, endOf(last));
  }
  return endOf;
}

function lastMember({ members = [] }: WorkflowNode, endOf: (node: number) => number): number | undefined {
  let last: number | undefined;
  for (const [from, to] of members)
    for (let member = from; member <= to; member++)
      if (last === undefined || endOf(member) > endOf(last)) last = member;
  return last;
}

/** What a group without members waits for is what its first node waits for. */
function before(
  { node, first, after }: WorkflowNode,
  byNumber: ReadonlyMap<number, WorkflowNode>,
): number | undefined {
  return first === undefined || first >= node ? after : byNumber.get(first)?.after;
}
