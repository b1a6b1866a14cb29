import { internalsOf } from "../../app/app-internals.js";
import type { StoreInfo } from "../../app/operate/store-info.js";
import type { TaskInfo } from "../../app/operate/tasks.js";
import type { WorkerInfo } from "../../app/operate/workers.js";
import type { Taskora } from "../../app/taskora.js";
import type { Clock } from "../../core/clock.js";
import type { Note } from "../api.js";
import type { Examined, ExaminedSchedule, ExaminedTask } from "./examined.js";
import { RunsOfTask } from "./measured.js";
import { notesOf } from "./rules.js";

/** What was looked at, and what is wrong with it. */
export interface Examination {
  /** What the store is: `redis`, `postgres`, … */
  readonly kind: string;
  readonly servers: number;
  readonly tasks: number;
  readonly schedules: number;
  /** In the order of the checks. */
  readonly notes: readonly Note[];
}

const CALLS = 20;
/** Measures are read one task after another; of more tasks those that have most to do are looked at. */
const MEASURED_TASKS = 100;
/** Counting versions reads every job that has not ended; with more of them it takes a second and longer. */
const MOST_COUNTED = 20_000;
/** A schedule that fired later than this is not held up as the rule has it; half of it, since two clocks differ. */
const HELD_MS = 3_600_000;

/**
 * Looks thoroughly at a store: its servers, tasks, workers, contracts and schedules. Takes some calls for each task, and counts
 * jobs of tasks that have few: for now and then, not for each second.
 *
 * @throws {TaskoraError} `NOT_SUPPORTED` when the adapter keeps nothing for operators, and as the store does
 */
export async function examine(taskora: Taskora): Promise<Examination> {
  const { health: _health, ...examination } = await lookThrough(taskora);
  return examination;
}

/** An examination, with how the servers said they are. */
interface FullExamination extends Examination {
  readonly health: StoreInfo;
}

const running = new WeakMap<Taskora, Promise<FullExamination>>();

/** As {@link examine}; whoever asks meanwhile is given the same, since it takes much of a store. */
export function examineOnce(taskora: Taskora): Promise<FullExamination> {
  const known = running.get(taskora);
  if (known !== undefined) return known;
  const begun = lookThrough(taskora).finally(() => running.delete(taskora));
  running.set(taskora, begun);
  return begun;
}

async function lookThrough(app: Taskora): Promise<FullExamination> {
  const { clock } = internalsOf(app).observed;
  const health = await app.store.health();
  const examined = await lookAt(app, { ...health, clock });
  const { kind, servers, tasks, schedules } = examined;
  return {
    ...{ health, kind, servers: servers.length, tasks: tasks.length, schedules: schedules.length },
    notes: notesOf(examined),
  };
}

async function lookAt(
  app: Taskora,
  { kind, servers, clock }: StoreInfo & { readonly clock: Clock },
): Promise<Examined> {
  const callsMs: number[] = [];
  for (let call = 0; call < CALLS; call++) {
    const begun = clock.monotonic();
    await app.tasks.list({ limit: 1 });
    callsMs.push(clock.monotonic() - begun);
  }
  const tasks: TaskInfo[] = [];
  for await (const task of app.tasks.list({ limit: 1000 })) tasks.push(task);
  const workers: WorkerInfo[] = [];
  for await (const worker of app.workers.list({ limit: 1000 })) workers.push(worker);
  const now = clock.now() + (servers[0]?.skewMs ?? 0);
  return {
    ...{ now, kind, servers, callsMs, workers, schedules: await readSchedules(app, now) },
    tasks: await withContracts(app, workers, await measured(app, tasks, now)),
  };
}

/**
 * All schedules; of those that wait for their last job whether it has ended. Fails as the store does.
 *
 * @param now the store's clock, ms since the epoch
 */
export async function readSchedules(app: Taskora, now: number): Promise<readonly ExaminedSchedule[]> {
  const schedules: ExaminedSchedule[] = [];
  for await (const schedule of app.schedules.list({ limit: 1000 })) {
    const { task, overlap, lastJobId: id, lastFiredAt = now } = schedule;
    const isAsked = overlap === "skip" && id !== undefined && now - lastFiredAt >= HELD_MS / 2;
    const job = isAsked ? await app.jobs.get({ task, id }) : undefined;
    const isHeld = job !== undefined && job.finishedAt === undefined;
    schedules.push(isHeld ? { ...schedule, heldBy: { id: job.id, state: job.state } } : schedule);
  }
  return schedules;
}

async function measured(
  app: Taskora,
  tasks: readonly TaskInfo[],
  at: number,
): Promise<readonly ExaminedTask[]> {
  const { adapter, clock } = internalsOf(app).observed;
  const busiest = tasks.toSorted((a, b) => b.counts.waiting - a.counts.waiting).slice(0, MEASURED_TASKS);
  const names = new Set(busiest.map(({ name }) => name));
  const seen: ExaminedTask[] = [];
  for (const task of tasks) {
    const runs = new RunsOfTask();
    const isMeasured = names.has(task.name) && adapter.observe !== undefined;
    if (isMeasured) await runs.read(adapter.observe, task, { at, monotonicMs: clock.monotonic() });
    seen.push(isMeasured ? { ...task, ...runs.measured(at) } : task);
  }
  return seen;
}

async function withContracts(
  app: Taskora,
  workers: readonly WorkerInfo[],
  tasks: readonly ExaminedTask[],
): Promise<readonly ExaminedTask[]> {
  const seen: ExaminedTask[] = [];
  for (const task of tasks) {
    const implemented = workers.flatMap((worker) => worker.tasks.filter((own) => own.task === task.name));
    const { waiting, delayed, retrying } = task.counts;
    const pending = waiting + delayed + retrying;
    const isCounted = implemented.length > 0 && pending > 0 && pending <= MOST_COUNTED;
    const versions = isCounted ? await app.tasks.handle(task.name).versions() : undefined;
    seen.push({ ...task, implemented, ...(versions === undefined ? {} : { versions }) });
  }
  return seen;
}
