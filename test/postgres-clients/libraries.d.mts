/** A database as one library has it. */
export interface Opened {
  /** Runs work in a transaction; what it throws rolls back. `write` inserts a row of the application's own. */
  transaction(work: (tx: object, write: (id: string) => Promise<unknown>) => Promise<void>): Promise<unknown>;
  /** What opens transactions, and is none. */
  readonly outside: object;
  close(): Promise<unknown>;
}

export const LIBRARIES: Readonly<Record<string, (url: string) => Promise<Opened>>>;
