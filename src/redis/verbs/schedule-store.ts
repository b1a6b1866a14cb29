/** Schedules in Redis: one script per verb, and one per task for firing slots. */
import type {
  DueScheduleQuery,
  DueSchedules,
  FireReply,
  FireRequest,
  ScheduleListQuery,
  SchedulePage,
  ScheduleReadings,
  ScheduleStore,
  ScheduleWrite,
  ScheduleWriteReply,
} from "../../core/schedule-store.js";
import { encodeBody } from "../codec/body-codec.js";
import { decodeSchedules, encodeSchedule } from "../codec/schedule-record.js";
import type { Subscriber } from "../connection/subscriber.js";
import type { ScriptArgument } from "../script.js";
import {
  scheduleDueScript,
  scheduleFireScript,
  scheduleListScript,
  scheduleReadScript,
  scheduleRemoveScript,
  scheduleWriteScript,
} from "../scripts.generated.js";
import { clampInteger, MOST_MS, type Session } from "../session.js";
import { perTask } from "./per-task.js";

/** Up to 18 µs. */
const WRITE_WEIGHT = 5;
/** Up to 12 µs, and twice that with a limits. */
const FIRE_WEIGHT = 8;

/** The connections of an adapter; both throw `STORE_UNAVAILABLE` while it is not connected. */
export interface ScheduleStoreHost {
  with<T>(verb: (session: Session) => Promise<T>): Promise<T>;
  subscriber(): Subscriber;
  /** Channel on which changes are told. */
  readonly changes: string;
}

/** The schedules of an adapter. */
export function redisScheduleStore(host: ScheduleStoreHost): ScheduleStore {
  return {
    read: (names) => host.with((session) => readSchedules(session, names)),
    list: (query) => host.with((session) => listSchedules(session, query)),
    write: (writes) => host.with((session) => writeSchedules(session, writes)),
    remove: (names) => host.with((session) => removeSchedules(session, names)),
    due: (query) => host.with((session) => dueSchedules(session, query)),
    fire: (requests) => host.with((session) => fireSlots(session, requests)),
    subscribe: async (listener) => host.subscriber().subscribe(host.changes, () => listener()),
  };
}

async function readSchedules(session: Session, names: readonly string[]): Promise<ScheduleReadings> {
  const [now, parts] = await session.runner.run(scheduleReadScript, session.keys.schedules, names);
  return { now, schedules: decodeSchedules(parts) };
}

async function listSchedules(session: Session, { after, limit }: ScheduleListQuery): Promise<SchedulePage> {
  const args = [after ?? "", limit] as const;
  const [now, parts] = await session.runner.run(scheduleListScript, session.keys.schedules, args);
  return { now, schedules: decodeSchedules(parts).filter((schedule) => schedule !== undefined) };
}

async function writeSchedules(
  session: Session,
  writes: readonly ScheduleWrite[],
): Promise<readonly ScheduleWriteReply[]> {
  return inParts(session, writes, async (some) => {
    const args = some.flatMap((write): ScriptArgument[] => [
      write.name,
      write.expectedRevision,
      write.task,
      encodeSchedule(write.plan, write.payload),
      write.nextSlotAt ?? "",
    ]);
    const revisions = await session.runner.run(scheduleWriteScript, session.keys.schedules, args);
    return revisions.map((revision) =>
      revision === 0 ? { status: "stale" } : { status: "stored", revision },
    );
  });
}

/** Bounded calls that are sent together. */
function inParts<Item, Reply>(
  session: Session,
  items: readonly Item[],
  call: (some: readonly Item[]) => Promise<readonly Reply[]>,
): Promise<readonly Reply[]> {
  return perTask(items, {
    link: session.runner.link,
    taskOf: () => "",
    weightOf: () => WRITE_WEIGHT,
    call: (_, some) => call(some),
  });
}

async function removeSchedules(
  session: Session,
  names: readonly string[],
): Promise<readonly ("removed" | "missing")[]> {
  return inParts(session, names, async (some) => {
    const counts = await session.runner.run(scheduleRemoveScript, session.keys.schedules, some);
    return counts.map((count) => (count === 1 ? "removed" : "missing"));
  });
}

async function dueSchedules(session: Session, { tasks, limit }: DueScheduleQuery): Promise<DueSchedules> {
  const args = [limit, ...tasks] as const;
  const [now, nextDueInMs, parts] = await session.runner.run(scheduleDueScript, session.keys.schedules, args);
  const schedules = decodeSchedules(parts).filter((schedule) => schedule !== undefined);
  return { now, schedules, ...(nextDueInMs < 0 ? {} : { nextDueInMs }) };
}

function fireSlots(session: Session, requests: readonly FireRequest[]): Promise<readonly FireReply[]> {
  return perTask(requests, {
    link: session.runner.link,
    taskOf: (request) => request.task,
    weightOf: () => FIRE_WEIGHT,
    bytesOf: (request) => request.fire?.job.payload.length ?? 0,
    call: (task, some) => fireSome(session, task, some),
  });
}

const REPLIES: Readonly<Record<string, FireReply>> = {
  f: "fired",
  o: "overlapped",
  p: "passed",
  m: "moved",
  e: "early",
};

async function fireSome(
  session: Session,
  task: string,
  requests: readonly FireRequest[],
): Promise<readonly FireReply[]> {
  const roots = [session.keys.root(task), session.keys.schedules];
  const args = [task, ...requests.flatMap(fireArguments)] as const;
  const letters = await session.runner.run(scheduleFireScript, roots, args);
  return Array.from(letters.toString("latin1"), (letter) => REPLIES[letter] ?? "moved");
}

function fireArguments(request: FireRequest): ScriptArgument[] {
  const { name, revision, expectedSlotAt, nextSlotAt, fire } = request;
  const slot = [name, revision, expectedSlotAt, nextSlotAt ?? ""];
  if (fire === undefined) return [...slot, "", "", "", "", "", "", "", "", "", ""];
  const { job, slotAt, overlap, limit } = fire;
  return [
    ...slot,
    slotAt,
    overlap === "skip" ? "1" : "",
    limit ?? "",
    job.id,
    encodeBody(job),
    clampInteger(job.priority, -1000, 1000),
    job.dueAt ?? "",
    job.ttlMs === undefined ? "" : clampInteger(job.ttlMs, 0, MOST_MS),
    job.ttlMs !== undefined && job.onExpire === "discard" ? "1" : "",
    job.limits === undefined ? "" : JSON.stringify(job.limits),
  ];
}
