/** What a store holds, looked at for what cannot all be true. */
import type { CallOptions } from "../adapter-work.js";
import { OptionError } from "../errors.js";

/**
 * - `unrecorded`: an index, or what is kept beside jobs, names one that is not stored.
 * - `unlisted`: a job is stored and in no index of its state, so that nothing finds it.
 * - `misplaced`: a job is in an index of a state that it is not in.
 * - `ownerless`: a key, a claim or room at a limit is held for a job that has ended, or by nobody.
 * - `miscounted`: a counter says something else than what it counts.
 * - `stray`: something is kept that belongs to nothing.
 * - `contradictory`: anything else, as its `detail` says.
 */
export const FAULT_KINDS = [
  "unrecorded",
  "unlisted",
  "misplaced",
  "ownerless",
  "miscounted",
  "stray",
  "contradictory",
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** One thing in a store that cannot be true together with another. */
export interface StoreFault {
  readonly kind: FaultKind;
  /** Undefined: it is of the store as a whole. */
  readonly task?: string;
  /** The index, the table or the key in which it stands, as the store calls it. */
  readonly where: string;
  /** Of the job; where it is about none, of the key or the counter. */
  readonly id: string;
  /** What the other fields do not say, as a sentence. */
  readonly detail?: string;
}

export interface ContentsQuery {
  /** From the page before. */
  readonly cursor?: string;
  /** Entries to look at in this call, about; it bounds the time that the store serves nobody else. */
  readonly limit: number;
  /** Entries of one index of a task, or rows of one table, that are looked at in all; those behind are passed over. */
  readonly most: number;
}

export interface ContentsPage {
  readonly faults: readonly StoreFault[];
  /** Entries that were looked at. */
  readonly looked: number;
  /** What was passed over, in words: indexes and tables that have more than `most`, what this user may not look at. */
  readonly passed: readonly string[];
  /** Undefined on the last page. */
  readonly cursor?: string;
}

/**
 * Looks at what a store holds beneath its verbs, while others work with it. Both verbs change nothing. A fault that
 * {@link look} tells of may have been a job on its way: {@link confirm} looks at it alone, in one moment.
 */
export interface ContentsStore {
  look(query: ContentsQuery, call?: CallOptions): Promise<ContentsPage>;
  /** Whether each is there still. */
  confirm(faults: readonly StoreFault[], call?: CallOptions): Promise<readonly boolean[]>;
}

/**
 * Reads a cursor that is JSON.
 *
 * @param isOurs whether a page could have given it
 * @throws {OptionError} for one that no page had
 */
export function readContentsCursor<Cursor>(
  text: string,
  isOurs: (cursor: Partial<Cursor>) => boolean,
): Cursor {
  try {
    const cursor = JSON.parse(text) as Partial<Cursor>;
    if (isOurs(cursor)) return cursor as Cursor;
  } catch {
    // It is told below.
  }
  throw new OptionError(`expected cursor to come from a page before, got ${JSON.stringify(text)}`);
}
