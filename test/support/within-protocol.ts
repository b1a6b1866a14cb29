/** What the tests of jobs that end in transactions and their workers agree on. */

export const WITHIN_TASK = "within.kill";

/** Where a worker may die. */
export const DEATHS = ["before", "inside", "before the commit", "after the commit"] as const;

export interface WithinJob {
  readonly number: number;
  /** In a transaction of the store's, or one of the application's. */
  readonly form: "within" | "complete";
  /** Where its worker dies, the first time. */
  readonly dies?: (typeof DEATHS)[number];
}
