/**
 * Gates: what a job must pass to start. One lets so many run at once, another lets so many start within a window. A job
 * is stopped at a gate when it is next and the gate is full: it is parked there, by its place. When the gate has room
 * again, the first of them comes back to the very front of its priority and holds its room from then on. Whoever is in
 * front of a holder that has not started takes its room.
 *
 * A store loads the gates of the jobs at hand, calls one of the functions here, and carries out the changes it gives. Of
 * a job with gates it so knows one of four things: nothing, the gate it waits at, the gate whose room it holds, or that
 * it runs and counts at all of its gates.
 */
import type { JobLimits } from "./job-limits.js";
import type { LimitOverride } from "./limit.js";
import { addStart, roomAgainAt, type Starts, startCount, startsWithin } from "./rates.js";

/** What a job must pass to start. */
export interface GateRule {
  /** Unique among the gates of a task. */
  readonly name: string;
  /** Jobs that it lets through: at once, or within the window. 1 to 100 000. */
  readonly most: number;
  /** Length of the window of a rate, ms. Undefined: jobs that run are counted. */
  readonly windowMs?: number;
}

/** A job as gates see it. */
export interface GatedJob {
  /** Its {@link gatesOf}. */
  readonly gates: readonly GateRule[];
}

/** Jobs by place. */
export interface PlacedJobs<Job> {
  readonly size: number;
  /** The one that leaves first, left in place. */
  readonly first: Job | undefined;
  placeOf(job: Job): number | undefined;
  add(job: Job, place: number): void;
  /** Returns whether it was there. */
  remove(job: Job): boolean;
}

/** Jobs at a gate, of which it matters how many they are. */
export interface GateMembers<Job> {
  readonly size: number;
  add(job: Job): void;
  /** Returns whether it was there. */
  delete(job: Job): boolean;
}

/** What is at one gate. */
export interface Gate<Job> {
  readonly name: string;
  /** Jobs that run; none at a rate. A set, not a count: leaving twice changes nothing. */
  readonly running: GateMembers<Job>;
  /** Jobs let through that have not started; the highest place is first, as it gives way first. */
  readonly admitted: PlacedJobs<Job>;
  /** Jobs that wait here; the lowest place is first. */
  readonly blocked: PlacedJobs<Job>;
  /** None at a limit. */
  readonly starts: Starts;
}

/** What a store does with a job, or with a gate. */
export type GateChange<Job> =
  /** The job waits at the gate, and holds no room anywhere: it is taken out of whatever it waits in. */
  | { readonly to: "gate"; readonly gate: string; readonly job: Job; readonly place: number }
  /** The job holds room at the gate: it waits at the very front of its priority, there by place. */
  | { readonly to: "front"; readonly gate: string; readonly job: Job; readonly place: number }
  /** {@link admitBlocked} is called for the gate at this time, ms since the epoch, undefined: not; only the last one counts. */
  | { readonly to: "timer"; readonly gate: string; readonly at: number | undefined };

/** The gates of a task. */
export interface GateTable<Job> {
  /** One that is in use. */
  get(name: string): Gate<Job> | undefined;
  /** As {@link GateTable.get}, and brings it into use. */
  open(name: string): Gate<Job>;
}

/** One call of the rules. */
export interface GateTurn<Job> {
  readonly gates: GateTable<Job>;
  readonly now: number;
  /** What is to be done, in this order; the functions add to it. */
  readonly changes: GateChange<Job>[];
}

/** So many come back at once; the others follow in the next step. */
export const MAX_ADMITTED = 200;
const NO_GATES: readonly GateRule[] = [];

/** The gates of a job with these limits, none for most: a limit before a rate. The numbers of its task stand above its own. */
export function gatesOf(limits: JobLimits | undefined, override: LimitOverride = {}): readonly GateRule[] {
  if (limits === undefined) return NO_GATES;
  const { limit, rate } = limits;
  if (limit === undefined && rate === undefined) return NO_GATES;
  const gates: GateRule[] = [];
  if (limit !== undefined) gates.push({ name: `l${limit.key}`, most: override.max ?? limit.max });
  if (rate !== undefined) {
    const { limit: most, windowMs } = override.rate ?? rate;
    gates.push({ name: `r${rate.key}`, most, windowMs });
  }
  return gates;
}

/** The numbers of its task have changed: somebody has to look at the gate. */
export function reopenGate<Job extends GatedJob>(turn: GateTurn<Job>, gate: Gate<Job>): void {
  lookAgain(turn, gate);
}

/** How many more may start at a gate, if those who hold room give it up. */
export function freeAt<Job>(gate: Gate<Job>, rule: GateRule, now: number): number {
  const starts = rule.windowMs === undefined ? 0 : startsWithin(gate.starts, rule.windowMs, now);
  return rule.most - gate.running.size - starts;
}

/** How many more may hold room. */
export function roomAt<Job>(gate: Gate<Job>, rule: GateRule, now: number): number {
  return freeAt(gate, rule, now) - gate.admitted.size;
}

/** Whether nobody needs this gate any more. */
export function isUnused<Job>({ running, admitted, blocked, starts }: Gate<Job>): boolean {
  return running.size + admitted.size + blocked.size + startCount(starts) === 0;
}

/** The place of a job that holds room and has not started. */
export function heldPlace<Job extends GatedJob>(turn: GateTurn<Job>, job: Job): number | undefined {
  for (const { name } of job.gates) {
    const place = turn.gates.get(name)?.admitted.placeOf(job);
    if (place !== undefined) return place;
  }
  return undefined;
}

/**
 * The job is next.
 *
 * @param place its {@link heldPlace}, or that of a job that comes now
 * @returns whether it starts; when not, it was parked
 */
export function passGates<Job extends GatedJob>(turn: GateTurn<Job>, job: Job, place: number): boolean {
  const rule = blockingRule(turn, job, place);
  if (rule !== undefined) {
    stopAt(turn, rule, { job, place });
    return false;
  }
  for (const passed of job.gates) start(turn, passed, job);
  readmit(turn, job.gates);
  return true;
}

/**
 * The job was given back: it is in front of all that wait, also of those blocked at its gates. It waits at the first of them
 * until somebody looks there.
 */
export function returnToGates<Job extends GatedJob>(turn: GateTurn<Job>, job: Job, place: number): void {
  const [rule] = job.gates;
  if (rule === undefined) return;
  const gate = turn.gates.open(rule.name);
  gate.blocked.add(job, place);
  turn.changes.push({ to: "gate", gate: gate.name, job, place });
  lookAgain(turn, gate);
}

/**
 * The job is no longer waiting; one that starts has passed before.
 *
 * @returns whether it was blocked
 */
export function leaveGates<Job extends GatedJob>(turn: GateTurn<Job>, job: Job): boolean {
  let wasBlocked = false;
  for (const { name } of job.gates) {
    const gate = turn.gates.get(name);
    if (gate === undefined) continue;
    const hasLeft = gate.blocked.remove(job);
    if (hasLeft) wasBlocked = true;
    if (gate.admitted.remove(job) || hasLeft) lookAgain(turn, gate);
    if (hasLeft && gate.blocked.size === 0) turn.changes.push({ to: "timer", gate: name, at: undefined });
  }
  return wasBlocked;
}

/** The job is no longer active. */
export function stopAtGates<Job extends GatedJob>(turn: GateTurn<Job>, job: Job): void {
  for (const { name } of job.gates) {
    const gate = turn.gates.get(name);
    if (gate?.running.delete(job)) lookAgain(turn, gate);
  }
}

/** Who gives room back looks for nobody: the next claim or sweep admits those who can come, of all that gave back. */
function lookAgain<Job extends GatedJob>(turn: GateTurn<Job>, gate: Gate<Job>): void {
  if (gate.blocked.size > 0) turn.changes.push({ to: "timer", gate: gate.name, at: turn.now });
}

/** Brings back as many of those blocked at a gate as it has room for. */
export function admitBlocked<Job extends GatedJob>(turn: GateTurn<Job>, gate: Gate<Job>): void {
  for (let admitted = 0; admitted < MAX_ADMITTED; admitted++) {
    const { first } = gate.blocked;
    const rule = first && ruleAt(gate, first);
    if (first === undefined || rule === undefined) return;
    const place = gate.blocked.placeOf(first) ?? 0;
    while (roomAt(gate, rule, turn.now) <= 0) {
      if (displace(turn, gate, { rule, place })) continue;
      awaitRoom(turn, gate, rule);
      return;
    }
    gate.blocked.remove(first);
    gate.admitted.add(first, place);
    turn.changes.push({ to: "front", gate: gate.name, job: first, place });
  }
  turn.changes.push({ to: "timer", gate: gate.name, at: turn.now });
}

/** The first gate at which a job has to wait. */
function blockingRule<Job extends GatedJob>(
  turn: GateTurn<Job>,
  job: Job,
  place: number,
): GateRule | undefined {
  return job.gates.find((rule) => {
    const gate = turn.gates.get(rule.name);
    if (gate === undefined) return false;
    // Others may let more through, and have started since this one was let through.
    if (freeAt(gate, rule, turn.now) <= 0) return true;
    return gate.admitted.placeOf(job) === undefined && !mayPass(turn, gate, { rule, place });
  });
}

/** Nobody passes those who are blocked. */
function mayPass<Job extends GatedJob>(
  turn: GateTurn<Job>,
  gate: Gate<Job>,
  by: { readonly rule: GateRule; readonly place: number },
): boolean {
  const { first } = gate.blocked;
  if (first !== undefined && (gate.blocked.placeOf(first) ?? by.place) <= by.place) return false;
  while (roomAt(gate, by.rule, turn.now) <= 0) if (!displace(turn, gate, by)) return false;
  return true;
}

/** Takes the room of the last job that holds some and has not started, when that one is behind. */
function displace<Job extends GatedJob>(
  turn: GateTurn<Job>,
  gate: Gate<Job>,
  { rule, place }: { readonly rule: GateRule; readonly place: number },
): boolean {
  const last = gate.admitted.first;
  const itsPlace = last && gate.admitted.placeOf(last);
  if (last === undefined || itsPlace === undefined || itsPlace <= place) return false;
  gate.admitted.remove(last);
  block(turn, ruleAt(gate, last) ?? rule, { job: last, place: itsPlace });
  return true;
}

/** The job has to wait at a gate, so it gives up the room it holds at others. */
function stopAt<Job extends GatedJob>(
  turn: GateTurn<Job>,
  rule: GateRule,
  by: { readonly job: Job; readonly place: number },
): void {
  for (const { name } of by.job.gates) {
    const gate = turn.gates.get(name);
    gate?.admitted.remove(by.job);
    if (gate !== undefined && name !== rule.name) admitBlocked(turn, gate);
  }
  block(turn, rule, by);
}

function block<Job extends GatedJob>(
  turn: GateTurn<Job>,
  rule: GateRule,
  { job, place }: { readonly job: Job; readonly place: number },
): void {
  const gate = turn.gates.open(rule.name);
  gate.blocked.add(job, place);
  turn.changes.push({ to: "gate", gate: gate.name, job, place });
  awaitRoom(turn, gate, rule);
}

function start<Job extends GatedJob>(turn: GateTurn<Job>, rule: GateRule, job: Job): void {
  const gate = turn.gates.open(rule.name);
  gate.admitted.remove(job);
  if (rule.windowMs === undefined) {
    gate.running.add(job);
    return;
  }
  addStart(gate.starts, turn.now);
  if (gate.blocked.size > 0) awaitRoom(turn, gate, rule);
}

/** Of those whose room was taken some may still fit, when their own rule lets more through. */
function readmit<Job extends GatedJob>(turn: GateTurn<Job>, rules: readonly GateRule[]): void {
  for (const { name } of rules) {
    const gate = turn.gates.get(name);
    if (gate !== undefined && gate.blocked.size > 0) admitBlocked(turn, gate);
  }
}

/** Room that time alone brings; not when jobs that hold it have to start before. */
function awaitRoom<Job extends GatedJob>(turn: GateTurn<Job>, gate: Gate<Job>, rule: GateRule): void {
  if (rule.windowMs === undefined) return;
  const at = roomAgainAt(gate.starts, rule.windowMs, -roomAt(gate, rule, turn.now));
  if (at !== undefined) turn.changes.push({ to: "timer", gate: gate.name, at });
}

function ruleAt<Job extends GatedJob>({ name }: Gate<Job>, job: Job): GateRule | undefined {
  return job.gates.find((rule) => rule.name === name);
}
