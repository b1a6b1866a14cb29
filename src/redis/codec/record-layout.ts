/**
 * The letters of the stored form. Lua gets them as literals at build time, TypeScript reads records with
 * them; nothing else knows them. Changing one changes {@link FORMAT_VERSION}.
 */
import type { JobState } from "../../core/lifecycle.js";

/** Kept in the store under the `format` key and checked at connect. */
export const FORMAT_VERSION = 8;

/** First byte of a record. A claimed job keeps the letter of `waiting`: the `active` hash says it is claimed. */
export const STATE_LETTERS = {
  waiting: "w",
  delayed: "d",
  active: "a",
  completed: "c",
  failed: "f",
  retrying: "r",
  cancelled: "x",
  expired: "e",
} as const satisfies Record<JobState, string>;

/** What is published besides states. */
export const NOTICE_LETTERS = {
  stalled: "s",
  progress: "p",
  log: "l",
  message: "g",
  removed: "m",
  // Of the task as a whole: these have no id.
  paused: "z",
  resumed: "u",
  drained: "n",
} as const;

/** Parts after the body, each as letter, 4 bytes of length, bytes; a result, always last, has no length. */
export const SECTION_LETTERS = {
  /** Length of the TTL in ms, as digits: a revived job gets a fresh one. */
  ttl: "T",
  /** Lease of the run that ended the job: its last attempt is read from the record itself. */
  worker: "W",
  resultText: "R",
  resultBytes: "B",
  /** JSON of a stored error. */
  error: "E",
  /** Why it was cancelled. */
  reason: "C",
  /** Id of the job that took its place. */
  replacedBy: "N",
  /**
   * Channels on which the outcome is wanted, by blanks: first of all, and only where the flags say so. A claim has the same
   * behind its lease.
   */
  watchers: "\0",
  /** Only in notices: length of a wait in ms. */
  delay: "D",
  progressText: "P",
  progressBytes: "Q",
  /** Only in notices: JSON of a log line. */
  line: "L",
  /** Only in notices: the number of a message, as digits. */
  number: "M",
  /** Only in notices: how many jobs, as digits. */
  count: "N",
  /** Only in notices: the result is too large to be told, read it. */
  omitted: "O",
} as const;

/** Second byte of a record. */
export const FLAG_BITS = {
  /** Has a TTL section. */
  ttl: 1,
  /** Is discarded when it expires. */
  discard: 2,
  /** Has limits beside it. */
  limits: 4,
  /** Its limits has a limit or a rate. */
  gated: 8,
  /** It runs a step of a workflow. Without `limits` it has nothing else, and its id says which: workflow, point, node. */
  step: 16,
  /** It was lost together with others: it is tried apart. */
  suspect: 32,
  /** Its payload is large, and stands in `payloads`. The first byte of its body says so as well. */
  beside: 64,
  /** Somebody wants its outcome: who, stands behind its body. Of a job that has ended it says nothing any more. */
  watched: 128,
} as const;

/** Last byte of a claim before its lease. */
export const CLAIM_BITS = {
  /** It should be ended as cancelled. */
  cancel: 1,
  /** A first attempt of a job without limits: when it completes, its record stays and the end goes beside it. */
  plain: 2,
  /** A suspect that was taken alone: it is to blame when its worker is lost. */
  alone: 4,
  /** As `plain`, of a step that has nothing else: its workflow is told. */
  step: 8,
} as const;

/**
 * `struct` format of the first {@link HEAD_BYTES} bytes of a record: state, flags, attempt, stalls, priority, when it was
 * stored, started and finished, bytes of the body. The end of a job that waits, or did, is since when, 0:
 * since it was stored; of one that waits for its time it is when its last run ended.
 */
export const HEAD_FORMAT = "<c1BHBhI6I6I6I4";
export const HEAD_BYTES = 29;
/**
 * `struct` format of a claim: fence, start, flags; the lease follows, and the section that says who wants the
 * outcome: while a job runs, that counts, and not what its record says.
 */
export const CLAIM_FORMAT = "<I6I6B";
export const CLAIM_BYTES = 13;

/** First byte of a body that is an unreadable record, kept for whoever wants to look at it. */
export const CORRUPT_MARK = 64;
