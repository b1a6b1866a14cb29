import { createReadStream } from "node:fs";
import { access, constants } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { DispatchOptions, JobState, TaskClient } from "taskora";
import type { Finding } from "../../../codegen/commands.js";
import { countText } from "../../core/words.js";
import { type Context, type Outcome, refusal } from "../outcome.js";
import { stoppedBySignals } from "../signals.js";
import { confirm } from "./confirm.js";
import { EXPORT_VERSION } from "./export.js";
import { now } from "./now.js";
import { type OperateFlags, type StoreOperation, withStoreApp } from "./store-app.js";

/** The flags of `taskora import`. */
export interface ImportFlags extends OperateFlags {
  readonly file: string;
  readonly state?: readonly string[];
  readonly dryRun?: true;
  readonly yes?: true;
}

/** A job of an export, as far as an import needs it. */
interface ExportedJob {
  readonly task: string;
  readonly id: string;
  readonly state: JobState;
  readonly data?: unknown;
  readonly version: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly priority: number;
  readonly maxAttempts?: number;
  readonly dueAt?: number;
}

/** Jobs that still have something to do; those that failed are done again. */
const OPEN: readonly string[] = ["waiting", "delayed", "active", "retrying", "failed"];
/** Jobs that are dispatched at once. */
const BATCH = 500;

/**
 * Runs `taskora import FILE`: dispatches the jobs of an export anew, each once: the key that a job is dispatched with is its task
 * and id before, so that a second run finds it there.
 */
export async function runImport(flags: ImportFlags, context: Context): Promise<Outcome> {
  try {
    if (flags.file !== "-") await access(flags.file, constants.R_OK);
  } catch (error) {
    return unreadable(flags, error as Error, context);
  }
  return withStoreApp(flags, context, async (operation) => {
    const declined =
      flags.dryRun === true
        ? undefined
        : await confirm({ question: `Dispatch the jobs of ${flags.file}?`, yes: flags.yes }, operation);
    if (declined !== undefined) return declined;
    const run = new Import(operation, flags);
    try {
      await run.read();
    } catch (error) {
      if (!(error instanceof UnreadableLine) && !isFileError(error)) throw error;
      return unreadable(flags, error, context, run.counts.dispatched);
    }
    return outcomeOf(run, flags, operation);
  });
}

function unreadable({ file }: ImportFlags, { message }: Error, context: Context, dispatched = 0): Outcome {
  const done = dispatched > 0 ? ` ${countText(dispatched)} jobs before were dispatched.` : "";
  const hint = "Import what taskora export wrote: each job on a line of its own.";
  return refusal({ code: "FILE_UNREADABLE", message: `${file}: ${message}.${done}`, hint }, context);
}

class UnreadableLine extends Error {}

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && "code" in error;
}

class Import {
  readonly counts = { dispatched: 0, known: 0, skipped: 0 };
  readonly #operation: StoreOperation;
  readonly #flags: ImportFlags;
  readonly #clients = new Map<string, TaskClient<unknown>>();
  #batch: ExportedJob[] = [];

  constructor(operation: StoreOperation, flags: ImportFlags) {
    this.#operation = operation;
    this.#flags = flags;
  }

  async read(): Promise<void> {
    const { file, state: states = OPEN } = this.#flags;
    const input = file === "-" ? process.stdin : createReadStream(file);
    const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
    // Errors of a stream do not reach who goes through its lines.
    const failed = new Promise<never>((_, reject) => input.once("error", reject));
    failed.catch(() => undefined);
    const signal = stoppedBySignals();
    let number = 0;
    const readLines = async () => {
      for await (const line of lines) {
        number++;
        if (signal.aborted) break;
        const job = line.trim() === "" ? undefined : readLine(line, number);
        if (job === undefined) continue;
        if (states.includes(job.state)) this.#batch.push(job);
        else this.counts.skipped++;
        if (this.#batch.length >= BATCH) await this.#dispatch();
      }
      await this.#dispatch();
    };
    await Promise.race([readLines(), failed]);
  }

  async #dispatch(): Promise<void> {
    const batch = this.#batch.splice(0);
    if (this.#flags.dryRun === true) {
      this.counts.dispatched += batch.length;
      return;
    }
    const jobs = await Promise.all(batch.map((job) => this.#client(job).dispatch(job.data, optionsOf(job))));
    const known = jobs.filter(({ isDuplicate }) => isDuplicate).length;
    this.counts.known += known;
    this.counts.dispatched += jobs.length - known;
  }

  /** One contract for a task: jobs of an older version are brought up by the worker, as ever. */
  #client({ task, version }: ExportedJob): TaskClient<unknown> {
    const known = this.#clients.get(task);
    if (known !== undefined) return known;
    const client = this.#operation.app.register({ name: task, version }) as TaskClient<unknown>;
    this.#clients.set(task, client);
    return client;
  }
}

function optionsOf({ task, id, headers, priority, maxAttempts, dueAt }: ExportedJob): DispatchOptions {
  return {
    ...{ headers, priority, idempotency: { key: `import ${task} ${id}`, window: "7d" } },
    ...(maxAttempts === undefined ? {} : { attempts: maxAttempts }),
    ...(dueAt === undefined || dueAt <= now() ? {} : { runAt: dueAt }),
  };
}

/** The job of a line; undefined: the line is of another kind, such as what `--json` ends with. */
function readLine(line: string, number: number): ExportedJob | undefined {
  let value: Partial<ExportedJob> & { readonly v?: unknown; readonly command?: unknown };
  try {
    value = JSON.parse(line) as typeof value;
  } catch (error) {
    throw new UnreadableLine(`line ${number} is no JSON (${(error as Error).message})`);
  }
  if (typeof value !== "object" || value === null) throw new UnreadableLine(`line ${number} is no object`);
  if (value.command !== undefined) return undefined;
  if (value.v !== EXPORT_VERSION)
    throw new UnreadableLine(`line ${number} has not the form of version ${EXPORT_VERSION}`);
  const { task, id, state, version = 1, headers = {}, priority = 0 } = value;
  if (typeof task !== "string" || typeof id !== "string" || state === undefined) {
    throw new UnreadableLine(`line ${number} has no task, no id or no state`);
  }
  return { ...value, task, id, state, version, headers, priority };
}

function outcomeOf(run: Import, flags: ImportFlags, { terminal, codegen }: StoreOperation): Outcome {
  const { dispatched, known, skipped } = run.counts;
  const isDry = flags.dryRun === true;
  const findings: Finding[] = [];
  if (stoppedBySignals().aborted) {
    const hint = "Run it again: what was dispatched is known by then.";
    findings.push({ code: "STOPPED", severity: "error", message: `Stopped after ${dispatched} jobs.`, hint });
  }
  const show = () => {
    const rest = [
      known > 0 ? `${countText(known)} had been dispatched before` : "",
      skipped > 0 ? `${countText(skipped)} had ended` : "",
    ].filter((text) => text !== "");
    terminal.out(
      [`${isDry ? "would dispatch" : "dispatched"} ${countText(dispatched)} jobs`, ...rest].join(", "),
    );
    for (const { message, hint } of findings) terminal.complain(`${message} ${hint}`);
  };
  return {
    exitCode: codegen.exitCodeFor(findings),
    data: { dryRun: isDry, dispatched, known, skipped },
    findings,
    show,
  };
}
