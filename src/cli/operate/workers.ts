import type { Release, WorkerInfo } from "taskora";
import type { Finding } from "../../../codegen/commands.js";
import { lengthText, plain } from "../../core/words.js";
import type { Context, Outcome } from "../outcome.js";
import { confirm } from "./confirm.js";
import { now } from "./now.js";
import { type SaidFlags, saidIn } from "./said.js";
import { type OperateFlags, withApp } from "./store-app.js";
import { type Cell, tableLines } from "./table.js";
import { momentText, sinceText } from "./text.js";

/** The flags of `taskora workers list`. */
export interface WorkersFlags extends OperateFlags {
  readonly task?: string;
}

const COLUMNS = [
  { title: "WORKER" },
  { title: "STATE" },
  { title: "HOST", isCut: true as const },
  ...["PID", "UP", "RUN", "MEM", "LAG"].map((title) => ({ title, align: "right" as const })),
  { title: "TASKS", isCut: true as const },
];

/** Runs `taskora workers list`. */
export async function runWorkersList(flags: WorkersFlags, context: Context): Promise<Outcome> {
  return withApp(flags, context, async ({ app, terminal, place }) => {
    const workers: WorkerInfo[] = [];
    const query = flags.task === undefined ? {} : { task: flags.task };
    for await (const worker of app.workers.list({ ...query, limit: 1000 })) workers.push(worker);
    const releases = await app.workers.releases();
    const show = () => {
      if (workers.length === 0) return terminal.talk(`Nobody works over ${place}.`);
      for (const line of tableLines(COLUMNS, workers.map(rowOf), terminal)) terminal.out(line);
      const newest = releases.at(-1);
      if (newest !== undefined) terminal.talk(releaseText(newest));
    };
    return { exitCode: 0, data: { workers, releases }, findings: [], show };
  });
}

function releaseText({ name, at }: Release): string {
  return `The newest release is ${plain(name)}, since ${momentText(at).slice(0, -4)} UTC.`;
}

function rowOf(worker: WorkerInfo): readonly Cell[] {
  const { id, host, pid, startedAt, tasks, vitals } = worker;
  const known = (value: number | undefined, text: (value: number) => string) =>
    value === undefined ? "" : text(value);
  return [
    plain(id),
    stateCell(worker),
    plain(host),
    String(pid),
    sinceText(startedAt, now()),
    known(vitals?.running, String),
    known(vitals?.rssBytes, (bytes) => `${Math.round(bytes / 2 ** 20)}MB`),
    known(vitals?.lagMs, lengthText),
    plain(tasks.map(({ task }) => task).join(", ")),
  ];
}

function stateCell({ state, silentMs }: WorkerInfo): Cell {
  switch (state) {
    case "running":
      return state;
    case "lost":
      return { text: `lost ${lengthText(silentMs)}`, paint: "red" };
    default:
      return { text: state, paint: "yellow" };
  }
}

/** What a worker can be told. */
export type WorkerVerb = "quiet" | "resume" | "close";

/** The flags of commands that tell workers something. */
export interface WorkersTellFlags extends OperateFlags, SaidFlags {
  readonly id: readonly string[];
  readonly yes?: true;
}

const SAID = {
  quiet: "begins no more jobs",
  resume: "begins jobs again",
  close: "closes when what runs has ended",
} satisfies Readonly<Record<WorkerVerb, string>>;

/** Runs `taskora workers quiet|resume|close`. */
export async function runWorkersTell(
  verb: WorkerVerb,
  flags: WorkersTellFlags,
  context: Context,
): Promise<Outcome> {
  return withApp(flags, context, async (operation) => {
    const { app, terminal, codegen } = operation;
    const { id: ids, yes } = flags;
    const question = `Close ${ids.join(", ")}? What runs may end first; what does not is run again by others.`;
    const declined = verb === "close" ? await confirm({ question, yes }, operation) : undefined;
    if (declined !== undefined) return declined;
    const workers: { readonly id: string; readonly status: string }[] = [];
    for (const id of ids) workers.push({ id, ...(await app.workers[verb](id, saidIn(flags))) });
    const missing = workers.filter(({ status }) => status === "missing");
    const findings = missing.map(({ id }) => unknownWorker(id));
    const show = () => {
      for (const { id, status } of workers)
        terminal.out(`${plain(id)} ${status === "missing" ? "missing" : SAID[verb]}`);
    };
    return { exitCode: codegen.exitCodeFor(findings), data: { action: verb, workers }, findings, show };
  });
}

function unknownWorker(id: string): Finding {
  const message = `No live worker has the id ${plain(id)}.`;
  const hint = "taskora workers lists those that live.";
  return { code: "WORKER_UNKNOWN", severity: "error", message, hint };
}
