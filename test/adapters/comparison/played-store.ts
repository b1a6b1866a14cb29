import type { JobState } from "taskora";
import type {
  Adapter,
  ClaimReply,
  JobPage,
  Notice,
  Retention,
  Settlement,
  StoredSchedule,
  SweepReply,
} from "taskora/adapter";
import type { ConformanceKit, TaskEntries } from "taskora/testing";
import { JOB_STATES } from "../../../src/core/lifecycle.js";
import type { LimitOverride } from "../../../src/core/limits/limit.js";
import { Listener } from "../../../src/testing/conformance/patience.js";
import { aJob, keeping, LONG_MS, TASK } from "../../../src/testing/conformance/stage.js";
import { comparable, KnownClaims } from "./known-claims.js";
import { boundTo, given, IDS, LEASES, RETENTION, STALL_LIMIT, type Step, type StepOf } from "./steps.js";
import { ALL_TASKS, refOf, STEP_JOBS, startWorkflow, WORKFLOWS, type WorkflowPlay } from "./workflows.js";

/** Shorter than any length of time in a sequence. */
const SHORT_MS = 1000;
/** Leases and delays that pass at once. */
const SOON_MS = 60_000;
/** The job whose end says that everything before was told. */
const LAST = "last";
const RETENTION_OF_ALL = keeping();
/** Jobs that are looked at one by one. */
const NAMED = [...IDS, ...WORKFLOWS, ...STEP_JOBS];

/**
 * One adapter under the steps. A verb that ends jobs and knows no retention leaves it to a later one to trim them, and
 * which that is differs; so a sweep follows.
 */
export class PlayedStore {
  readonly #adapter: Adapter;
  readonly #kit: ConformanceKit;
  readonly #claims = new KnownClaims();
  /** What listens, and how many last jobs it hears of. */
  readonly #listeners: { readonly listener: Listener; readonly lasts: number }[] = [];
  readonly #started: WorkflowPlay[] = [];
  #override: LimitOverride | undefined;

  constructor(kit: ConformanceKit) {
    this.#kit = kit;
    this.#adapter = kit.open();
  }

  async open(): Promise<this> {
    await this.#adapter.connect();
    for (const task of ALL_TASKS) {
      this.#listeners.push({
        listener: await Listener.on(this.#adapter, { kind: "events", task }),
        lasts: 1,
      });
    }
    const outcomes = await Listener.on(this.#adapter, { kind: "outcomes" });
    this.#listeners.push({ listener: outcomes, lasts: ALL_TASKS.length });
    return this;
  }

  get adapter(): Adapter {
    return this.#adapter;
  }

  /** What is kept of a task beneath the port. */
  async entries(task: string): Promise<TaskEntries | undefined> {
    const entries = await this.#kit.inspect?.(task);
    return entries && { ...entries, override: task === TASK ? this.#override : undefined };
  }

  close(): Promise<void> {
    return this.#adapter.close();
  }

  /** What was counted, and what was told, job by job, up to now: a last job of each task is watched and cancelled, and its notices awaited. */
  async heard(): Promise<unknown> {
    // When somebody meets what is overdue is the store's affair.
    await this.#sweepAll();
    const gauges = await this.#gauges();
    for (const task of ALL_TASKS) {
      await this.#adapter.insert([aJob({ task, id: LAST, watch: true })]);
      await this.#adapter.cancel([{ task, id: LAST, reason: "", retention: RETENTION_OF_ALL }]);
    }
    const heard = await Promise.all(
      this.#listeners.map(async ({ listener, lasts }) => {
        for (let count = 1; listener.notices.filter(isLast).length < lasts; count++)
          await listener.received(count);
        const told = listener.notices.map(subjectOf);
        return NAMED.map((id) => told.filter((each) => "id" in each && each.id === id));
      }),
    );
    return { gauges, heard };
  }

  /** How many jobs came and ended, when nothing is overdue. */
  async #gauges(): Promise<unknown> {
    const gauges = await this.#adapter.observe?.gauges(ALL_TASKS);
    return gauges?.map(({ counts, in: came, out }) => ({ counts, came, out }));
  }

  /** Whether a job says that time alone will change something. */
  async isTimed(): Promise<boolean> {
    const counts = await this.#adapter.count(ALL_TASKS);
    if (counts.some(({ delayed, retrying, active }) => delayed + retrying + active > 0)) return true;
    const jobs = await this.#adapter.read(NAMED.map(refOf));
    return jobs.some((job) => job?.expiresAt !== undefined);
  }

  /** Does one step; gives what must be the same of every store. */
  async do(step: Step): Promise<unknown> {
    const reply = await this.#do(step);
    await this.#moveWorkflows();
    return reply;
  }

  async #do(step: Step): Promise<unknown> {
    const adapter = this.#adapter;
    switch (step.what) {
      case "insert":
        return this.#insert(step);
      case "claim":
        return this.#claim(step.lease, { ...step, leaseMs: LONG_MS });
      case "settle":
        return this.#settle(step);
      case "renew": {
        const held = step.held === null ? {} : { held: this.#claims.held(step.held) };
        const [reply] = await adapter.renew([{ task: TASK, lease: step.lease, leaseMs: LONG_MS, ...held }]);
        await this.#sweep(RETENTION);
        return {
          lost: reply?.lost,
          cancelled: reply?.cancelled.map((job) => `${job.id} ${job.reason}`).sort(),
        };
      }
      case "cancel":
        return adapter.cancel([{ ...refOf(step.id), reason: step.reason, retention: RETENTION }]);
      case "watch":
        return adapter.watch([refOf(step.id)]);
      case "change":
        return adapter.change([{ ...refOf(step.id), ...step.change }]);
      case "annotate":
        return this.#annotate(step);
      case "crash": {
        const reply = await this.#claim(this.#claims.nextDoomed(), { ...step, leaseMs: SOON_MS });
        await this.#kit.advance(SOON_MS);
        return reply;
      }
      case "due":
        return this.#due(step);
      case "overdue":
        return this.#overdue(step);
      case "sweep": {
        const reply = await this.#sweep(boundTo(step.count));
        // How many expired says who came across an overdue job first, which is the adapter's affair.
        return { ...reply, expired: 0 };
      }
      case "pass":
        await this.#kit.advance(step.ms);
        return this.#sweepAll();
      case "workflow":
        this.#started.push({ ...step, id: `w${this.#started.length + 1}` });
        return this.#startLast();
      case "again":
        return this.#startLast();
      case "run":
        return this.#run(step);
      case "schedule":
        return this.#schedule(step);
      case "control":
        return adapter.control?.([{ task: TASK, control: step.control }]);
      case "override":
        this.#override = step.override;
        return adapter.control?.([{ task: TASK, control: "limits", override: step.override }]);
      case "drain": {
        const drain = {
          control: "drain",
          states: ["waiting"],
          reason: step.reason,
          retention: RETENTION,
        } as const;
        return adapter.control?.([{ task: TASK, limit: step.limit, ...drain }]);
      }
    }
  }

  /** Everything the port shows of the stored jobs, but times. */
  async look(): Promise<unknown> {
    const refs = NAMED.map(refOf);
    const [counts, lists, jobs, steps] = await Promise.all([
      this.#adapter.count(ALL_TASKS),
      Promise.all(ALL_TASKS.flatMap((task) => JOB_STATES.map((state) => this.#listed(task, state)))),
      this.#adapter.read(refs, { details: true }),
      Promise.all(
        this.#started.map(({ id }) => this.#adapter.workflows?.readSteps({ id, from: 0, limit: 100 })),
      ),
    ]);
    return {
      // What is next may be overdue, and then be gone in one of the two already.
      counts: counts.map(({ nextPriority: _next, ...each }) => ({
        ...each,
        pausedAt: each.pausedAt !== undefined,
      })),
      lists,
      steps,
      schedules: (await this.#adapter.schedules?.list({ limit: 10 }))?.schedules.map(withoutRevision),
      collected: (await this.#adapter.collected?.({ task: TASK, limit: 10, jobs: 10 }))?.map(
        ({ jobs: stored, ...key }) => ({ ...key, jobs: stored.map(({ id }) => id) }),
      ),
      holders: await this.#adapter.holders?.(["k", "s"].map((key) => ({ task: TASK, key }))),
      jobs: jobs.map(
        (job) =>
          job && {
            ...job,
            // Redis keeps waits of no length in order before the moment in which they began.
            ...(job.group !== undefined && { group: job.group }),
            ...(job.dueAt !== undefined && { dueAt: Math.ceil(job.dueAt / SHORT_MS) * SHORT_MS }),
            headers: { ...job.headers },
          },
      ),
    };
  }

  async #insert(step: StepOf<"insert">): Promise<unknown> {
    const replies = await this.#adapter.insert(step.jobs.map((job) => aJob(given(job))));
    if (step.jobs.some((job) => job.limits?.debounce !== undefined)) await this.#sweep(RETENTION);
    return replies;
  }

  async #claim(
    lease: string,
    by: { readonly leaseMs: number; readonly count: number; readonly isApart?: boolean },
  ): Promise<object> {
    const { leaseMs, count, isApart } = by;
    const apart = isApart === true ? ({ apart: true } as const) : {};
    const [reply] = await this.#adapter.claim([{ task: TASK, lease, leaseMs, count, ...apart }]);
    return this.#claimed(lease, reply);
  }

  /** What workflows do soon after a call has been done. */
  async #moveWorkflows(): Promise<void> {
    const [first] = this.#started;
    if (first !== undefined) await this.#adapter.workflows?.readSteps({ id: first.id, from: 0, limit: 1 });
  }

  async #startLast(): Promise<unknown> {
    const last = this.#started.at(-1);
    return last && startWorkflow(this.#adapter, last);
  }

  async #run({ task, lease, count, isApart, endings }: StepOf<"run">): Promise<unknown> {
    const apart = isApart ? ({ apart: true } as const) : {};
    const [reply] = await this.#adapter.claim([{ task, lease, leaseMs: LONG_MS, count, ...apart }]);
    const claimed = this.#claimed(lease, reply);
    const settlements = (reply?.jobs ?? []).map(({ id, fence }, nth): Settlement => {
      this.#claims.named(id, { lease, task });
      return { id, fence, ...(endings[nth % endings.length] ?? { event: "complete" }) };
    });
    const [settled] = await this.#adapter.settle([{ task, lease, retention: RETENTION, settlements }]);
    return { ...claimed, settled: settled?.settled };
  }

  async #settle(step: StepOf<"settle">): Promise<unknown> {
    const settlements = step.ends.map(({ id: given, ending, isLate }): Settlement => {
      const id = this.#claims.named(given, { lease: step.lease, task: TASK });
      return { id, fence: this.#claims.fence(id, isLate), ...ending };
    });
    const claim = step.count === undefined ? {} : { claim: { leaseMs: LONG_MS, count: step.count } };
    const [reply] = await this.#adapter.settle([
      { task: TASK, lease: step.lease, retention: RETENTION, settlements, ...claim },
    ]);
    return { settled: comparable(settlements, reply?.settled), ...this.#claimed(step.lease, reply) };
  }

  #annotate(step: StepOf<"annotate">): Promise<unknown> {
    const claim = { task: TASK, ...this.#claims.noted(step) };
    return this.#adapter.annotate([
      { ...claim, progress: "5" },
      { ...claim, log: { level: "info", message: "x" } },
    ]);
  }

  /** When a due job is promoted decides its place, so it is done here and now. */
  async #due({ what, ...job }: StepOf<"due">): Promise<unknown> {
    const replies = await this.#adapter.insert([aJob({ ...given(job), delayMs: SOON_MS })]);
    await this.#kit.advance(SOON_MS);
    await this.#claim(LEASES[0], { leaseMs: LONG_MS, count: 0 });
    if (job.limits?.debounce !== undefined) await this.#sweep(RETENTION);
    return replies;
  }

  async #overdue(step: StepOf<"overdue">): Promise<unknown> {
    const id = this.#claims.nextOverdue();
    const { onExpire } = step;
    await this.#adapter.insert([
      aJob({ ...given({ limits: step.limits }), id, ttlMs: SOON_MS, onExpire, watch: true }),
    ]);
    await this.#kit.advance(SOON_MS);
    const seen = step.next === "look" ? await this.look() : undefined;
    if (step.next === "look") await this.#sweep(RETENTION);
    else if (step.next === "claim") await this.#claim(LEASES[0], { leaseMs: LONG_MS, count: 0 });
    else if (step.next === "change") await this.do({ what: "change", id, change: { change: "promote" } });
    else if (step.next === "cancel") await this.do({ what: "cancel", id, reason: "late" });
    else await this.do({ what: step.next, id });
    await this.#sweep(RETENTION);
    const [job] = await this.#adapter.read([{ task: TASK, id }]);
    return { seen, state: job?.state ?? "none" };
  }

  /** Writes from the stored revision and fires the stored slot, unless it is late. */
  async #schedule({ act, name, id, overlap, isLate, inMs, limits }: StepOf<"schedule">): Promise<unknown> {
    const store = this.#adapter.schedules;
    if (store === undefined) return undefined;
    const { now, schedules } = await store.read([name]);
    const { revision = 0, nextSlotAt = now } = schedules[0] ?? {};
    const stored = { name, task: TASK, expectedRevision: isLate ? revision + 1 : revision };
    const plan = { plan: id, payload: "1", nextSlotAt: now + inMs };
    const reply = {
      write: () => store.write([{ ...stored, ...plan }]),
      remove: () => store.remove([name]),
      fire: () => {
        const expectedSlotAt = isLate ? nextSlotAt + 1 : nextSlotAt;
        const fire = { slotAt: expectedSlotAt, job: aJob({ id, ...given({ limits }) }), overlap };
        return store.fire([{ name, task: TASK, revision, expectedSlotAt, fire, nextSlotAt: now + inMs }]);
      },
    }[act]();
    const due = await Promise.resolve(reply).then(() => store.due({ tasks: [TASK], limit: 10 }));
    const replies = (await reply).map((each) => (typeof each === "string" ? each : each.status));
    // Those of one slot come in any order.
    const inOrder = due.schedules.map(withoutRevision).sort(byName);
    return { replies, due: { ...due, schedules: inOrder } };
  }

  /** Until nothing is due in any task: how much one sweep does is the store's affair. */
  async #sweepAll(): Promise<unknown> {
    const sums = { promoted: 0, reclaimed: 0 };
    for (let isLeft = true; isLeft; ) {
      isLeft = false;
      for (const task of ALL_TASKS) {
        const request = { task, retention: RETENTION, stallLimit: STALL_LIMIT, scope: "all" } as const;
        const [reply] = await this.#adapter.sweep([request]);
        await this.#moveWorkflows();
        sums.promoted += reply?.promoted ?? 0;
        sums.reclaimed += reply?.reclaimed ?? 0;
        isLeft ||= reply?.more === true || reply?.nextDueInMs === 0;
      }
    }
    return sums;
  }

  async #sweep(retention: Retention): Promise<SweepReply | undefined> {
    const [reply] = await this.#adapter.sweep([
      { task: TASK, retention, stallLimit: STALL_LIMIT, scope: "all" },
    ]);
    return reply;
  }

  /** A state page by page. */
  async #listed(task: string, state: JobState): Promise<readonly string[]> {
    const ids: string[] = [];
    for (let cursor: string | undefined = ""; cursor !== undefined; ) {
      const after: object = cursor === "" ? {} : { cursor };
      const page: JobPage = await this.#adapter.list({ task, state, limit: 2, ...after });
      ids.push(...page.jobs.map((job) => job.id));
      cursor = page.cursor;
    }
    // Jobs whose TTL passes in the same millisecond expire in any order, and so workflows may move on in any.
    const isOrdered = state !== "expired" && (state !== "cancelled" || this.#started.length === 0);
    return [task, state, ...(isOrdered ? ids : ids.sort())];
  }

  #claimed(lease: string, reply: ClaimReply | undefined): object {
    this.#claims.remember(lease, reply?.jobs ?? []);
    return {
      lost: reply?.lost,
      hasSuspects: reply?.hasSuspects === true,
      nextDueInMs: reply?.nextDueInMs,
      jobs: reply?.jobs.map(({ fence, ...job }) => ({ ...job, headers: { ...job.headers } })),
    };
  }
}

/** Revisions rise with each write; by how much is the store's affair. */
function withoutRevision({ revision, ...schedule }: StoredSchedule): Omit<StoredSchedule, "revision"> {
  return schedule;
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : 1;
}

function isLast(notice: Notice): boolean {
  const subject = subjectOf(notice);
  return "id" in subject && subject.id === LAST && JSON.stringify(subject).includes("cancelled");
}

function subjectOf(notice: Notice): object & { readonly id?: string } {
  if (notice.kind === "outcome") return notice.outcome;
  if (notice.kind !== "event") return {};
  return notice.event;
}
