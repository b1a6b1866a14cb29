/** What went wrong between us and the store, as errors a caller can branch on. */
import { type ErrorCode, TaskoraError } from "../core/errors.js";

/** The store as a whole did not do its work. `retryable` says whether the same call may succeed later. */
export class StoreError extends TaskoraError {
  override readonly name: string = "StoreError";
  override readonly retryable: boolean;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly retryable: boolean; readonly cause?: unknown },
  ) {
    super(code, message, { cause: options.cause });
    this.retryable = options.retryable;
  }
}

/** The link was lost while a command was on its way: nobody knows whether it was carried out. */
export class LinkLostError extends Error {
  constructor(cause: unknown) {
    super("the connection was lost before an answer came", { cause });
    this.name = "LinkLostError";
  }
}

/** The store refused a command; the message is what it said, which begins with a code such as `NOSCRIPT`. */
export class ReplyError extends Error {
  override readonly name = "ReplyError";
}

/** Replies of a store that cannot serve right now and will again: the command was not carried out. */
const PASSING_REPLIES = [
  "LOADING",
  "BUSY",
  "TRYAGAIN",
  "MASTERDOWN",
  "CLUSTERDOWN",
  "READONLY",
  "MISCONF",
  "UNBLOCKED",
];
const AUTH_REPLIES = ["NOAUTH", "WRONGPASS", "NOPERM"];

/** The first word of an error reply, such as `NOSCRIPT`; `""` for errors that are no reply. */
export function replyCode(error: unknown): string {
  if (!(error instanceof Error) || error.name !== "ReplyError") return "";
  return /^-?([A-Z]+)\b/.exec(error.message)?.[1] ?? "ERR";
}

/** Whether the store says that it will serve again soon. */
export function isPassing(error: unknown): boolean {
  if (PASSING_REPLIES.includes(replyCode(error))) return true;
  return error instanceof Error && /max number of clients/.test(error.message);
}

/** Whether `error` means that the connection is gone, not that the store refused something. */
export function isLinkLost(error: unknown): boolean {
  if (error instanceof LinkLostError) return true;
  if (error instanceof TaskoraError || !(error instanceof Error)) return false;
  if (replyCode(error) !== "") return false;
  const code = (error as { code?: unknown }).code;
  return (
    (typeof code === "string" && /^(E[A-Z]+|NR_CLOSED)$/.test(code)) ||
    /connection|stream|closed|timed? ?out|aborted|retries/i.test(error.message)
  );
}

/** Turns whatever a command failed with into the error the caller gets. `where` is the address. */
export function toStoreError(error: unknown, where: string): TaskoraError {
  if (error instanceof TaskoraError) return error;
  const code = replyCode(error);
  const said = (error instanceof Error ? error.message : String(error)).replace(/\.$/, "");
  if (AUTH_REPLIES.includes(code) || /NOAUTH|WRONGPASS|invalid (username-)?password/i.test(said)) {
    return authError(said, where, error);
  }
  if (/\bOOM\b/.test(said)) {
    return new StoreError(
      "STORE_FULL",
      `Redis at ${where} refuses to store more: it has reached maxmemory. Completing jobs still works. ` +
        "Raise maxmemory, keep fewer finished jobs (retention), or run more workers.",
      { retryable: true, cause: error },
    );
  }
  if (isPassing(error) || isLinkLost(error)) return unavailable(where, said, error);
  return new StoreError(
    "STORE_REPLY",
    `Redis at ${where} answered with an error that taskora does not expect: ${said}. ` +
      "If the server is a Redis ≥ 6.2 or Valkey without a command filter, this is a bug in taskora.",
    { retryable: false, cause: error },
  );
}

/** The store could not be reached, or did not answer, within the deadline. */
export function unavailable(where: string, why: string, cause?: unknown): StoreError {
  return new StoreError(
    "STORE_UNAVAILABLE",
    `Redis at ${where} did not answer in time: ${why}. Check that it runs and can be reached; ` +
      "the same call may succeed later, and a longer deadline makes calls wait longer.",
    { retryable: true, cause },
  );
}

function authError(said: string, where: string, cause: unknown): StoreError {
  return new StoreError(
    "STORE_AUTH",
    `Redis at ${where} refused the connection: ${said}. Give the user and password in the url ` +
      '("redis://user:password@host:6379") or as `username` and `password`, and allow the user the keys and ' +
      "channels of taskora's prefix.",
    { retryable: false, cause },
  );
}
