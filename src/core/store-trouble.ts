/** What goes wrong between a process and the server of a store, whichever it is, and the error that its caller gets. */
import { type ErrorCode, StoreError } from "./errors.js";

/** One kind of trouble. */
export interface Trouble {
  readonly code: ErrorCode;
  /** It may pass by itself, so the same call is tried again until its deadline. */
  readonly passes: boolean;
  /** What follows "Redis at host:port". */
  readonly meaning: string;
  readonly advice: string;
}

/** Troubles by a code. */
export type Troubles = Readonly<Record<string, Trouble>>;

export function passing(meaning: string, advice: string): Trouble {
  return { code: "STORE_UNAVAILABLE", passes: true, meaning, advice };
}

export function refusing(code: ErrorCode, meaning: string, advice: string): Trouble {
  return { code, passes: false, meaning, advice };
}

/** The server did not answer, or could not be reached, in time. */
export const LATE = passing(
  "did not answer in time",
  "Check that it runs and can be reached; a longer deadline makes calls wait longer.",
);

/**
 * By the `code` of an error of the network.
 *
 * @param closed what it means that the connection ended without a word
 */
export function troublesOfNetwork(closed: Trouble): Troubles {
  return {
    ECONNREFUSED: passing(
      "refused the connection: nobody listens there",
      "Start it, or correct the address.",
    ),
    ENOTFOUND: passing("has a name that cannot be found", "Correct the name of the host."),
    EAI_AGAIN: passing("has a name that cannot be looked up now", "Check the name servers of this machine."),
    ENOENT: passing("has no socket file there", "Start it, or correct the path."),
    EHOSTUNREACH: passing("cannot be reached from here", "Check the address, routes and firewalls."),
    ENETUNREACH: passing("cannot be reached from here", "Check the address, routes and firewalls."),
    ECONNRESET: closed,
    EPIPE: closed,
  };
}

/** A connection, or the attempt to open one, was ended because nothing came for too long. */
export class SilenceError extends Error {
  override readonly name = "SilenceError";
}

/** Of a name with several addresses there are several refusals, and no word about them all. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== "") return error.message;
  return error instanceof AggregateError ? error.errors.map(wordsOf).join(", ") : error.name;
}

/**
 * @param said the server's own words
 * @param by.store its name for people, such as `"Redis"`
 * @param by.where its address, without secrets
 */
export function troubleError(
  { code, passes, meaning, advice }: Trouble,
  said: string,
  by: { readonly store: string; readonly where: string; readonly cause: unknown },
): StoreError {
  const retryable = passes || code === "STORE_FULL";
  const again = passes ? " The same call may succeed later." : "";
  const message = `${by.store} at ${by.where} ${meaning}: ${said.replace(/\.$/, "")}. ${advice}${again}`;
  return new StoreError(code, message, { retryable, cause: by.cause });
}
