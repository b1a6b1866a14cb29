/** Schedules. A slot is fired in the transaction that stores its job. */
import type {
  DueSchedules,
  FireReply,
  FireRequest,
  ScheduledJob,
  SchedulePage,
  ScheduleReadings,
  ScheduleStore,
  ScheduleWrite,
  ScheduleWriteReply,
  StoredSchedule,
} from "../../core/schedule-store.js";
import { fromColumns, toColumns } from "../codec/encoded.js";
import { answerOf, type Row, type Statements } from "../connection/database.js";
import type { Session } from "../session.js";
import type { Told } from "../signals.js";
import { insertWaves, isKeyed } from "./insert-keyed.js";
import { storeJobs } from "./store-jobs.js";

/** Columns of a schedule, whatever it is joined with. */
const COLUMNS =
  "s.name, s.task, s.revision, s.plan, s.payload, s.payload_bytes, s.next_slot_at, s.last_slot_at, s.last_fired_at, " +
  "s.last_job_id, s.runs";
const OF_FOUND = COLUMNS.replaceAll("s.", "(f.schedule).");

/** @param open gives what the adapter shares; rejects while it is closed */
export function createScheduleStore(
  open: <T>(verb: (session: Session) => Promise<T>) => Promise<T>,
): ScheduleStore {
  return {
    read: (names) => open((session) => readSchedules(session, names)),
    list: (query) => open((session) => listSchedules(session, query)),
    write: (writes) => open((session) => writeSchedules(session, writes)),
    remove: (names) => open((session) => removeSchedules(session, names)),
    due: (query) => open((session) => dueSchedules(session, query)),
    fire: (requests) => open((session) => fireSchedules(session, requests)),
    subscribe: (listener) => open(async ({ signals }) => signals.onSchedules(listener)),
  };
}

async function readSchedules({ database }: Session, names: readonly string[]): Promise<ScheduleReadings> {
  const rows = await database.rows(
    `select @@now() as present, ${COLUMNS} from (select) one left join @.schedule s on s.name = any($1)`,
    [names],
  );
  const found = new Map(rows.map((row) => [row.name, row]));
  return {
    now: Number(rows[0]?.present),
    schedules: names.map((name) => {
      const row = found.get(name);
      return row === undefined ? undefined : toSchedule(row);
    }),
  };
}

async function listSchedules(
  { database }: Session,
  { after = "", limit }: { readonly after?: string; readonly limit: number },
): Promise<SchedulePage> {
  const rows = await database.rows(
    `select @@now() as present, ${COLUMNS} from (select) one
     left join (select * from @.schedule where name > $1 order by name limit $2) s on true order by s.name`,
    [after, limit],
  );
  return {
    now: Number(rows[0]?.present),
    schedules: rows.filter(({ name }) => name !== null).map(toSchedule),
  };
}

async function writeSchedules(
  { database, signals }: Session,
  writes: readonly ScheduleWrite[],
): Promise<readonly ScheduleWriteReply[]> {
  const payloads = writes.map(({ payload }) => toColumns(payload));
  const revisions = await answerOf<readonly (number | null)[]>(
    database,
    "select @@write_schedules($1, $2, $3, $4, $5, $6, $7)",
    [
      writes.map(({ name }) => name),
      writes.map(({ expectedRevision }) => expectedRevision),
      writes.map(({ task }) => task),
      writes.map(({ plan }) => plan),
      payloads.map(({ text }) => text),
      payloads.map(({ bytes }) => bytes),
      writes.map(({ nextSlotAt }) => nextSlotAt ?? null),
    ],
  );
  const replies = writes.map((_, index): ScheduleWriteReply => {
    const revision = revisions[index];
    return revision === null || revision === undefined ? { status: "stale" } : { status: "stored", revision };
  });
  if (replies.some(({ status }) => status === "stored")) signals.tell({ schedules: true });
  return replies;
}

async function removeSchedules(
  { database, signals }: Session,
  names: readonly string[],
): Promise<readonly ("removed" | "missing")[]> {
  const rows = await database.rows("delete from @.schedule where name = any($1) returning name", [names]);
  if (rows.length > 0) signals.tell({ schedules: true });
  const removed = new Set(rows.map(({ name }) => name));
  return names.map((name) => (removed.delete(name) ? "removed" : "missing"));
}

async function dueSchedules(
  { database }: Session,
  { tasks, limit }: { readonly tasks: readonly string[]; readonly limit: number },
): Promise<DueSchedules> {
  const rows = await database.rows(
    `select f.present, f.next_in, ${OF_FOUND} from @@due_schedules($1, $2) f`,
    [tasks, limit],
  );
  const [first, ...due] = rows;
  const nextIn = first?.next_in;
  return {
    now: Number(first?.present),
    schedules: due.map(toSchedule),
    ...(nextIn === null || nextIn === undefined ? {} : { nextDueInMs: Number(nextIn) }),
  };
}

/** A schedule while requests of one call are decided about. */
interface Firing {
  stored: StoredSchedule;
  /** Whether its last job goes on. */
  runsOn: boolean;
}

/** What firing stores, and what is to be told of it. */
interface Making {
  readonly statements: Statements;
  readonly instance: string;
  readonly now: number;
  /** Plain ones, which are stored together in the end. */
  readonly jobs: ScheduledJob[];
  readonly told: Told[];
}

async function fireSchedules(
  { database, signals, instance }: Session,
  requests: readonly FireRequest[],
): Promise<readonly FireReply[]> {
  const { replies, told } = await database.transaction(async (statements) => {
    const names = [...new Set(requests.map(({ name }) => name))];
    const { now, firings } = await lockSchedules(statements, names);
    const making: Making = { statements, instance, now, jobs: [], told: [] };
    const replies: FireReply[] = [];
    for (const request of requests) replies.push(await fireOne(request, firings.get(request.name), making));
    await write(making, firings);
    return { replies, told: making.told };
  });
  for (const each of told) signals.tell(each);
  return replies;
}

async function lockSchedules(
  statements: Statements,
  names: readonly string[],
): Promise<{ readonly now: number; readonly firings: ReadonlyMap<string, Firing> }> {
  const rows = await statements.rows(`select f.present, f.runs_on, ${OF_FOUND} from @@lock_schedules($1) f`, [
    names,
  ]);
  const firings = rows.map((row): [string, Firing] => {
    const stored = toSchedule(row);
    return [stored.name, { stored, runsOn: row.runs_on === true }];
  });
  return { now: Number(rows[0]?.present), firings: new Map(firings) };
}

/** As memory does, see `memory/schedule-store.ts`. */
async function fireOne(request: FireRequest, firing: Firing | undefined, making: Making): Promise<FireReply> {
  const { fire, expectedSlotAt, nextSlotAt } = request;
  const { now } = making;
  if (firing?.stored.revision !== request.revision || firing.stored.task !== request.task) return "moved";
  if (firing.stored.nextSlotAt !== expectedSlotAt) return "moved";
  if (Math.max(expectedSlotAt, fire?.slotAt ?? 0) > now) return "early";
  if (fire === undefined) {
    firing.stored = withSlot(firing.stored, nextSlotAt);
    return "passed";
  }
  if ((fire.overlap === "skip" && firing.runsOn) || !(await isStored(fire.job, making))) {
    firing.stored = withSlot(firing.stored, nextSlotAt);
    return "overlapped";
  }
  const runs = (firing.stored.runs ?? 0) + 1;
  const isLast = runs >= (fire.limit ?? Number.POSITIVE_INFINITY);
  const fired = { lastSlotAt: fire.slotAt, lastFiredAt: now, lastJobId: fire.job.id, runs };
  firing.stored = { ...withSlot(firing.stored, isLast ? undefined : nextSlotAt), ...fired };
  firing.runsOn = true;
  return "fired";
}

/** Stores the job of a slot, unless its keys forbid it. */
async function isStored(job: ScheduledJob, making: Making): Promise<boolean> {
  if (!isKeyed(job)) {
    making.jobs.push(job);
    return true;
  }
  const [wave] = await insertWaves(making, making.statements, { task: job.task, jobs: [job] });
  making.told.push(...(wave?.told ?? []));
  return wave?.replies[0]?.status === "inserted";
}

async function write(making: Making, firings: ReadonlyMap<string, Firing>): Promise<void> {
  const { statements, jobs, told } = making;
  if (jobs.length > 0) told.push((await storeJobs(statements, jobs, making)).told);
  const rows = [...firings.values()].map(({ stored }) => ({
    name: stored.name,
    next_slot_at: stored.nextSlotAt,
    last_slot_at: stored.lastSlotAt,
    last_fired_at: stored.lastFiredAt,
    last_job_id: stored.lastJobId,
    runs: stored.runs,
  }));
  if (rows.length > 0) await statements.rows("select @@advance_schedules($1)", [JSON.stringify(rows)]);
}

function withSlot({ nextSlotAt: _, ...stored }: StoredSchedule, to: number | undefined): StoredSchedule {
  return to === undefined ? stored : { ...stored, nextSlotAt: to };
}

function toSchedule(row: Row): StoredSchedule {
  const { name, task, revision, plan, payload, payload_bytes: bytes } = row;
  const number = (value: unknown) => (value === null || value === undefined ? undefined : Number(value));
  const known = {
    nextSlotAt: number(row.next_slot_at),
    lastSlotAt: number(row.last_slot_at),
    lastFiredAt: number(row.last_fired_at),
    lastJobId: (row.last_job_id as string | null) ?? undefined,
    runs: number(row.runs),
  };
  return {
    name: String(name),
    task: String(task),
    revision: Number(revision),
    plan: String(plan),
    payload: fromColumns(payload, bytes) ?? "",
    ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)),
  };
}
