import type { StoreInfo, TaskInfo, Taskora, WorkerInfo } from "taskora";
import type { NamedStore } from "../../commands/store.js";
import type { Context, ListedFinding, Outcome } from "../../outcome.js";
import { count } from "../../report.js";
import { wrapText } from "../../terminal.js";
import { now } from "../now.js";
import { type OperateFlags, type Operation, withApp } from "../store-app.js";
import { contractSymptoms } from "./contract-rules.js";
import { measuredOf } from "./measured.js";
import { scheduleSymptoms } from "./schedule-rules.js";
import { serverSymptoms } from "./server-rules.js";
import { CHECKS, type Examined, type ExaminedSchedule, type ExaminedTask, type Symptom } from "./symptom.js";
import { taskSymptoms } from "./task-rules.js";

const CALLS = 20;
/** Measures are read one task after another; of more tasks those that have most to do are looked at. */
const MEASURED_TASKS = 100;
/** Counting versions reads every job that has not ended; with more of them it takes a second and longer. */
const MOST_COUNTED = 20_000;

/** Runs `taskora doctor`. */
export async function runDoctor(flags: OperateFlags, context: Context): Promise<Outcome> {
  return withApp(flags, context, async (operation) => {
    const examined = await examine(operation.app);
    const symptoms = [
      ...serverSymptoms(examined),
      ...taskSymptoms(examined),
      ...contractSymptoms(examined),
      ...scheduleSymptoms(examined),
      ...(await postgresSymptoms(operation.store)),
    ];
    const { ok, findings, critical } = operation.codegen.EXIT_CODES;
    const isCritical = symptoms.some(({ severity }) => severity === "critical");
    const exitCode = symptoms.length === 0 ? ok : isCritical ? critical : findings;
    const { kind, servers, tasks, schedules } = examined;
    const looked = { kind, servers: servers.length, tasks: tasks.length, schedules: schedules.length };
    return {
      exitCode,
      data: { checks: CHECKS, looked },
      findings: symptoms.map(toFinding),
      show: () => show(symptoms, examined, operation),
    };
  });
}

function toFinding({ check, severity, what, why, advice, task }: Symptom): ListedFinding {
  return {
    ...{ code: check, severity: severity === "critical" ? "error" : "warning" },
    ...{ message: what, details: why, hint: advice },
    ...(task === undefined ? {} : { task }),
  };
}

async function examine(app: Taskora): Promise<Examined> {
  const health = await app.store.health();
  const callsMs: number[] = [];
  for (let call = 0; call < CALLS; call++) {
    const begun = performance.now();
    await app.tasks.list({ limit: 1 });
    callsMs.push(performance.now() - begun);
  }
  const tasks: TaskInfo[] = [];
  for await (const task of app.tasks.list({ limit: 1000 })) tasks.push(task);
  const at = storeClock(health);
  const { kind, servers } = health;
  return {
    ...{ now: at, kind, servers, callsMs, schedules: await schedulesOf(app) },
    tasks: await withContracts(app, await measured(app, tasks, at)),
  };
}

async function schedulesOf(app: Taskora): Promise<readonly ExaminedSchedule[]> {
  const schedules: ExaminedSchedule[] = [];
  for await (const schedule of app.schedules.list({ limit: 1000 })) {
    const { task, overlap, lastJobId: id } = schedule;
    const job = overlap === "skip" && id !== undefined ? await app.jobs.get({ task, id }) : undefined;
    const isHeld = job !== undefined && job.finishedAt === undefined;
    schedules.push(isHeld ? { ...schedule, heldBy: job } : schedule);
  }
  return schedules;
}

async function withContracts(app: Taskora, tasks: readonly ExaminedTask[]): Promise<readonly ExaminedTask[]> {
  const workers: WorkerInfo[] = [];
  for await (const worker of app.workers.list({ limit: 1000 })) workers.push(worker);
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

/** The store's clock now. */
function storeClock({ servers }: StoreInfo): number {
  return now() + (servers[0]?.skewMs ?? 0);
}

async function measured(
  app: Taskora,
  tasks: readonly ExaminedTask[],
  at: number,
): Promise<readonly ExaminedTask[]> {
  const busiest = tasks.toSorted((a, b) => b.counts.waiting - a.counts.waiting).slice(0, MEASURED_TASKS);
  const names = new Set(busiest.map(({ name }) => name));
  const seen: ExaminedTask[] = [];
  for (const task of tasks) {
    const measures = names.has(task.name) ? await measuredOf(app, task.name, at) : {};
    seen.push({ ...task, ...measures });
  }
  return seen;
}

/** What `checkPostgres` finds, where the store is one. */
async function postgresSymptoms({ url, prefix }: NamedStore): Promise<readonly Symptom[]> {
  if (!/^postgres(ql)?:/.test(url)) return [];
  const { checkPostgres } = await import("taskora/postgres");
  return checkPostgres({ url, ...(prefix === undefined ? {} : { schema: prefix }) });
}

function show(symptoms: readonly Symptom[], examined: Examined, { terminal, place }: Operation): void {
  const { outColors: colors } = terminal;
  for (const { check, severity, what, why, advice } of symptoms) {
    const paint = severity === "critical" ? colors.red : colors.yellow;
    terminal.out(`${paint(severity.padEnd(8))}  ${colors.bold(check)}`);
    for (const text of [what, why, `→ ${advice}`]) {
      for (const line of wrapText(text, terminal.columns - 10)) terminal.out(`          ${line}`);
    }
    terminal.out("");
  }
  const { tasks, schedules, servers } = examined;
  const things = [
    count(servers.length, "server"),
    count(tasks.length, "task"),
    count(schedules.length, "schedule"),
  ];
  const looked = `${place}: ${things.join(", ")}`;
  if (symptoms.length === 0) {
    terminal.out(`${colors.green("✔")} All is well at ${looked}.`);
    return;
  }
  const critical = symptoms.filter(({ severity }) => severity === "critical").length;
  const worst = critical === 0 ? "" : `, ${critical} critical`;
  terminal.talk(`✖ ${count(symptoms.length, "finding")}${worst} at ${looked}`);
}
