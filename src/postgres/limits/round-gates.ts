/**
 * Gates in a round: what is at them is read as far as the rules look. Of those who wait the first are known, of those who hold
 * room the last, and of all others how many there are.
 */
import {
  freeAt,
  type Gate,
  type GateRule,
  type GateTable,
  MAX_ADMITTED,
  type PlacedJobs,
} from "../../core/limits/gates.js";
import { type Starts, startCount } from "../../core/limits/rates.js";
import { fromGateName, toGateName } from "./marks.js";
import type { GivenJob, RoundJob, RoundJobs } from "./round-jobs.js";

/** What a job has at the one gate where it has something: it runs, holds room, or waits. */
export interface Role {
  readonly gate: string;
  readonly role: "r" | "a" | "b";
  readonly place: number;
}

/** A job by its place at a gate, as SQL gives it. */
export interface GivenWaiter {
  readonly at: number;
  readonly job: GivenJob;
}

/** A gate as SQL gives it. */
export interface GivenGate {
  readonly name: string;
  readonly running: number;
  readonly admitted: number;
  readonly holders: readonly GivenWaiter[];
  readonly blocked: readonly GivenWaiter[];
  readonly dueAt: number | null;
  readonly windowMs: number | null;
  readonly endsAt: number | null;
  readonly firstStart: number | null;
  readonly lastStart: number | null;
  readonly starts: readonly number[] | null;
}

/** How gates are read. */
export interface GateReads {
  gates(names: readonly string[]): Promise<readonly GivenGate[]>;
  /** Jobs that wait behind a place. */
  blocked(gate: string, after: number, limit: number): Promise<readonly GivenWaiter[]>;
  /** All that hold room. */
  holders(gate: string): Promise<readonly GivenWaiter[]>;
}

/** How many of those who wait are read at first; as the function does it. */
const FIRST_BLOCKED = 16;
/** How many more than may come back are read. */
const SLACK = 16;

type Id = Pick<RoundJob, "id">;

/** A gate, and what of it is to be written. */
export class RoundGate implements Gate<RoundJob> {
  readonly name: string;
  readonly running: { readonly size: number; add(job: Id): void; delete(job: Id): boolean };
  readonly admitted: Holders;
  readonly blocked: Waiters;
  readonly starts: Starts;
  readonly #given: GivenGate;
  /** Starts of this round. */
  #started = 0;
  dueAt: number | undefined;
  windowMs: number | undefined;
  endsAt: number | undefined;
  isChanged = false;

  constructor(
    given: GivenGate,
    by: { readonly roles: Roles; readonly jobs: RoundJobs; readonly now: number },
  ) {
    this.#given = given;
    this.name = fromGateName(given.name);
    this.dueAt = given.dueAt ?? undefined;
    this.windowMs = given.windowMs ?? undefined;
    this.endsAt = given.endsAt ?? undefined;
    this.running = runningAt(this.name, given.running, by.roles);
    const waiters = (some: readonly GivenWaiter[]) =>
      some.map(({ at, job }) => [by.jobs.read(job), at] as const);
    this.admitted = new Holders({ gate: this.name, role: "a", roles: by.roles }, waiters(given.holders));
    this.admitted.count(given.admitted);
    this.blocked = new Waiters({ gate: this.name, role: "b", roles: by.roles });
    this.blocked.know(waiters(given.blocked), given.blocked.length < FIRST_BLOCKED);
    const times = [...(given.starts ?? [])];
    // Those that are not read one by one count as starts of now: they may delay others, and let nobody through.
    while (times.length < this.#startsBefore) times.push(by.now);
    this.starts = { times, past: 0 };
  }

  get #startsBefore(): number {
    const { firstStart, lastStart } = this.#given;
    return firstStart === null || lastStart === null ? 0 : lastStart - firstStart + 1;
  }

  setTimer(at: number | undefined): void {
    if (this.dueAt === at) return;
    this.dueAt = at;
    this.isChanged = true;
  }

  noteStart(windowMs: number, now: number): void {
    this.#started += 1;
    this.windowMs = windowMs;
    this.endsAt = now + windowMs;
    this.isChanged = true;
  }

  /** Numbers of the starts of this round. */
  newStarts(): readonly number[] {
    const last = this.#given.lastStart ?? 0;
    return Array.from({ length: this.#started }, (_, nth) => last + 1 + nth);
  }

  /** Starts before this number are forgotten; undefined: none are to be. */
  get past(): number | undefined {
    const { firstStart, lastStart } = this.#given;
    const forgotten = this.#startsBefore + this.#started - startCount(this.starts);
    if (lastStart === null || (this.#started === 0 && forgotten === 0)) return undefined;
    return (firstStart ?? lastStart + 1) + forgotten;
  }
}

/** Which job has what at which gate. */
export class Roles {
  readonly #roles = new Map<string, Role>();
  /** Jobs that have something else than before. */
  readonly touched = new Set<string>();

  get(id: string): Role | undefined {
    return this.#roles.get(id);
  }

  /** As it was read. */
  know(id: string, role: Role): void {
    if (!this.touched.has(id)) this.#roles.set(id, role);
  }

  has(id: string, { gate, role }: Pick<Role, "gate" | "role">): boolean {
    const its = this.#roles.get(id);
    return its?.gate === gate && its.role === role;
  }

  give(id: string, role: Role): void {
    this.touched.add(id);
    this.#roles.set(id, role);
  }

  take(id: string): void {
    this.touched.add(id);
    this.#roles.delete(id);
  }
}

function runningAt(gate: string, before: number, roles: Roles): RoundGate["running"] {
  const own = { gate, role: "r" } as const;
  let size = before;
  return {
    get size() {
      return size;
    },
    add({ id }) {
      size += 1;
      roles.give(id, { ...own, place: 0 });
    },
    delete({ id }) {
      if (!roles.has(id, own)) return false;
      size -= 1;
      roles.take(id);
      return true;
    },
  };
}

interface WaitersOf {
  readonly gate: string;
  readonly role: "a" | "b";
  readonly roles: Roles;
}

/** Jobs of one role, the first of which are known. */
class Waiters implements PlacedJobs<RoundJob> {
  readonly #of: WaitersOf;
  readonly #known = new Map<RoundJob, number>();
  /** Those of the known that were read, and are here still. */
  readonly #read = new Set<RoundJob>();
  /** Place of the last that was read; undefined: all were. */
  #end: number | undefined = Number.MIN_SAFE_INTEGER;
  #first: RoundJob | undefined;

  constructor(of: WaitersOf) {
    this.#of = of;
  }

  /** More than the known when some are not. */
  get size(): number {
    return this.#known.size + (this.#end === undefined ? 0 : 1);
  }

  get first(): RoundJob | undefined {
    if (this.#first === undefined) {
      let lowest = Number.POSITIVE_INFINITY;
      for (const [job, place] of this.#known) {
        if (place >= lowest) continue;
        lowest = place;
        this.#first = job;
      }
    }
    return this.#first;
  }

  /** Behind which place more are to be read, when fewer than `count` are known from there; undefined: enough are. */
  missing(count: number): number | undefined {
    return this.#read.size < count ? this.#end : undefined;
  }

  know(waiters: readonly (readonly [RoundJob, number])[], isAll: boolean): void {
    for (const [job, place] of waiters) {
      this.#end = place;
      if (this.#of.roles.touched.has(job.id)) continue;
      this.#of.roles.know(job.id, { gate: this.#of.gate, role: this.#of.role, place });
      this.#known.set(job, place);
      this.#read.add(job);
    }
    if (isAll) this.#end = undefined;
    this.#first = undefined;
  }

  *jobs(): Generator<RoundJob> {
    yield* this.#known.keys();
  }

  placeOf(job: RoundJob): number | undefined {
    const { gate, role, roles } = this.#of;
    return roles.has(job.id, { gate, role }) ? roles.get(job.id)?.place : undefined;
  }

  add(job: RoundJob, place: number): void {
    this.#known.set(job, place);
    this.#of.roles.give(job.id, { gate: this.#of.gate, role: this.#of.role, place });
    this.#first = undefined;
  }

  remove(job: RoundJob): boolean {
    if (this.placeOf(job) === undefined) return false;
    this.#of.roles.take(job.id);
    for (const known of this.#known.keys()) {
      if (known.id !== job.id) continue;
      this.#known.delete(known);
      this.#read.delete(known);
      break;
    }
    this.#first = undefined;
    return true;
  }
}

/** Jobs that hold room and have not started: the last of them are known, and how many there are. */
class Holders implements PlacedJobs<RoundJob> {
  readonly #of: WaitersOf;
  readonly #known = new Map<string, { readonly job: RoundJob; readonly place: number }>();
  #size = 0;

  constructor(of: WaitersOf, holders: readonly (readonly [RoundJob, number])[]) {
    this.#of = of;
    this.know(holders);
  }

  count(size: number): void {
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  get hasUnknown(): boolean {
    return this.#known.size < this.#size;
  }

  know(holders: readonly (readonly [RoundJob, number])[]): void {
    for (const [job, place] of holders) {
      if (this.#of.roles.touched.has(job.id)) continue;
      this.#of.roles.know(job.id, { gate: this.#of.gate, role: this.#of.role, place });
      this.#known.set(job.id, { job, place });
    }
  }

  get first(): RoundJob | undefined {
    let last: { readonly job: RoundJob; readonly place: number } | undefined;
    for (const each of this.#known.values()) if (last === undefined || each.place > last.place) last = each;
    return last?.job;
  }

  placeOf(job: RoundJob): number | undefined {
    const { gate, role, roles } = this.#of;
    return roles.has(job.id, { gate, role }) ? roles.get(job.id)?.place : undefined;
  }

  add(job: RoundJob, place: number): void {
    this.#size += 1;
    this.#known.set(job.id, { job, place });
    this.#of.roles.give(job.id, { gate: this.#of.gate, role: this.#of.role, place });
  }

  remove(job: RoundJob): boolean {
    if (this.placeOf(job) === undefined) return false;
    this.#size -= 1;
    this.#known.delete(job.id);
    this.#of.roles.take(job.id);
    return true;
  }
}

/** The gates of a round. They are read before the rules look at them. */
export class RoundGates implements GateTable<RoundJob> {
  readonly roles = new Roles();
  readonly #gates = new Map<string, RoundGate>();
  readonly #reads: GateReads;
  readonly #by: { readonly jobs: RoundJobs; readonly now: number };

  constructor(reads: GateReads, by: { readonly jobs: RoundJobs; readonly now: number }) {
    this.#reads = reads;
    this.#by = by;
  }

  get(name: string): RoundGate | undefined {
    return this.#gates.get(name);
  }

  open(name: string): RoundGate {
    const gate = this.#gates.get(name);
    if (gate === undefined) throw new Error(`the gate ${name} was not read`);
    return gate;
  }

  know(gates: readonly GivenGate[]): void {
    for (const given of gates) {
      const gate = new RoundGate(given, { ...this.#by, roles: this.roles });
      this.#gates.set(gate.name, gate);
    }
  }

  *all(): Generator<RoundGate> {
    yield* this.#gates.values();
  }

  /** Reads what the rules may look at when a job with these gates is next, or comes back. */
  async prepare(rules: readonly Pick<GateRule, "name">[]): Promise<void> {
    const missing = rules.filter(({ name }) => !this.#gates.has(name));
    if (missing.length > 0) this.know(await this.#reads.gates(missing.map(({ name }) => toGateName(name))));
    for (const rule of rules) await this.#fill(this.open(rule.name), rule);
  }

  async #fill(gate: RoundGate, rule: Pick<GateRule, "name"> | GateRule): Promise<void> {
    for (;;) {
      const free = this.#mostFree(gate, rule);
      if (free <= gate.admitted.size && gate.admitted.hasUnknown)
        gate.admitted.know(this.#read(await this.#reads.holders(toGateName(gate.name))));
      const limit = Math.min(MAX_ADMITTED, Math.max(0, free)) + 1;
      const after = gate.blocked.missing(limit);
      if (after === undefined) return;
      const more = await this.#reads.blocked(toGateName(gate.name), after, limit + SLACK);
      gate.blocked.know(this.#read(more), more.length < limit + SLACK);
    }
  }

  /** How many may come back at most, by the rule of whoever may be looked at. */
  #mostFree(gate: RoundGate, rule: Pick<GateRule, "name"> | GateRule): number {
    const ruleOf = (job: RoundJob) => job.gates.find(({ name }) => name === gate.name);
    const rules = [...gate.blocked.jobs()].flatMap((job) => ruleOf(job) ?? []);
    if ("most" in rule) rules.push(rule);
    return rules.reduce((most, each) => Math.max(most, freeAt(gate, each, this.#by.now)), 0);
  }

  #read(waiters: readonly GivenWaiter[]): readonly (readonly [RoundJob, number])[] {
    return waiters.map(({ at, job }) => [this.#by.jobs.read(job), at] as const);
  }
}
