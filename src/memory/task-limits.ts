import type { Clock } from "../core/clock.js";
import type { JobRef } from "../core/job.js";
import type { FinalState } from "../core/lifecycle.js";
import { frontNumberAt, numberAt, placeOf } from "../core/limits/places.js";
import type { PackedItem } from "../core/workflow/packed-list.js";
import type { JobStep } from "../core/workflow/step.js";
import { stepOutcome } from "../core/workflow/step-state.js";
import { Collectors } from "./collectors.js";
import type { LimitTimer } from "./due-heap.js";
import { DueHeap } from "./due-heap.js";
import { type GateQueue, Gates, type OpenGate } from "./gates.js";
import { GroupTurns } from "./group-turns.js";
import type { JobRecord, ParkedEntry } from "./job-record.js";
import { LimitKeys } from "./limit-keys.js";
import type { WaitingEnd } from "./waiting-bands.js";
import { type BandPosition, WaitingBands } from "./waiting-bands.js";

/** Who is told what happens to workflows and their steps. */
export interface WorkflowHooks {
  workflowEntered(record: JobRecord): void;
  workflowOver(record: JobRecord, state: FinalState): void;
  stepOver(job: JobRef, step: JobStep, outcome: PackedItem): void;
  /** The record of a workflow is gone. */
  forget(id: string): void;
}

/** What the limits of a task work with. */
export interface LimitSurroundings {
  /** The jobs that are simply next. */
  readonly waiting: WaitingBands<JobRecord>;
  readonly clock: Clock;
  readonly workflows?: WorkflowHooks;
  /** Somebody should look. */
  readonly wake: () => void;
}

/**
 * The places at which a job with limits may be treated differently: each is called for such jobs alone. A waiting
 * job that may not be next is parked: it stands here instead of in the bands, and whoever parked it brings it
 * back.
 */
export class TaskLimits implements GateQueue {
  readonly keys: LimitKeys;
  readonly turns = new GroupTurns();
  readonly timers = new DueHeap<LimitTimer>();
  readonly collectors = new Collectors(this.timers);
  /** Waiting jobs that are claimed apart. */
  readonly suspects = new WaitingBands<ParkedEntry>();
  readonly #parked = new WaitingBands<ParkedEntry>();
  readonly #waiting: WaitingBands<JobRecord>;
  readonly #gates: Gates;
  readonly #task: string;
  readonly #workflows: WorkflowHooks | undefined;
  readonly wake: () => void;

  constructor(task: string, by: LimitSurroundings) {
    this.#task = task;
    this.#waiting = by.waiting;
    this.#workflows = by.workflows;
    this.wake = by.wake;
    this.#gates = new Gates(this, this.timers, by.clock);
    this.keys = new LimitKeys(by.clock);
  }

  /** Gates that somebody holds, waits at, or started at within their window. */
  get gateCount(): number {
    return this.#gates.size;
  }

  /** What is at each of them. */
  gates(): Iterable<OpenGate> {
    return this.#gates.all();
  }

  /** The numbers at the gates have changed. */
  reopenGates(): void {
    this.#gates.reopen();
  }

  /** The job becomes waiting at one end of its priority. Returns whether it has its place already. */
  enter(record: JobRecord, at: WaitingEnd): boolean {
    this.keys.hold(record);
    const { group, collect, workflow, limit, rate } = record.limits ?? {};
    if (at.end === "front" && (limit !== undefined || rate !== undefined)) {
      this.#gates.enterFront(record);
      return true;
    }
    if (group === undefined && collect === undefined && workflow === undefined) return false;
    this.#addParked(record, this.#parked.newNumber(at.end));
    if (workflow !== undefined) this.#workflows?.workflowEntered(record);
    if (group !== undefined) this.turns.enter(record, group, at.end);
    else if (collect !== undefined) this.collectors.enter(record, collect, at);
    return true;
  }

  /** A suspect becomes waiting. */
  enterApart(record: JobRecord, end: "front" | "back"): void {
    this.#setApart(record, this.#parked.newNumber(end));
  }

  /** A suspect waits no longer with the others. */
  leaveApart(record: JobRecord): void {
    if (record.parked !== undefined) this.suspects.remove(record.parked);
    this.#dropParked(record);
    record.isApart = false;
  }

  /** The jobs of a collected batch that is ready, left in place; undefined: none is. */
  nextBatch(now: number): readonly JobRecord[] | undefined {
    return this.collectors.next(now);
  }

  /** A job is no longer waiting; one that starts was asked before. */
  leave(record: JobRecord): void {
    const wasBlocked = this.#gates.leave(record);
    if (record.parked === undefined) return;
    this.#dropParked(record);
    if (wasBlocked) return;
    const { group, collect } = record.limits ?? {};
    if (group !== undefined) this.turns.leave(record, group);
    else if (collect !== undefined) this.collectors.leave(record, collect);
  }

  /** The job is next. Returns whether it may start; when not, it was parked. */
  start(record: JobRecord): boolean {
    return this.#gates.pass(record);
  }

  /** The job is no longer active. */
  stop(record: JobRecord): void {
    this.#gates.stop(record);
  }

  /** The job is over: final, discarded or removed. */
  end(record: JobRecord, state: FinalState): void {
    this.keys.free(record);
    const { step, workflow } = record.limits ?? {};
    if (workflow !== undefined) this.#workflows?.workflowOver(record, state);
    if (step === undefined) return;
    const job = { task: this.#task, id: record.id };
    this.#workflows?.stepOver(job, step, stepOutcome(job, { ...record, state }));
  }

  /** The record of a job that was over is gone. */
  forget(record: JobRecord): void {
    if (record.limits?.workflow !== undefined) this.#workflows?.forget(record.id);
  }

  /** Takes away keys and rates whose windows are past, at most so many of each. */
  forgetExpired(now: number, most: number): void {
    this.keys.forgetExpired(most);
    this.#gates.forgetStale(now, most);
  }

  /** Jobs parked by priority and in order, behind `position` when given. */
  *after(position?: BandPosition): Iterable<JobRecord> {
    for (const { record } of this.#parked.after(position)) yield record;
  }

  /** The first of those parked of each priority, of at most so many priorities. */
  *firsts(most: number): Iterable<JobRecord> {
    for (const { record } of this.#parked.firsts(most)) yield record;
  }

  newPlace(priority: number, end: "front" | "back"): number {
    return placeOf(this.#parked.newNumber(end), priority);
  }

  placeOf(record: JobRecord): number {
    const { priority, parked, isApart } = record;
    return isApart && parked !== undefined
      ? placeOf(parked.place, priority)
      : this.newPlace(priority, "back");
  }

  takeOut(record: JobRecord): void {
    if (record.isApart) {
      this.leaveApart(record);
      return;
    }
    if (record.parked === undefined) {
      this.#waiting.remove(record);
      return;
    }
    this.#dropParked(record);
    if (record.limits?.group !== undefined) this.turns.leave(record, record.limits.group);
  }

  park(record: JobRecord, place: number): void {
    this.#addParked(record, numberAt(place, record.priority));
  }

  bringBack(record: JobRecord, place: number): void {
    this.#dropParked(record);
    const number = frontNumberAt(place, record.priority);
    if (record.isSuspect) {
      this.#setApart(record, number);
      return;
    }
    const group = record.limits?.group;
    if (group === undefined) {
      this.#waiting.insert(record, number);
      return;
    }
    this.#addParked(record, number);
    this.turns.insert(record, group, number);
  }

  #addParked(record: JobRecord, number: number): ParkedEntry {
    const entry = { record, priority: record.priority, place: 0 };
    record.parked = entry;
    this.#parked.insert(entry, number);
    return entry;
  }

  #setApart(record: JobRecord, number: number): void {
    record.isApart = true;
    this.suspects.insert(this.#addParked(record, number), number);
    this.wake();
  }

  #dropParked(record: JobRecord): void {
    if (record.parked !== undefined) this.#parked.remove(record.parked);
    record.parked = undefined;
  }
}
