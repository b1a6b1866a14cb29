/** The `taskora/postgres` entry. */
export { checkPostgres, type PostgresCheck, type PostgresFinding } from "./check-postgres.js";
export type {
  PostgresAdapterArguments,
  PostgresAdapterOptions,
  PostgresPgliteLike,
  PostgresPoolLike,
} from "./connection/postgres-options.js";
export { type PostgresMigrationOptions, postgresMigration } from "./migration.js";
export { postgresAdapter } from "./postgres-adapter.js";
export { type Relay, type RelayOptions, relay } from "./relay.js";
