/**
 * Waits for transactions of others to commit, to tell then what they have stored: whoever commits does not know of us, and a
 * notice within the transaction would make all commits of the database wait for each other.
 *
 * Life of one: stored in a transaction under way → asked for, ever less often → committed: told; or rolled back, or not heard
 * of for long: forgotten. Workers look by themselves as well, so nothing hangs on it but how soon a job begins.
 */

import type { JobRef } from "../core/job.js";
import type { Statements } from "./connection/database.js";
import type { Signals, Told } from "./signals.js";

const FIRST_LOOK_MS = 5;
const LONGEST_PAUSE_MS = 500;
/** A transaction that takes longer is left to those who look by themselves. */
const PATIENCE_MS = 600_000;

/** What one call has stored in a transaction. */
export interface StoredWithin {
  /** What to tell after the commit. */
  readonly told: readonly Told[];
  readonly jobs: readonly JobRef[];
  /** The transaction as its caller has it. */
  readonly within: object;
}

interface Pending extends Pick<StoredWithin, "told" | "within"> {
  /** Tasks and ids of the jobs. */
  readonly jobs: ReadonlySet<string>;
  readonly since: number;
}

export interface CommitWatchParts {
  readonly statements: Statements;
  readonly signals: Signals;
  /** Jobs that somebody may wait for will never be there. */
  readonly rolledBack: () => void;
}

export class CommitWatch {
  readonly #parts: CommitWatchParts;
  readonly #pending = new Map<string, Pending[]>();
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = FIRST_LOOK_MS;
  #isClosed = false;

  constructor(parts: CommitWatchParts) {
    this.#parts = parts;
  }

  /** @param transaction its number in the database */
  await(transaction: string, { told, jobs, within }: StoredWithin): void {
    const pending = this.#pending.get(transaction) ?? [];
    const stored = { told, jobs: new Set(jobs.map(nameOf)), within, since: performance.now() };
    this.#pending.set(transaction, [...pending, stored]);
    this.#pauseMs = FIRST_LOOK_MS;
    this.#plan();
  }

  /** Whether a job was stored in a transaction that is not known to be over. */
  isUnderWay(ref: JobRef): boolean {
    const name = nameOf(ref);
    return [...this.#pending.values()].some((pending) => pending.some(({ jobs }) => jobs.has(name)));
  }

  /** The numbers of transactions under way that their caller has as `within`; a connection has one after another. */
  numbersOf(within: object): readonly string[] {
    return [...this.#pending].flatMap(([number, pending]) =>
      pending.some((each) => each.within === within) ? [number] : [],
    );
  }

  /** A transaction is over, and need not be asked for. */
  over(number: string, how: "committed" | "aborted"): void {
    this.#learn(number, how);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#pending.clear();
  }

  #plan(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed || this.#pending.size === 0) return;
    this.#timer = setTimeout(() => void this.#look(), this.#pauseMs);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
    const numbers = [...this.#pending.keys()];
    try {
      const rows = await this.#parts.statements.rows(
        "select n, pg_xact_status(n::xid8) as status from unnest($1::text[]) as u(n)",
        [numbers],
      );
      for (const { n, status } of rows) this.#learn(String(n), status);
    } catch {
      // One that this server does not know of, or no server: those who look by themselves find what was stored.
      for (const number of numbers) this.#forgetOld(number);
    }
    this.#plan();
  }

  #learn(number: string, status: unknown): void {
    if (status === "in progress") {
      this.#forgetOld(number);
      return;
    }
    const pending = this.#pending.get(number) ?? [];
    this.#pending.delete(number);
    if (status === "aborted") {
      if (pending.some(({ jobs }) => jobs.size > 0)) this.#parts.rolledBack();
    } else for (const { told } of pending) for (const each of told) this.#parts.signals.tell(each);
  }

  #forgetOld(number: string): void {
    const [first] = this.#pending.get(number) ?? [];
    if (first === undefined || performance.now() - first.since > PATIENCE_MS) this.#pending.delete(number);
  }
}

function nameOf({ task, id }: JobRef): string {
  return `${task}\n${id}`;
}
