import type { Adapter, NewJob } from "../../core/adapter.js";
import { limitArguments } from "../../core/arguments.js";
import { anything } from "../../core/checks.js";
import { OptionError } from "../../core/errors.js";
import { optionSet } from "../../core/options.js";
import type { ScheduleSettings } from "../../core/schedule.js";
import { scheduleNotFound } from "../../core/schedule-errors.js";
import type { ScheduleStore, StoredSchedule } from "../../core/schedule-store.js";
import { decodeValue } from "../../core/serializer.js";
import { suggest } from "../../core/suggest.js";
import type { ProducerContext } from "../dispatch/producer-context.js";
import { notSupported } from "../features.js";
import { type JobHandle, StoredJobHandle } from "../handles/job-handle.js";
import { taskName } from "../operate/known-tasks.js";
import type { RegisteredContract } from "../registry.js";
import { jobTemplate, type PayloadSettings, PLAIN_TEMPLATE, prepareJobs } from "./schedule-jobs.js";
import { requireScheduleName } from "./schedule-name.js";
import type { ScheduleChanges, ScheduleInfo } from "./schedule-options.js";
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
import { changeStored, type WantedSchedule } from "./stored-changes.js";

/**
 * Reads and changes stored schedules, whoever declared them, from any process. All but `get` refuse the name of a schedule
 * that is not stored with `SCHEDULE_NOT_FOUND`.
 */
export interface Schedules {
  /** All of them, in the order of names. */
  list(): Promise<readonly ScheduleInfo[]>;
  /** `undefined` when it is not stored. */
  get(name: string): Promise<ScheduleInfo | undefined>;
  /** Fires no more slots until {@link resume}, in no process, whatever is restarted. Slots that come meanwhile pass. */
  pause(name: string): Promise<ScheduleInfo>;
  /** Goes on with the next slot. */
  resume(name: string): Promise<ScheduleInfo>;
  /**
   * Changes parts of it. The change stays until the code declares something else than before, or it is removed. Other
   * times begin with their first slot from now on; the same ones keep their next slot.
   *
   * @throws {TaskoraError} as `schedule()` does
   */
  update(name: string, changes: ScheduleChanges): Promise<ScheduleInfo>;
  /** Forgets it; its jobs stay. A process whose code declares it stores it again when it starts. */
  remove(name: string): Promise<"removed">;
  /** Dispatches one job of it now, paused or not; its slots and its overlap do not know of that job. */
  trigger<Result = unknown>(name: string): Promise<JobHandle<Result>>;
}

/** What managing schedules asks of an app. */
export interface SchedulesHost extends PayloadSettings {
  readonly adapter: Adapter;
  readonly context: ProducerContext;
  /** Connects, and stores what the code declares. */
  prepare(): Promise<void>;
  contract(task: string): RegisteredContract | undefined;
  newId(): string;
  /** ms since the epoch. */
  now(): number;
}

const PAGE = 500;
const CHANGES = optionSet({ task: taskName, data: anything, ...SETTINGS_SHAPE });

/** @throws {TaskoraError} `NOT_SUPPORTED` when the adapter keeps none */
export function scheduleStoreOf(adapter: Adapter): ScheduleStore {
  if (adapter.schedules !== undefined) return adapter.schedules;
  throw notSupported(adapter, "schedules", "a schedule");
}

/** Makes the operations on schedules of an app. */
export function createSchedules(host: SchedulesHost): Schedules {
  const change = (name: string, how: (stored: StoredSchedule, plan: SchedulePlan) => WantedSchedule) =>
    changeOne(host, name, how);
  const setPaused = (name: string, paused: boolean) =>
    change(name, ({ task, payload }, plan) => ({ task, payload, plan: { ...plan, paused } }));
  const schedules: Schedules = {
    list: () => listAll(host),
    get: async (name) => {
      const stored = await readOne(host, name);
      return stored === undefined ? undefined : infoOf(host, stored);
    },
    pause: async (name) => setPaused(name, true),
    resume: async (name) => setPaused(name, false),
    async update(name, changes) {
      CHANGES.read(changes, "update()");
      const before = await requireStored(host, name);
      const content = await newContent(host, before, changes);
      return change(name, (stored, plan) => {
        const { job, ...kept } = plan;
        const settled = planSettings(mergeSettings(plan, changes));
        if (!isSameTiming(plan.timing, settled.timing)) requireSlotAhead(settled.timing, host.now());
        if (content !== undefined) return { ...content, plan: { ...kept, ...settled, ...content.template } };
        return { task: stored.task, payload: stored.payload, plan: { ...plan, ...settled } };
      });
    },
    async remove(name) {
      await requireStored(host, name);
      await scheduleStoreOf(host.adapter).remove([name]);
      return "removed";
    },
    trigger: async (name) => trigger(host, name),
  };
  return limitArguments(schedules, "schedules.", {
    rejects: { list: 0, get: 1, pause: 1, resume: 1, update: 2, remove: 1, trigger: 1 },
  });
}

async function listAll(host: SchedulesHost): Promise<readonly ScheduleInfo[]> {
  await host.prepare();
  const store = scheduleStoreOf(host.adapter);
  const found: StoredSchedule[] = [];
  for (let after: string | undefined; ; ) {
    const { schedules } = await store.list(after === undefined ? { limit: PAGE } : { after, limit: PAGE });
    found.push(...schedules);
    after = schedules.at(-1)?.name;
    if (schedules.length < PAGE) return found.map((stored) => infoOf(host, stored));
  }
}

async function readOne(host: SchedulesHost, name: string): Promise<StoredSchedule | undefined> {
  requireScheduleName(name);
  await host.prepare();
  return (await scheduleStoreOf(host.adapter).read([name])).schedules[0];
}

async function requireStored(host: SchedulesHost, name: string): Promise<StoredSchedule> {
  const stored = await readOne(host, name);
  if (stored !== undefined) return stored;
  const { schedules } = await scheduleStoreOf(host.adapter).list({ limit: PAGE });
  const names = schedules.map((schedule) => schedule.name);
  throw scheduleNotFound(name, suggest(name, names));
}

async function changeOne(
  host: SchedulesHost,
  name: string,
  how: (stored: StoredSchedule, plan: SchedulePlan) => WantedSchedule,
): Promise<ScheduleInfo> {
  await requireStored(host, name);
  const store = scheduleStoreOf(host.adapter);
  const change = (stored: StoredSchedule | undefined): WantedSchedule => {
    if (stored === undefined) throw scheduleNotFound(name, undefined);
    return how(stored, readPlan(stored));
  };
  await changeStored(store, new Map([[name, change]]));
  return infoOf(host, await requireStored(host, name));
}

/** Task, payload and template when an update changes any of them; a payload keeps the version it was made with. */
async function newContent(
  host: SchedulesHost,
  before: StoredSchedule,
  changes: ScheduleChanges,
): Promise<(Pick<WantedSchedule, "task" | "payload"> & { template: Pick<SchedulePlan, "job"> }) | undefined> {
  const task = changes.task ?? before.task;
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
  const { task, data, every, cron, timezone, ...others } = changes;
  const given = Object.entries(others).filter(([, value]) => value !== undefined);
  const merged: Omit<ScheduleSettings, "every" | "cron" | "timezone"> = Object.assign(
    {},
    rules,
    Object.fromEntries(given),
  );
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
    ...(plan?.timing as
      | Pick<ScheduleInfo, "everyMs" | "cron" | "timezone" | "startAt" | "endAt">
      | undefined),
    ...(plan?.rules ?? { onMissed: "skip", overlap: true, jitterMs: 0 }),
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

async function trigger<Result>(host: SchedulesHost, name: string): Promise<JobHandle<Result>> {
  const stored = await requireStored(host, name);
  const { task, payload } = stored;
  const contract = host.contract(task);
  const known = () => (contract === undefined ? PLAIN_TEMPLATE : jobTemplate(contract, dataOf(host, stored)));
  const template = readPlan(stored).job ?? known();
  const job: NewJob = { ...template, task, payload, id: host.newId() };
  const [reply] = await host.adapter.insert([job]);
  if (reply?.status === "refused") throw reply.error;
  return new StoredJobHandle<Result>({ task, id: job.id }, host.context, job.ttlMs);
}
