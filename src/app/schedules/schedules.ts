import type { Adapter, NewJob } from "../../core/adapter.js";
import { limitArguments } from "../../core/arguments.js";
import { anything, integer, text } from "../../core/checks.js";
import { OptionError } from "../../core/errors.js";
import { inLane, laneName } from "../../core/lane-name.js";
import { type Check, optionSet, required } from "../../core/options.js";
import type { ScheduleSettings } from "../../core/schedule.js";
import type { ScheduleStore, StoredSchedule } from "../../core/schedule-store.js";
import { decodeValue } from "../../core/serializer.js";
import type { ProducerContext } from "../dispatch/producer-context.js";
import { notSupported } from "../features.js";
import { type JobHandle, StoredJobHandle } from "../handles/job-handle.js";
import {
  type AuditAction,
  CHANGE,
  CHANGE_SHAPE,
  type ChangeOptions,
  type ChangeResult,
  saidBy,
} from "../operate/change.js";
import { taskName } from "../operate/known-tasks.js";
import { type Listing, listing, pageOf } from "../operate/page.js";
import type { RegisteredContract } from "../registry.js";
import type { TaskResult } from "../task-types.js";
import { jobTemplate, type PayloadSettings, PLAIN_TEMPLATE, prepareJobs } from "./schedule-jobs.js";
import { requireScheduleName } from "./schedule-name.js";
import type {
  ScheduleChanges,
  ScheduleInfo,
  ScheduleOptions,
  ScheduleReadings,
  ScheduleTask,
} from "./schedule-options.js";
import {
  isSameTiming,
  isSpent,
  planSettings,
  readPlan,
  requireSlotAhead,
  type SchedulePlan,
  SETTINGS_SHAPE,
  settingsOf,
  slotsOf,
  timezoneBesideEvery,
} from "./schedule-plan.js";
import { changeStored, planOf, type WantedSchedule } from "./stored-changes.js";

/** What triggering a schedule did. `applied`: with the handle of its job. */
export type TriggerResult<Result = unknown> =
  | { readonly status: "applied"; readonly job: JobHandle<Result> }
  | { readonly status: "missing" };

/** Which schedules are listed. */
export interface ScheduleListQuery {
  /** Of a page before. */
  readonly cursor?: string | undefined;
  /** Most schedules of a page, 1 to 1 000. Default 100. */
  readonly limit?: number | undefined;
}

/** How many slots are looked ahead. */
export interface UpcomingOptions {
  /** 1 to 1 000. Default 5. */
  readonly count?: number | undefined;
}

/** One schedule, stored or not. */
export interface ScheduleHandle<Result = unknown> {
  readonly name: string;
  /** `undefined` when it is not stored. */
  get(): Promise<ScheduleInfo | undefined>;
  /** As {@link Schedules.pause}. */
  pause(change?: ChangeOptions): Promise<ChangeResult>;
  /** As {@link Schedules.resume}. */
  resume(change?: ChangeOptions): Promise<ChangeResult>;
  /** As {@link Schedules.update}. */
  update(changes: ScheduleChanges): Promise<ChangeResult>;
  /** As {@link Schedules.remove}. */
  remove(change?: ChangeOptions): Promise<ChangeResult>;
  /** As {@link Schedules.trigger}. */
  trigger(change?: ChangeOptions): Promise<TriggerResult<Result>>;
}

/** The schedules that the store holds, whoever declared them. */
export interface Schedules {
  /** In the order of names. */
  list(query?: ScheduleListQuery): Listing<ScheduleInfo>;
  /** `undefined` when it is not stored. */
  get(name: string): Promise<ScheduleInfo | undefined>;
  /**
   * The next slots of a schedule, soonest first, ms since the epoch: none of one that is paused or has ended, `undefined` when it is
   * not stored.
   *
   * @param options `count`: how many at most, 1 to 1 000; default 5
   */
  upcoming(name: string, options?: UpcomingOptions): Promise<readonly number[] | undefined>;
  /** The handle of a schedule. Does not look whether it is there. */
  handle<Result = unknown>(name: string): ScheduleHandle<Result>;
  /**
   * Stores a schedule now: a new one, or in place of the one of that name, which keeps its pause, its runs and, where its
   * times stay, its next slot. For schedules that come and go at run time; it stays until it is removed, whatever is
   * restarted.
   *
   * @throws {TaskoraError} as `schedule()` does
   */
  upsert<const Task extends ScheduleTask>(
    name: string,
    options: ScheduleOptions<Task> & ChangeOptions,
  ): Promise<ScheduleHandle<TaskResult<Task>>>;
  /** Fires no more slots until {@link resume}, in no process, whatever is restarted. Slots that come meanwhile pass. */
  pause(name: string, change?: ChangeOptions): Promise<ChangeResult>;
  /** Goes on with the next slot. */
  resume(name: string, change?: ChangeOptions): Promise<ChangeResult>;
  /**
   * Changes parts of it. The change stays until the code declares something else than before, or it is removed. Other
   * times begin with their first slot from now on; the same ones keep their next slot.
   *
   * @throws {TaskoraError} as `schedule()` does
   */
  update(name: string, changes: ScheduleChanges): Promise<ChangeResult>;
  /** Forgets it; its jobs stay. Another process whose code declares it stores it again when it starts. */
  remove(name: string, change?: ChangeOptions): Promise<ChangeResult>;
  /** Dispatches one job of it now, paused or not; its slots and its overlap do not know of that job. */
  trigger<Result = unknown>(name: string, change?: ChangeOptions): Promise<TriggerResult<Result>>;
}

/** What managing schedules asks of an app. */
export interface SchedulesHost extends PayloadSettings {
  readonly adapter: Adapter;
  readonly context: ProducerContext;
  /** Connects, and stores what the code declares. */
  prepare(): Promise<void>;
  contract(task: string): RegisteredContract | undefined;
  /** This process declares it no longer. */
  forget(name: string): void;
  newId(): string;
  /** ms since the epoch. */
  now(): number;
}

/** What is read of a schedule and passed over when it is written. */
const READINGS = {
  ...{ name: anything, paused: anything, runs: anything, ended: anything, nextSlotAt: anything },
  ...{ lastSlotAt: anything, lastFiredAt: anything, lastJobId: anything, corrupt: anything },
} satisfies { readonly [Key in keyof Required<ScheduleReadings>]: Check<unknown> };
const LIST = optionSet({ cursor: text, limit: integer(1, 1000) });
const UPCOMING = optionSet({ count: integer(1, 1000) });
const CHANGES = optionSet({
  ...READINGS,
  ...CHANGE_SHAPE,
  task: taskName,
  data: anything,
  ...SETTINGS_SHAPE,
});
const UPSERT = optionSet({
  ...{ ...CHANGE_SHAPE, ...SETTINGS_SHAPE },
  ...{ task: required(taskName), lane: laneName, data: anything },
});

/** @throws {TaskoraError} `NOT_SUPPORTED` when the adapter keeps none */
export function scheduleStoreOf(adapter: Adapter): ScheduleStore {
  if (adapter.schedules !== undefined) return adapter.schedules;
  throw notSupported(adapter, "schedules", "a schedule");
}

/** Makes the schedules of an app. */
export function createSchedules(host: SchedulesHost): Schedules {
  const schedules: Schedules = {
    list: (query = {}) => listSchedules(host, query),
    get: async (name) => {
      const stored = await readOne(host, name);
      return stored === undefined ? undefined : infoOf(host, stored);
    },
    upcoming: async (name, options = {}) => {
      const { count = 5 } = UPCOMING.read(options, "upcoming()");
      const stored = await readOne(host, name);
      return stored && slotsAhead(stored, count);
    },
    handle: <Result>(name: string) => handleOf<Result>(schedules, requireScheduleName(name)),
    upsert: async (name, options) => {
      await upsert(host, name, options);
      return handleOf(schedules, name);
    },
    pause: async (name, change) => setPaused(host, name, { paused: true, change }),
    resume: async (name, change) => setPaused(host, name, { paused: false, change }),
    update: async (name, changes) => update(host, name, changes),
    remove: async (name, change = {}) => {
      const said = CHANGE.read(change, "remove()");
      const stored = await readOne(host, name);
      host.forget(name);
      if (stored === undefined) return { status: "missing" };
      await scheduleStoreOf(host.adapter).remove([name]);
      return told(host, { action: "schedule.remove", name, task: stored.task, said });
    },
    trigger: async (name, change) => trigger(host, name, change),
  };
  return limitArguments(schedules, "schedules.", {
    throws: { list: 1, handle: 1 },
    rejects: { get: 1, upcoming: 2, upsert: 2, pause: 2, resume: 2, update: 2, remove: 2, trigger: 2 },
  });
}

function handleOf<Result>(schedules: Schedules, name: string): ScheduleHandle<Result> {
  const handle: ScheduleHandle<Result> = {
    name,
    get: () => schedules.get(name),
    pause: (change) => schedules.pause(name, change),
    resume: (change) => schedules.resume(name, change),
    update: (changes) => schedules.update(name, changes),
    remove: (change) => schedules.remove(name, change),
    trigger: (change) => schedules.trigger<Result>(name, change),
  };
  return limitArguments(handle, "", {
    rejects: { get: 0, pause: 1, resume: 1, update: 1, remove: 1, trigger: 1 },
  });
}

function listSchedules(host: SchedulesHost, query: ScheduleListQuery): Listing<ScheduleInfo> {
  const { cursor, limit = 100 } = LIST.read(query, "list()");
  return listing(async (after) => {
    await host.prepare();
    const store = scheduleStoreOf(host.adapter);
    const { schedules } = await store.list({ limit, ...(after === undefined ? {} : { after }) });
    const last = schedules.length < limit ? undefined : schedules.at(-1)?.name;
    return pageOf(
      schedules.map((stored) => infoOf(host, stored)),
      last,
    );
  }, cursor);
}

async function readOne(host: SchedulesHost, name: string): Promise<StoredSchedule | undefined> {
  requireScheduleName(name);
  await host.prepare();
  return (await scheduleStoreOf(host.adapter).read([name])).schedules[0];
}

/** From its next slot on, as far as its limit lets it go. */
function slotsAhead(stored: StoredSchedule, count: number): readonly number[] {
  const plan = readPlan(stored);
  const slots = slotsOf(plan);
  const most = Math.min(count, (plan.rules.limit ?? Number.POSITIVE_INFINITY) - (stored.runs ?? 0));
  const ahead: number[] = [];
  for (let slot = stored.nextSlotAt; slot !== undefined && ahead.length < most; slot = slots.after(slot)) {
    ahead.push(slot);
  }
  return ahead;
}

/** What was done to a schedule, and tells `audit` listeners. */
function told(
  host: SchedulesHost,
  {
    action,
    name,
    task,
    said,
  }: {
    readonly action: AuditAction;
    readonly name: string;
    readonly task: string;
    readonly said: ChangeOptions;
  },
): { readonly status: "applied" } {
  host.context.audit({ action, status: "applied", schedule: name, task, ...saidBy(said) });
  return { status: "applied" };
}

/** Changes one that is stored. */
async function changeOne(
  host: SchedulesHost,
  name: string,
  how: (stored: StoredSchedule, plan: SchedulePlan) => WantedSchedule | undefined,
): Promise<"missing" | "applied" | "unchanged"> {
  let isMissing = false;
  const change = (stored: StoredSchedule | undefined): WantedSchedule | undefined => {
    isMissing = stored === undefined;
    return stored === undefined ? undefined : how(stored, readPlan(stored));
  };
  const written = await changeStored(scheduleStoreOf(host.adapter), new Map([[name, change]]));
  if (isMissing) return "missing";
  return written.length === 0 ? "unchanged" : "applied";
}

async function setPaused(
  host: SchedulesHost,
  name: string,
  { paused, change = {} }: { readonly paused: boolean; readonly change: ChangeOptions | undefined },
): Promise<ChangeResult> {
  const verb = paused ? "pause" : "resume";
  const said = CHANGE.read(change, `${verb}()`);
  const before = await readOne(host, name);
  if (before === undefined) return { status: "missing" };
  const status = await changeOne(host, name, ({ task, payload }, plan) =>
    plan.paused === paused ? undefined : { task, payload, plan: { ...plan, paused } },
  );
  if (status !== "applied") return { status };
  return told(host, { action: `schedule.${verb}`, name, task: before.task, said });
}

async function update(host: SchedulesHost, name: string, changes: ScheduleChanges): Promise<ChangeResult> {
  const { task, ...given } = CHANGES.read(changes, "update()");
  const before = await readOne(host, name);
  if (before === undefined) return { status: "missing" };
  const content = await newContent(host, before, { task, changes });
  const status = await changeOne(host, name, (stored, plan) => {
    const { job, ...kept } = plan;
    const settled = planSettings(mergeSettings(plan, changes));
    if (!isSameTiming(plan.timing, settled.timing)) requireSlotAhead(settled.timing, host.now());
    if (content !== undefined) return { ...content, plan: { ...kept, ...settled, ...content.template } };
    return { task: stored.task, payload: stored.payload, plan: { ...plan, ...settled } };
  });
  if (status !== "applied") return { status };
  return told(host, { action: "schedule.update", name, task: task ?? before.task, said: given });
}

async function upsert(
  host: SchedulesHost,
  name: string,
  options: ScheduleSettings & ChangeOptions & { readonly data?: unknown },
): Promise<void> {
  requireScheduleName(name);
  const { task: of, lane, data, reason, by, address, ...settings } = UPSERT.read(options, `schedule ${name}`);
  const task = inLane(of, lane);
  const { timing, rules } = planSettings(settings as ScheduleSettings);
  requireSlotAhead(timing, host.now());
  const { payload, ...template } = await prepareJobs({ task, data, contract: host.contract(task) }, host);
  await host.prepare();
  const change = (stored: StoredSchedule | undefined): WantedSchedule => {
    const before = planOf(stored);
    const { paused = false, declared = "" } = before ?? {};
    return { task, payload, plan: { timing, rules, ...template, paused, declared } };
  };
  await changeStored(scheduleStoreOf(host.adapter), new Map([[name, change]]));
  told(host, { action: "schedule.upsert", name, task, said: { reason, by, address } });
}

/** Task, payload and template when an update changes any of them; a payload keeps the version it was made with. */
async function newContent(
  host: SchedulesHost,
  before: StoredSchedule,
  { task: wanted, changes }: { readonly task: string | undefined; readonly changes: ScheduleChanges },
): Promise<(Pick<WantedSchedule, "task" | "payload"> & { template: Pick<SchedulePlan, "job"> }) | undefined> {
  const task = wanted ?? before.task;
  const hasData = "data" in changes;
  if (!hasData && task === before.task) return undefined;
  const contract = host.contract(task);
  const data = hasData ? changes.data : dataOf(host, before);
  const { payload, ...template } = await prepareJobs({ task, data, contract }, host);
  return { task, payload, template };
}

/** Settings after an update: other times replace the old ones, a time zone alone moves them. */
function mergeSettings(plan: SchedulePlan, changes: ScheduleChanges): ScheduleSettings {
  const { every: oldEvery, cron: oldCron, timezone: oldZone, ...rules } = settingsOf(plan);
  const { every, cron, timezone } = changes;
  const given = Object.entries(changes).filter(
    ([key, value]) => key in SETTINGS_SHAPE && value !== undefined,
  );
  const merged = { ...rules, ...Object.fromEntries(given) };
  if (every !== undefined && cron !== undefined) {
    throw new OptionError("expected a schedule to have every or cron, got both");
  }
  const newEvery = every ?? (cron === undefined ? oldEvery : undefined);
  if (newEvery === undefined)
    return { ...merged, cron: cron ?? oldCron ?? "", timezone: timezone ?? oldZone ?? "UTC" };
  if (timezone !== undefined) throw timezoneBesideEvery();
  return { ...merged, every: newEvery };
}

function dataOf(host: SchedulesHost, { task, payload }: StoredSchedule): unknown {
  return decodeValue(host.serializer, payload, { task, side: "input" });
}

/** What cannot be read is left out and named in `corrupt`, so that a list never breaks. */
function infoOf(host: SchedulesHost, stored: StoredSchedule): ScheduleInfo {
  const { plan: text, payload, revision, ...known } = stored;
  let corrupt: string | undefined;
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      corrupt ??= error instanceof Error ? error.message : String(error);
      return undefined;
    }
  };
  const plan = attempt(() => readPlan(stored));
  const data = attempt(() => dataOf(host, stored));
  const hasEnded = plan && attempt(() => isOver(stored, plan, host.now()));
  return {
    ...known,
    data,
    ...(plan?.timing as Pick<ScheduleInfo, "every" | "cron" | "timezone" | "startAt" | "endAt"> | undefined),
    ...(plan?.rules ?? { onMissed: "skip", overlap: "allow", jitter: 0 }),
    paused: plan?.paused ?? false,
    ...(hasEnded === true ? { ended: true } : {}),
    ...(corrupt === undefined ? {} : { corrupt }),
  };
}

/** A paused one that has slots ahead goes on with them when it is resumed. */
function isOver(stored: StoredSchedule, plan: SchedulePlan, now: number): boolean {
  if (stored.nextSlotAt !== undefined) return false;
  return !plan.paused || isSpent(plan, stored) || slotsOf(plan).after(now) === undefined;
}

async function trigger<Result>(
  host: SchedulesHost,
  name: string,
  change: ChangeOptions = {},
): Promise<TriggerResult<Result>> {
  const said = CHANGE.read(change, "trigger()");
  const stored = await readOne(host, name);
  if (stored === undefined) return { status: "missing" };
  const { task, payload } = stored;
  const contract = host.contract(task);
  const known = () =>
    contract === undefined ? PLAIN_TEMPLATE : jobTemplate(contract, dataOf(host, stored), host.defaults);
  const template = readPlan(stored).job ?? known();
  const job: NewJob = { ...template, task, payload, id: host.newId() };
  const [reply] = await host.adapter.insert([job]);
  if (reply?.status === "refused") throw reply.error;
  const id = reply?.status === "duplicate" ? reply.id : job.id;
  const handle = new StoredJobHandle<Result>({ task, id }, host.context, job.ttlMs);
  return { ...told(host, { action: "schedule.trigger", name, task, said }), job: handle };
}
