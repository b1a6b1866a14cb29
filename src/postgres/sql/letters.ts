/** The one letter that stands for a state, or for how a claim ends, in the tables and functions. */
import type { JobState } from "../../core/lifecycle.js";

/** `w` and `a` stand in no column: a job is waiting or active by the table it is in. */
export const LETTERS = {
  waiting: "w",
  delayed: "d",
  active: "a",
  completed: "c",
  failed: "f",
  retrying: "r",
  cancelled: "x",
  expired: "e",
} as const satisfies Record<JobState, string>;

/** What a row of `workflow_news` says: a step's job has ended, the workflow's own job waits now, or is over. */
export const NEWS = { step: "s", entered: "i", over: "o" } as const;

/** In which phase a graph is. */
export const PHASES = { defined: "d", running: "r", ended: "e" } as const;

/** What is left to do for a workflow. */
export const ERRANDS = { insert: "i", cancel: "c" } as const;

const STATES = new Map<string, JobState>(
  Object.entries(LETTERS).map(([state, letter]) => [letter, state as JobState]),
);

/** The state of a letter. */
export function stateOf(letter: string): JobState {
  const state = STATES.get(letter);
  if (state === undefined) throw new RangeError(`no state has the letter ${JSON.stringify(letter)}`);
  return state;
}

/** How a claim ends, as `settle` is told. */
export const ENDS = { complete: "c", fail: "f", retry: "r", cancel: "x", release: "b" } as const;
