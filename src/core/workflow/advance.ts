/** How a workflow moves on: what its graph becomes by what has happened, and what follows from that elsewhere. */
import type { Encoded } from "../job.js";
import type { FinalState } from "../lifecycle.js";
import { type GraphState, isJoin, NodeDraft, type NodeState, numbersOf } from "./graph.js";
import type { PackedItem } from "./packed-list.js";
import { resetNodes } from "./resume.js";
import { GRAPH_MISSING_ERROR, type NodeRange, type StepTemplate, stepError } from "./store.js";

/** What has happened. */
export type WorkflowNews =
  /** The workflow's own job is waiting: it is new, or was revived. `nodes`: size of the graph that it is about. */
  | { readonly kind: "entered"; readonly nodes: number }
  /** The workflow's own job has ended. */
  | { readonly kind: "over"; readonly state: FinalState; readonly reason: string }
  /** A job of a step has ended. One that is not the run that counts is ignored, and so is all of a workflow that is over. */
  | { readonly kind: "step"; readonly node: number; readonly run: number; readonly outcome: PackedItem };

/** What follows from it. */
export type WorkflowCommand =
  | {
      readonly kind: "insert";
      readonly node: number;
      readonly run: number;
      readonly template: StepTemplate;
      readonly payload: Encoded;
    }
  /** The run of a step's job is cancelled, in whatever state it is. */
  | {
      readonly kind: "cancel";
      readonly node: number;
      readonly run: number;
      readonly task: string;
      readonly reason: string;
    }
  /** The workflow's own job ends. */
  | { readonly kind: "finish"; readonly outcome: PackedItem };

export interface Advance {
  /** Nodes that have changed, by number. */
  readonly nodes: ReadonlyMap<number, NodeState>;
  readonly phase: GraphState["phase"];
  /** In order. */
  readonly commands: readonly WorkflowCommand[];
}

/** Why steps are cancelled beside one that failed. */
const BESIDE_A_FAILURE = "another step of the group failed";

/** A workflow that is being moved on. */
interface Turn {
  readonly graph: GraphState;
  readonly nodes: NodeDraft;
  readonly commands: WorkflowCommand[];
  /** Nothing follows any more: the workflow's own job ends. */
  isFinished: boolean;
}

/**
 * Pure: the graph that is given stays as it is. News of a workflow come in the order in which they happened; those of steps
 * only while its own job has not ended.
 *
 * @param graph undefined: none was defined
 */
export function advance(graph: GraphState | undefined, news: WorkflowNews): Advance {
  if (graph === undefined) return withoutGraph(news);
  const turn: Turn = { graph, nodes: new NodeDraft(graph), commands: [], isFinished: false };
  const phase = move(turn, news);
  return { nodes: turn.nodes.changed, phase, commands: turn.commands };
}

function withoutGraph(news: WorkflowNews): Advance {
  const outcome = { status: "failed", error: GRAPH_MISSING_ERROR } as const;
  const commands = news.kind === "entered" ? [{ kind: "finish", outcome } as const] : [];
  return { nodes: new Map(), phase: "defined", commands };
}

function move(turn: Turn, news: WorkflowNews): GraphState["phase"] {
  switch (news.kind) {
    case "entered":
      return begin(turn, news.nodes);
    case "over":
      return end(turn, news);
    case "step":
      stepEnded(turn, news);
      return turn.graph.phase;
  }
}

function begin(turn: Turn, nodes: number): GraphState["phase"] {
  const { phase, roots } = turn.graph;
  if (roots === undefined || turn.nodes.size !== nodes) {
    finish(turn, { status: "failed", error: GRAPH_MISSING_ERROR });
    return phase;
  }
  if (phase === "running") return phase;
  const ready = phase === "defined" ? [...numbersOf(roots)] : resetNodes(turn.nodes);
  for (const node of ready) start(turn, node);
  return "running";
}

function end(turn: Turn, { state, reason }: Extract<WorkflowNews, { kind: "over" }>): GraphState["phase"] {
  if (turn.graph.phase === "running" && state !== "completed") {
    cancelNodes(turn, [0, turn.nodes.size - 1], overReason(state, reason));
  }
  return "ended";
}

/** Why steps are cancelled when their workflow ends. */
function overReason(state: FinalState, reason: string): string {
  if (state === "cancelled" && reason !== "") return reason;
  return `its workflow ${state === "expired" ? "expired" : state === "failed" ? "failed" : "was cancelled"}`;
}

function stepEnded(turn: Turn, { node, run, outcome }: Extract<WorkflowNews, { kind: "step" }>): void {
  const state = turn.nodes.at(node);
  if (!state?.isStarted || state.run !== run || state.outcome !== undefined) return;
  endNode(turn, node, outcome);
}

interface NodeEnd {
  readonly node: number;
  readonly outcome: PackedItem;
}

/** Ends nodes from `node` on, as far as one end brings about another. */
function endNode(turn: Turn, node: number, outcome: PackedItem): void {
  const ends: NodeEnd[] = [{ node, outcome }];
  for (let one = ends.shift(); one !== undefined; one = ends.shift()) {
    const state = turn.nodes.at(one.node);
    if (state === undefined || state.outcome !== undefined || turn.isFinished) continue;
    turn.nodes.set(one.node, { outcome: one.outcome });
    ends.push(...followEnd(turn, one, state));
  }
}

/** Returns what ends with it. */
function followEnd(turn: Turn, { node, outcome }: NodeEnd, { spec }: NodeState): readonly NodeEnd[] {
  const { group, next } = spec;
  const hasFailed = outcome.status !== "completed";
  if (turn.nodes.isLast(node) || (group === undefined && hasFailed)) {
    finish(turn, outcome);
    return [];
  }
  if (group !== undefined && (group.end === node || hasFailed)) return memberEnded(turn, group, outcome);
  const isCancelled = group !== undefined && turn.nodes.at(group.join)?.outcome !== undefined;
  if (!isCancelled) for (const follower of numbersOf(next ?? [])) start(turn, follower);
  return [];
}

/** A member of a join has ended, or cannot any more. Returns what ends with it. */
function memberEnded(
  turn: Turn,
  group: { readonly join: number; readonly end: number },
  outcome: PackedItem,
): readonly NodeEnd[] {
  const join = turn.nodes.at(group.join);
  if (join === undefined || !isJoin(join.spec) || join.outcome !== undefined) return [];
  if (outcome.status !== "completed") {
    if (join.spec.onFailure === "fail-fast") {
      cancelNodes(turn, [join.spec.first, group.join - 1], BESIDE_A_FAILURE);
      return [{ node: group.join, outcome }];
    }
    turn.nodes.set(group.end, { outcome });
  }
  const open = join.open - 1;
  turn.nodes.set(group.join, { open });
  return open > 0 ? [] : [{ node: group.join, outcome: turn.nodes.listOf(join.spec) }];
}

function start(turn: Turn, node: number): void {
  const state = turn.nodes.at(node);
  if (state === undefined || state.outcome !== undefined || state.isStarted || turn.isFinished) return;
  const { spec } = state;
  if (isJoin(spec)) {
    endNode(turn, node, turn.nodes.listOf(spec));
    return;
  }
  const template = turn.graph.templates[spec.template];
  if (template === undefined) return;
  const run = state.run + 1;
  turn.nodes.set(node, { run, isStarted: true });
  turn.commands.push({ kind: "insert", node, run, template, payload: turn.nodes.inputOf(state) });
}

/** Marks what has not ended as cancelled, and cancels the jobs. */
function cancelNodes(turn: Turn, range: NodeRange, reason: string): void {
  const outcome = { status: "cancelled", error: stepError({ state: "cancelled", reason }) } as const;
  for (const node of numbersOf([range])) {
    const state = turn.nodes.at(node);
    if (state === undefined || state.outcome !== undefined) continue;
    turn.nodes.set(node, { outcome });
    const task = isJoin(state.spec) ? undefined : turn.graph.templates[state.spec.template]?.task;
    if (task !== undefined && state.isStarted) {
      turn.commands.push({ kind: "cancel", node, run: state.run, task, reason });
    }
  }
}

function finish(turn: Turn, outcome: PackedItem): void {
  turn.isFinished = true;
  turn.commands.push({ kind: "finish", outcome });
}
