/** A board that commands go through in place of the store. */
import type { BoardClient } from "taskora/board";
import { shownUrl } from "../commands/store.js";
import { type Context, type Outcome, refusal } from "../outcome.js";

/** The flags that name a board. */
export interface RemoteFlags {
  readonly store?: string;
  readonly board?: string;
  readonly token?: string;
}

/** A board as it was named, and by whom. */
export interface NamedBoard {
  readonly url: string;
  readonly token?: string;
  readonly from: "--board" | "TASKORA_BOARD_URL";
}

/** Which board is meant: the flag, else, where no flag names a store, the environment. */
export function namedBoard(flags: RemoteFlags): NamedBoard | undefined {
  const token = flags.token ?? fromEnvironment("TASKORA_BOARD_TOKEN");
  const rest = token === undefined ? {} : { token };
  if (flags.board !== undefined) return { url: flags.board, ...rest, from: "--board" };
  const url = flags.store === undefined ? fromEnvironment("TASKORA_BOARD_URL") : undefined;
  return url === undefined ? undefined : { url, ...rest, from: "TASKORA_BOARD_URL" };
}

function fromEnvironment(name: string): string | undefined {
  const value = process.env[name];
  return value === "" ? undefined : value;
}

/**
 * The client of a board that has answered who asks. It has to do so in time; a search, or a change, may take longer.
 *
 * @throws {TaskoraError}
 */
export async function openBoard({ url, token }: NamedBoard, timeout: string): Promise<BoardClient> {
  const { connectBoard } = await import("taskora/board");
  await connectBoard(url, { token, timeout: timeout as `${number}s` }).me();
  return connectBoard(url, { token });
}

/** What a command says that cannot go through a board. */
export function needsStore({ url, from }: NamedBoard, context: Context): Outcome {
  const message = `This command needs the store itself, and ${from} names a board (${shownUrl(url)}), which does not give all that it reads.`;
  const hint =
    "Name the store: --store redis://localhost:6379. Through a board go tasks, jobs, dispatch, schedules, workflows, workers, errors, audit, metrics and doctor.";
  return refusal({ code: "COMMAND_LINE", message, hint }, context);
}

/** A token that nobody would be given. */
export function tokenAlone(context: Context): Outcome {
  const message = "--token lets into a board, and none was named.";
  const hint = "Name it: --board https://jobs.example.com/board, or TASKORA_BOARD_URL.";
  return refusal({ code: "COMMAND_LINE", message, hint }, context);
}
