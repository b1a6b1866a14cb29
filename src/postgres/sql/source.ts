/** How tables and functions of the store are written. */

/** One function; `@.` in its text stands for the schema, `@@` before a name for a function of this version. */
export interface FunctionSource {
  readonly name: string;
  readonly sql: string;
}

/** Settings of tables whose rows come and go with each job: dead ones are removed early, however many live. */
export const BUSY =
  "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0";

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
 * The rows of a table that belong to a row of the query before it, found by their own key: for `cross join`, or `left join … on true`.
 * Behind its fence (`offset 0`) nothing turns the join round, or walks an index from end to end because both sides would come in
 * one order.
 */
export function rowsOf(table: string, where: string): string {
  return `lateral (select o.* from @.${table} o where ${where} offset 0)`;
}

/** At most one such row, or none: {@link rowsOf} as a left join. */
export function lookUp(table: string, alias: string, where: string): string {
  return `left join ${rowsOf(table, where)} ${alias} on true`;
}

/** For what brings two lists of the same jobs together: found by their ids, then matched. */
export const MATCHED = `${BY_INDEX} set enable_nestloop = off set enable_hashjoin = on`;
