/**
 * Gates: what a job must pass to start. One lets so many run at once, another lets so many start within a window. A job
 * is stopped at a gate when it is next and the gate is full: it is set aside there, by its place. When the gate has room
 * again, the first of them comes back to the very front of its priority and holds its room from then on. Whoever is in
 * front of a holder that has not started takes its room.
 */
import type { Clock } from "../core/clock.js";
import { type GateRule, gatesOf } from "../core/limits/limit.js";
import { type DueEntry, DueHeap } from "./due-heap.js";
import { JobHeap } from "./job-heap.js";
import type { JobRecord } from "./job-record.js";
import { OrderedRing } from "./ordered-ring.js";
import type { LimitTimer } from "./task-limits.js";

/** What gates do with the queue of waiting jobs. */
export interface GateQueue {
  /** A place at one end of a priority; lower is earlier, over all priorities. */
  newPlace(priority: number, end: "front" | "back"): number;
  /** The place of a job that is next: that of a suspect among its kind, that of others behind all. */
  placeOf(record: JobRecord): number;
  /** Takes a waiting job out of the queue. */
  takeOut(record: JobRecord): void;
  /** Sets a job aside that is in no queue. */
  setAside(record: JobRecord, place: number): void;
  /** Brings a job that is aside, or in no queue, to the very front of its priority: there by place. */
  bringBack(record: JobRecord, place: number): void;
}

interface Gate {
  readonly name: string;
  /** Jobs that run; none at a rate. */
  readonly running: Set<JobRecord>;
  /** Jobs let through that have not started. */
  readonly admitted: JobHeap;
  readonly blocked: JobHeap;
  /** When jobs were started within the window; none at a limit. */
  readonly starts: OrderedRing<number>;
  readonly timer: LimitTimer;
  /** When it has room again. */
  due: DueEntry<LimitTimer> | undefined;
  /** When its last start has left the window. */
  stale: DueEntry<Gate> | undefined;
}

/** So many come back at once; the others follow in the next step. */
const MAX_ADMITTED = 200;
const NO_GATES: readonly GateRule[] = [];

export class Gates {
  readonly #queue: GateQueue;
  readonly #timers: DueHeap<LimitTimer>;
  readonly #clock: Clock;
  readonly #gates = new Map<string, Gate>();
  readonly #stale = new DueHeap<Gate>();

  constructor(queue: GateQueue, timers: DueHeap<LimitTimer>, clock: Clock) {
    this.#queue = queue;
    this.#timers = timers;
    this.#clock = clock;
  }

  /** Gates that are in use. */
  get size(): number {
    return this.#gates.size;
  }

  /** The job is next. Whether it passes all its gates; when not, it was set aside. */
  pass(record: JobRecord): boolean {
    const rules = rulesOf(record);
    if (rules.length === 0) return true;
    const place = this.#heldPlace(record) ?? this.#queue.placeOf(record);
    const rule = this.#blockingRule(record, place);
    if (rule === undefined) {
      for (const passed of rules) this.#start(record, passed);
      this.#readmit(rules);
      return true;
    }
    this.#queue.takeOut(record);
    this.#stopAt(record, rule, place);
    return false;
  }

  /** The job was given back: it is in front of all that wait, also of those blocked at its gates. */
  enterFront(record: JobRecord): void {
    const place = this.#queue.newPlace(record.priority, "front");
    const rule = this.#blockingRule(record, place);
    if (rule !== undefined) {
      this.#stopAt(record, rule, place);
      return;
    }
    for (const { name } of rulesOf(record)) this.#gate(name).admitted.add(record, place);
    this.#queue.bringBack(record, place);
    this.#readmit(rulesOf(record));
  }

  /** A job is no longer waiting; one that starts has passed before. Returns whether it was blocked. */
  leave(record: JobRecord): boolean {
    let wasBlocked = false;
    for (const gate of this.#gatesOf(record)) {
      const hasLeft = gate.blocked.remove(record);
      if (hasLeft) wasBlocked = true;
      if (gate.admitted.remove(record) || hasLeft) this.#admit(gate);
      this.#forgetUnused(gate);
    }
    return wasBlocked;
  }

  /** The job is no longer active. */
  stop(record: JobRecord): void {
    for (const gate of this.#gatesOf(record)) {
      if (gate.running.delete(record)) this.#admit(gate);
      this.#forgetUnused(gate);
    }
  }

  /** The first gate at which a job has to wait. */
  #blockingRule(record: JobRecord, place: number): GateRule | undefined {
    return rulesOf(record).find((rule) => {
      const gate = this.#gates.get(rule.name);
      if (gate === undefined) return false;
      // Others may let more through, and have started since this one was let through.
      if (this.#room(gate, rule) + gate.admitted.size <= 0) return true;
      return !gate.admitted.has(record) && !this.#mayPass(gate, rule, place);
    });
  }

  /** Nobody passes those who are blocked. */
  #mayPass(gate: Gate, rule: GateRule, place: number): boolean {
    const { first } = gate.blocked;
    if (first !== undefined && (gate.blocked.placeOf(first) ?? place) <= place) return false;
    while (this.#room(gate, rule) <= 0) if (!this.#displace(gate, rule, place)) return false;
    return true;
  }

  /** Of those whose room was taken some may still fit, when their own rule lets more through. */
  #readmit(rules: readonly GateRule[]): void {
    for (const { name } of rules) {
      const gate = this.#gates.get(name);
      if (gate !== undefined && gate.blocked.size > 0) this.#admit(gate);
    }
  }

  /** Takes the room of the last job that holds some and has not started, when that one is behind `place`. */
  #displace(gate: Gate, rule: GateRule, place: number): boolean {
    const last = gate.admitted.first;
    const itsPlace = last && gate.admitted.placeOf(last);
    if (last === undefined || itsPlace === undefined || itsPlace <= place) return false;
    this.#queue.takeOut(last);
    gate.admitted.remove(last);
    this.#letGo(last);
    this.#block(last, ruleAt(gate, last) ?? rule, itsPlace);
    return true;
  }

  /** The job has to wait at a gate, so it gives up the room it holds at others. */
  #stopAt(record: JobRecord, rule: GateRule, place: number): void {
    this.#letGo(record);
    for (const gate of this.#gatesOf(record)) if (gate.name !== rule.name) this.#admit(gate);
    this.#block(record, rule, place);
  }

  #letGo(record: JobRecord): void {
    for (const gate of this.#gatesOf(record)) if (gate.admitted.remove(record)) this.#admit(gate);
  }

  #block(record: JobRecord, rule: GateRule, place: number): void {
    const gate = this.#gate(rule.name);
    gate.blocked.add(record, place);
    this.#queue.setAside(record, place);
    this.#awaitRoom(gate, rule);
  }

  #start(record: JobRecord, rule: GateRule): void {
    const gate = this.#gate(rule.name);
    gate.admitted.remove(record);
    if (rule.windowMs === undefined) {
      gate.running.add(record);
      return;
    }
    const now = this.#clock.now();
    gate.starts.pushBack(now);
    gate.stale ??= this.#stale.add(now, gate);
    this.#stale.move(gate.stale, now + rule.windowMs);
    // More than come.
    this.forgetStale(now, 2);
    if (gate.blocked.size > 0) this.#awaitRoom(gate, rule);
  }

  /** Brings back as many of those blocked at a gate as it has room for. */
  #admit(gate: Gate): void {
    for (let admitted = 0; admitted < MAX_ADMITTED; admitted++) {
      const { first } = gate.blocked;
      const rule = first && ruleAt(gate, first);
      if (first === undefined || rule === undefined) return;
      if (this.#room(gate, rule) <= 0) {
        this.#awaitRoom(gate, rule);
        return;
      }
      const place = gate.blocked.placeOf(first) ?? 0;
      gate.blocked.remove(first);
      gate.admitted.add(first, place);
      this.#queue.bringBack(first, place);
    }
    this.#setTimer(gate, this.#clock.now());
  }

  /** How many more may pass. */
  #room(gate: Gate, rule: GateRule): number {
    if (rule.windowMs !== undefined) {
      const before = this.#clock.now() - rule.windowMs;
      while (gate.starts.size > 0 && (gate.starts.front ?? 0) <= before) gate.starts.shift();
    }
    return rule.most - gate.running.size - gate.admitted.size - gate.starts.size;
  }

  /**
   * A full rate has room again when enough of its starts have left the window; unless jobs that hold its room have to
   * start before.
   */
  #awaitRoom(gate: Gate, rule: GateRule): void {
    if (rule.windowMs === undefined) return;
    let index = Math.max(0, -this.#room(gate, rule));
    for (const start of gate.starts.after()) {
      if (index === 0) {
        this.#setTimer(gate, start + rule.windowMs);
        return;
      }
      index -= 1;
    }
  }

  #setTimer(gate: Gate, at: number): void {
    if (gate.due === undefined || gate.due.index < 0) gate.due = this.#timers.add(at, gate.timer);
    else this.#timers.move(gate.due, at);
  }

  /** The place of a job that holds room and has not started. */
  #heldPlace(record: JobRecord): number | undefined {
    for (const gate of this.#gatesOf(record)) {
      const place = gate.admitted.placeOf(record);
      if (place !== undefined) return place;
    }
    return undefined;
  }

  /** The gates of a job that are in use. */
  #gatesOf(record: JobRecord): Gate[] {
    return rulesOf(record).flatMap(({ name }) => this.#gates.get(name) ?? []);
  }

  #gate(name: string): Gate {
    const known = this.#gates.get(name);
    if (known !== undefined) return known;
    const gate: Gate = {
      name,
      running: new Set(),
      admitted: new JobHeap("highest"),
      blocked: new JobHeap("lowest"),
      starts: new OrderedRing(),
      timer: { fire: () => this.#admit(gate) },
      due: undefined,
      stale: undefined,
    };
    this.#gates.set(name, gate);
    return gate;
  }

  /** Takes away rates whose last start has left the window. */
  forgetStale(now: number, most: number): void {
    for (let looked = 0; looked < most; looked++) {
      const { first } = this.#stale;
      if (first === undefined || first.at > now) return;
      this.#stale.remove(first);
      const gate = first.value;
      gate.stale = undefined;
      while (gate.starts.size > 0) gate.starts.shift();
      this.#forgetUnused(gate);
    }
  }

  #forgetUnused(gate: Gate): void {
    const uses = gate.running.size + gate.admitted.size + gate.blocked.size + gate.starts.size;
    if (uses > 0) return;
    if (gate.due !== undefined) this.#timers.remove(gate.due);
    if (gate.stale !== undefined) this.#stale.remove(gate.stale);
    if (this.#gates.get(gate.name) === gate) this.#gates.delete(gate.name);
  }
}

function rulesOf({ limits }: JobRecord): readonly GateRule[] {
  if (limits === undefined || (limits.limit === undefined && limits.rate === undefined)) return NO_GATES;
  return gatesOf(limits);
}

function ruleAt(gate: Gate, record: JobRecord): GateRule | undefined {
  return rulesOf(record).find((rule) => rule.name === gate.name);
}
