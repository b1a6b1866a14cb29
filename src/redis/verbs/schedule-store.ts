/** Schedules in Redis: each lives with its task, see schedule-names.ts for how their names are kept apart. */
import {
  bySlot,
  type DueScheduleQuery,
  type DueSchedules,
  type FireReply,
  type FireRequest,
  type ScheduleListQuery,
  type SchedulePage,
  type ScheduleReadings,
  type ScheduleStore,
  type ScheduleWrite,
  type ScheduleWriteReply,
  type StoredSchedule,
} from "../../core/schedule-store.js";
import { encodeBody } from "../codec/body-codec.js";
import { decodeSchedule, encodeSchedule } from "../codec/schedule-record.js";
import type { Channels } from "../connection/subscriber.js";
import type { ScriptArgument } from "../script.js";
import {
  scheduleDueScript,
  scheduleFireScript,
  schedulePageScript,
  scheduleRemoveScript,
  scheduleWriteScript,
} from "../scripts.generated.js";
import { clampInteger, MOST_MS, type Session } from "../session.js";
import { MOST_PER_CALL, perTask } from "./per-task.js";
import {
  type Claim,
  type Claiming,
  claimName,
  claimNames,
  findNames,
  finishMove,
  forgetNames,
  moveSchedule,
  readParts,
  type StoredParts,
  toClaim,
} from "./schedule-names.js";

/** Up to 18 µs. */
const WRITE_WEIGHT = 10;
/** Up to 12 µs, and twice that with limits. */
const FIRE_WEIGHT = 8;

/** The connections of an adapter; both throw `STORE_UNAVAILABLE` while it is not connected. */
export interface ScheduleStoreHost {
  with<T>(verb: (session: Session) => Promise<T>): Promise<T>;
  subscriber(): Channels;
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
  const { now, claims } = await findNames(session, names);
  const found = claims.map((claim, index) => ({ name: names[index] ?? "", claim }));
  return { now, schedules: await readClaimed(session, found) };
}

interface Named {
  readonly name: string;
  readonly claim: Claim | undefined;
}

/** A name that some task holds. */
interface Held extends Named {
  readonly claim: Claim;
}

function heldOf(named: readonly Named[]): readonly Held[] {
  return named.flatMap(({ name, claim }) => (claim === undefined ? [] : [{ name, claim }]));
}

/** Reads schedules where their claims say, and looks again for those that are not there. */
async function readClaimed(
  session: Session,
  named: readonly Named[],
): Promise<readonly (StoredSchedule | undefined)[]> {
  const held = heldOf(named);
  const parts = await perTask(held, {
    link: session.runner.link,
    taskOf: ({ claim }) => claim.task,
    call: (task, some) =>
      readParts(
        session,
        task,
        some.map(({ name }) => name),
      ),
  });
  const found = new Map<string, StoredSchedule>();
  const missing: Held[] = [];
  for (const [index, { name, claim }] of held.entries()) {
    const { record, runs, move } = parts[index] as StoredParts;
    const schedule = decodeSchedule({ name, task: claim.task, record, runs });
    if (schedule !== undefined) found.set(name, schedule);
    else missing.push({ name, claim });
    if (move !== undefined) await finishMove(session, { name, holder: claim, parts: { record, runs, move } });
  }
  if (missing.length > 0) {
    const again = await findMoved(session, missing);
    for (const schedule of await readClaimed(session, again)) {
      if (schedule !== undefined) found.set(schedule.name, schedule);
    }
  }
  return named.map(({ name }) => found.get(name));
}

/** Those of the names that another task holds by now. */
async function findMoved(session: Session, missing: readonly Held[]): Promise<readonly Held[]> {
  const { claims } = await findNames(
    session,
    missing.map(({ name }) => name),
  );
  return missing.flatMap(({ name, claim }, index) => {
    const other = claims[index];
    return other === undefined || other.text === claim.text ? [] : [{ name, claim: other }];
  });
}

/** A name whose schedule is gone is passed over, so a page may take several looks. */
async function listSchedules(
  session: Session,
  { after = "", limit }: ScheduleListQuery,
): Promise<SchedulePage> {
  const most = clampInteger(limit, 1, MOST_PER_CALL);
  const schedules: StoredSchedule[] = [];
  for (let last = after; ; ) {
    const wanted = most - schedules.length;
    const [now, names, claims] = await session.runner.run(schedulePageScript, session.keys.schedules, [
      last,
      wanted,
    ]);
    const named = names.map((name, index) => ({ name: String(name), claim: toClaim(claims[index]) }));
    schedules.push(...(await readClaimed(session, named)).filter((schedule) => schedule !== undefined));
    if (names.length < wanted || schedules.length >= most) return { now, schedules };
    last = String(names.at(-1));
  }
}

/** Writes of one name follow each other. */
async function writeSchedules(
  session: Session,
  writes: readonly ScheduleWrite[],
): Promise<readonly ScheduleWriteReply[]> {
  const replies: ScheduleWriteReply[] = [];
  let left = writes.map((write, index) => ({ write, index }));
  while (left.length > 0) {
    const names = new Set<string>();
    const wave = left.filter(({ write }) => !names.has(write.name) && names.add(write.name));
    left = left.filter((each) => !wave.includes(each));
    const told = await writeEach(
      session,
      wave.map(({ write }) => write),
    );
    for (const [nth, { index }] of wave.entries()) replies[index] = told[nth] ?? STALE;
  }
  return replies;
}

const STALE: ScheduleWriteReply = { status: "stale" };

/** A write with the number of the claim on its name; undefined: the schedule is only replaced. */
interface ClaimedWrite {
  readonly write: ScheduleWrite;
  readonly claim: number | undefined;
}

/** Writes schedules of different names. */
async function writeEach(
  session: Session,
  writes: readonly ScheduleWrite[],
): Promise<readonly ScheduleWriteReply[]> {
  const fresh = writes.filter((write) => write.expectedRevision === 0);
  const claims = new Map<ScheduleWrite, Claiming>();
  for (const [index, claiming] of (await claimNames(session, fresh)).entries())
    claims.set(fresh[index] as ScheduleWrite, claiming);
  const held = writes.map((write) => ({ write, claim: claims.get(write)?.number }));
  const free = held.filter(({ write }) => claims.get(write)?.holder === undefined);
  const revisions = await perTask(free, {
    link: session.runner.link,
    taskOf: ({ write }) => write.task,
    weightOf: () => WRITE_WEIGHT,
    bytesOf: ({ write }) => write.payload.length,
    call: (task, some) => writeSome(session, task, some),
  });
  const first = new Map(free.map(({ write }, index) => [write, revisions[index]]));
  return Promise.all(writes.map((write) => concludeWrite(session, write, first.get(write) ?? VOID)));
}

/** What the script says of a schedule that is not in the task, and of a claim that counts for nothing there. */
const ELSEWHERE = -1;
const VOID = -2;

function writeSome(
  session: Session,
  task: string,
  writes: readonly ClaimedWrite[],
): Promise<readonly number[]> {
  const items = writes.flatMap(({ write, claim }): ScriptArgument[] => [
    write.name,
    write.expectedRevision,
    claim ?? "",
    encodeSchedule(write.plan, write.payload),
    write.nextSlotAt ?? "",
  ]);
  const args = [session.keys.schedulesChanged, ...items] as const;
  return session.runner.run(scheduleWriteScript, session.keys.root(task), args);
}

async function concludeWrite(
  session: Session,
  write: ScheduleWrite,
  told: number,
): Promise<ScheduleWriteReply> {
  if (told > 0) return { status: "stored", revision: told };
  if (told === ELSEWHERE) {
    const revision = await moveSchedule(session, write);
    return revision === undefined ? STALE : { status: "stored", revision };
  }
  if (told !== VOID) return STALE;
  const claim = await claimName(session, write);
  if (claim === undefined) return STALE;
  const [again = 0] = await writeSome(session, write.task, [{ write, claim }]);
  return concludeWrite(session, write, again);
}

async function removeSchedules(
  session: Session,
  names: readonly string[],
): Promise<readonly ("removed" | "missing")[]> {
  const { claims } = await findNames(session, names);
  const removed = new Set<string>();
  const claimed = new Map(names.map((name, index) => [name, claims[index]]));
  await removeClaimed(session, removed, heldOf(Array.from(claimed, ([name, claim]) => ({ name, claim }))));
  return names.map((name) => (removed.delete(name) ? "removed" : "missing"));
}

/** Removes schedules where their claims say, then forgets the claims; those that move are removed where they arrive. */
async function removeClaimed(session: Session, removed: Set<string>, held: readonly Held[]): Promise<void> {
  if (held.length === 0) return;
  const last = await perTask(held, {
    link: session.runner.link,
    taskOf: ({ claim }) => claim.task,
    weightOf: () => WRITE_WEIGHT,
    call: (task, some) =>
      session.runner.run(scheduleRemoveScript, session.keys.root(task), [
        session.keys.schedulesChanged,
        ...some.map(({ name }) => name),
      ]),
  });
  const gone = held.flatMap((each, index) => {
    const lastRevision = last[index] ?? 0;
    return lastRevision > 0 ? [{ ...each, lastRevision }] : [];
  });
  for (const { name } of gone) removed.add(name);
  await forgetNames(session, gone);
  const others = held.filter((_, index) => (last[index] ?? 0) <= 0);
  if (others.length === 0) return;
  // Reading them brings what moves to its end.
  await readClaimed(session, others);
  await removeClaimed(session, removed, await findMoved(session, others));
}

/** One call where one server has all tasks; else one for each of them. */
async function dueSchedules(session: Session, { tasks, limit }: DueScheduleQuery): Promise<DueSchedules> {
  if (tasks.length === 0) return { now: (await findNames(session, [])).now, schedules: [] };
  const names = new Map(tasks.map((task) => [session.keys.root(task), task]));
  const { link } = session.runner;
  const looks = link.inOneWrite(() =>
    link.together([...names.keys()]).map(async (roots) => {
      const found = await session.runner.run(scheduleDueScript, roots, [limit, roots.length]);
      return { roots, found };
    }),
  );
  const looked = await Promise.all(looks);
  const schedules = looked.flatMap(({ roots, found: [, , parts] }) =>
    parts.flatMap(([position, name, record, runs]) => {
      const task = names.get(roots[position - 1] ?? "") ?? "";
      return decodeSchedule({ name: String(name), task, record, runs }) ?? [];
    }),
  );
  if (looked.length > 1) schedules.sort(bySlot);
  const now = Math.max(...looked.map(({ found: [at] }) => at));
  const waits = looked.flatMap(({ found: [, wait] }) => (wait < 0 ? [] : [wait]));
  return {
    now,
    schedules: schedules.slice(0, limit),
    ...(waits.length === 0 ? {} : { nextDueInMs: Math.min(...waits) }),
  };
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
  const args = requests.flatMap(fireArguments);
  const letters = await session.runner.run(scheduleFireScript, session.keys.root(task), args);
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
