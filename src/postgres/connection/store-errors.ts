/** What went wrong between us and the store, as errors a caller can branch on. */
import { type StoreError, TaskoraError } from "../../core/errors.js";
import { LATE, SilenceError, type Trouble, troubleError, wordsOf } from "../../core/store-trouble.js";
import { troubleOf, UNEXPECTED } from "./store-troubles.js";

const STORE = "Postgres";

function knownTrouble(error: unknown): Trouble | undefined {
  if (error instanceof SilenceError) return LATE;
  if (error instanceof AggregateError) return error.errors.map(knownTrouble).find(Boolean);
  if (!(error instanceof Error)) return undefined;
  return troubleOf((error as { readonly code?: unknown }).code, error.message);
}

/** Whether the same statement may succeed soon: a lost connection, a failover, a transaction that had to give way. */
export function isPassing(error: unknown): boolean {
  return !(error instanceof TaskoraError) && knownTrouble(error)?.passes === true;
}

/** Turns whatever a statement failed with into the error the caller gets. `where` is the address. */
export function toStoreError(error: unknown, where: string): TaskoraError {
  if (error instanceof TaskoraError) return error;
  return troubleError(knownTrouble(error) ?? UNEXPECTED, wordsOf(error), {
    store: STORE,
    where,
    cause: error,
  });
}

/** The store could not be reached, or did not answer, within the deadline. */
export function unavailable(where: string, why: string, cause?: unknown): StoreError {
  return troubleError(LATE, why, { store: STORE, where, cause });
}
