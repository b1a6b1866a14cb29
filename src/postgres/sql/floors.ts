/**
 * Looking for rows without stepping over those that are gone. A transaction that stays open keeps deleted rows, and what stands of
 * them in an index; who looks from the beginning passes all of them. How many that were is told by the blocks that were read,
 * which do not depend on how busy the machine is.
 */

/** Blocks of a table and an index of it that this transaction has read so far. */
export function blocksRead(table: string, index: string): string {
  return `(pg_stat_get_xact_blocks_fetched('@.${table}'::regclass) + pg_stat_get_xact_blocks_fetched('@.${index}'::regclass))`;
}

/** Each row that is taken is read, and locked. */
export const BLOCKS_PER_ROW = 2;
/** Then it is found again, and deleted. */
export const BLOCKS_PER_DELETED = 4;

/** From so many blocks on that brought nothing, it is worth while to look from a floor: about 10 000 rows, 1 to 2 ms. */
export const BLOCKS_IN_VAIN = 100;

/*
 * A part of the order is four numbers from `p_parts[i]` on: rank and place where it begins, rank and place where it ends. Two
 * conditions, since an index does not stop at the end of `(rank, place) < (…)`.
 */

/** That a row stands in a part of one rank: from a place, before a place. */
export function ofRank(row: string): string {
  return `${row}.rank = p_parts[i]::smallint and ${row}.place >= p_parts[i + 1] and ${row}.place < p_parts[i + 3]`;
}

/** That it stands in a part between two ranks, in neither. */
export function ofRanks(row: string): string {
  return `${row}.rank > p_parts[i] and ${row}.rank < p_parts[i + 2]`;
}

/** The parts of a task, where `p_parts` has those of several; none: all. */
export function partsOf(task: string): string {
  return `array(select jsonb_array_elements_text(p_parts->${task})::bigint)`;
}
