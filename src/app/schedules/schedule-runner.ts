import type { Clock, TimerHandle } from "../../core/clock.js";
import { TaskoraError } from "../../core/errors.js";
import type {
  DueSchedules,
  FireReply,
  FireRequest,
  ScheduleStore,
  StoredSchedule,
} from "../../core/schedule-store.js";
import type { WarningAbout } from "../event-types.js";
import { planFiring } from "./plan-firing.js";
import type { JobTemplate } from "./schedule-plan.js";

/** What the runner asks of its app. */
export interface ScheduleRunnerHost {
  readonly clock: Clock;
  /** Tasks that this process works on. */
  tasks(): readonly string[];
  templateOf(stored: StoredSchedule): JobTemplate;
  warn(message: string, about: WarningAbout): void;
  reportError(error: unknown, about?: { readonly schedule: string; readonly task: string }): void;
}

/** It looks at least this often, in case word of a change got lost. */
const LONGEST_WAIT_MS = 60_000;
/** Schedules that are looked at in one call. */
const MOST_AT_ONCE = 100;
const MOST_DUE = 1000;
/** A schedule that this process cannot fire is left to others for this long. */
const REST_MS = 60_000;
/** Pause after a failed call, growing to the second. */
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 1000;

interface Resting {
  readonly revision: number;
  readonly until: number;
}

/**
 * Fires the slots of the schedules whose tasks this process works on. Every started process does so and none leads: the
 * store lets each slot happen once, so whoever comes first fires it and a process that dies is not missed.
 *
 * Life: `start` → look (what is due? fire it) → sleep until the next slot, or until somebody changes a schedule → look …
 * → `stop`. It never asks the store while nothing is due, but once a minute.
 */
export class ScheduleRunner {
  readonly #store: ScheduleStore;
  readonly #host: ScheduleRunnerHost;
  readonly #resting = new Map<string, Resting>();
  #timer: TimerHandle | undefined;
  #looking: Promise<void> | undefined;
  #isAskedAgain = false;
  #isStopped = false;
  #pauseMs = 0;
  #unsubscribe: (() => Promise<void>) | undefined;

  constructor(store: ScheduleStore, host: ScheduleRunnerHost) {
    this.#store = store;
    this.#host = host;
  }

  async start(): Promise<void> {
    this.#unsubscribe = await this.#store.subscribe(() => this.look());
    this.look();
  }

  /** Fires nothing more once it resolves. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#looking;
    await this.#unsubscribe?.();
  }

  /** Looks soon: something may have changed. */
  look(): void {
    this.#timer?.cancel();
    if (this.#isStopped) return;
    if (this.#looking === undefined) this.#looking = this.#lookAndSleep();
    else this.#isAskedAgain = true;
  }

  async #lookAndSleep(): Promise<void> {
    let waitMs = 0;
    do {
      this.#isAskedAgain = false;
      waitMs = await this.#lookOnce();
    } while (!this.#isStopped && (this.#isAskedAgain || waitMs <= 0));
    this.#looking = undefined;
    if (!this.#isStopped) this.#timer = this.#host.clock.schedule(waitMs, () => this.look());
  }

  /** Fires what is due; gives the time until the next look. */
  async #lookOnce(): Promise<number> {
    const tasks = this.#host.tasks();
    if (tasks.length === 0) return LONGEST_WAIT_MS;
    const askedAt = this.#host.clock.monotonic();
    try {
      const limit = Math.min(MOST_DUE, MOST_AT_ONCE + this.#resting.size);
      const due = await this.#store.due({ tasks, limit });
      const requests = due.schedules.flatMap((stored) => this.#plan(stored, due.now));
      const replies = await this.#fire(requests);
      this.#pauseMs = 0;
      const waitMs = waitAfter({ due, limit, requests, replies });
      return waitMs <= 0 ? 0 : Math.max(1, waitMs - (this.#host.clock.monotonic() - askedAt));
    } catch (error) {
      if (this.#pauseMs === 0 && !this.#isStopped) this.#host.reportError(error);
      this.#pauseMs = Math.min(Math.max(this.#pauseMs * 2, FIRST_PAUSE_MS), MAX_PAUSE_MS);
      return this.#pauseMs;
    }
  }

  /** The steps of one overdue schedule. One that makes no sense here rests, and disturbs no other. */
  #plan(stored: StoredSchedule, now: number): readonly FireRequest[] {
    const resting = this.#resting.get(stored.name);
    if (resting?.revision === stored.revision && resting.until > this.#host.clock.monotonic()) return [];
    try {
      const templateOf = (each: StoredSchedule) => this.#host.templateOf(each);
      const { requests, isTooFarBehind } = planFiring(stored, { now, templateOf });
      if (isTooFarBehind) this.#warnTooFarBehind(stored, requests);
      return requests;
    } catch (error) {
      this.#rest(stored, error);
      return [];
    }
  }

  #rest({ name, task, revision }: StoredSchedule | FireRequest, error: unknown): void {
    const isNew = this.#resting.get(name)?.revision !== revision;
    this.#resting.set(name, { revision, until: this.#host.clock.monotonic() + REST_MS });
    if (isNew) this.#host.reportError(error, { schedule: name, task });
  }

  #warnTooFarBehind({ name, task }: StoredSchedule, requests: readonly FireRequest[]): void {
    const from = new Date(requests[0]?.fire?.slotAt ?? 0).toISOString();
    this.#host.warn(
      `Schedule ${name} missed more slots than it may catch up with: it goes on from ${from}, older ones are dropped.`,
      { schedule: name, task, code: "SCHEDULE_BEHIND" },
    );
  }

  /** When the store refuses one of several, the others are fired on their own. */
  async #fire(requests: readonly FireRequest[]): Promise<readonly FireReply[]> {
    if (requests.length === 0) return [];
    try {
      return await this.#fireAll(requests);
    } catch (error) {
      if (!(error instanceof TaskoraError) || error.retryable || error.code !== "STORE_REPLY") throw error;
    }
    const replies: FireReply[] = [];
    for (const request of requests) {
      try {
        replies.push(...(await this.#fireAll([request])));
      } catch (error) {
        this.#rest(request, error);
        replies.push("passed");
      }
    }
    return replies;
  }

  /** A schedule that the store takes rests no longer; until then it is known, so that it is reported once. */
  async #fireAll(requests: readonly FireRequest[]): Promise<readonly FireReply[]> {
    const replies = await this.#store.fire(requests);
    for (const { name } of requests) this.#resting.delete(name);
    return replies;
  }
}

/** Time until there may be something to fire; 0: look again at once. */
function waitAfter(look: {
  readonly due: DueSchedules;
  readonly limit: number;
  readonly requests: readonly FireRequest[];
  readonly replies: readonly FireReply[];
}): number {
  const { due, limit, requests, replies } = look;
  if (replies.includes("early")) return FIRST_PAUSE_MS;
  if (replies.includes("moved") || (due.schedules.length >= limit && requests.length > 0)) return 0;
  const last = new Map(requests.map((request) => [request.name, request.nextSlotAt]));
  const waits = [...last.values()].map((slot) => (slot ?? Number.POSITIVE_INFINITY) - due.now);
  return Math.min(LONGEST_WAIT_MS, due.nextDueInMs ?? LONGEST_WAIT_MS, ...waits);
}
