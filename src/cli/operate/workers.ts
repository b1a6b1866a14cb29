import type { WorkerInfo } from "taskora";
import type { Context, Outcome } from "../outcome.js";
import { now } from "./now.js";
import { type OperateFlags, withApp } from "./store-app.js";
import { tableLines } from "./table.js";
import { plain, sinceText } from "./text.js";

/** The flags of `taskora workers list`. */
export interface WorkersFlags extends OperateFlags {
  readonly task?: string;
}

const COLUMNS = [
  { title: "WORKER" },
  { title: "HOST", isCut: true as const },
  { title: "PID", align: "right" as const },
  { title: "UP", align: "right" as const },
  { title: "TASKS", isCut: true as const },
];

/** Runs `taskora workers list`. */
export async function runWorkersList(flags: WorkersFlags, context: Context): Promise<Outcome> {
  return withApp(flags, context, async ({ app, terminal, place }) => {
    const workers: WorkerInfo[] = [];
    const query = flags.task === undefined ? {} : { task: flags.task };
    for await (const worker of app.workers.list({ ...query, limit: 1000 })) workers.push(worker);
    const at = now();
    const rows = workers.map(({ id, host, pid, startedAt, tasks }) => [
      plain(id),
      plain(host),
      String(pid),
      sinceText(startedAt, at),
      plain(tasks.map(({ task }) => task).join(", ")),
    ]);
    const show = () => {
      if (workers.length === 0) return terminal.talk(`Nobody works over ${place}.`);
      for (const line of tableLines(COLUMNS, rows, terminal)) terminal.out(line);
    };
    return { exitCode: 0, data: { workers }, findings: [], show };
  });
}
