/** What went wrong between us and the store, as errors a caller can branch on. */
import { StoreError, TaskoraError } from "../../core/errors.js";
import { LATE, type Trouble, troubleOf, UNEXPECTED } from "./store-troubles.js";

/** Nothing came for too long; the connection is given up. */
export class SilenceError extends Error {
  override readonly name = "SilenceError";
}

function knownTrouble(error: unknown): Trouble | undefined {
  if (error instanceof SilenceError) return LATE;
  if (error instanceof AggregateError) return error.errors.map(knownTrouble).find(Boolean);
  if (!(error instanceof Error)) return undefined;
  return troubleOf((error as { readonly code?: unknown }).code, error.message);
}

/** The SQLSTATE of an error, or its code of the network; `""`: it has none. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as { readonly code?: unknown }).code : undefined;
  return typeof code === "string" ? code : "";
}

/** Whether the same statement may succeed soon: a lost connection, a failover, a transaction that had to give way. */
export function isPassing(error: unknown): boolean {
  return !(error instanceof TaskoraError) && knownTrouble(error)?.passes === true;
}

/** Turns whatever a statement failed with into the error the caller gets. `where` is the address. */
export function toStoreError(error: unknown, where: string): TaskoraError {
  if (error instanceof TaskoraError) return error;
  return storeError(knownTrouble(error) ?? UNEXPECTED, said(error), { where, cause: error });
}

/** The store could not be reached, or did not answer, within the deadline. */
export function unavailable(where: string, why: string, cause?: unknown): StoreError {
  return storeError(LATE, why, { where, cause });
}

function said(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== "") return error.message;
  return error instanceof AggregateError ? error.errors.map(said).join(", ") : error.name;
}

function storeError(
  { code, passes, meaning, advice }: Trouble,
  what: string,
  { where, cause }: { readonly where: string; readonly cause: unknown },
): StoreError {
  const again = passes ? " The same call may succeed later." : "";
  const message = `Postgres at ${where} ${meaning}: ${what.replace(/\.$/, "")}. ${advice}${again}`;
  return new StoreError(code, message, { retryable: passes || code === "STORE_FULL", cause });
}
