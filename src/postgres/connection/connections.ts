/** The connections of an adapter: a pool for calls and one that listens. */
import { randomUUID } from "node:crypto";
import { Addresses } from "./addresses.js";
import { Database } from "./database.js";
import { loadDriver, type PgClient, type PgDriver, type PgPool, type PgPoolClient } from "./driver.js";
import { inTime } from "./in-time.js";
import { Listener } from "./listener.js";
import { openPglite, PglitePool } from "./pglite.js";
import type { PostgresSettings } from "./postgres-options.js";
import { SilentLinks } from "./silent-links.js";
import { checkStore } from "./store-check.js";

export interface Connections {
  readonly database: Database;
  /** Connections for the transactions of handlers, and how many may be taken at once. */
  readonly transactions: { readonly pool: PgPool; readonly most: number };
  /** Tells all processes, without waiting for the disk. */
  notify(text: string): Promise<unknown>;
  /** Whether what others notify arrives here; behind a pooler it may not. */
  hearsNotices(): boolean;
  close(): Promise<void>;
}

/** Connections for calls; one more listens. */
const CALLS = 3;
/** How long a connection may take to open, in ms: the first of those that fail in a row, and the last. */
const OPENING_LIMIT_MS = { first: 1500, last: 5000 } as const;
/** How long `connect` waits for a notice to ourselves; until one comes we look by ourselves. */
const ECHO_MS = 1000;
/** How long a connection that listened may take until it does no more. */
const SILENCED_MS = 1000;
/** When somebody is told that none came: a busy machine may take its time. */
const PATIENCE_MS = 5000;

const NOTIFY = "select set_config('synchronous_commit', 'off', true), pg_notify($1, $2)";

/** @throws whatever the driver, the server or the check says; nothing stays open then */
export async function openConnections(
  settings: PostgresSettings,
  { hear, onBack }: { readonly hear: (text: string) => void; readonly onBack: () => void },
): Promise<Connections> {
  const { pool, transactions, make, end } = await openPool(settings);
  const { schema, where, deadlineMs } = settings;
  let hears = false;
  const links = new SilentLinks({ make, isDirect: () => hears });
  const database = new Database({ pool, schema, where, deadlineMs, links });
  const channel = `taskora_${schema}`;
  const echo = `echo ${randomUUID()}`;
  let onEcho: () => void = () => undefined;
  const listener = new Listener({
    channel,
    make,
    onBack,
    hear: (text) => {
      hears = true;
      if (text === echo) onEcho();
      else hear(text);
    },
  });
  let warning: NodeJS.Timeout | undefined;
  const close = async () => {
    clearTimeout(warning);
    database.close();
    await listener.close();
    await end();
  };
  try {
    await checkStore(database, settings);
    await listener.open();
    const heard = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ECHO_MS);
      onEcho = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    await database.rows(NOTIFY, [channel, echo]);
    await heard;
  } catch (error) {
    await close();
    throw error;
  }
  if (!hears) warning = setTimeout(() => hears || warn(where), PATIENCE_MS).unref();
  return {
    database,
    transactions,
    hearsNotices: () => hears,
    notify: (text) => database.rows(NOTIFY, [channel, text]),
    close,
  };
}

function warn(where: string): void {
  process.emitWarning(
    `Notices of Postgres at ${where} do not arrive, as behind a pooler in transaction mode. taskora looks for jobs every ` +
      "now and then instead, up to 2 s late. Connect without the pooler, or in its session mode.",
    { type: "TaskoraWarning", code: "TASKORA_POSTGRES_POLLING" },
  );
}

interface OpenPool {
  readonly pool: PgPool;
  readonly transactions: Connections["transactions"];
  /** Makes the connection that listens. */
  readonly make: () => PgClient;
  readonly end: () => Promise<void>;
}

async function openPool(settings: PostgresSettings): Promise<OpenPool> {
  if (settings.pglite !== undefined) {
    const pool = new PglitePool(await openPglite(settings.pglite));
    return {
      pool,
      transactions: { pool, most: 1 },
      make: () => pool.client(),
      end: async () => void (await pool.end()),
    };
  }
  const own = settings.pool as PgPool | undefined;
  if (own !== undefined) {
    const users = usersOf(own);
    if (users.count++ === 0) own.on("connect", quiet);
    return {
      pool: own,
      transactions: { pool: own, most: mostOf(own, settings.transactions) },
      make: () => lentClient(own),
      end: async () => {
        users.count -= 1;
        if (users.count === 0) own.removeListener("connect", quiet);
      },
    };
  }
  const { Client: PlainClient, Pool } = await loadDriver();
  const Client = ownClient(PlainClient, settings);
  const options = { application_name: "taskora", keepAlive: true, ...settings.client, Client };
  const pool = new Pool({ ...options, max: CALLS, idleTimeoutMillis: 30_000, allowExitOnIdle: false });
  const most = settings.transactions;
  const lent = new Pool({ ...options, max: most, idleTimeoutMillis: 10_000, allowExitOnIdle: true });
  for (const each of [pool, lent]) {
    // A connection that breaks while nobody uses it is replaced by the next call.
    each.on("error", () => undefined);
    each.on("connect", quiet);
  }
  const end = async () => void (await Promise.all([pool.end(), lent.end()]));
  return { pool, transactions: { pool: lent, most }, make: () => new Client(options), end };
}

/** Some of an application's pool are left to our calls, and the one that listens. */
function mostOf({ options }: PgPool, wanted: number): number {
  const { max = 10 } = (options ?? {}) as { readonly max?: number };
  return Math.max(1, Math.min(wanted, max - CALLS - 1));
}

/**
 * Clients that give up opening the sooner the better it went before, since whoever accepts a connection and says nothing may not
 * be there the next time; that go to the next of several servers; and that ask for a password beside a url too, whose missing one would win.
 */
function ownClient(
  Client: PgDriver["Client"],
  { client: { password }, deadlineMs, urls }: PostgresSettings,
): PgDriver["Client"] {
  const addresses = new Addresses(urls);
  let limitMs: number = OPENING_LIMIT_MS.first;
  let grownAt = 0;
  /** Several that are late at once are one failure. */
  const late = () => {
    if (performance.now() - grownAt < limitMs) return;
    limitMs = Math.min(2 * limitMs, OPENING_LIMIT_MS.last);
    grownAt = performance.now();
  };
  return class extends Client {
    declare password: unknown;

    constructor(options: object) {
      const mostMs = Math.min(limitMs, deadlineMs);
      const { next } = addresses;
      const address = next === undefined ? {} : { connectionString: next };
      super({ ...options, ...address, connectionTimeoutMillis: mostMs });
      if (next !== undefined) addresses.watch(this, next);
      if (typeof password === "function") this.password = password;
      const timer = setTimeout(late, mostMs).unref();
      this.on("end", () => clearTimeout(timer));
      this.on("connect", () => {
        clearTimeout(timer);
        limitMs = OPENING_LIMIT_MS.first;
      });
    }
  };
}

/** Pools of applications, and how many adapters are open over each. */
const users = new WeakMap<PgPool, { count: number }>();

function usersOf(pool: PgPool): { count: number } {
  const known = users.get(pool) ?? { count: 0 };
  users.set(pool, known);
  return known;
}

/**
 * A connection that is ended in the moment in which it is lent would end the process: nobody listens to it yet. Who uses it
 * learns of its end by his statement.
 */
function quiet(client: Pick<PgPoolClient, "on">): void {
  client.on("error", () => undefined);
}

/** A connection of an application's pool, which goes back to it in the end. */
function lentClient(pool: PgPool): PgClient {
  let lent: PgPoolClient | undefined;
  const listeners: Listening[] = [];
  const emitter = () => lent as unknown as PgClient | undefined;
  return {
    async connect() {
      lent = await pool.connect();
      for (const [event, listener] of listeners)
        emitter()?.on(event as "error", listener as (error: Error) => void);
    },
    async end() {
      const client = lent;
      lent = undefined;
      if (client !== undefined) await giveBack(client, listeners);
    },
    query: (query) =>
      lent === undefined ? Promise.reject(new Error("connection closed")) : lent.query(query),
    on(event: string, listener: (value: never) => void) {
      listeners.push([event, listener]);
      return emitter()?.on(event as "error", listener as (error: Error) => void);
    },
    removeListener: (event, listener) => emitter()?.removeListener(event, listener),
  };
}

/** What is heard of a connection. */
type Listening = readonly [event: string, listener: (value: never) => void];

/** The next who has it hears nothing of ours; one that no longer answers is ended. */
async function giveBack(client: PgPoolClient, listeners: readonly Listening[]): Promise<void> {
  const silenced = inTime(client.query({ text: "unlisten *" }), performance.now() + SILENCED_MS);
  const isBroken = await silenced.then(
    () => false,
    () => true,
  );
  for (const [event, listener] of listeners)
    (client as unknown as PgClient).removeListener(event as "error", listener as (error: Error) => void);
  client.release(isBroken);
}
