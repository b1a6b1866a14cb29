/** A workflow's graph as it stands, as plain data, and what is read from it. */
import type { Encoded } from "../job.js";
import { type PackedItem, packList } from "./packed-list.js";
import {
  type GraphNode,
  type JoinNode,
  LIST_TOO_LARGE_ERROR,
  MAX_LIST_BYTES,
  type NodeOutline,
  type NodeRange,
  type StepTemplate,
} from "./store.js";

/** A node as it stands. */
export interface NodeState {
  readonly spec: GraphNode;
  /** Members of a join that have not ended. */
  readonly open: number;
  /** Number of the job that was inserted last; 0: none was. */
  readonly run: number;
  /** Whether that job is the one that counts. */
  readonly isStarted: boolean;
  readonly outcome: PackedItem | undefined;
}

/** Nodes by number, as a list has them. One that holds only some of them notes who asks for another. */
export interface NodeList {
  readonly length: number;
  at(node: number): NodeState | undefined;
}

/** Life of a graph: defined → running → ended, and running again when its workflow is resumed. */
export interface GraphState {
  readonly id: string;
  readonly templates: readonly StepTemplate[];
  readonly nodes: NodeList;
  /** Undefined until the last part was defined. */
  readonly roots: readonly NodeRange[] | undefined;
  readonly phase: "defined" | "running" | "ended";
}

/** The nodes of a graph, with those that are being changed in their new form. */
export class NodeDraft {
  readonly changed = new Map<number, NodeState>();
  readonly #nodes: NodeList;

  constructor(graph: GraphState) {
    this.#nodes = graph.nodes;
  }

  get size(): number {
    return this.#nodes.length;
  }

  at(node: number): NodeState | undefined {
    return this.changed.get(node) ?? this.#nodes.at(node);
  }

  set(node: number, change: Partial<NodeState>): void {
    const before = this.at(node);
    if (before !== undefined) this.changed.set(node, { ...before, ...change });
  }

  isLast(node: number): boolean {
    return node === this.#nodes.length - 1;
  }

  /** What a step is given: its own input, or what came before it. */
  inputOf({ spec }: NodeState): Encoded {
    const before = spec.after === undefined ? undefined : this.at(spec.after)?.outcome;
    const input = "input" in spec ? spec.input : before?.status === "completed" ? before.value : undefined;
    return input ?? "";
  }

  /** What a join gives when all its members have ended. */
  listOf(join: JoinNode): PackedItem {
    const items = [...numbersOf(join.members)].flatMap((member) => this.at(member)?.outcome ?? []);
    const list = packList(items, join.onFailure === "continue" ? "settled" : "list");
    if (list.length > MAX_LIST_BYTES) return { status: "failed", error: LIST_TOO_LARGE_ERROR };
    return { status: "completed", value: list };
  }
}

export function isJoin(node: GraphNode): node is JoinNode {
  return "members" in node;
}

/** Where a node stands, without what its step is given. */
export function nodeOutline(node: number, spec: GraphNode): NodeOutline {
  const { after, group } = spec;
  return {
    node,
    ...(isJoin(spec) ? { first: spec.first } : {}),
    ...(after === undefined ? {} : { after }),
    ...(group === undefined ? {} : { group }),
  };
}

/** Every number in the ranges, in order. */
export function* numbersOf(ranges: readonly NodeRange[]): Iterable<number> {
  for (const [first, last] of ranges) for (let node = first; node <= last; node += 1) yield node;
}

/** Rising numbers as ranges of neighbours. */
export function rangesOf(numbers: readonly number[]): readonly NodeRange[] {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}

/** A node of which nothing has become yet. */
export function freshNode(spec: GraphNode): NodeState {
  const open = isJoin(spec) ? spec.members.reduce((sum, [first, last]) => sum + last - first + 1, 0) : 0;
  return { spec, open, run: 0, isStarted: false, outcome: undefined };
}
