/** One server that keeps jobs, as it says of itself. What it does not say, or may not be asked, is left out. */
export interface ServerHealth {
  /** Host and port, where there are several; without secrets. */
  readonly address?: string;
  /** Its own version, such as `7.2.4`. */
  readonly version?: string;
  /** Its clock, ms since the epoch: what is due or past its lease is decided by it. */
  readonly now: number;
  /** How long it has been up, in ms. */
  readonly uptimeMs?: number;
  readonly memory?: ServerMemory;
  /** What it does when memory is short: anything but `noeviction` may delete jobs. */
  readonly eviction?: string;
  readonly persistence?: ServerPersistence;
  /** Those that copy it; `[]`: nobody does. */
  readonly replicas?: readonly ReplicaHealth[];
  readonly clients?: ServerClients;
  /** Commands that the adapter needs and that the user of the connection may not run; undefined: it does not say. */
  readonly denied?: readonly string[];
  /** Commands that it carried out per second lately. */
  readonly commandsPerSecond?: number;
}

/** What of its memory a server has in use. */
export interface ServerMemory {
  readonly usedBytes: number;
  /** Beyond it nothing is stored any more; undefined: it takes what the machine has. */
  readonly limitBytes?: number;
  /** Memory that it holds for each byte that it uses; above 1.5 much is lost between. */
  readonly fragmentation?: number;
}

/** What of its data a server would still have after a crash. */
export interface ServerPersistence {
  /** Every write is in a log on the disk: Redis' append-only file, Postgres' write-ahead log with fsync. */
  readonly log: boolean;
  /** When its last whole copy was written, ms since the epoch on its clock. */
  readonly savedAt?: number;
  /** Writes since then. */
  readonly unsavedChanges?: number;
  /** The last try to write to the disk went wrong. */
  readonly isFailing?: boolean;
}

/** A server that copies another. */
export interface ReplicaHealth {
  readonly address?: string;
  /** As the server calls it: `online`, `streaming`. */
  readonly state?: string;
  /** How far it is behind, in ms. */
  readonly lagMs?: number;
  /** How far it is behind, in bytes. */
  readonly lagBytes?: number;
}

/** Who is connected to a server. */
export interface ServerClients {
  readonly connected: number;
  /** As many may be. */
  readonly limit?: number;
}

/** What only a Postgres has. See `checkPostgres` for what is wrong with it. */
export interface PostgresHealth {
  /** Of the whole database. */
  readonly databaseBytes?: number;
  /** Of the tables of this store, with their indexes. */
  readonly schemaBytes?: number;
  /** For so long the oldest transaction of any client has been open, in ms: rows that died since then are not removed. */
  readonly oldestTransactionMs?: number;
  /** Rows of this store's tables that are dead and not removed yet, as the server estimates. */
  readonly deadRows?: number;
  /** Rows that live, as the server estimates. */
  readonly liveRows?: number;
}

/** How a store is. */
export interface StoreHealth {
  /** `redis`, `valkey`, `postgres`, `pglite`, `memory`, or what an adapter calls its store. */
  readonly kind: string;
  /** Those that keep data: one, or each master of a cluster. */
  readonly servers: readonly ServerHealth[];
  readonly postgres?: PostgresHealth;
}
