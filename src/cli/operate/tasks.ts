import type { BulkResult, ChangeResult, TaskBacklog, TaskInfo } from "taskora";
import { countText, lengthText, plain } from "../../core/words.js";
import type { Context, Outcome } from "../outcome.js";
import { count } from "../report.js";
import { confirm } from "./confirm.js";
import { now } from "./now.js";
import { type SaidFlags, saidIn } from "./said.js";
import { type OperateFlags, withApp } from "./store-app.js";
import { type Cell, tableLines } from "./table.js";

/** The flags of commands that change tasks. */
export interface TasksChangeFlags extends OperateFlags, SaidFlags {
  readonly task: readonly string[];
  readonly state?: readonly string[];
  readonly yes?: true;
}

/** Runs `taskora tasks list`. */
export async function runTasksList(flags: OperateFlags, context: Context): Promise<Outcome> {
  return withApp(flags, context, async ({ app, terminal, place }) => {
    const tasks: TaskInfo[] = [];
    for await (const task of app.tasks.list({ limit: 1000 })) tasks.push(task);
    const backlogs = new Map<string, TaskBacklog>();
    // The table does not show them, and each is read on its own.
    for (const { name } of context.isJson ? tasks : []) backlogs.set(name, await app.tasks.backlog(name));
    const data = { tasks: tasks.map((task) => ({ ...task, backlog: backlogs.get(task.name) })) };
    const show = () => {
      if (tasks.length === 0) return terminal.talk(`The store at ${place} has met no task yet.`);
      for (const line of tableLines(COLUMNS, tasks.map(rowOf), terminal)) terminal.out(line);
    };
    return { exitCode: 0, data, findings: [], show };
  });
}

const COLUMNS = [
  { title: "TASK", isCut: true as const },
  ...["WAIT", "OLDEST", "ACT", "DELAY", "RETRY", "FAIL", "DONE", "WORK"].map((title) => ({
    title,
    align: "right" as const,
  })),
  { title: "" },
];

function rowOf(task: TaskInfo): readonly Cell[] {
  const { name, counts, pausedAt, workers, oldestWaitingSince, totals } = task;
  const { waiting, active, delayed, retrying, failed, completed } = counts;
  const number = (amount: number): string => (amount === 0 ? "·" : countText(amount));
  return [
    plain(name),
    number(waiting),
    // By the store's own clock, where it says it.
    oldestWaitingSince === undefined ? "·" : lengthText((totals?.at ?? now()) - oldestWaitingSince),
    ...[active, delayed, retrying].map(number),
    failed === 0 ? "·" : { text: countText(failed), paint: "red" },
    number(completed),
    workers === undefined ? "" : String(workers),
    noteOf({ waiting, pausedAt, workers }),
  ];
}

/** What keeps a task from going on. */
function noteOf(task: {
  readonly waiting: number;
  readonly pausedAt: number | undefined;
  readonly workers: number | undefined;
}): Cell {
  const { pausedAt, workers, waiting } = task;
  if (pausedAt !== undefined) return { text: `paused ${lengthText(now() - pausedAt)}`, paint: "yellow" };
  return workers === 0 && waiting > 0 ? { text: "no worker", paint: "yellow" } : "";
}

/** Runs `taskora tasks pause|resume`. */
export async function runTasksControl(
  verb: "pause" | "resume",
  flags: TasksChangeFlags,
  context: Context,
): Promise<Outcome> {
  return withApp(flags, context, async ({ app, terminal }) => {
    const tasks: (ChangeResult & { readonly task: string })[] = [];
    for (const task of flags.task)
      tasks.push({ task, ...(await app.tasks.handle(task)[verb](saidIn(flags))) });
    const show = () => {
      for (const { task, status } of tasks)
        terminal.out(`${task} ${status === "applied" ? DONE[verb] : `was ${DONE[verb]} before`}`);
    };
    return { exitCode: 0, data: { action: verb, tasks }, findings: [], show };
  });
}

const DONE = { pause: "paused", resume: "resumed" } as const;

/** Runs `taskora tasks drain`: what has not started is cancelled. */
export async function runTasksDrain(flags: TasksChangeFlags, context: Context): Promise<Outcome> {
  return withApp(flags, context, async (operation) => {
    const { app, terminal } = operation;
    const states = (flags.state ?? ["waiting"]) as readonly ("waiting" | "delayed" | "retrying")[];
    const counts = await Promise.all(flags.task.map((task) => app.jobs.count({ task })));
    const jobs = counts.reduce(
      (sum, each) => sum + states.reduce((all, state) => all + (each[state] ?? 0), 0),
      0,
    );
    const question = `Cancel ${count(jobs, "job")} of ${flags.task.join(", ")} (${states.join(", ")})?`;
    const declined = await confirm({ question, yes: flags.yes }, operation);
    if (declined !== undefined) return declined;
    const tasks: (BulkResult & { readonly task: string })[] = [];
    for (const task of flags.task) {
      tasks.push({ task, ...(await app.tasks.handle(task).drain({ states, ...saidIn(flags) })) });
    }
    const show = () => {
      for (const { task, applied } of tasks) terminal.out(`${task} ${countText(applied)} cancelled`);
    };
    return { exitCode: 0, data: { action: "drain", tasks }, findings: [], show };
  });
}
