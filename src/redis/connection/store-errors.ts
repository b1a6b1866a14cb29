/** What went wrong between us and the store, as errors a caller can branch on. */
import { type StoreError, TaskoraError } from "../../core/errors.js";
import { LATE, SilenceError, type Trouble, troubleError, wordsOf } from "../../core/store-trouble.js";
import { CLOSED, troubleOfNetwork, troubleOfReply, UNEXPECTED } from "./store-troubles.js";

const STORE = "Redis";

/** The link was lost while a command was on its way: nobody knows whether it was carried out. */
export class LinkLostError extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : "the connection was lost before an answer came", {
      cause,
    });
    this.name = "LinkLostError";
  }
}

/** The store refused a command; the message is what it said, which begins with a code such as `NOSCRIPT`. */
export class ReplyError extends Error {
  override readonly name = "ReplyError";
}

/**
 * The word that tells replies apart, such as `NOSCRIPT`; `""` for errors that are no reply. Redis before 7 wraps what a
 * command in a script said, and its word with it.
 */
export function replyCode(error: unknown): string {
  if (!(error instanceof Error) || error.name !== "ReplyError") return "";
  const [, first = "ERR"] = /^-?([A-Z]+)\b/.exec(error.message) ?? [];
  if (first !== "ERR") return first;
  return /@user_script:\s?\d+: -?([A-Z]{2,}) /.exec(error.message)?.[1] ?? first;
}

/** Whether the store says that it will serve again soon: the command was not carried out. */
export function isPassing(error: unknown): boolean {
  return error instanceof Error && replyCode(error) !== "" && troubleOf(error)?.passes === true;
}

/** Whether `error` means that the connection is gone, not that the store refused something. */
export function isLinkLost(error: unknown): boolean {
  if (error instanceof LinkLostError || error instanceof SilenceError) return true;
  if (error instanceof TaskoraError || !(error instanceof Error) || replyCode(error) !== "") return false;
  const trouble = troubleOf(error);
  if (trouble !== undefined) return trouble.passes;
  const code = (error as { code?: unknown }).code;
  return (
    (typeof code === "string" && /^(E[A-Z]+|NR_CLOSED)$/.test(code)) ||
    /connection|stream|closed|timed? ?out|aborted|retries/i.test(error.message)
  );
}

function troubleOf(error: Error): Trouble | undefined {
  const code = replyCode(error);
  if (code !== "") return troubleOfReply(code, error.message);
  if (error instanceof SilenceError) return LATE;
  if (error instanceof LinkLostError) return error.cause instanceof Error ? troubleOf(error.cause) : CLOSED;
  return troubleOfNetwork((error as { code?: unknown }).code, error.message);
}

/** Turns whatever a command failed with into the error the caller gets. `where` is the address. */
export function toStoreError(error: unknown, where: string): TaskoraError {
  if (error instanceof TaskoraError) return error;
  const trouble = error instanceof Error ? troubleOf(error) : undefined;
  const found = trouble ?? (isLinkLost(error) ? LATE : UNEXPECTED);
  return troubleError(found, wordsOf(error), { store: STORE, where, cause: error });
}

/** As {@link toStoreError} of a reply that begins with `code`, for what the store says in other words. */
export function refusedAs(code: string, said: string, where: string): StoreError {
  return troubleError(troubleOfReply(code, said) ?? UNEXPECTED, said, {
    store: STORE,
    where,
    cause: undefined,
  });
}

/** The store could not be reached, or did not answer, within the deadline. */
export function unavailable(where: string, why: string, cause?: unknown): StoreError {
  return troubleError(LATE, why, { store: STORE, where, cause });
}
