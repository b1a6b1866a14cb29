/** How functions of the store are written. */

/** One function; `@.` in its text stands for the schema, `@@` before a name for a function of this version. */
export interface FunctionSource {
  readonly name: string;
  readonly sql: string;
}

/**
 * Plans that are the same on an empty table, on one that was never analysed and on millions of rows: rows are found by an
 * index, whatever the planner believes to know. Without it a fresh table is joined the wrong way round, or a whole index is
 * read since it has all the columns.
 */
const BY_INDEX =
  "set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off set enable_indexonlyscan = off " +
  "set jit = off set plan_cache_mode = force_generic_plan";

// Each says all of it, since a function also hears the settings of the one that calls it.

/** For what looks a row up for each of a few. */
export const NESTED = `${BY_INDEX} set enable_nestloop = on set enable_hashjoin = off`;

/**
 * One row of a table for each row of a query before it, or none, found by its own key. Behind its fence (\`offset 0\`) nothing
 * turns the join round, or walks an index from end to end because both sides would come in one order.
 */
export function lookUp(table: string, alias: string, where: string): string {
  return `left join lateral (select o.* from @.${table} o where ${where} offset 0) ${alias} on true`;
}

/** For what brings two lists of the same jobs together: found by their ids, then matched. */
export const MATCHED = `${BY_INDEX} set enable_nestloop = off set enable_hashjoin = on`;
