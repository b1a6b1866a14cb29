import { readFileSync } from "node:fs";
import type { DispatchOptions, Duration, ImplementedContract } from "taskora";
import { problemsOf, type SchemaProblem } from "taskora/board";
import type { Finding } from "../../../codegen/commands.js";
import { plain } from "../../core/words.js";
import { type Context, failure, type Outcome, refusal } from "../outcome.js";
import { type OperateFlags, type Operation, withApp } from "./store-app.js";

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
  return withApp(flags, context, async (operation) => {
    const { app, terminal } = operation;
    if (operation.through.kind === "board" && flags.force === true) return forceRefused(context);
    if (flags.force !== true) await requireTask(app, flags.task);
    const announced = await announcedContract(app, flags);
    const problems = announced?.input === undefined ? [] : problemsOf(read.data, announced.input);
    if (problems.length > 0) return misfit(problems, announced?.version ?? 0, context);
    const version = flags.contractVersion ?? announced?.version ?? 1;
    const { id, task, isDuplicate } = await add(operation, flags, { data: read.data, version });
    const data = { id, task, version, isDuplicate };
    const show = () => {
      terminal.out(plain(id));
      if (isDuplicate) terminal.talk("Another job stands for this one: nothing was added.");
    };
    return { exitCode: 0, data, findings: [], show };
  });
}

/** A board dispatches what the store has met. */
function forceRefused(context: Context): Outcome {
  const message = "--force is for a store: a board dispatches to tasks that its store has met.";
  return refusal(
    { code: "COMMAND_LINE", message, hint: "Name the store by --store, or leave --force out." },
    context,
  );
}

function add(
  { through }: Operation,
  flags: DispatchFlags,
  { data, version }: { readonly data: unknown; readonly version: number },
): Promise<{ readonly id: string; readonly task: string; readonly isDuplicate: boolean }> {
  const options = optionsOf(flags);
  if (through.kind === "board") return through.client.dispatch(flags.task, data, { ...options, version });
  return Promise.resolve(through.app.register({ name: flags.task, version }).dispatch(data, options));
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
async function requireTask(app: Operation["app"], task: string): Promise<void> {
  await app.jobs.count({ task });
}

/** The newest contract that a live worker implements, or that of the version which is asked for. */
async function announcedContract(
  app: Operation["app"],
  { task, contractVersion, force }: DispatchFlags,
): Promise<ImplementedContract | undefined> {
  if (force === true && (await app.tasks.get(task)) === undefined) return undefined;
  const contracts = await app.tasks.handle(task).contracts();
  return contracts.find(({ version }) => contractVersion === undefined || version === contractVersion);
}

function misfit(problems: readonly SchemaProblem[], version: number, context: Context): Outcome {
  const lines = problems.map(({ path, message }) =>
    plain(path === "" ? `the data ${message}` : `${path} ${message}`),
  );
  const finding: Finding = {
    code: "DATA_INVALID",
    severity: "error",
    message: `The data does not fit version ${version} of the contract, as a worker told it.`,
    hint: "Correct --data; taskora dispatch sends nothing that the worker would refuse.",
    details: lines.join("\n"),
  };
  return failure([finding], context);
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
