/** How rows of jobs with limits are told from others. */

/** Where a waiting job stands, in `ready.aside`. */
export const ASIDE = {
  /** Next, in order. */
  queue: 0,
  /** Suspects, which are claimed apart. */
  suspects: 1,
  /** Those that wait at a gate. */
  blocked: 2,
  /** In the queue of their group. */
  grouped: 3,
  /** In the batch of their key. */
  collected: 4,
  /** Come, and put in their place by the next round of the task. */
  arrived: 5,
  /** Suspects that wait at a gate. */
  blockedSuspect: 6,
  /** Workflows: their steps end them. */
  workflows: 7,
} as const;

/** What a job has, in the column `mark`; those without limits that count while they wait or run have none. */
export const MARKS = {
  gated: "g",
  grouped: "t",
  /** In a group, and with gates. */
  gatedGroup: "u",
  collected: "c",
} as const;

export type Mark = (typeof MARKS)[keyof typeof MARKS];

/** That a mark is one of a job with gates. */
export const hasGatesSql = (mark: string) => `${mark} in ('${MARKS.gated}', '${MARKS.gatedGroup}')`;

/**
 * Where a job stands that becomes waiting. Most with gates wait in their queue as others do: gates are looked at when they are
 * next.
 */
export function asideSql({ mark, suspect = "false", front = "false" }: AsideOf): string {
  return `case when ${suspect} then ${ASIDE.suspects} when ${mark} is null or ${mark} = '${MARKS.gated}' and not ${front} then ${ASIDE.queue} else ${ASIDE.arrived} end`;
}

/** Expressions of SQL. */
export interface AsideOf {
  readonly mark: string;
  readonly suspect?: string;
  readonly front?: string;
}
