/**
 * The jobs that a task has claimed and not begun, and those that it may claim.
 *
 * It may find jobs until a claim came back short: then a claim of it stands and waits, and nothing else is claimed. It is *uncertain* when the answer of a claim was lost: nothing is claimed then until
 * it is known what the store holds. Jobs are claimed ahead only while runs are so short that they are worked off within
 * {@link AHEAD_MS}; those that are not begun within {@link MAX_HELD_MS} go back to the store, so that no job waits behind a
 * slow neighbour while another worker is free.
 */
import type { ClaimedJob } from "../core/adapter.js";
import type { Clock, TimerHandle } from "../core/clock.js";

/** How much work, in time, may be claimed ahead. */
const AHEAD_MS = 5;
/** How long a claimed job may wait here before it is given back. */
const MAX_HELD_MS = 20;
/**
 * Claimed jobs at most, those ahead included. Fewer and larger calls cost less per job: at c = 10 and handlers that do
 * nothing, a limit of 1 000 gave half as many jobs a second again as one of 128.
 */
const MAX_CLAIMED_WITH_AHEAD = 1000;
/**
 * Jobs of one claim. Two calls of 500 overlap where one of 1 000 would be waited for: measured at c = 1 000, 4.4 µs of
 * Redis per job against 5.3, and 2.6 ms per call against 5.5.
 */
export const MAX_PER_CALL = 500;

/** How much a task may claim. */
export interface PrefetchSettings {
  /** Jobs that run at once. */
  readonly concurrency: number;
  /** A claim takes batches, which are never claimed ahead. */
  readonly isCollected: boolean;
  /** Whether jobs may be claimed that no slot is free for. */
  readonly claimsAhead: boolean;
}

export class Prefetch {
  readonly #settings: PrefetchSettings;
  /** The store may have jobs. */
  mayFindJobs = true;
  /** The answer of a call was lost, so the store may hold claims that nobody here knows of. */
  isUncertain = false;
  #jobs: ClaimedJob[] = [];
  /** Asked for in calls under way. */
  #claiming = 0;
  /** Asked for in a claim that waits. */
  #standing = 0;
  /** Exponentially weighted mean of run times; starts high, so that jobs ahead are earned. */
  #meanRunMs = 50;
  /** Jobs begun ever, to see whether the others move. */
  #begun = 0;
  #timer: TimerHandle | undefined;
  /** The last jobs count for limits while they are claimed: claimed ahead they would keep others from running. */
  #isGated = false;

  constructor(settings: PrefetchSettings) {
    this.#settings = settings;
  }

  /** Jobs that are held and not begun. */
  get size(): number {
    return this.#jobs.length;
  }

  get jobs(): readonly ClaimedJob[] {
    return this.#jobs;
  }

  /** Jobs that are held and not begun, and those that are asked for in calls under way. */
  get claimed(): number {
    return this.#jobs.length + this.#claiming;
  }

  /** What a claim of it that waits may take; 0: none does. */
  get standing(): number {
    return this.#standing;
  }

  /** Whether a claim of it waits. */
  get isStanding(): boolean {
    return this.#standing > 0;
  }

  /** Whether it should claim and cannot, since a claim of it stands. */
  get isHeldUp(): boolean {
    return this.mayFindJobs && this.#standing > 0;
  }

  /** Whether a claim of it should wait: nothing is known to be there, and no claim of it is under way. */
  mayStand(taken: number): boolean {
    if (this.mayFindJobs || this.isUncertain || this.#claiming + this.#standing > 0) return false;
    return taken + this.#jobs.length < this.#settings.concurrency;
  }

  /** Begins a claim that waits. Returns how many it may take, `most` at most. */
  stand(taken: number, most = Number.POSITIVE_INFINITY): number {
    this.#standing = Math.min(this.#room(taken), most);
    return this.#standing;
  }

  /** The standing claim is no more, and took so many. */
  stood(count: number): void {
    if (count > 0 && count === this.#standing) this.mayFindJobs = true;
    this.#standing = 0;
  }

  /** Slots that are free for jobs that may be there; nothing is while a claim of it waits. */
  demand(taken: number): number {
    if (!this.mayFindJobs || this.isUncertain || this.#standing > 0) return 0;
    return Math.max(0, Math.min(this.#settings.concurrency - taken - this.claimed, MAX_PER_CALL));
  }

  /** Begins a claim in a call. Returns how many it may take, `most` at most; 0: none. */
  claim(taken: number, most = Number.POSITIVE_INFINITY): number {
    if (!this.mayFindJobs || this.isUncertain || this.#standing > 0) return 0;
    const count = Math.min(this.#room(taken), most);
    this.#claiming += count;
    return count;
  }

  /** A claim of `asked` took `count`. Fewer were there: it looks for no more. */
  answered(asked: number, count: number): void {
    this.#claiming -= asked;
    if (count < asked) this.mayFindJobs = false;
  }

  /** The answer to a claim of `asked` is lost, or it was not carried out. */
  failed(asked: number): void {
    this.#claiming -= asked;
    if (asked > 0) this.mistrust();
  }

  /** Claims may exist that nobody here knows of. */
  mistrust(): void {
    this.isUncertain = true;
    this.mayFindJobs = true;
  }

  add(jobs: readonly ClaimedJob[]): void {
    if (jobs.length === 0) return;
    this.#isGated = jobs.some((job) => job.isGated === true);
    this.#jobs.push(...jobs);
  }

  /** The next job to begin. */
  next(): ClaimedJob | undefined {
    const job = this.#jobs.shift();
    if (job !== undefined) this.#begun += 1;
    return job;
  }

  /** Takes one that is wanted for something else. */
  take(id: string): ClaimedJob | undefined {
    const index = this.#jobs.findIndex((job) => job.id === id);
    return index === -1 ? undefined : this.#jobs.splice(index, 1)[0];
  }

  /** Takes all. */
  takeAll(): readonly ClaimedJob[] {
    return this.#jobs.splice(0);
  }

  /** Forgets these. */
  drop(ids: ReadonlySet<string>): void {
    this.#jobs = this.#jobs.filter((job) => !ids.has(job.id));
  }

  /** What is held belongs to others; the store may have jobs for the next lease. */
  forget(): void {
    this.#jobs = [];
    this.mayFindJobs = true;
    this.isUncertain = false;
  }

  /** A run took so long. */
  ran(ms: number): void {
    this.#meanRunMs += (ms - this.#meanRunMs) * 0.1;
  }

  /** Slots get free again and again while jobs are short; when none does for a while, `giveBack` takes what is held. */
  watch(clock: Clock, giveBack: () => void): void {
    if (this.#jobs.length === 0 || this.#timer !== undefined) return;
    const begunBefore = this.#begun;
    this.#timer = clock.schedule(MAX_HELD_MS, () => {
      this.#timer = undefined;
      if (this.#begun !== begunBefore) {
        this.watch(clock, giveBack);
        return;
      }
      this.#meanRunMs = Math.max(this.#meanRunMs, MAX_HELD_MS);
      giveBack();
    });
  }

  #room(taken: number): number {
    const free = this.#settings.concurrency + this.#ahead() - taken - this.#jobs.length - this.#claiming;
    return Math.max(0, Math.min(free, MAX_PER_CALL));
  }

  #ahead(): number {
    const { concurrency, isCollected, claimsAhead } = this.#settings;
    if (isCollected || !claimsAhead || this.#isGated || concurrency >= MAX_CLAIMED_WITH_AHEAD) return 0;
    const worth = Math.floor((concurrency * AHEAD_MS) / Math.max(this.#meanRunMs, 0.01));
    return Math.min(worth, MAX_CLAIMED_WITH_AHEAD - concurrency);
  }
}
