/** How the server and the schema are. What the role may not read, or another kind of server does not have, is left out. */
import type {
  PostgresHealth,
  ReplicaHealth,
  ServerHealth,
  StoreHealth,
} from "../../../core/observe/store-health.js";
import { numberOf, textOf } from "../../codec/job-row.js";
import type { Row } from "../../connection/database.js";
import type { Session } from "../../session.js";

const SERVER = `
  select current_setting('server_version') as version, version() ~* 'wasm|emscripten' as is_lite, @@now() as present,
    (extract(epoch from clock_timestamp() - pg_postmaster_start_time()) * 1000)::bigint as uptime_ms,
    current_setting('fsync') = 'on' as has_log, current_setting('max_connections')::integer as most`;

const CLIENTS = "select count(*) as used from pg_stat_activity where backend_type = 'client backend'";

const REPLICAS = `
  select client_addr::text as address, state, (extract(epoch from replay_lag) * 1000)::bigint as lag_ms,
    pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::bigint as lag_bytes from pg_stat_replication order by client_addr`;

const SIZES = `
  select pg_database_size(current_database()) as database_bytes,
    (select sum(pg_total_relation_size(c.oid)) from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = '@schema' and c.relkind = 'r') as schema_bytes`;

const ROWS = `
  select sum(n_dead_tup) as dead, sum(n_live_tup) as live from pg_stat_user_tables where schemaname = '@schema'`;

/** Those that hold back what vacuum may remove, this one aside. */
const OLDEST = `
  select (extract(epoch from clock_timestamp() - min(xact_start)) * 1000)::bigint as oldest_ms from pg_stat_activity
  where xact_start is not null and pid <> pg_backend_pid()`;

/** As `ObserveStore.health`. */
export async function readHealth({ database }: Session): Promise<StoreHealth> {
  const [server = {}] = await database.rows(SERVER);
  const ask = (sql: string) => database.rows(sql).catch((error: unknown) => withoutAnswer(error));
  const clients = await ask(CLIENTS);
  const replicas = await ask(REPLICAS);
  const [[sizes = {}], [rows = {}], [oldest = {}]] = [
    await ask(SIZES),
    await ask(ROWS),
    await ask(OLDEST),
  ].map((answer) => answer ?? []) as [Row[], Row[], Row[]];
  return {
    kind: server.is_lite === true ? "pglite" : "postgres",
    servers: [serverOf(server, { clients, replicas })],
    postgres: factsOf({ ...sizes, ...rows, ...oldest }),
  };
}

/** The server answered, and refused: the fact is left out. A store that is away is told. */
function withoutAnswer(error: unknown): undefined {
  const isStoreAway =
    typeof error === "object" && error !== null && "code" in error && error.code === "STORE_UNAVAILABLE";
  if (isStoreAway) throw error;
  return undefined;
}

function serverOf(
  row: Row,
  by: { readonly clients: readonly Row[] | undefined; readonly replicas: readonly Row[] | undefined },
): ServerHealth {
  const uptimeMs = numberOf(row.uptime_ms);
  const version = textOf(row.version);
  const connected = numberOf(by.clients?.[0]?.used);
  const limit = numberOf(row.most);
  return {
    ...(version === undefined ? {} : { version }),
    now: Number(row.present),
    ...(uptimeMs === undefined ? {} : { uptimeMs }),
    persistence: { log: row.has_log === true },
    ...(by.replicas === undefined ? {} : { replicas: by.replicas.map(replicaOf) }),
    ...(connected === undefined ? {} : { clients: { connected, ...(limit === undefined ? {} : { limit }) } }),
  };
}

function replicaOf(row: Row): ReplicaHealth {
  const [address, state] = [textOf(row.address), textOf(row.state)];
  const [lagMs, lagBytes] = [numberOf(row.lag_ms), numberOf(row.lag_bytes)];
  return {
    ...(address === undefined ? {} : { address }),
    ...(state === undefined ? {} : { state }),
    ...(lagMs === undefined ? {} : { lagMs }),
    ...(lagBytes === undefined ? {} : { lagBytes }),
  };
}

function factsOf(row: Row): PostgresHealth {
  const facts = {
    databaseBytes: numberOf(row.database_bytes),
    schemaBytes: numberOf(row.schema_bytes),
    oldestTransactionMs: numberOf(row.oldest_ms),
    deadRows: numberOf(row.dead),
    liveRows: numberOf(row.live),
  };
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}
