/**
 * What memory keeps of workflows: their graphs, the outboxes of tasks, and the errands that follow from graphs. How a
 * workflow moves on is `core/workflow/advance.ts`; when it does is the courier's business, as in any store.
 */
import type { JobRef } from "../core/job.js";
import { type FinalState, isFinalState } from "../core/lifecycle.js";
import { type Advance, advance, type WorkflowCommand, type WorkflowNews } from "../core/workflow/advance.js";
import type { Errand, OutboxEntry, Reminder } from "../core/workflow/courier.js";
import { ERRAND_PATIENCE_MS, MARKS_KEPT_MS } from "../core/workflow/courier.js";
import { freshNode, type GraphState, isJoin, type NodeState, nodeOutline } from "../core/workflow/graph.js";
import type { PackedItem } from "../core/workflow/packed-list.js";
import { type JobStep, WORKFLOW_TASK } from "../core/workflow/step.js";
import { stepSnapshot } from "../core/workflow/step-state.js";
import {
  GRAPH_KEPT_MS,
  type GraphPart,
  type NodeOutline,
  type NodeRange,
  type StepSnapshot,
  type StepsQuery,
  type StepTemplate,
} from "../core/workflow/store.js";
import type { JobRecord } from "./job-record.js";
import type { WorkflowHooks } from "./task-limits.js";

/** The end of a step's job in the outbox of its task. */
export interface StepEntry extends OutboxEntry {
  readonly step: JobStep;
  readonly outcome: PackedItem;
}

/** A job to insert or to cancel in another task. */
export interface StepErrand extends Errand {
  readonly receipt: string;
  /** The workflow it follows from. */
  readonly workflow: string;
  readonly command: Exclude<WorkflowCommand, { kind: "finish" }>;
}

/** What the outbox of workflows says of one: it may have ended and begun again before anybody looked. */
interface OwnEntry {
  over?: { readonly state: FinalState; readonly reason: string };
  entered?: { readonly nodes: number };
}

/** A graph that is kept: its nodes change in place. */
interface StoredGraph extends GraphState {
  readonly nodes: NodeState[];
  readonly templates: StepTemplate[];
  roots: readonly NodeRange[] | undefined;
  phase: GraphState["phase"];
  /** When its last part came. */
  definedAt: number;
  begunAt: number | undefined;
  /** When an errand of it was last made again. */
  repeatedAt: number;
}

/** A job of a workflow's step, or the news of it, must not come twice. */
export class WorkflowShelf implements WorkflowHooks {
  readonly #graphs = new Map<string, StoredGraph>();
  readonly #outboxes = new Map<string, Map<string, StepEntry>>();
  readonly #own = new Map<string, OwnEntry>();
  readonly #errands = new Map<string, { readonly errand: StepErrand; dueAt: number }>();
  /** Ids of steps' jobs that must not be inserted any more, until when. */
  readonly #barred = new Map<string, number>();
  #told: { entries: StepEntry[]; own: string[] } = { entries: [], own: [] };
  #receipts = 0;

  define(part: GraphPart, now: number, isStored: (workflow: string) => boolean): void {
    this.#forgetAbandoned(now, isStored);
    const graph = this.#graphs.get(part.id) ?? newGraph(part.id, now);
    this.#graphs.set(part.id, graph);
    if (graph.phase !== "defined") return;
    graph.definedAt = now;
    for (const [index, template] of part.templates.entries()) {
      graph.templates[part.firstTemplate + index] = template;
    }
    for (const [index, spec] of part.nodes.entries()) graph.nodes[part.firstNode + index] = freshNode(spec);
    graph.roots = part.roots ?? graph.roots;
  }

  readSteps({ id, from, limit }: StepsQuery): readonly StepSnapshot[] {
    const graph = this.#graphs.get(id);
    if (graph === undefined) return [];
    const steps: StepSnapshot[] = [];
    for (let node = from; node < graph.nodes.length && steps.length < limit; node += 1) {
      const state = graph.nodes[node];
      if (state === undefined || isJoin(state.spec)) continue;
      const task = graph.templates[state.spec.template]?.task ?? "";
      steps.push(stepSnapshot({ ...state, workflow: id, node, task }));
    }
    return steps;
  }

  readGraph({ id, from, limit }: StepsQuery): readonly NodeOutline[] {
    const nodes = this.#graphs.get(id)?.nodes.slice(from, from + limit) ?? [];
    return nodes.map(({ spec }, index) => nodeOutline(from + index, spec));
  }

  workflowEntered(record: JobRecord): void {
    this.#ownOf(record.id).entered = { nodes: record.limits?.workflow?.nodes ?? 0 };
    this.#told.own.push(record.id);
  }

  workflowOver(record: JobRecord, state: FinalState): void {
    this.#ownOf(record.id).over = { state, reason: record.reason ?? "" };
    this.#told.own.push(record.id);
  }

  stepOver({ task, id }: JobRef, step: JobStep, outcome: PackedItem): void {
    const { workflow } = step;
    const entry = { task, key: id, workflow, bytes: 0, step, outcome };
    this.#outboxOf(task).set(id, entry);
    this.#told.entries.push(entry);
  }

  /** The record of a workflow is gone; its graph stays while somebody has to act on its end. */
  forget(id: string): void {
    if (this.#own.get(id)?.over === undefined) this.#graphs.delete(id);
  }

  clear(): void {
    for (const part of [this.#graphs, this.#outboxes, this.#own, this.#errands, this.#barred]) part.clear();
    this.#told = { entries: [], own: [] };
  }

  /** What was put into outboxes since the last time. */
  takeTold(): { readonly entries: readonly StepEntry[]; readonly reminders: readonly Reminder[] } {
    const { entries, own } = this.#told;
    if (entries.length + own.length > 0) this.#told = { entries: [], own: [] };
    return { entries, reminders: own.map((workflow) => ({ workflow })) };
  }

  /** What lies in the outbox of a task, whoever put it there. */
  lying(task: string, now: number): ReturnType<WorkflowShelf["takeTold"]> {
    const entries = [...(this.#outboxes.get(task)?.values() ?? [])];
    if (task !== WORKFLOW_TASK) return { entries, reminders: [] };
    const own = [...this.#own.keys()].map((workflow): Reminder => ({ workflow }));
    const late = [...this.#errands].filter(([, { dueAt }]) => dueAt <= now);
    const again = late.map(([errands, { errand }]): Reminder => ({ workflow: errand.workflow, errands }));
    return { entries, reminders: [...own, ...again] };
  }

  /** Ms until somebody must look after what lies here; undefined: nothing does. */
  dueInMs(task: string, now: number): number | undefined {
    if ((this.#outboxes.get(task)?.size ?? 0) > 0) return 0;
    if (task !== WORKFLOW_TASK) return undefined;
    if (this.#own.size > 0) return 0;
    const [first] = this.#errands.values();
    return first === undefined ? undefined : Math.max(0, first.dueAt - now);
  }

  hasEnded(task: string, id: string): boolean {
    return this.#outboxes.get(task)?.has(id) ?? false;
  }

  delivered(task: string, id: string): void {
    this.#outboxes.get(task)?.delete(id);
  }

  acknowledge(receipt: string): void {
    this.#errands.delete(receipt);
  }

  bar(id: string, now: number): void {
    for (const [other, until] of this.#barred) {
      if (until > now) break;
      this.#barred.delete(other);
    }
    this.#barred.set(id, now + MARKS_KEPT_MS);
  }

  isBarred(id: string, now: number): boolean {
    return (this.#barred.get(id) ?? now) > now;
  }

  /** Whether errands of a workflow were made again so lately that an old one may still be under way. */
  isRepeated(id: string, now: number): boolean {
    return (this.#graphs.get(id)?.repeatedAt ?? Number.NEGATIVE_INFINITY) > now - MARKS_KEPT_MS;
  }

  /** What the outbox says of the workflow's own job; it is taken out. */
  takeOwn(id: string): Readonly<OwnEntry> | undefined {
    const own = this.#own.get(id);
    this.#own.delete(id);
    return own;
  }

  begunAt(id: string): number | undefined {
    return this.#graphs.get(id)?.begunAt;
  }

  drop(id: string): void {
    this.#graphs.delete(id);
  }

  /** Moves a graph on and keeps what follows. Gives the errands, and how the workflow ends if it does. */
  move(
    id: string,
    news: WorkflowNews,
    now: number,
  ): { readonly errands: readonly StepErrand[]; readonly end: PackedItem | undefined } {
    const graph = this.#graphs.get(id);
    const moved = advance(graph, news);
    if (graph !== undefined) applyTo(graph, moved, now);
    const errands: StepErrand[] = [];
    let end: PackedItem | undefined;
    for (const command of moved.commands) {
      if (command.kind === "finish") end = command.outcome;
      else errands.push(this.#newErrand(id, command, now));
    }
    return { errands, end };
  }

  /** The errand of a receipt that was not acknowledged, when it still matters. */
  again(receipt: string, now: number): StepErrand | undefined {
    const kept = this.#errands.get(receipt);
    if (kept === undefined) return undefined;
    this.#errands.delete(receipt);
    const graph = this.#graphs.get(kept.errand.workflow);
    const { command } = kept.errand;
    const node = graph?.nodes[command.node];
    const isOpen = node?.isStarted === true && node.run === command.run && node.outcome === undefined;
    if (command.kind === "insert" && !isOpen) return undefined;
    if (graph !== undefined) graph.repeatedAt = now;
    this.#errands.set(receipt, { errand: kept.errand, dueAt: now + ERRAND_PATIENCE_MS });
    return kept.errand;
  }

  #newErrand(workflow: string, command: StepErrand["command"], now: number): StepErrand {
    this.#receipts += 1;
    const task = command.kind === "insert" ? command.template.task : command.task;
    const errand = { receipt: `${this.#receipts}`, workflow, task, command };
    this.#errands.set(errand.receipt, { errand, dueAt: now + ERRAND_PATIENCE_MS });
    return errand;
  }

  #ownOf(id: string): OwnEntry {
    const own = this.#own.get(id) ?? {};
    this.#own.set(id, own);
    return own;
  }

  #outboxOf(task: string): Map<string, StepEntry> {
    const outbox = this.#outboxes.get(task) ?? new Map<string, StepEntry>();
    this.#outboxes.set(task, outbox);
    return outbox;
  }

  /** Graphs whose job never came, oldest first. */
  #forgetAbandoned(now: number, isStored: (workflow: string) => boolean): void {
    for (const [id, graph] of this.#graphs) {
      if (graph.definedAt > now - GRAPH_KEPT_MS) return;
      if (graph.phase === "defined" && !isStored(id)) this.#graphs.delete(id);
    }
  }
}

function newGraph(id: string, now: number): StoredGraph {
  const state = { id, nodes: [], templates: [], roots: undefined, phase: "defined" as const };
  return { ...state, definedAt: now, begunAt: undefined, repeatedAt: Number.NEGATIVE_INFINITY };
}

function applyTo(graph: StoredGraph, { nodes, phase }: Advance, now: number): void {
  for (const [node, state] of nodes) graph.nodes[node] = state;
  if (phase === "running") graph.begunAt ??= now;
  graph.phase = phase;
}

/** Whether the workflow's own job goes on. */
export function isGoingOn(record: JobRecord | undefined): record is JobRecord {
  return record !== undefined && !isFinalState(record.state);
}
