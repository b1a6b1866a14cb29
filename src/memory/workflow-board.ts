/**
 * Workflows in memory. Hooks of jobs' lives only write down what happened; `advance`, called at the end of the verb,
 * moves the workflows on, so that a verb never meets jobs that come or go while it walks over others.
 */
import type { JobRef } from "../core/job.js";
import { type FinalState, isFinalState } from "../core/lifecycle.js";
import type { PackedItem } from "../core/workflow/packed-list.js";
import { type JobStep, WORKFLOW_TASK } from "../core/workflow/step.js";
import {
  GRAPH_KEPT_MS,
  GRAPH_MISSING_ERROR,
  type GraphPart,
  type StepSnapshot,
  type StepsQuery,
  stepError,
  stepJobId,
} from "../core/workflow/store.js";
import { cancelJob } from "./change.js";
import { insertJob } from "./insert.js";
import type { JobRecord, Lease } from "./job-record.js";
import type { WorkflowNews } from "./task-limits.js";
import type { TaskStore } from "./task-store.js";
import { findJob, pruneByCount, retentionOf } from "./upkeep.js";
import { isJoin, type NodeState, numbersOf, WorkflowGraph } from "./workflow-graph.js";

/** What the board needs of its store. */
export interface WorkflowBoardHost {
  task(name: string): TaskStore;
  wake(task: string): void;
  /** Something is the next to be due in some task. */
  dueNext(): void;
}

type News =
  | { readonly kind: "entered"; readonly record: JobRecord }
  | { readonly kind: "over"; readonly record: JobRecord; readonly state: FinalState }
  | { readonly kind: "step"; readonly step: JobStep; readonly outcome: PackedItem };

/** A workflow that is being moved on. */
interface Turn {
  readonly graph: WorkflowGraph;
  readonly record: JobRecord;
  readonly now: number;
}

const NO_SINK = { tell: () => undefined };

export class WorkflowBoard implements WorkflowNews {
  readonly #host: WorkflowBoardHost;
  readonly #graphs = new Map<string, WorkflowGraph>();
  #news: News[] = [];
  #isAdvancing = false;

  constructor(host: WorkflowBoardHost) {
    this.#host = host;
  }

  define(part: GraphPart, now: number): void {
    this.#forgetAbandoned(now);
    const graph = this.#graphs.get(part.id) ?? new WorkflowGraph(part.id, now);
    this.#graphs.set(part.id, graph);
    graph.define(part, now);
  }

  readSteps({ id, from, limit }: StepsQuery): readonly StepSnapshot[] {
    const graph = this.#graphs.get(id);
    if (graph === undefined) return [];
    const steps: StepSnapshot[] = [];
    for (let node = from; node < graph.nodes.length && steps.length < limit; node += 1) {
      const state = graph.nodes[node];
      if (state !== undefined && !isJoin(state.spec)) steps.push(toSnapshot(graph, node, state));
    }
    return steps;
  }

  workflowEntered(record: JobRecord): void {
    this.#news.push({ kind: "entered", record });
  }

  workflowOver(record: JobRecord, state: FinalState): void {
    this.#news.push({ kind: "over", record, state });
  }

  stepOver(job: JobRef, step: JobStep, outcome: PackedItem): void {
    this.#news.push({ kind: "step", step, outcome: withStep(job, outcome) });
  }

  clear(): void {
    this.#graphs.clear();
    this.#news = [];
  }

  forget(id: string): void {
    this.#graphs.delete(id);
  }

  /** Moves on what the verb has touched. */
  advance(now: number): void {
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    for (let news = this.#news.shift(); news !== undefined; news = this.#news.shift())
      this.#handle(news, now);
    this.#isAdvancing = false;
  }

  #handle(news: News, now: number): void {
    switch (news.kind) {
      case "entered":
        this.#begin(news.record, now);
        return;
      case "over":
        this.#over(news.record, news.state, now);
        return;
      case "step":
        this.#stepEnded(news.step, news.outcome, now);
        return;
    }
  }

  #begin(record: JobRecord, now: number): void {
    if (isFinalState(record.state)) return;
    const graph = this.#graphs.get(record.id);
    if (graph?.roots === undefined || graph.nodes.length !== record.limits?.workflow?.nodes) {
      this.#finish(record, { status: "failed", error: GRAPH_MISSING_ERROR }, now);
      return;
    }
    if (graph.phase === "running") return;
    const ready = graph.phase === "defined" ? [...numbersOf(graph.roots)] : graph.reset();
    if (graph.phase === "defined") graph.begunAt = now;
    graph.phase = "running";
    for (const node of ready) this.#startNode({ graph, record, now }, node);
  }

  #stepEnded(step: JobStep, outcome: PackedItem, now: number): void {
    const graph = this.#graphs.get(step.workflow);
    const node = graph?.nodes[step.node];
    const record = findJob(this.#host.task(WORKFLOW_TASK), step.workflow, now);
    if (graph === undefined || node === undefined || record === undefined || isFinalState(record.state))
      return;
    if (!node.isStarted || node.run !== step.run || node.outcome !== undefined) return;
    this.#endNode({ graph, record, now }, step.node, outcome);
  }

  /** Ends nodes from `first` on, as far as one end brings about another. */
  #endNode(turn: Turn, first: number, with_: PackedItem): void {
    const { graph, record, now } = turn;
    const ends: { readonly node: number; readonly outcome: PackedItem }[] = [{ node: first, outcome: with_ }];
    for (let end = ends.shift(); end !== undefined; end = ends.shift()) {
      const node = graph.nodes[end.node];
      if (node === undefined || node.outcome !== undefined || isFinalState(record.state)) continue;
      node.outcome = end.outcome;
      const { group, next } = node.spec;
      if (graph.isLast(end.node) || (group === undefined && end.outcome.status !== "completed")) {
        this.#finish(record, end.outcome, now);
      } else if (group !== undefined && (group.end === end.node || end.outcome.status !== "completed")) {
        ends.push(...this.#memberEnded(turn, group, end.outcome));
      } else {
        for (const follower of numbersOf(next ?? [])) this.#startNode(turn, follower);
      }
    }
  }

  /** A member of a join has ended. Returns what ends with it. */
  #memberEnded(
    turn: Turn,
    group: { readonly join: number; readonly end: number },
    outcome: PackedItem,
  ): readonly { readonly node: number; readonly outcome: PackedItem }[] {
    const join = turn.graph.nodes[group.join];
    if (join === undefined || !isJoin(join.spec) || join.outcome !== undefined) return [];
    if (outcome.status !== "completed") {
      if (join.spec.onFailure === "fail-fast") {
        this.#cancelNodes(turn, [join.spec.first, group.join - 1], "another step of the group failed");
        return [{ node: group.join, outcome }];
      }
      const last = turn.graph.nodes[group.end];
      if (last !== undefined) last.outcome = outcome;
    }
    join.open -= 1;
    return join.open > 0 ? [] : [{ node: group.join, outcome: turn.graph.listOf(join.spec) }];
  }

  #startNode(turn: Turn, index: number): void {
    const { graph, record, now } = turn;
    const node = graph.nodes[index];
    if (node === undefined || node.outcome !== undefined || node.isStarted || isFinalState(record.state))
      return;
    if (isJoin(node.spec)) {
      this.#endNode(turn, index, graph.listOf(node.spec));
      return;
    }
    const template = graph.templates[node.spec.template];
    if (template === undefined) return;
    node.run += 1;
    node.isStarted = true;
    const step: JobStep = { workflow: graph.id, node: index, run: node.run };
    const job = {
      ...template,
      id: stepJobId(step),
      payload: graph.inputOf(node),
      limits: { ...template.limits, step },
    };
    const wake = () => this.#host.wake(template.task);
    const dueNext = () => this.#host.dueNext();
    insertJob(this.#host.task(template.task), job, { now, sink: NO_SINK, wake, dueNext });
  }

  /** Marks what has not ended as cancelled, and cancels the jobs. */
  #cancelNodes(
    { graph, now }: Omit<Turn, "record">,
    [first, last]: readonly [number, number],
    reason: string,
  ): void {
    for (let index = first; index <= last; index += 1) {
      const node = graph.nodes[index];
      if (node === undefined || node.outcome !== undefined) continue;
      node.outcome = { status: "cancelled", error: stepError({ state: "cancelled", reason }) };
      const task = isJoin(node.spec) ? undefined : graph.templates[node.spec.template]?.task;
      if (task === undefined || !node.isStarted) continue;
      const id = stepJobId({ workflow: graph.id, node: index, run: node.run });
      const store = this.#host.task(task);
      cancelJob(store, { task, id, reason, retention: retentionOf(store) }, now);
    }
  }

  /** Ends the job that stands for the workflow. */
  #finish(record: JobRecord, outcome: PackedItem, now: number): void {
    const task = this.#host.task(WORKFLOW_TASK);
    if (record.state === "delayed") task.toWaiting(record, "promote", { end: "back", now });
    const lease: Lease = { name: "", jobs: new Set(), due: undefined, lostAt: undefined, heldOne: false };
    task.toActive(record, lease, now);
    record.startedAt = this.#graphs.get(record.id)?.begunAt ?? now;
    if (outcome.status === "completed") {
      const result = outcome.value === "" ? undefined : outcome.value;
      task.toFinal(record, { event: "complete", state: "completed", now, result });
      task.publish(record, "completed", { at: now, ...(result === undefined ? {} : { result }) });
    } else {
      const { error } = outcome;
      task.toFinal(record, { event: "fail", state: "failed", now, error });
      task.publish(record, "failed", { at: now, error });
    }
    pruneByCount(task, retentionOf(task));
  }

  #over(record: JobRecord, state: FinalState, now: number): void {
    const graph = this.#graphs.get(record.id);
    if (graph === undefined) return;
    const wasRunning = graph.phase === "running";
    graph.phase = "ended";
    if (wasRunning && state !== "completed") {
      const reason = overReason(state, record.reason);
      this.#cancelNodes({ graph, now }, [0, graph.nodes.length - 1], reason);
    }
    if (!this.#host.task(WORKFLOW_TASK).jobs.has(record.id)) this.#graphs.delete(record.id);
  }

  /** Graphs whose job never came, oldest first. */
  #forgetAbandoned(now: number): void {
    for (const [id, graph] of this.#graphs) {
      if (graph.definedAt > now - GRAPH_KEPT_MS) return;
      if (graph.phase === "defined" && !this.#host.task(WORKFLOW_TASK).jobs.has(id)) this.#graphs.delete(id);
    }
  }
}

/** Why steps are cancelled when their workflow ends. */
function overReason(state: FinalState, reason: string | undefined): string {
  if (state === "cancelled" && reason !== undefined && reason !== "") return reason;
  return `its workflow ${state === "expired" ? "expired" : state === "failed" ? "failed" : "was cancelled"}`;
}

/** A failure says which step it was. */
function withStep({ task, id }: JobRef, outcome: PackedItem): PackedItem {
  if (outcome.status === "completed") return outcome;
  return { status: outcome.status, error: { ...outcome.error, step: { task, id } } };
}

function toSnapshot(
  graph: WorkflowGraph,
  node: number,
  { spec, outcome, run, isStarted }: NodeState,
): StepSnapshot {
  const task = ("template" in spec ? graph.templates[spec.template]?.task : undefined) ?? "";
  const error = outcome === undefined || outcome.status === "completed" ? undefined : outcome.error;
  return {
    node,
    task,
    state: outcome?.status ?? (isStarted ? "started" : "pending"),
    ...(run === 0 ? {} : { jobId: stepJobId({ workflow: graph.id, node, run }) }),
    ...(error === undefined ? {} : { error }),
  };
}
