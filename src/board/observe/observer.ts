import { internalsOf } from "../../app/app-internals.js";
import type { StoreInfo } from "../../app/operate/store-info.js";
import { standingOf, type TaskInfo } from "../../app/operate/tasks.js";
import type { WorkerInfo } from "../../app/operate/workers.js";
import type { Taskora } from "../../app/taskora.js";
import { listOf, text } from "../../core/checks.js";
import type { ObserveStore } from "../../core/observe/observe-store.js";
import { type Check, optionSet } from "../../core/options.js";
import { taskPattern } from "../../core/task-patterns.js";
import type { Overview } from "../api.js";
import { readSchedules } from "./examine.js";
import type { ExaminedSchedule } from "./examined.js";
import { RunsOfTask } from "./measured.js";
import { type MeasuredTask, overviewOf, partOf, type Sample } from "./overview.js";
import { type ActiveJob, SLOTS_SHOWN, slotsOfWorker } from "./slots.js";
import { TotalsHistory } from "./totals-history.js";

/** What is observed of a store. */
export interface ObserverOptions {
  /** Names of tasks, or patterns such as `email.*`. Default: every task. */
  readonly tasks?: readonly string[] | undefined;
}

/**
 * Looks at a store, time and again. Each reading costs the store about ten calls, however many jobs there are; numbers that
 * change slowly are not read each time.
 */
export interface Observer {
  /**
   * Reads how the store stands. Rates need two readings.
   *
   * @throws {TaskoraError} as the store does
   */
  read(): Promise<Overview>;
}

const OPTIONS = optionSet({ tasks: listOf(text) } satisfies {
  readonly [Key in keyof Required<ObserverOptions>]: Check<unknown>;
});

/**
 * Makes an observer of the store of an app.
 *
 * @throws {OptionError} on an unknown option ("did you mean")
 */
export function createObserver(taskora: Taskora, options: ObserverOptions = {}): Observer {
  const { tasks } = OPTIONS.read(options, "createObserver()");
  const sampler = new StoreSampler(taskora);
  const view = new OverviewView(tasks);
  return { read: async () => view.of(await sampler.read()) };
}

/** Names of tasks by a list of patterns; an empty one, or none, means all. */
export function taskFilter(patterns: readonly string[] | undefined): (task: string) => boolean {
  if (patterns === undefined || patterns.length === 0) return () => true;
  const tests = patterns.map(taskPattern);
  return (task) => tests.some((test) => test.test(task));
}

/** What somebody sees who may see some tasks, and since when that is well. */
export class OverviewView {
  readonly #isWanted: ((task: string) => boolean) | undefined;
  #okSince: number | undefined;

  constructor(patterns: readonly string[] | undefined) {
    this.#isWanted = patterns === undefined || patterns.length === 0 ? undefined : taskFilter(patterns);
  }

  of(sample: Sample): Overview {
    const overview = overviewOf(this.#isWanted === undefined ? sample : partOf(sample, this.#isWanted));
    this.#okSince = overview.notes.length > 0 ? undefined : (this.#okSince ?? overview.at);
    return this.#okSince === undefined ? overview : { ...overview, okSince: this.#okSince };
  }
}

/** With so few tasks a new one is seen at once; of more their names are read now and then. */
const FEW_TASKS = 50;
const LISTED_EVERY_MS = 5000;
const SCHEDULES_EVERY_MS = 10_000;
/** What servers say of themselves is. */
const HEALTH_EVERY_MS = 30_000;
/** Tasks of which one reading asks how they stand. Of more, those that are idle take turns. */
const TASKS_PER_READING = 200;
/** Tasks whose runs the first reading reads, and each one after it. */
const FIRST_MEASURED = 50;
const MEASURED_PER_READING = 10;
/** Tasks whose active jobs are listed for the slots. */
const TASKS_WITH_SLOTS = 12;
const MINUTES_BEFORE = 6;

/** Reads one sample after another, and remembers what rates and medians need. */
export class StoreSampler {
  readonly #app: Taskora;
  readonly #observed: ReturnType<typeof internalsOf>["observed"];
  readonly #tasks = new Map<string, TaskInfo>();
  readonly #history = new Map<string, TotalsHistory>();
  readonly #runs = new Map<string, RunsOfTask>();
  #readings = 0;
  #listedAtMs = -Infinity;
  #healthAtMs = -Infinity;
  #schedulesAtMs = -Infinity;
  #health: StoreInfo | undefined;
  #schedules: readonly ExaminedSchedule[] = [];

  constructor(app: Taskora) {
    this.#app = app;
    this.#observed = internalsOf(app).observed;
  }

  /** Asks the store. Fails as the store does. */
  async read(): Promise<Sample> {
    const nowMs = this.#observed.clock.monotonic();
    await this.#readTasks(nowMs);
    const tasks = [...this.#tasks.values()];
    const at = Math.max(...tasks.map(({ totals }) => totals?.at ?? 0), 0) || this.#observed.clock.now();
    const [workers] = await Promise.all([
      this.#readWorkers(),
      this.#readHealth(nowMs),
      this.#readRuns(at, nowMs),
      this.#readSchedules(at, nowMs),
    ]);
    for (const task of tasks) this.#remember(task, at);
    this.#readings += 1;
    return {
      ...{ at, tasks: workers === undefined ? tasks : tasks.map((task) => withWorkers(task, workers)) },
      ...(await this.#slots(tasks, workers)),
      ...{ measured: this.#measuredAt(at), history: this.#history, schedules: this.#schedules },
      ...(this.#health === undefined ? {} : { kind: this.#health.kind, servers: this.#health.servers }),
    };
  }

  /** Jobs in slots anew, for a sample that is a moment old. */
  async refreshSlots(sample: Sample): Promise<Sample> {
    if (sample.workers === undefined || !sample.tasks.some(({ counts }) => counts.active > 0)) return sample;
    return { ...sample, ...(await this.#slots(sample.tasks, sample.workers)) };
  }

  async #readTasks(nowMs: number): Promise<void> {
    const { observe } = this.#observed.adapter;
    const isDue = this.#tasks.size <= FEW_TASKS || nowMs - this.#listedAtMs >= LISTED_EVERY_MS;
    if (observe !== undefined && !isDue) return this.#readGauges(observe);
    const found = new Set<string>();
    for await (const task of this.#app.tasks.list({ limit: 1000 })) {
      found.add(task.name);
      this.#tasks.set(task.name, task);
    }
    for (const name of this.#tasks.keys()) if (!found.has(name)) this.#forget(name);
    this.#listedAtMs = nowMs;
  }

  async #readSchedules(at: number, nowMs: number): Promise<void> {
    const { schedules } = this.#observed.adapter;
    if (schedules === undefined || nowMs - this.#schedulesAtMs < SCHEDULES_EVERY_MS) return;
    this.#schedules = await readSchedules(this.#app, at);
    this.#schedulesAtMs = nowMs;
  }

  /** Of all tasks, or of those that have something to do and of those that were read longest ago. */
  async #readGauges(observe: ObserveStore): Promise<void> {
    const all = [...this.#tasks.values()];
    const chosen =
      all.length <= TASKS_PER_READING
        ? all
        : all.toSorted((a, b) => urgency(a) - urgency(b)).slice(0, TASKS_PER_READING);
    const names = chosen.map(({ name }) => name);
    const gauges = await observe.gauges(names);
    for (const [index, { name, contract, lane }] of chosen.entries()) {
      const gauge = gauges[index];
      if (gauge === undefined) continue;
      this.#tasks.set(name, {
        name,
        contract,
        ...(lane === undefined ? {} : { lane }),
        ...standingOf(gauge),
      });
    }
  }

  #forget(name: string): void {
    this.#tasks.delete(name);
    this.#history.delete(name);
    this.#runs.delete(name);
  }

  async #readWorkers(): Promise<readonly WorkerInfo[] | undefined> {
    if (this.#observed.adapter.contracts === undefined) return undefined;
    return (await this.#app.workers.list({ limit: 1000 })).items;
  }

  async #readHealth(nowMs: number): Promise<void> {
    if (this.#observed.adapter.observe === undefined || nowMs - this.#healthAtMs < HEALTH_EVERY_MS) return;
    this.#health = await this.#app.store.health();
    this.#healthAtMs = nowMs;
  }

  /** Those that were read longest ago first, of those that never were the busiest. */
  async #readRuns(at: number, nowMs: number): Promise<void> {
    const { observe } = this.#observed.adapter;
    if (observe === undefined) return;
    const due = [...this.#tasks.values()].filter((task) => this.#runsOf(task.name).isDue(task, nowMs));
    const readAt = ({ name }: TaskInfo) => this.#runs.get(name)?.readAtMs ?? -Infinity;
    const some = due
      .toSorted((a, b) => (readAt(a) === readAt(b) ? workOf(b) - workOf(a) : readAt(a) - readAt(b)))
      .slice(0, this.#readings === 0 ? FIRST_MEASURED : MEASURED_PER_READING);
    await Promise.all(
      some.map((task) => this.#runsOf(task.name).read(observe, task, { at, monotonicMs: nowMs })),
    );
  }

  #runsOf(task: string): RunsOfTask {
    const known = this.#runs.get(task);
    if (known !== undefined) return known;
    const runs = new RunsOfTask();
    this.#runs.set(task, runs);
    return runs;
  }

  #remember({ name, totals }: TaskInfo, at: number): void {
    if (totals === undefined) return;
    const history = this.#history.get(name) ?? new TotalsHistory();
    this.#history.set(name, history);
    const runs = this.#runs.get(name);
    if (!history.isSeeded && runs !== undefined && runs.readAtMs > -Infinity)
      history.seed(runs.ended(at, MINUTES_BEFORE));
    history.add(totals);
  }

  #measuredAt(at: number): ReadonlyMap<string, MeasuredTask> {
    const found = new Map<string, MeasuredTask>();
    for (const [name, runs] of this.#runs) {
      const task = this.#tasks.get(name);
      if (task === undefined || runs.readAtMs === -Infinity) continue;
      const failedLately = runs.failedLately(task);
      found.set(name, {
        ...{ ...runs.measured(at), latelyCounts: runs.lately(at) },
        ...(failedLately === undefined ? {} : { failedLately }),
      });
    }
    return found;
  }

  /** With few slots each shows its job; of more the workers say now and then what they run. */
  async #slots(
    tasks: readonly TaskInfo[],
    workers: readonly WorkerInfo[] | undefined,
  ): Promise<Pick<Sample, "workers" | "active">> {
    if (workers === undefined) return {};
    const slots = workers.reduce((sum, worker) => sum + slotsOfWorker(worker), 0);
    const busy = tasks.filter(({ counts }) => counts.active > 0);
    if (slots > SLOTS_SHOWN || busy.length > TASKS_WITH_SLOTS) return { workers };
    return { workers, active: busy.length === 0 ? [] : await this.#activeJobs(busy) };
  }

  async #activeJobs(tasks: readonly TaskInfo[]): Promise<readonly ActiveJob[]> {
    const pages = await Promise.all(
      tasks.map(({ name }) =>
        this.#observed.adapter.list({ task: name, state: "active", limit: 2 * SLOTS_SHOWN }),
      ),
    );
    return pages.flatMap(({ jobs }) =>
      jobs.flatMap(({ task, id, startedAt, worker }) =>
        startedAt === undefined || worker === undefined ? [] : [{ task, id, startedAt, worker }],
      ),
    );
  }
}

/** Live processes that have a handler for it, those that close left out. */
function withWorkers(task: TaskInfo, workers: readonly WorkerInfo[]): TaskInfo {
  const working = workers.filter(
    ({ state, tasks }) => state !== "closing" && tasks.some((own) => own.task === task.name),
  );
  return { ...task, workers: working.length };
}

/** The least first: what has something to do, and what was read longest ago. */
function urgency({ counts, totals }: TaskInfo): number {
  const { waiting, active, delayed, retrying } = counts;
  return waiting + active + delayed + retrying > 0 ? -1 : (totals?.at ?? 0);
}

function workOf({ counts }: TaskInfo): number {
  return counts.waiting + counts.active * 1000 + counts.retrying;
}
