/**
 * One round of a task with limits: what has happened since the last is looked after, and jobs are claimed. There is one at a time
 * per task, in a transaction of its own under the task's lock; what it needs is read, the rules of `core/limits` decide, and
 * what came of it is written in one call.
 *
 * Whoever else moves jobs of the task does so without that lock: a job that comes stands among those that have arrived, and one with
 * gates that leaves is noted as left. Nobody but a round changes who has what at a gate.
 *
 * Life of a {@link TaskRound}: opened → `absorb` → perhaps `claim` or `claimApart` → `written`.
 */

import { MAX_COLLECTED } from "../../core/limits/collect.js";
import {
  admitBlocked,
  type GateChange,
  type GateTurn,
  heldPlace,
  leaveGates,
  passGates,
  returnToGates,
  stopAtGates,
} from "../../core/limits/gates.js";
import type { LimitOverride } from "../../core/limits/limit.js";
import { frontNumberAt, isBeforeGroups, numberAt, placeOf } from "../../core/limits/places.js";
import { ASIDE, MARKS } from "../sql/marks.js";
import { fromGateName, isGated, toGateName } from "./marks.js";
import { RoundCollectors } from "./round-collectors.js";
import { type RoundGate, RoundGates } from "./round-gates.js";
import { RoundGroups } from "./round-groups.js";
import { type RoundJob, RoundJobs, type RoundQueue } from "./round-jobs.js";
import type { OpenedRound, RoundReads } from "./round-reads.js";

/** Jobs that one claim parks at most; the next one goes on behind them. */
const MAX_PARKED = 300;
/** Gates that one round looks at again at most. */
const MAX_FIRED = 1000;

export class TaskRound {
  readonly #given: OpenedRound;
  readonly #jobs: RoundJobs;
  readonly #gates: RoundGates;
  readonly #groups: RoundGroups;
  readonly #collectors: RoundCollectors;
  readonly #queue: RoundQueue;
  readonly #suspects: RoundQueue;
  readonly #numbers: () => Promise<number>;
  readonly #claimed: RoundJob[] = [];
  #hasSuspects: boolean;
  #parked = 0;
  #fired = 0;
  /** Some came back who may be claimed. */
  #hasNews = false;

  constructor(given: OpenedRound, reads: RoundReads) {
    this.#given = given;
    const override = given.override === null ? {} : (JSON.parse(given.override) as LimitOverride);
    this.#jobs = new RoundJobs(override);
    reads.use(this.#jobs, given);
    this.#gates = new RoundGates(reads.gateReads, { jobs: this.#jobs, now: given.now });
    this.#queue = reads.queue(ASIDE.queue);
    this.#suspects = reads.queue(ASIDE.suspects);
    this.#groups = new RoundGroups(reads.groupReads, given.clock ?? 0);
    const batches = new Map<string, RoundQueue>();
    this.#collectors = new RoundCollectors((key) => {
      const queue = batches.get(key) ?? reads.queue(ASIDE.collected, key);
      batches.set(key, queue);
      return queue;
    });
    this.#numbers = () => reads.number();
    this.#hasSuspects = given.hasSuspects;
    for (const [id, gate, role, place] of given.roles)
      this.#gates.roles.know(id, { gate: fromGateName(gate), role, place });
    this.#gates.know(given.gates);
    this.#collectors.know(given.collectors);
    this.#groups.know(given.groups, reads.hasAllGroups(given.groups));
  }

  /** Whether suspects wait that may be claimed. */
  get hasSuspects(): boolean {
    return this.#hasSuspects && !this.#given.paused;
  }

  /** Whether somebody should look at once for what this round did not take. */
  get hasNews(): boolean {
    return this.#hasNews || this.#parked >= MAX_PARKED;
  }

  /** Gates that were looked at again. */
  get fired(): number {
    return this.#fired;
  }

  /** Looks after what has left, what has come and what is due. */
  async absorb(): Promise<void> {
    for (const id of this.#given.gone ?? []) await this.#leave(id);
    const came = this.#given.came.map((given) => this.#jobs.read(given));
    for (const job of came.sort(inOrderOfComing)) await this.#arrive(job);
    await this.#fireGates();
    this.#collectors.fire(this.#given.now);
  }

  /** Claims up to `count` jobs, a batch counting as one. */
  async claim(count: number): Promise<void> {
    if (this.#given.paused) return;
    const batches = await this.#claimBatches(count);
    const wanted = count - batches + this.#claimed.length;
    while (this.#claimed.length < wanted && this.#parked < MAX_PARKED) {
      const job = await this.#next();
      if (job === undefined) return;
      await this.#take(job);
    }
  }

  /** Claims up to `count` suspects. */
  async claimApart(count: number): Promise<void> {
    for (let looked = 0; looked < MAX_PARKED && this.#claimed.length < count; looked++) {
      const job = this.hasSuspects ? await this.#suspects.first() : undefined;
      if (job === undefined) return;
      await this.#take(job);
    }
  }

  /** What is to be written, as `round_write` takes it. */
  toWrite(): Record<string, unknown> {
    const jobs = [...this.#jobs.moved()];
    const moved = jobs.filter((job) => !job.isClaimed && !isWhereItWas(job));
    const gates = this.#gatesToWrite();
    const groups = this.#groups.toWrite();
    const collectors = this.#collectors.toWrite();
    const touched = [...moved, ...this.#claimed];
    return {
      now: this.#given.now,
      claimed: this.#claimed.map(({ id }) => id),
      order: Object.fromEntries(this.#claimed.map(({ id }, nth) => [id, nth])),
      moved: Object.fromEntries(moved.map(({ id, aside, place }) => [id, [aside, place]])),
      seen: touched.map(({ id, seen }) => `${seen.aside} ${seen.place} ${id}`),
      ...(gates === undefined ? {} : { gates }),
      ...(groups === undefined && collectors === undefined ? {} : { queues: { ...groups, ...collectors } }),
    };
  }

  #gatesToWrite(): Record<string, unknown> | undefined {
    const { roles } = this.#gates;
    const changed = [...this.#gates.all()].filter(({ isChanged }) => isChanged);
    const past = [...this.#gates.all()].flatMap((gate) =>
      gate.past === undefined ? [] : [[toGateName(gate.name), gate.past]],
    );
    if (roles.touched.size === 0 && changed.length === 0 && past.length === 0) return undefined;
    return {
      touched: [...roles.touched],
      roles: [...roles.touched].flatMap((id) => {
        const role = roles.get(id);
        return role === undefined ? [] : [[id, toGateName(role.gate), role.role, role.place]];
      }),
      gates: changed.map(({ name, dueAt, windowMs, endsAt }) => [
        ...[toGateName(name), dueAt ?? null, windowMs ?? null, endsAt ?? null],
      ]),
      starts: changed.flatMap((gate) =>
        gate.newStarts().map((number) => [toGateName(gate.name), number, this.#given.now]),
      ),
      past,
    };
  }

  #turn(): GateTurn<RoundJob> {
    return { gates: this.#gates, now: this.#given.now, changes: [] };
  }

  /** A job is no longer where it had something at a gate. */
  async #leave(id: string): Promise<void> {
    const role = this.#gates.roles.get(id);
    if (role === undefined) return;
    const gates = [{ name: role.gate, most: 1 }];
    await this.#gates.prepare([{ name: role.gate }]);
    const turn = this.#turn();
    const job = { id, gates } as unknown as RoundJob;
    if (role.role === "r") stopAtGates(turn, job);
    else leaveGates(turn, job);
    await this.#apply(turn.changes);
  }

  async #arrive(job: RoundJob): Promise<void> {
    const collect = job.limits?.collect;
    if (job.mark === MARKS.collected && collect !== undefined) {
      this.#put(job, ASIDE.collected, job.place);
      this.#collectors.join(job, collect);
      return;
    }
    if (!isGated(job.mark) || job.gates.length === 0) return;
    await this.#gates.prepare(job.gates);
    const turn = this.#turn();
    returnToGates(turn, job, placeOf(job.place, job.priority));
    await this.#apply(turn.changes);
  }

  async #fireGates(): Promise<void> {
    await this.#gates.prepare(this.#given.timers.map((name) => ({ name: fromGateName(name) })));
    for (; this.#fired < MAX_FIRED; this.#fired++) {
      const gate = this.#firstDue();
      if (gate === undefined) return;
      gate.setTimer(undefined);
      await this.#gates.prepare([gate]);
      const turn = this.#turn();
      admitBlocked<RoundJob>(turn, gate);
      await this.#apply(turn.changes);
    }
  }

  #firstDue(): RoundGate | undefined {
    for (const gate of this.#gates.all())
      if (gate.dueAt !== undefined && gate.dueAt <= this.#given.now) return gate;
    return undefined;
  }

  /** Claims batches that are due, up to `count`; returns how many. */
  async #claimBatches(count: number): Promise<number> {
    let taken = 0;
    for (let jobs = 0; taken < count && jobs < MAX_COLLECTED; taken++) {
      const batch = await this.#collectors.next(this.#given.now);
      if (batch === undefined) break;
      for (const job of batch) {
        this.#collectors.leave(job);
        this.#start(job);
      }
      jobs += batch.length;
    }
    return taken;
  }

  /** The next job to claim, left in place; its group has had its turn. */
  async #next(): Promise<RoundJob | undefined> {
    const first = await this.#queue.first();
    if (this.#groups.isEmpty || (first !== undefined && isBeforeGroups(first))) return first;
    return (await this.#groups.next(first?.priority === 0 ? first : undefined)) ?? first;
  }

  /** The job starts when its gates let it, and is parked when they do not. */
  async #take(job: RoundJob): Promise<void> {
    if (job.gates.length > 0 && !(await this.#passes(job))) {
      this.#parked += 1;
      return;
    }
    this.#takeOut(job);
    this.#start(job);
  }

  async #passes(job: RoundJob): Promise<boolean> {
    await this.#gates.prepare(job.gates);
    const turn = this.#turn();
    const place = heldPlace(turn, job) ?? (await this.#placeOf(job));
    const passes = passGates(turn, job, place);
    await this.#apply(turn.changes);
    if (!passes) return false;
    for (const { name, windowMs } of job.gates)
      if (windowMs !== undefined) this.#gates.open(name).noteStart(windowMs, this.#given.now);
    return true;
  }

  /** That of a suspect among its kind, that of others behind all. */
  async #placeOf(job: RoundJob): Promise<number> {
    if (job.aside === ASIDE.suspects) return placeOf(job.place, job.priority);
    return placeOf(this.#jobs.nextNumber() ?? (await this.#numbers()), job.priority);
  }

  #start(job: RoundJob): void {
    job.isClaimed = true;
    job.isMoved = true;
    this.#claimed.push(job);
  }

  async #apply(changes: readonly GateChange<RoundJob>[]): Promise<void> {
    for (const change of changes) {
      switch (change.to) {
        case "gate":
          this.#takeOut(change.job);
          this.#put(
            change.job,
            change.job.isSuspect ? ASIDE.blockedSuspect : ASIDE.blocked,
            numberAt(change.place, change.job.priority),
          );
          break;
        case "front":
          await this.#bringBack(change.job, change.place);
          break;
        case "timer":
          this.#gates.open(change.gate).setTimer(change.at);
          break;
      }
    }
  }

  async #bringBack(job: RoundJob, place: number): Promise<void> {
    const number = frontNumberAt(place, job.priority);
    const group = job.limits?.group;
    this.#hasNews = true;
    if (job.isSuspect) {
      this.#put(job, ASIDE.suspects, number);
      this.#suspects.insert(job);
      this.#hasSuspects = true;
    } else if (group === undefined || job.queue === undefined) {
      this.#put(job, ASIDE.queue, number);
      this.#queue.insert(job);
    } else {
      this.#put(job, ASIDE.grouped, number);
      await this.#groups.insert(job, { name: job.queue, weight: group.weight ?? 1 });
    }
  }

  /** Takes a job out of the queue it waits in. */
  #takeOut(job: RoundJob): void {
    if (job.aside === ASIDE.queue) this.#queue.remove(job);
    else if (job.aside === ASIDE.suspects) this.#suspects.remove(job);
    else if (job.aside === ASIDE.grouped) this.#groups.leave(job);
  }

  #put(job: RoundJob, aside: number, place: number): void {
    job.aside = aside;
    job.place = place;
    job.isMoved = true;
  }
}

/** Places fall at the front and rise at the back. */
function inOrderOfComing(a: RoundJob, b: RoundJob): number {
  return a.cameAt - b.cameAt || Math.abs(a.place) - Math.abs(b.place);
}

function isWhereItWas({ aside, place, seen }: RoundJob): boolean {
  return aside === seen.aside && place === seen.place;
}
