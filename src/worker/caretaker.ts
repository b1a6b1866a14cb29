/**
 * What one process does for the store: it promotes what is due, reclaims jobs of dead workers, expires and prunes. Every
 * process that works, or waits for something, does so; the store decides what is due, so several of them do no harm, and
 * none is waited for.
 *
 * Life: start → survey every {@link HEARTBEAT_MS}: which data is there, what is due? → sweep that, and what becomes due in
 * between at its time → stop. Of the tasks that it works on a process knows due times from other answers as well, and
 * sweeps at once. Tasks of others it leaves to those who are faster: where somebody else has been, it waits longer next
 * time, up to a heartbeat.
 */
import type { Adapter, Retention, SweepReply, SweepRequest } from "../core/adapter.js";
import type { Clock, TimerHandle } from "../core/clock.js";

/** A task as its own workers keep it. */
export interface KeptTask {
  readonly name: string;
  readonly retention: Retention;
  readonly stallLimit: number;
}

/** What a caretaker asks of its owner. */
export interface CaretakerHost {
  readonly clock: Clock;
  /** Tasks that this process works on. */
  tasks(): readonly KeptTask[];
  /** What the store holds; another name than before says that it was emptied or replaced. */
  surveyed(data: string): void;
  /** Jobs were taken from leases that are past. */
  reclaimed?(task: string, count: number): void;
  reportSweepError(error: unknown): void;
}

/**
 * The store is looked at this often even when nothing is known to be due, so that a job whose worker died is found
 * although nobody told this process of it. With the default lease of 7 s a crash is noticed within 10 s.
 */
export const HEARTBEAT_MS = 2000;
/** Finished jobs are pruned by age this often; by count they are pruned as they finish. */
const PRUNE_EVERY_MS = 60_000;
/** After an unfinished sweep the next follows after a breath, so that other calls get through. */
const CONTINUE_MS = 1;
/** The first wait for those who are faster. */
const FIRST_PATIENCE_MS = 25;
/** Tasks of others that are swept in one call. */
const MOST_OTHERS = 50;

/** A task that this process does not work on. */
interface OtherTask {
  readonly at: number;
  /** How long after its due time it is looked at. */
  readonly patienceMs: number;
}

export class Caretaker {
  readonly #adapter: Adapter;
  readonly #host: CaretakerHost;
  readonly #dueAt = new Map<string, number>();
  #others = new Map<string, OtherTask>();
  #timer: TimerHandle | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #nextSurveyAt = 0;
  #nextPruneAt = 0;
  /** Something is due sooner than anybody knew: whoever heard of it is the first who can look after it. */
  #isFirst = false;
  /** The tasks worked on are swept once, whatever is due: the store learns how their jobs are kept. */
  #isNew = true;
  #isSweeping = false;
  #isStopped = false;
  #ended: Promise<void> = Promise.resolve();

  constructor(adapter: Adapter, host: CaretakerHost) {
    this.#adapter = adapter;
    this.#host = host;
  }

  start(): void {
    const now = this.#host.clock.monotonic();
    this.#nextSurveyAt = now;
    this.#nextPruneAt = now + PRUNE_EVERY_MS;
    this.#ended = this.#work();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#ended;
  }

  /** The store said when something of a task that is worked on is due next; undefined: what is known stands, a sweep looks. */
  nextDue(task: string, inMs: number | undefined): void {
    if (inMs === undefined) return;
    const at = this.#host.clock.monotonic() + inMs;
    this.#dueAt.set(task, at);
    if (at < this.#timerAt) this.#arm();
  }

  /** This process has stored something that is due then, in a task that others may work on. */
  storedDue(task: string, inMs: number): void {
    const at = this.#host.clock.monotonic() + inMs;
    this.#otherDue(task, { at, patienceMs: 0 });
    if (at < this.#timerAt) this.#arm();
  }

  /** Somewhere something is due sooner than anything was. */
  dueSooner(): void {
    this.#isFirst = true;
    this.#nextSurveyAt = this.#host.clock.monotonic();
    this.#arm();
  }

  /** The store holds other data: what was known of it is past. */
  startAgain(): void {
    this.#isNew = true;
    this.#dueAt.clear();
    this.#others.clear();
    this.#nextSurveyAt = this.#host.clock.monotonic();
    this.#arm();
  }

  #arm(): void {
    if (this.#isStopped || this.#isSweeping) return;
    let at = Math.min(this.#nextSurveyAt, this.#nextPruneAt);
    for (const due of this.#dueAt.values()) at = Math.min(at, due);
    for (const other of this.#others.values()) at = Math.min(at, other.at);
    this.#timer?.cancel();
    this.#timerAt = at;
    const delayMs = Math.max(at - this.#host.clock.monotonic(), CONTINUE_MS);
    this.#timer = this.#host.clock.schedule(delayMs, () => {
      this.#ended = this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#isSweeping = true;
    this.#timerAt = Number.POSITIVE_INFINITY;
    try {
      await this.#lookAndSweep();
    } catch (error) {
      this.#others.clear();
      if (!this.#isStopped) this.#host.reportSweepError(error);
    }
    this.#isSweeping = false;
    this.#arm();
  }

  /** What is worked on is swept at its time; what others work on is swept when a survey finds it. */
  async #lookAndSweep(): Promise<void> {
    const now = this.#host.clock.monotonic();
    const own = this.#host.tasks();
    const isOtherDue = [...this.#others.values()].some(({ at }) => at <= now);
    const isSurvey = now >= this.#nextSurveyAt || isOtherDue;
    const sweeping = this.#sweep(this.#dueOwn(own, now));
    const [others] = await Promise.all([isSurvey ? this.#survey(own, now) : [], sweeping]);
    await this.#sweep(others.map((task) => ({ task, scope: "due" })));
  }

  /** Due times that were known and have come are forgotten: the sweep says the next. */
  #dueOwn(own: readonly KeptTask[], now: number): readonly SweepRequest[] {
    const isPrune = now >= this.#nextPruneAt;
    const isAll = isPrune || this.#isNew;
    if (isPrune) this.#nextPruneAt = now + PRUNE_EVERY_MS;
    this.#isNew = false;
    const due = own.filter(({ name }) => isAll || (this.#dueAt.get(name) ?? Number.POSITIVE_INFINITY) <= now);
    for (const { name } of due) this.#dueAt.delete(name);
    const scope = isPrune ? "all" : "due";
    return due.map(({ name, retention, stallLimit }) => ({ task: name, retention, stallLimit, scope }));
  }

  /** Looks at the whole store. Gives the tasks of others to sweep now. */
  async #survey(own: readonly KeptTask[], now: number): Promise<readonly string[]> {
    const isFirst = this.#isFirst;
    const before = this.#others;
    this.#isFirst = false;
    this.#nextSurveyAt = now + HEARTBEAT_MS;
    // What is stored from now on may be missing in the answer.
    this.#others = new Map();
    const names = new Set(own.map(({ name }) => name));
    const { data, due } = await this.#adapter.survey({ tasks: [...names] });
    this.#host.surveyed(data);
    const toSweep: string[] = [];
    for (const { task, inMs } of due) {
      if (names.has(task)) {
        this.#dueAt.set(task, Math.min(now + inMs, this.#dueAt.get(task) ?? Number.POSITIVE_INFINITY));
      } else if (inMs === 0 && toSweep.length < MOST_OTHERS) {
        toSweep.push(task);
      } else {
        const patienceMs = isFirst ? 0 : patienceAfter(before.get(task), now);
        this.#otherDue(task, { at: now + inMs + patienceMs, patienceMs });
      }
    }
    return toSweep;
  }

  /** Unless something is known to be due there before. */
  #otherDue(task: string, due: OtherTask): void {
    const known = this.#others.get(task);
    if (known === undefined || known.at > due.at) this.#others.set(task, due);
  }

  async #sweep(requests: readonly SweepRequest[]): Promise<void> {
    if (requests.length === 0) return;
    const replies = await this.#adapter.sweep(requests);
    const own = new Set(this.#host.tasks().map(({ name }) => name));
    for (const [index, { task, scope }] of requests.entries()) {
      const reply = replies[index];
      if (reply === undefined) continue;
      this.#apply(task, { reply, isOwn: own.has(task) });
      if (scope === "all" && reply.more) this.#nextPruneAt = this.#host.clock.monotonic();
    }
  }

  #apply(task: string, { reply, isOwn }: { readonly reply: SweepReply; readonly isOwn: boolean }): void {
    if (reply.reclaimed > 0) this.#host.reclaimed?.(task, reply.reclaimed);
    const inMs = reply.more ? 0 : reply.nextDueInMs;
    const at = this.#host.clock.monotonic() + (inMs ?? 0);
    if (!isOwn) {
      const patienceMs = FIRST_PATIENCE_MS;
      if (inMs !== undefined) this.#otherDue(task, { at: at + patienceMs, patienceMs });
      return;
    }
    if (inMs === undefined) this.#dueAt.delete(task);
    else this.#dueAt.set(task, at);
  }
}

/** Somebody else was faster when a task's time has come and nothing is due there any more. */
function patienceAfter(known: OtherTask | undefined, now: number): number {
  if (known === undefined) return 0;
  if (known.at > now) return known.patienceMs;
  return Math.min(Math.max(known.patienceMs * 2, FIRST_PATIENCE_MS), HEARTBEAT_MS);
}
