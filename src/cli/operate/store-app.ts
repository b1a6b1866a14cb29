/** Commands that operate on a store: an app over it, and what its errors are to people. */
import type { Taskora, TaskoraError } from "taskora";
import type { FindingCode } from "../../../codegen/commands.js";
import { type ConfigFlags, projectOptions } from "../commands/project.js";
import { adapterOf, type NamedStore, namedStore, type StoreFlags, shownUrl } from "../commands/store.js";
import { runningStore } from "../dev/running.js";
import { type Context, failure, type Outcome, refusal } from "../outcome.js";

/** The flags of every command that operates on a store. */
export interface OperateFlags extends StoreFlags, ConfigFlags {
  /** How long the store may take to answer. */
  readonly timeout: string;
}

/** What a command works with. */
export interface Operation extends Context {
  readonly app: Taskora;
  readonly store: NamedStore;
  /** The store, without secrets. */
  readonly place: string;
}

/** Runs a command over the store that is meant, and says in words what is wrong with either. */
export async function withApp(
  flags: OperateFlags,
  context: Context,
  run: (operation: Operation) => Promise<Outcome>,
): Promise<Outcome> {
  const store = await storeOf(flags, context);
  if ("exitCode" in store) return store;
  const { createTaskora, isTaskoraError } = await import("taskora");
  let app: Taskora | undefined;
  try {
    app = createTaskora({ adapter: await adapterOf(store, flags.timeout as `${number}s`), logger: false });
    await app.connect();
    return await run({ ...context, app, store, place: shownUrl(store.url) });
  } catch (error) {
    if (!isTaskoraError(error)) throw error;
    return refusalOf(error, store, context);
  } finally {
    await app?.close({ timeout: 0 });
  }
}

/** The store that is meant, or what to say where none is. */
export async function storeOf(flags: OperateFlags, context: Context): Promise<NamedStore | Outcome> {
  const { codegen, terminal } = context;
  const isNamed = flags.store !== undefined || (process.env.TASKORA_STORE ?? "") !== "";
  const developing = isNamed ? undefined : runningStore(process.cwd());
  if (developing !== undefined) return { url: developing, from: "taskora dev" };
  try {
    const config = isNamed ? undefined : await codegen.loadConfig(projectOptions(flags, terminal));
    const store = namedStore(flags, config?.store);
    if (store !== undefined) return store;
  } catch (error) {
    const isAbsent = error instanceof codegen.CodegenError && error.findings[0]?.code === "CONFIG_NOT_FOUND";
    if (!isAbsent || flags.config !== undefined) throw error;
  }
  const hint = "Name it: --store redis://localhost:6379, TASKORA_STORE, or store in taskora.config.ts.";
  const message = "This command needs a store, and none was named.";
  return refusal({ code: "STORE_UNNAMED", message, hint }, context);
}

/** What a command answers to an error of the library. Others are bugs. */
function refusalOf(error: TaskoraError, store: NamedStore, context: Context): Outcome {
  const code = CODES[error.code] ?? (error.code.startsWith("STORE_") ? "STORE_UNREADABLE" : undefined);
  if (code === undefined) throw error;
  const hint = HINTS[code] ?? "taskora --help lists the commands, and --help after a command its flags.";
  const at = code === "STORE_UNREADABLE" ? ` (${shownUrl(store.url)}, named by ${store.from})` : "";
  const details = markOf(error);
  const rest = details === undefined ? {} : { details };
  return failure([{ severity: "error", code, message: `${error.message}${at}`, hint, ...rest }], context);
}

/** Shows where a filter cannot be read. */
function markOf(error: TaskoraError): string | undefined {
  if (!("filter" in error) || !("position" in error)) return undefined;
  return `${String(error.filter)}\n${" ".repeat(Number(error.position))}^`;
}

const CODES: Readonly<Partial<Record<TaskoraError["code"], FindingCode>>> = {
  ...{ OPTION_INVALID: "COMMAND_LINE", NAME_INVALID: "COMMAND_LINE", DURATION_INVALID: "COMMAND_LINE" },
  ...{ FILTER_INVALID: "COMMAND_LINE", NOT_SUPPORTED: "STORE_UNREADABLE", APP_CLOSED: "STORE_UNREADABLE" },
  ...{ TASK_NOT_FOUND: "TASK_UNKNOWN", DEPENDENCY_MISSING: "DEPENDENCY_MISSING" },
  ...{ VALIDATION_FAILED: "DATA_INVALID", PAYLOAD_TOO_LARGE: "DATA_INVALID" },
  ...{ JOB_DUPLICATE: "CHANGE_REFUSED", JOB_KEY_REUSED: "CHANGE_REFUSED", JOB_THROTTLED: "CHANGE_REFUSED" },
};

const HINTS: Readonly<Partial<Record<FindingCode, string>>> = {
  STORE_UNREADABLE: "Check the url, and that the server runs and lets you in.",
  TASK_UNKNOWN: "taskora tasks lists the tasks that the store has met.",
  DEPENDENCY_MISSING: "Install it beside taskora, and run the command again.",
  DATA_INVALID: "Give data that the task takes.",
  CHANGE_REFUSED: "Nothing was changed.",
};
