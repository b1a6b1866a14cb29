import { readFileSync } from "node:fs";
import type { DispatchOptions, Duration, Taskora } from "taskora";
import { type Context, type Outcome, refusal } from "../outcome.js";
import { type OperateFlags, withApp } from "./store-app.js";
import { plain } from "./text.js";

/** The flags of `taskora dispatch`. */
export interface DispatchFlags extends OperateFlags {
  readonly task: string;
  readonly data?: string;
  readonly delay?: string;
  readonly runAt?: string;
  readonly priority?: number;
  readonly ttl?: string;
  readonly attempts?: number;
  readonly header?: readonly string[];
  readonly lane?: string;
  readonly deduplicate?: string;
  readonly idempotency?: string;
  readonly contractVersion?: number;
  readonly force?: true;
}

/** Runs `taskora dispatch TASK`. */
export async function runDispatch(flags: DispatchFlags, context: Context): Promise<Outcome> {
  const read = readData(flags.data);
  if ("why" in read) {
    const hint = `Write JSON: --data '{"to":"ada@example.com"}', --data @job.json, or --data - for stdin.`;
    return refusal({ code: read.code, message: read.why, hint }, context);
  }
  return withApp(flags, context, async ({ app, terminal }) => {
    if (flags.force !== true) await requireTask(app, flags.task);
    const version = flags.contractVersion ?? (await versionAt(app, flags.task));
    const client = app.register({ name: flags.task, version });
    const job = await client.dispatch(read.data, optionsOf(flags));
    const { id, task, isDuplicate } = job;
    const data = { id, task, version, isDuplicate };
    const show = () => {
      terminal.out(plain(id));
      if (isDuplicate) terminal.talk("Another job stands for this one: nothing was added.");
    };
    return { exitCode: 0, data, findings: [], show };
  });
}

type Read =
  | { readonly data: unknown }
  | { readonly code: "DATA_INVALID" | "FILE_UNREADABLE"; readonly why: string };

/** JSON of the command line, of a file after `@`, or of stdin for `-`. */
function readData(given: string | undefined): Read {
  if (given === undefined) return { data: undefined };
  const from = given === "-" ? "stdin" : given.startsWith("@") ? given.slice(1) : "--data";
  let text = given;
  try {
    if (given === "-") text = readFileSync(0, "utf8");
    else if (given.startsWith("@")) text = readFileSync(given.slice(1), "utf8");
  } catch (error) {
    return { code: "FILE_UNREADABLE", why: `${from} cannot be read: ${(error as Error).message}` };
  }
  try {
    return { data: JSON.parse(text) as unknown };
  } catch (error) {
    return { code: "DATA_INVALID", why: `${from} is no JSON: ${(error as Error).message}` };
  }
}

/** Counting says whether there is such a task, and which one may be meant. */
async function requireTask(app: Taskora, task: string): Promise<void> {
  await app.jobs.count({ task });
}

/** The newest version that a live worker implements, so that the job finds somebody; else 1. */
async function versionAt(app: Taskora, task: string): Promise<number> {
  const versions = [0];
  for await (const { tasks } of app.workers.list({ limit: 1000 })) {
    versions.push(...tasks.filter((known) => known.task === task).map(({ version }) => version));
  }
  return Math.max(...versions) || 1;
}

function optionsOf(flags: DispatchFlags): DispatchOptions {
  const { delay, runAt, ttl, header = [], priority, attempts, lane, deduplicate, idempotency } = flags;
  const headers = header.map((pair) => {
    const [name = "", ...value] = pair.split("=");
    return [name, value.join("=")] as const;
  });
  return {
    ...{ priority, attempts, lane, deduplicate, idempotency },
    delay: delay as Duration | undefined,
    runAt: runAt === undefined ? undefined : new Date(runAt),
    ttl: ttl as Duration | undefined,
    ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }),
  };
}
