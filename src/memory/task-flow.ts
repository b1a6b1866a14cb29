import type { Clock } from "../core/clock.js";
import type { JobRef } from "../core/job.js";
import type { FinalState } from "../core/lifecycle.js";
import type { PackedItem } from "../core/packed-list.js";
import type { StepFlow } from "../core/workflow-flow.js";
import { stepError } from "../core/workflow-store.js";
import { Collectors } from "./collectors.js";
import { DueHeap } from "./due-heap.js";
import { FlowKeys } from "./flow-keys.js";
import { GroupTurns } from "./group-turns.js";
import type { JobRecord } from "./job-record.js";
import type { WaitingEnd } from "./task-store.js";
import { type BandPosition, WaitingBands } from "./waiting-bands.js";

/** The place of a job among those set aside. */
export interface AsideEntry {
  readonly record: JobRecord;
  priority: number;
  place: number;
}

/** Who is told what happens to workflows and their steps. */
export interface WorkflowNews {
  workflowEntered(record: JobRecord): void;
  workflowOver(record: JobRecord, state: FinalState): void;
  stepOver(job: JobRef, step: StepFlow, outcome: PackedItem): void;
  /** The record of a workflow is gone. */
  forget(id: string): void;
  /** Acts on what was told. Called when no job is under way. */
  advance(now: number): void;
}

/** Something other than a job that is due at a time. */
export interface FlowTimer {
  fire(now: number): void;
}

/**
 * The places at which a job with a flow may be treated differently: each is called for such jobs alone. A waiting
 * job that may not be next is set aside: it stands here instead of in the bands, and whoever set it aside brings it
 * back.
 */
export class TaskFlow {
  readonly keys: FlowKeys;
  readonly turns = new GroupTurns();
  readonly timers = new DueHeap<FlowTimer>();
  readonly collectors = new Collectors(this.timers);
  readonly #aside = new WaitingBands<AsideEntry>();
  readonly #task: string;
  readonly #workflows: WorkflowNews | undefined;

  constructor(of: {
    readonly task: string;
    readonly clock: Clock;
    readonly workflows: WorkflowNews | undefined;
  }) {
    this.#task = of.task;
    this.#workflows = of.workflows;
    this.keys = new FlowKeys(of.clock);
  }

  /** The job becomes waiting at one end of its priority. Returns whether it was set aside. */
  enter(record: JobRecord, at: WaitingEnd): boolean {
    this.keys.hold(record);
    const { group, collect, workflow } = record.flow ?? {};
    if (group === undefined && collect === undefined && workflow === undefined) return false;
    this.#setAside(record, at.end);
    if (workflow !== undefined) this.#workflows?.workflowEntered(record);
    if (group !== undefined) this.turns.enter(record, group, at.end);
    else if (collect !== undefined) this.collectors.enter(record, collect, at);
    return true;
  }

  /** The jobs of a collected batch that is ready, left in place; undefined: none is. */
  nextBatch(now: number): readonly JobRecord[] | undefined {
    return this.collectors.next(now);
  }

  /** A job that was set aside is no longer waiting. */
  leave(record: JobRecord): void {
    if (record.aside !== undefined) this.#aside.remove(record.aside);
    record.aside = undefined;
    const { group, collect } = record.flow ?? {};
    if (group !== undefined) this.turns.leave(record, group);
    else if (collect !== undefined) this.collectors.leave(record, collect);
  }

  /** The job is next. Returns whether it may start; when not, it was set aside. */
  start(_record: JobRecord, _now: number): boolean {
    return true;
  }

  /** The job is no longer active. */
  stop(_record: JobRecord): void {}

  /** The job is over: final, discarded or removed. */
  end(record: JobRecord, state: FinalState): void {
    this.keys.free(record);
    const { step, workflow } = record.flow ?? {};
    if (workflow !== undefined) this.#workflows?.workflowOver(record, state);
    if (step === undefined) return;
    this.#workflows?.stepOver({ task: this.#task, id: record.id }, step, toItem(record, state));
  }

  /** The record of a job that was over is gone. */
  forget(record: JobRecord): void {
    if (record.flow?.workflow !== undefined) this.#workflows?.forget(record.id);
  }

  /** Acts on the ends of this verb's jobs. */
  advance(now: number): void {
    this.#workflows?.advance(now);
  }

  /** Jobs set aside by priority and in order, behind `position` when given. */
  *after(position?: BandPosition): Iterable<JobRecord> {
    for (const { record } of this.#aside.after(position)) yield record;
  }

  #setAside(record: JobRecord, end: WaitingEnd["end"]): void {
    const entry: AsideEntry = { record, priority: record.priority, place: 0 };
    record.aside = entry;
    if (end === "front") this.#aside.pushFront(entry);
    else this.#aside.pushBack(entry);
  }
}

/** How a step's job ended, as its workflow keeps it. */
function toItem(record: JobRecord, state: FinalState): PackedItem {
  switch (state) {
    case "completed":
      return { status: state, value: record.result };
    case "failed":
      return {
        status: state,
        error: record.error ?? { name: "Error", message: "the error was not recorded" },
      };
    case "cancelled":
    case "expired":
      return { status: state, error: stepError({ state, reason: record.reason ?? "" }) };
  }
}
