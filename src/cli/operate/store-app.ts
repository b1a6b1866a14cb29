/** Commands that operate on a store: an app over it, or a board of it, and what their errors are to people. */
import type { Taskora, TaskoraError } from "taskora";
import type { BoardClient, BoardNouns } from "taskora/board";
import type { FindingCode } from "../../../codegen/commands.js";
import { type ConfigFlags, projectOptions } from "../commands/project.js";
import { adapterOf, type NamedStore, namedStore, type StoreFlags, shownUrl } from "../commands/store.js";
import { runningStore } from "../dev/running.js";
import { type Context, failure, type Outcome, refusal } from "../outcome.js";
import { namedBoard, needsStore, openBoard, type RemoteFlags, tokenAlone } from "./remote.js";

/** The flags of every command that operates on a store. */
export interface OperateFlags extends StoreFlags, ConfigFlags, RemoteFlags {
  /** How long the store, or the board, may take to answer at first. */
  readonly timeout: string;
}

/** The way to a store. */
export type Way =
  | { readonly kind: "store"; readonly app: Taskora; readonly store: NamedStore }
  | { readonly kind: "board"; readonly client: BoardClient };

/** What a command works with. */
export interface Operation extends Context {
  /** What can be done either way. */
  readonly app: BoardNouns;
  readonly through: Way;
  /** The store or the board, without secrets. */
  readonly place: string;
}

/** What a command works with that needs the store itself. */
export interface StoreOperation extends Operation {
  readonly app: Taskora;
}

/** Runs a command over the store or the board that is meant, and says in words what is wrong with either. */
export async function withApp(
  flags: OperateFlags,
  context: Context,
  run: (operation: Operation) => Promise<Outcome>,
): Promise<Outcome> {
  const board = namedBoard(flags);
  if (board === undefined && flags.token !== undefined) return tokenAlone(context);
  if (board === undefined) return withStoreApp(flags, context, run);
  const place = shownUrl(board.url);
  const { isTaskoraError } = await import("taskora");
  try {
    const client = await openBoard(board, flags.timeout);
    return await run({ ...context, app: client, through: { kind: "board", client }, place });
  } catch (error) {
    if (!isTaskoraError(error)) throw error;
    return refusalOf(error, { place, from: board.from }, context);
  }
}

/** As {@link withApp}, of a command that needs the store itself. */
export async function withStoreApp(
  flags: OperateFlags,
  context: Context,
  run: (operation: StoreOperation) => Promise<Outcome>,
): Promise<Outcome> {
  const store = await storeOf(flags, context);
  if ("exitCode" in store) return store;
  const { createTaskora, isTaskoraError } = await import("taskora");
  const place = shownUrl(store.url);
  let app: Taskora | undefined;
  try {
    app = createTaskora({ adapter: await adapterOf(store, flags.timeout as `${number}s`), logger: false });
    await app.connect();
    return await run({ ...context, app, through: { kind: "store", app, store }, place });
  } catch (error) {
    if (!isTaskoraError(error)) throw error;
    return refusalOf(error, { place, from: store.from }, context);
  } finally {
    await app?.close({ timeout: 0 });
  }
}

/** The store that is meant, or what to say where none is. */
export async function storeOf(flags: OperateFlags, context: Context): Promise<NamedStore | Outcome> {
  const { codegen, terminal } = context;
  const isNamed = flags.store !== undefined || (process.env.TASKORA_STORE ?? "") !== "";
  const board = namedBoard(flags);
  if (board !== undefined && (flags.board !== undefined || !isNamed)) return needsStore(board, context);
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
function refusalOf(
  error: TaskoraError,
  { place, from }: { readonly place: string; readonly from: string },
  context: Context,
): Outcome {
  const code = CODES[error.code] ?? KINDS.find(([start]) => error.code.startsWith(start))?.[1];
  if (code === undefined) throw error;
  const hint = HINTS[code] ?? "taskora --help lists the commands, and --help after a command its flags.";
  const isPlace = code === "STORE_UNREADABLE" || code === "BOARD_UNREADABLE";
  const at = isPlace ? ` (${place}, named by ${from})` : "";
  const details = markOf(error);
  const rest = details === undefined ? {} : { details };
  return failure([{ severity: "error", code, message: `${error.message}${at}`, hint, ...rest }], context);
}

/** Of codes that are not in the table below. */
const KINDS: readonly (readonly [string, FindingCode])[] = [
  ["STORE_", "STORE_UNREADABLE"],
  ["BOARD_", "BOARD_UNREADABLE"],
];

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
  BOARD_REQUEST_INVALID: "COMMAND_LINE",
  ...{ JOB_DUPLICATE: "CHANGE_REFUSED", JOB_KEY_REUSED: "CHANGE_REFUSED", JOB_THROTTLED: "CHANGE_REFUSED" },
};

const HINTS: Readonly<Partial<Record<FindingCode, string>>> = {
  STORE_UNREADABLE: "Check the url, and that the server runs and lets you in.",
  BOARD_UNREADABLE: "Check the url, that the board runs, and the token: TASKORA_BOARD_TOKEN, or --token.",
  TASK_UNKNOWN: "taskora tasks lists the tasks that the store has met.",
  DEPENDENCY_MISSING: "Install it beside taskora, and run the command again.",
  DATA_INVALID: "Give data that the task takes.",
  CHANGE_REFUSED: "Nothing was changed.",
};
