import type { Encoded } from "../core/job.js";
import { type PackedItem, packList } from "../core/workflow/packed-list.js";
import {
  type GraphNode,
  type GraphPart,
  type JoinNode,
  LIST_TOO_LARGE_ERROR,
  MAX_LIST_BYTES,
  type NodeRange,
  type StepTemplate,
} from "../core/workflow/store.js";

/** A node as it stands. */
export interface NodeState {
  readonly spec: GraphNode;
  /** Members of a join that have not ended. */
  open: number;
  /** Number of the job that was inserted last; 0: none was. */
  run: number;
  /** Whether that job is the one that counts. */
  isStarted: boolean;
  outcome: PackedItem | undefined;
}

/** The steps of one workflow and what has become of them. Life: defined → begun → ended, and begun again. */
export class WorkflowGraph {
  readonly id: string;
  /** When its last part came. */
  definedAt: number;
  readonly nodes: NodeState[] = [];
  readonly templates: StepTemplate[] = [];
  roots: readonly NodeRange[] | undefined;
  phase: "defined" | "running" | "ended" = "defined";
  begunAt = 0;

  constructor(id: string, now: number) {
    this.id = id;
    this.definedAt = now;
  }

  /** Takes a part, again if need be. */
  define(part: GraphPart, now: number): void {
    if (this.phase !== "defined") return;
    this.definedAt = now;
    for (const [index, template] of part.templates.entries()) {
      this.templates[part.firstTemplate + index] = template;
    }
    for (const [index, spec] of part.nodes.entries()) {
      const open = isJoin(spec) ? sizeOf(spec.members) : 0;
      this.nodes[part.firstNode + index] = { spec, open, run: 0, isStarted: false, outcome: undefined };
    }
    this.roots = part.roots ?? this.roots;
  }

  isLast(node: number): boolean {
    return node === this.nodes.length - 1;
  }

  /** What a step is given: its own input, or what came before it. */
  inputOf(node: NodeState): Encoded {
    const { spec } = node;
    const before = spec.after === undefined ? undefined : this.nodes[spec.after]?.outcome;
    const input = "input" in spec ? spec.input : before?.status === "completed" ? before.value : undefined;
    return input ?? "";
  }

  /** What a join gives when all its members have ended. */
  listOf(join: JoinNode): PackedItem {
    const items = [...numbersOf(join.members)].flatMap((member) => this.nodes[member]?.outcome ?? []);
    const list = packList(items, join.onFailure === "continue" ? "settled" : "list");
    if (list.length > MAX_LIST_BYTES) return { status: "failed", error: LIST_TOO_LARGE_ERROR };
    return { status: "completed", value: list };
  }

  /** Undoes what did not complete; returns the nodes that start anew. */
  reset(): readonly number[] {
    const ready: number[] = [];
    for (let index = this.nodes.length - 1; index >= 0; index -= 1) {
      const node = this.nodes[index];
      if (node !== undefined && this.#isNeeded(node)) {
        node.outcome = undefined;
        node.isStarted = false;
        if (isJoin(node.spec)) node.open = this.#openMembers(node.spec);
        if (this.#isReady(node)) ready.push(index);
      }
    }
    return ready.reverse();
  }

  /** A node that did not complete is needed unless what follows has an outcome all the same. */
  #isNeeded({ spec, outcome }: NodeState): boolean {
    if (outcome?.status === "completed") return false;
    const follower =
      spec.group !== undefined && spec.next === undefined ? spec.group.join : spec.next?.[0]?.[0];
    return follower === undefined || this.nodes[follower]?.outcome === undefined;
  }

  #isReady({ spec, open }: NodeState): boolean {
    if (isJoin(spec) && open > 0) return false;
    return spec.after === undefined || this.nodes[spec.after]?.outcome?.status === "completed";
  }

  #openMembers(join: JoinNode): number {
    let open = 0;
    for (const member of numbersOf(join.members)) {
      if (this.nodes[member]?.outcome?.status !== "completed") open += 1;
    }
    return open;
  }
}

export function isJoin(node: GraphNode): node is JoinNode {
  return "members" in node;
}

/** Every number in the ranges, in order. */
export function* numbersOf(ranges: readonly NodeRange[]): Iterable<number> {
  for (const [first, last] of ranges) for (let node = first; node <= last; node += 1) yield node;
}

function sizeOf(ranges: readonly NodeRange[]): number {
  return ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}
