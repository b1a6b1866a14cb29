/** Looks at a server and a schema for what makes a queue slow, or less durable than its users believe. */
import type { Row } from "./connection/database.js";
import { type PostgresAdapterArguments, resolvePostgresOptions } from "./connection/postgres-options.js";
import { unavailable } from "./connection/store-errors.js";
import { adapterOf } from "./postgres-adapter.js";
import { openSession } from "./session.js";

/** What was found, for a person to read. */
export interface PostgresFinding {
  /** Which check found it. */
  readonly check: PostgresCheck;
  /** `critical`: jobs may be lost, or claims grow ever slower; `warning`: they may before long. */
  readonly severity: "warning" | "critical";
  /** What is the case, with names and numbers. */
  readonly what: string;
  /** What it does to the queue. */
  readonly why: string;
  /** What to do. */
  readonly advice: string;
}

/** What is looked at. */
export type PostgresCheck =
  | "old-transactions"
  | "prepared-transactions"
  | "replication-slots"
  | "standby-feedback"
  | "transaction-ids"
  | "dead-rows"
  | "autovacuum"
  | "durability"
  | "timeouts"
  | "isolation"
  | "connections";

interface Check {
  readonly check: PostgresCheck;
  readonly why: string;
  readonly advice: string;
  /**
   * A row for each finding: `what`, and whether it `is_critical`. `$1`, where it stands: the age in ms from which it is one; a server
   * is taken to begin one transaction in each.
   */
  readonly sql: string;
}

const HOLDS_ROWS =
  "Rows that jobs leave behind cannot be removed while it lasts, and each claim steps over all of them: claims grow slower with every job.";

const CHECKS: readonly Check[] = [
  {
    check: "old-transactions",
    why: HOLDS_ROWS,
    advice:
      "Find what left it open (a forgotten commit, a long report, a console) and end it: select pg_terminate_backend(pid). Set idle_in_transaction_session_timeout for such roles.",
    sql: `
      select format('a transaction of %s in %s (pid %s, %s) is open for %s s', coalesce(usename, '?'), coalesce(datname, '?'), pid,
        coalesce(nullif(application_name, ''), 'no application name'), extract(epoch from clock_timestamp() - xact_start)::bigint) as what,
        clock_timestamp() - xact_start > interval '10 minutes' as is_critical
      from pg_stat_activity
      where pid <> pg_backend_pid() and backend_type = 'client backend' and xact_start < clock_timestamp() - $1::bigint * interval '1 ms'
        and (backend_xmin is not null or backend_xid is not null)
      order by xact_start limit 5`,
  },
  {
    check: "prepared-transactions",
    why: HOLDS_ROWS,
    advice:
      "Commit or roll it back in its database: rollback prepared '…'. Set max_prepared_transactions to 0 where nobody needs them.",
    sql: `
      select format('the prepared transaction %L of %s in %s waits for %s s', gid, owner, database,
        extract(epoch from clock_timestamp() - prepared)::bigint) as what, true as is_critical
      from pg_prepared_xacts where prepared < clock_timestamp() - $1::bigint * interval '1 ms' order by prepared limit 5`,
  },
  {
    check: "replication-slots",
    why: "The server keeps its write-ahead log, and perhaps dead rows, for whoever read from the slot, until the disk is full.",
    advice:
      "Start its reader again, or drop it: select pg_drop_replication_slot('…'). Set max_slot_wal_keep_size.",
    sql: `
      select format('nobody reads from the replication slot %s, which keeps %s of log', slot_name,
        pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn))) as what,
        pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) > 1e9 as is_critical
      from pg_replication_slots where not active and restart_lsn is not null order by slot_name limit 5`,
  },
  {
    check: "replication-slots",
    why: HOLDS_ROWS,
    advice:
      "See what its reader waits for, a standby with hot_standby_feedback for its queries (pg_stat_activity there); drop the slot when nobody needs it.",
    sql: `
      select format('the replication slot %s keeps dead rows that are %s transactions old', slot_name, age(xmin)) as what,
        age(xmin) > 1000000 as is_critical
      from pg_replication_slots where age(xmin) >= $1::bigint order by age(xmin) desc limit 5`,
  },
  {
    check: "standby-feedback",
    why: HOLDS_ROWS,
    advice:
      "End the query on the standby that is open for so long (pg_stat_activity there), limit such queries, or set hot_standby_feedback to off there.",
    sql: `
      select format('the standby %s (%s) keeps dead rows that are %s transactions old', coalesce(nullif(application_name, ''), '?'),
        coalesce(host(client_addr), 'local'), age(backend_xmin)) as what, age(backend_xmin) > 1000000 as is_critical
      from pg_stat_replication where age(backend_xmin) >= $1::bigint order by age(backend_xmin) desc limit 5`,
  },
  {
    check: "transaction-ids",
    why: "Vacuum does not get through: claims grow slower, and when 2 147 million are used up the server takes no writes any more.",
    advice:
      "Find what holds vacuum up (old and prepared transactions, slots, standbys), end it, then run vacuum (freeze) in that database.",
    sql: `
      select format('the database %s has transactions that are %s old, and vacuum was to begin at %s', datname, age(datfrozenxid), most) as what,
        age(datfrozenxid) > 1000000000 as is_critical
      from pg_database, (select setting::bigint as most from pg_settings where name = 'autovacuum_freeze_max_age') s
      where age(datfrozenxid) > most * 1.5 and datallowconn order by age(datfrozenxid) desc limit 5`,
  },
  {
    check: "dead-rows",
    why: "Each claim and settlement steps over rows that are dead but not removed.",
    advice:
      "See whether autovacuum runs and what holds it up (old transactions, slots); then vacuum the table once by hand.",
    sql: `
      select format('the table %s.%s has %s dead rows beside %s live ones', schemaname, relname, n_dead_tup, n_live_tup) as what,
        n_dead_tup > 500000 as is_critical
      from pg_stat_user_tables where schemaname = '@schema' and n_dead_tup > greatest(50000, n_live_tup / 2)
      order by n_dead_tup desc`,
  },
  {
    check: "autovacuum",
    why: "Nothing removes the rows that jobs leave behind, so everything grows slower without end.",
    advice:
      "Set autovacuum and track_counts to on, and reset what was set for the tables: alter table … reset (autovacuum_enabled).",
    sql: `
      select format('%s is off', name) as what, true as is_critical
      from pg_settings where name in ('autovacuum', 'track_counts') and setting = 'off'
      union all
      select format('autovacuum is off for the table %s.%s', n.nspname, c.relname), true
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = '@schema' and c.relkind = 'r' and 'autovacuum_enabled=false' = any(c.reloptions)`,
  },
  {
    check: "durability",
    why: "A crash of the server forgets jobs, and ends of jobs, that were reported as stored; those run again, or never.",
    advice: "Set it to on for the server, and for the role and the database of taskora.",
    sql: `
      select format('%s is %s', name, setting) as what, name <> 'synchronous_commit' as is_critical
      from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off'`,
  },
  {
    check: "timeouts",
    why: "The server ends a call of taskora that waits for a lock, or is large, before its own deadline of 10 s would.",
    advice: "Raise it for the role of taskora: alter role … set statement_timeout = '15s'.",
    sql: `
      select format('%s is %s ms', name, setting) as what, setting::bigint < 1000 as is_critical
      from pg_settings where name in ('statement_timeout', 'lock_timeout', 'transaction_timeout') and setting::bigint between 1 and 9999`,
  },
  {
    check: "isolation",
    why: "Calls that touch the same jobs fail and are done over, and who waits for a result may be overlooked.",
    advice:
      "Leave it at read committed for the role of taskora, and ask for more where a transaction needs it: begin isolation level ….",
    sql: `
      select format('default_transaction_isolation is %s', setting) as what, false as is_critical
      from pg_settings where name = 'default_transaction_isolation' and setting <> 'read committed'`,
  },
  {
    check: "connections",
    why: "When none is left no process can connect any more: its calls fail with STORE_UNAVAILABLE.",
    advice:
      "Raise max_connections, use a pooler, or run fewer processes; taskora needs at most 4 for each, beside those of ctx.within.",
    sql: `
      select format('%s of %s connections are in use', used, most) as what, used >= most * 0.95 as is_critical
      from (select (select count(*) from pg_stat_activity where backend_type = 'client backend') as used,
        (select setting::integer from pg_settings where name = 'max_connections') as most) c
      where used >= most * 0.8`,
  },
];

/** How long a transaction may be open before it is one that holds things up. */
const OLD_MS = 60_000;

/**
 * Looks once at the server and the schema of an adapter, and changes nothing.
 *
 * @param given as `postgresAdapter` takes it; nothing is migrated
 * @returns what is wrong, `[]` when nothing is
 * @throws {OptionError} for unknown or impossible options
 * @throws {TaskoraError} what `connect` of the adapter says, such as `STORE_UNAVAILABLE`, `STORE_AUTH` or `STORE_FORMAT`
 */
export function checkPostgres(...given: PostgresAdapterArguments): Promise<readonly PostgresFinding[]> {
  return findTroubles(given, OLD_MS);
}

/** @param oldMs how long a transaction may be open */
export async function findTroubles(
  given: PostgresAdapterArguments,
  oldMs: number,
): Promise<readonly PostgresFinding[]> {
  const settings = { ...resolvePostgresOptions(...given), migrate: false };
  const adapter = adapterOf(settings);
  await adapter.connect();
  try {
    const session = openSession(adapter)?.();
    if (session === undefined) throw unavailable(settings.where, "the adapter is not connected");
    const findings: PostgresFinding[] = [];
    for (const { sql, ...check } of CHECKS) {
      const rows = await session.database.rows(sql, sql.includes("$1") ? [oldMs] : []);
      findings.push(...rows.map((row) => toFinding(check, row)));
    }
    return findings;
  } finally {
    await adapter.close();
  }
}

function toFinding({ check, why, advice }: Omit<Check, "sql">, { what, is_critical }: Row): PostgresFinding {
  return { check, severity: is_critical === true ? "critical" : "warning", what: String(what), why, advice };
}
