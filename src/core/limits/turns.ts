/**
 * Groups that take turns: start-time fair queueing (Goyal, Vin, Cheng 1996). Groups stand by the virtual time of their
 * next turn, which grows by less for a heavier group; one whose queue is found empty leaves, and one that comes starts at
 * the present.
 */

/** A group that takes turns. */
export interface Turn {
  readonly name: string;
  /** Virtual time of its next turn. */
  readonly at: number;
  /** Turns for one of a group of weight 1: 1 to 1 000. That of its newest job. */
  readonly weight: number;
}

/** The jobs of priority 0 that have no group are a group of weight 1 with this name. */
export const UNGROUPED = "";
/** What one turn adds to the virtual time of a group of weight 1; of a heavier one it adds less. */
export const TURN = 1_000_000;

/** Orders groups by turn; those due together go by name, so that every store gives the same order. */
export function compareTurns(a: Pick<Turn, "at" | "name">, b: Pick<Turn, "at" | "name">): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.name === b.name) return 0;
  return a.name < b.name ? -1 : 1;
}

/** What comes of the turn of the group that is first. */
export interface TurnTaken {
  /** The present, in virtual time. */
  readonly now: number;
  /** Of its next turn. Undefined: it has no jobs, and leaves. */
  readonly at: number | undefined;
}

/** The group is first: one of its jobs is next, if it has any. */
export function takeTurn(
  first: Pick<Turn, "at" | "weight">,
  by: { readonly now: number; readonly hasJobs: boolean },
): TurnTaken {
  const now = Math.max(by.now, first.at);
  return { now, at: by.hasJobs ? first.at + Math.floor(TURN / first.weight) : undefined };
}
