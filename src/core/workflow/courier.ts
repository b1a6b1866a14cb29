/**
 * Carries what happened to steps to their workflows, and what follows from that to the tasks of other steps. Whatever ends a
 * step's job has put an entry into the outbox of that task, in the same atomic step; from there it takes three hops, each of
 * which may be repeated without harm:
 *
 * 1. `advance`: the graph moves, and what follows in other tasks is kept beside it, as errands with receipts;
 * 2. `carry`: in each task steps are inserted or cancelled, and entries of its outbox are acknowledged;
 * 3. the receipts are acknowledged, with the next `advance` or alone.
 *
 * When the process dies in between, a sweep of that task, or of the workflows, finds what was not acknowledged.
 *
 * Life of an entry: taken → waits for a turn of its workflow → advanced with others → carried → forgotten. A hop that fails
 * is not repeated here: the store still has it all, and the next sweep brings it back.
 */
import type { Clock, TimerHandle } from "../clock.js";

/** What an outbox holds of one step's job. */
export interface OutboxEntry {
  /** The task in whose outbox it lies. */
  readonly task: string;
  /** Names it there. */
  readonly key: string;
  /** Id of the workflow it is for. */
  readonly workflow: string;
  readonly bytes: number;
}

/** What follows in one task. */
export interface Errand {
  readonly task: string;
}

/** A workflow to look at. */
export interface Reminder {
  readonly workflow: string;
  /** Names errands that were not acknowledged in time; undefined: something has become of the workflow's own job. */
  readonly errands?: string;
}

/** One workflow and what is new of it. */
export interface Turn<Entry extends OutboxEntry> {
  readonly workflow: string;
  /** Something has become of its own job, or work of it is left. */
  readonly isLooked: boolean;
  readonly entries: readonly Entry[];
  /** Errands that have to be made again. */
  readonly reminders: readonly string[];
}

export interface Advanced<Each extends Errand, Receipt> {
  readonly errands: readonly Each[];
  /** Acknowledges all of these errands. */
  readonly receipts: readonly Receipt[];
  /** Workflows of which work is left: another turn follows. */
  readonly more: readonly string[];
  /** Keys of entries whose step's job may still be inserted by somebody slow, so that it must be barred. */
  readonly late: ReadonlySet<string>;
}

/** What is done in one task at once. */
export interface Delivery<Entry extends OutboxEntry, Each extends Errand> {
  readonly task: string;
  /** Acknowledged. */
  readonly entries: readonly Entry[];
  readonly late: ReadonlySet<string>;
  readonly errands: readonly Each[];
}

/** How a store makes each hop. */
export interface CourierStore<Entry extends OutboxEntry, Each extends Errand, Receipt> {
  /** Moves graphs on, and acknowledges what has been carried. */
  advance(turns: readonly Turn<Entry>[], carried: readonly Receipt[]): Promise<Advanced<Each, Receipt>>;
  carry(delivery: Delivery<Entry, Each>): Promise<void>;
}

/** Where a process may die, in order. Tests stop it there. */
export const CRASH_POINTS = [
  /** An entry lies in an outbox, and nobody has acted on it. */
  "taken",
  /** The graph has moved, nothing has been carried. */
  "advanced",
  /** The first of several tasks has what concerns it. */
  "partly carried",
  /** All tasks have it; the receipts are not acknowledged. */
  "carried",
  /** The receipts of what was carried before are acknowledged, by the next call that moves a graph or alone. */
  "acknowledged",
] as const;

export type CrashPoint = (typeof CRASH_POINTS)[number];

/** How tests stop a process at a crash point. */
export interface CrashHook {
  /** When it throws, the courier does nothing any more, like a process that was killed. */
  at?: (point: CrashPoint) => void;
}

/** Most entries that one `advance` is given: some 2 ms of the store. */
const MOST_ENTRIES = 100;
/** And most bytes of entries; one that is larger goes alone. */
const MOST_BYTES = 1_000_000;
/** Calls of `advance` that are under way at a time; what comes meanwhile gathers. */
const MOST_UNDER_WAY = 2;
/**
 * Errands older than this, in ms, are left to a sweep: they may have been made again since, and the marks that keep a
 * step's job from being inserted twice do not last for ever.
 */
const STALE_MS = 30_000;

/** So long receipts wait for an `advance` to go along with, in ms. */
const RECEIPTS_WAIT_MS = 20;

/** An errand that is not acknowledged so long after it was given is made again by a sweep. */
export const ERRAND_PATIENCE_MS = 3000;
/** How long a step's job whose errand was made again, or that was cancelled before it came, must not be inserted. */
export const MARKS_KEPT_MS = 90_000;

/** What waits for one workflow. */
interface Waiting<Entry> {
  readonly workflow: string;
  entries: Entry[];
  reminders: string[];
  isLooked: boolean;
  bytes: number;
  /** Who waits until all of it, and the turns that follow from it, have been carried, or dropped. */
  waiters: (() => void)[];
}

export class Courier<Entry extends OutboxEntry, Each extends Errand, Receipt> {
  readonly #crash: CrashHook;
  readonly #store: CourierStore<Entry, Each, Receipt>;
  readonly #clock: Pick<Clock, "monotonic" | "schedule">;
  readonly #waiting = new Map<string, Waiting<Entry>>();
  /** Keys of entries and names of errands that are in hand, so that a sweep that finds them does not bring them again. */
  readonly #held = new Set<string>();
  readonly #runs = new Map<Promise<void>, readonly Waiting<Entry>[]>();
  #carried: Receipt[] = [];
  #underWay = 0;
  #timer: TimerHandle | undefined;
  #isDead = false;

  constructor(
    store: CourierStore<Entry, Each, Receipt>,
    by: { readonly clock: Pick<Clock, "monotonic" | "schedule">; readonly crash: CrashHook },
  ) {
    this.#store = store;
    this.#clock = by.clock;
    this.#crash = by.crash;
  }

  /** Takes what outboxes hold. It is carried at once, as far as other calls of this courier are not under way. */
  take(entries: readonly Entry[], reminders: readonly Reminder[] = []): void {
    if (this.#isDead) return;
    for (const entry of entries) {
      if (!this.#hold(entry.key)) continue;
      const waiting = this.#waitingFor(entry.workflow);
      waiting.entries.push(entry);
      waiting.bytes += entry.bytes;
    }
    for (const { workflow, errands } of reminders) {
      if (errands === undefined) this.#waitingFor(workflow).isLooked = true;
      else if (this.#hold(errands)) this.#waitingFor(workflow).reminders.push(errands);
    }
    this.#go();
  }

  /**
   * Resolves when all that was taken before has been carried and acknowledged, and what follows from it, or when that did
   * not work.
   */
  async caughtUp(): Promise<void> {
    await Promise.all([...this.#waiting.values(), ...[...this.#runs.values()].flat()].map(whenDone));
    if (this.#waiting.size > 0) return;
    this.#sendReceipts();
    await Promise.all(this.#runs.keys());
  }

  /** Nothing is begun any more. */
  stop(): void {
    this.#isDead = true;
    this.#timer?.cancel();
    for (const waiting of this.#waiting.values()) tellAll(waiting);
    this.#waiting.clear();
  }

  #hold(key: string): boolean {
    if (this.#held.has(key)) return false;
    this.#held.add(key);
    return true;
  }

  #waitingFor(workflow: string): Waiting<Entry> {
    const known = this.#waiting.get(workflow);
    if (known !== undefined) return known;
    const made = { workflow, entries: [], reminders: [], isLooked: false, bytes: 0, waiters: [] };
    this.#waiting.set(workflow, made);
    return made;
  }

  #go(): void {
    while (!this.#isDead && this.#underWay < MOST_UNDER_WAY && this.#waiting.size > 0) {
      this.#start(this.#nextTurns());
    }
    if (this.#isDead || this.#carried.length === 0 || this.#timer !== undefined) return;
    this.#timer = this.#clock.schedule(RECEIPTS_WAIT_MS, () => this.#sendReceipts());
  }

  #sendReceipts(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (!this.#isDead && this.#carried.length > 0) this.#start([]);
  }

  #start(turns: readonly Waiting<Entry>[]): void {
    const carried = this.#carried;
    this.#carried = [];
    this.#underWay += 1;
    // A sweep finds again what was not acknowledged.
    const run: Promise<void> = this.#hops(turns, carried).then(
      (more) => this.#ended(run, turns, more),
      () => this.#ended(run, turns, []),
    );
    this.#runs.set(run, turns);
  }

  #ended(run: Promise<void>, turns: readonly Waiting<Entry>[], more: readonly string[]): void {
    this.#underWay -= 1;
    this.#runs.delete(run);
    for (const turn of turns) {
      for (const entry of turn.entries) this.#held.delete(entry.key);
      for (const errands of turn.reminders) this.#held.delete(errands);
      if (more.includes(turn.workflow) && !this.#isDead) this.#look(turn);
      else tellAll(turn);
    }
    this.#go();
  }

  /** Work of the workflow is left: who waits for it waits for that as well. */
  #look({ workflow, waiters }: Waiting<Entry>): void {
    const waiting = this.#waitingFor(workflow);
    waiting.isLooked = true;
    waiting.waiters.push(...waiters);
  }

  /** As much as one call may take; of a workflow with more the rest waits on. */
  #nextTurns(): readonly Waiting<Entry>[] {
    const turns: Waiting<Entry>[] = [];
    let count = 0;
    let bytes = 0;
    for (const [workflow, waiting] of this.#waiting) {
      if (count >= MOST_ENTRIES || (bytes > 0 && bytes + waiting.bytes > MOST_BYTES)) break;
      this.#waiting.delete(workflow);
      const rest = splitOff(waiting, MOST_ENTRIES - count);
      if (rest.length > 0) this.#putBack(waiting, rest);
      turns.push(waiting);
      count += Math.max(1, waiting.entries.length + waiting.reminders.length);
      bytes += waiting.bytes;
    }
    return turns;
  }

  #putBack({ workflow }: Waiting<Entry>, rest: readonly Entry[]): void {
    const waiting = this.#waitingFor(workflow);
    waiting.entries.push(...rest);
    waiting.bytes += rest.reduce((sum, entry) => sum + entry.bytes, 0);
  }

  /** Returns workflows of which work is left. */
  async #hops(turns: readonly Waiting<Entry>[], carried: readonly Receipt[]): Promise<readonly string[]> {
    if (turns.length > 0) this.#reach("taken");
    const startedAt = this.#clock.monotonic();
    const { errands, receipts, more, late } = await this.#store.advance(turns, carried);
    if (carried.length > 0) this.#reach("acknowledged");
    if (turns.length > 0) this.#reach("advanced");
    if (this.#clock.monotonic() - startedAt > STALE_MS) return more;
    await this.#carryAll(deliveriesOf(turns, errands, late));
    for (const receipt of receipts) this.#carried.push(receipt);
    if (turns.length > 0) this.#reach("carried");
    return more;
  }

  async #carryAll(deliveries: readonly Delivery<Entry, Each>[]): Promise<void> {
    const [first, ...others] = deliveries;
    if (first === undefined) return;
    if (this.#crash.at !== undefined && others.length > 0) {
      await this.#store.carry(first);
      this.#reach("partly carried");
      await Promise.all(others.map((delivery) => this.#store.carry(delivery)));
      return;
    }
    await Promise.all(deliveries.map((delivery) => this.#store.carry(delivery)));
  }

  #reach(point: CrashPoint): void {
    if (this.#isDead) throw new Error("the courier was stopped");
    try {
      this.#crash.at?.(point);
    } catch (error) {
      this.stop();
      throw error;
    }
  }
}

function whenDone(waiting: Waiting<unknown>): Promise<void> {
  return new Promise((resolve) => waiting.waiters.push(resolve));
}

function tellAll({ waiters }: Waiting<unknown>): void {
  for (const tell of waiters) tell();
}

/** Takes away what is beyond `most` entries. */
function splitOff<Entry extends OutboxEntry>(waiting: Waiting<Entry>, most: number): readonly Entry[] {
  let bytes = 0;
  let count = 0;
  for (const entry of waiting.entries) {
    if (count >= most || (count > 0 && bytes + entry.bytes > MOST_BYTES)) break;
    bytes += entry.bytes;
    count += 1;
  }
  if (count === waiting.entries.length) return [];
  const rest = waiting.entries.slice(count);
  waiting.entries = waiting.entries.slice(0, count);
  waiting.bytes = bytes;
  return rest;
}

/** One per task, in the order in which tasks come. */
function deliveriesOf<Entry extends OutboxEntry, Each extends Errand>(
  turns: readonly Turn<Entry>[],
  errands: readonly Each[],
  late: ReadonlySet<string>,
): readonly Delivery<Entry, Each>[] {
  const tasks = new Map<
    string,
    { readonly task: string; entries: Entry[]; late: typeof late; errands: Each[] }
  >();
  const of = (task: string) => {
    const known = tasks.get(task);
    if (known !== undefined) return known;
    const made = { task, entries: [], late, errands: [] };
    tasks.set(task, made);
    return made;
  };
  for (const errand of errands) of(errand.task).errands.push(errand);
  for (const { entries } of turns) for (const entry of entries) of(entry.task).entries.push(entry);
  return [...tasks.values()];
}
