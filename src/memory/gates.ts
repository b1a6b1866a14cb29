/** The gates of a task that are in use. The rules are those of `core/limits/gates`; here is what they work on. */

import type { Clock } from "../core/clock.js";
import {
  admitBlocked,
  type Gate,
  type GateChange,
  type GateTable,
  type GateTurn,
  heldPlace,
  isUnused,
  leaveGates,
  passGates,
  reopenGate,
  returnToGates,
  stopAtGates,
} from "../core/limits/gates.js";
import { noStarts, startsWithin } from "../core/limits/rates.js";
import type { LimitTimer } from "./due-heap.js";
import { type DueEntry, DueHeap } from "./due-heap.js";
import { JobHeap } from "./job-heap.js";
import type { JobRecord } from "./job-record.js";

/** What gates do with the queue of waiting jobs. */
export interface GateQueue {
  /** A place at one end of a priority; lower is earlier, over all priorities. */
  newPlace(priority: number, end: "front" | "back"): number;
  /** The place of a job that is next: that of a suspect among its kind, that of others behind all. */
  placeOf(record: JobRecord): number;
  /** Takes a waiting job out of the queue. */
  takeOut(record: JobRecord): void;
  /** Parks a job that is in no queue. */
  park(record: JobRecord, place: number): void;
  /** Brings a job that is parked, or in no queue, to the very front of its priority: there by place. */
  bringBack(record: JobRecord, place: number): void;
  /** Somebody should claim. */
  wake(): void;
}

/** A gate, and who runs there. */
export interface OpenGate extends Gate<JobRecord> {
  readonly running: Set<JobRecord>;
  /** When somebody looks whether it has room again. */
  readonly due: DueEntry<LimitTimer> | undefined;
}

interface StoredGate extends OpenGate {
  readonly timer: LimitTimer;
  due: DueEntry<LimitTimer> | undefined;
  /** When its last start has left the window. */
  stale: DueEntry<StoredGate> | undefined;
}

export class Gates {
  readonly #queue: GateQueue;
  readonly #timers: DueHeap<LimitTimer>;
  readonly #clock: Clock;
  readonly #gates = new Map<string, StoredGate>();
  readonly #table: GateTable<JobRecord> = {
    get: (name) => this.#gates.get(name),
    open: (name) => this.#gate(name),
  };
  readonly #stale = new DueHeap<StoredGate>();

  constructor(queue: GateQueue, timers: DueHeap<LimitTimer>, clock: Clock) {
    this.#queue = queue;
    this.#timers = timers;
    this.#clock = clock;
  }

  /** Gates that are in use. */
  get size(): number {
    return this.#gates.size;
  }

  /** Gates that are in use, in no order. */
  all(): Iterable<OpenGate> {
    return this.#gates.values();
  }

  /** The job is next. Whether it passes all its gates; when not, it was parked. */
  pass(record: JobRecord): boolean {
    const rules = record.gates;
    if (rules.length === 0) return true;
    const turn = this.#turn();
    const place = heldPlace(turn, record) ?? this.#queue.placeOf(record);
    const passes = passGates(turn, record, place);
    this.#apply(turn.changes);
    if (passes) for (const rule of rules) this.#noteStart(rule.name, rule.windowMs, turn.now);
    return passes;
  }

  /** The job was given back: it is in front of all that wait, also of those blocked at its gates. */
  enterFront(record: JobRecord): void {
    const turn = this.#turn();
    returnToGates(turn, record, this.#queue.newPlace(record.priority, "front"));
    this.#apply(turn.changes, record);
  }

  /** A job is no longer waiting; one that starts has passed before. Returns whether it was blocked. */
  leave(record: JobRecord): boolean {
    const rules = record.gates;
    if (rules.length === 0) return false;
    const turn = this.#turn();
    const wasBlocked = leaveGates(turn, record);
    this.#apply(turn.changes);
    for (const { name } of rules) this.#forgetUnused(name);
    return wasBlocked;
  }

  /** The job is no longer active. */
  stop(record: JobRecord): void {
    const rules = record.gates;
    if (rules.length === 0) return;
    const turn = this.#turn();
    stopAtGates(turn, record);
    this.#apply(turn.changes);
    for (const { name } of rules) this.#forgetUnused(name);
  }

  /** The numbers of the task have changed. */
  reopen(): void {
    const turn = this.#turn();
    for (const gate of this.#gates.values()) reopenGate(turn, gate);
    this.#apply(turn.changes);
  }

  /** Takes away rates whose last start has left the window. */
  forgetStale(now: number, most: number): void {
    for (let looked = 0; looked < most; looked++) {
      const { first } = this.#stale;
      if (first === undefined || first.at > now) return;
      this.#stale.remove(first);
      const gate = first.value;
      gate.stale = undefined;
      startsWithin(gate.starts, 0, now);
      this.#forgetUnused(gate.name);
    }
  }

  #turn(): GateTurn<JobRecord> {
    return { gates: this.#table, now: this.#clock.now(), changes: [] };
  }

  /** @param entering a job that is in no queue yet */
  #apply(changes: readonly GateChange<JobRecord>[], entering?: JobRecord): void {
    for (const change of changes) {
      switch (change.to) {
        case "gate":
          if (change.job !== entering) this.#queue.takeOut(change.job);
          this.#queue.park(change.job, change.place);
          break;
        case "front":
          this.#queue.bringBack(change.job, change.place);
          break;
        case "timer":
          this.#setTimer(this.#gate(change.gate), change.at);
          if (change.at !== undefined && change.at <= this.#clock.now()) this.#queue.wake();
          break;
      }
    }
  }

  #noteStart(name: string, windowMs: number | undefined, now: number): void {
    if (windowMs === undefined) return;
    const gate = this.#gate(name);
    gate.stale ??= this.#stale.add(now, gate);
    this.#stale.move(gate.stale, now + windowMs);
    // More than come.
    this.forgetStale(now, 2);
  }

  #setTimer(gate: StoredGate, at: number | undefined): void {
    if (at === undefined) {
      if (gate.due !== undefined) this.#timers.remove(gate.due);
      gate.due = undefined;
    } else if (gate.due === undefined || gate.due.index < 0) {
      gate.due = this.#timers.add(at, gate.timer);
    } else {
      this.#timers.move(gate.due, at);
    }
  }

  #gate(name: string): StoredGate {
    const known = this.#gates.get(name);
    if (known !== undefined) return known;
    const gate: StoredGate = {
      name,
      running: new Set(),
      admitted: new JobHeap("highest"),
      blocked: new JobHeap("lowest"),
      starts: noStarts(),
      timer: { fire: () => this.#admit(gate) },
      due: undefined,
      stale: undefined,
    };
    this.#gates.set(name, gate);
    return gate;
  }

  #admit(gate: StoredGate): void {
    const turn = this.#turn();
    admitBlocked(turn, gate);
    this.#apply(turn.changes);
  }

  #forgetUnused(name: string): void {
    const gate = this.#gates.get(name);
    if (gate === undefined || !isUnused(gate)) return;
    if (gate.due !== undefined) this.#timers.remove(gate.due);
    if (gate.stale !== undefined) this.#stale.remove(gate.stale);
    this.#gates.delete(name);
  }
}
