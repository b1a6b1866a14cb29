/**
 * What decides, beside priority and time, whether a job is stored and when it may run. It is chosen at dispatch,
 * stored with the job as plain data and kept until the job is forgotten; a job without it pays nothing for it.
 */
export interface JobFlow {
  /** Every key of a job's flow is at most this long: see {@link MAX_FLOW_KEY_LENGTH}. */
  readonly [kind: string]: unknown;
}

/** Longest key of anything in a {@link JobFlow}, characters. */
export const MAX_FLOW_KEY_LENGTH = 200;
