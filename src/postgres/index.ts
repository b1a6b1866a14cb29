/** The `taskora/postgres` entry. */
export type {
  PostgresAdapterArguments,
  PostgresAdapterOptions,
  PostgresPoolLike,
} from "./connection/postgres-options.js";
export { type PostgresMigrationOptions, postgresMigration } from "./migration.js";
export { postgresAdapter } from "./postgres-adapter.js";
