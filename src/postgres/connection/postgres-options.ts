/** Options of the Postgres adapter, checked at the edge. */
import { requireNoMore } from "../../core/arguments.js";
import { integer, text, trueOrFalse } from "../../core/checks.js";
import { type Duration, parseDuration } from "../../core/duration.js";
import { OptionError } from "../../core/errors.js";
import { type Check, describe, isCallable, optionSet, requireObject } from "../../core/options.js";
import { urlsOf, withoutTarget } from "./addresses.js";
import type { PgliteLike } from "./pglite.js";

/** A `Pool` of `pg`, told by its shape: which copy of the package made it does not matter. */
export interface PostgresPoolLike {
  connect(...args: never[]): unknown;
  query(...args: never[]): unknown;
  end(...args: never[]): unknown;
  readonly totalCount: number;
}

/** A `PGlite`, told by its shape. */
export type PostgresPgliteLike = PgliteLike;

/** How to reach Postgres and how to use it. */
export interface PostgresAdapterOptions {
  /**
   * `postgres://user:password@host:port/database?sslmode=require`, as `pg` takes it. Blanks around it are cut off. Several hosts, as in
   * `postgres://a:5432,b:5432/shop`, are servers of one database: connections go to the one that takes writes. Default: what
   * the environment says (`PGHOST`, `PGUSER`, `PGDATABASE`, …), as for `psql`.
   */
  readonly url?: string | URL | undefined;
  /** Default: that of the url. A path that begins with "/" is the folder of a socket file. */
  readonly host?: string | undefined;
  /** Default: that of the url, else 5432. */
  readonly port?: number | undefined;
  /** The role. Default: that of the url. */
  readonly user?: string | undefined;
  /** Text, or a function that gives one for each connection, as for passwords that change. Never written into a message or a log. */
  readonly password?: string | (() => string | Promise<string>) | undefined;
  /** Default: that of the url, else the name of the role. */
  readonly database?: string | undefined;
  /** `true`, or options of Node's TLS such as `{ ca }`. Default: what the url's `sslmode` says. */
  readonly ssl?: boolean | Readonly<Record<string, unknown>> | undefined;
  /**
   * An application's own `Pool` of `pg`, in place of every address: taskora takes at most 4 of its connections, one of them
   * for as long as it is connected, and does not end it. It must have room for 2.
   */
  readonly pool?: PostgresPoolLike | undefined;
  /**
   * PGlite in place of a server: Postgres in this process, with the package `@electric-sql/pglite`. A folder, which is made when it is
   * missing and which one process may have, `"memory://"`, or a `PGlite` of yours, which is not closed.
   */
  readonly pglite?: string | PostgresPgliteLike | undefined;
  /**
   * Handlers that are in `ctx.within` at once, each with a connection that nothing else uses; 1 to 1 000, the next waits for its
   * turn. Connections are opened when they are asked for. Default 10; of a `pool` at most what 4 of its connections leave.
   */
  readonly transactions?: number | undefined;
  /** The schema that everything is kept in. Default `"taskora"`. Apps with the same schema share their tasks. */
  readonly schema?: string | undefined;
  /**
   * Whether `connect` makes the schema, or brings an older one up to date. Default: with `pglite`, and unless `NODE_ENV` is `"production"`, where
   * {@link postgresMigration} has the statements for those who run them.
   */
  readonly migrate?: boolean | undefined;
  /** How long a call waits for a store that is away before it fails with `STORE_UNAVAILABLE`. Default 10 s. */
  readonly deadline?: Duration | undefined;
}

/** What `postgresAdapter` takes: options, or a url with or without further options. */
export type PostgresAdapterArguments =
  | [options?: string | URL | PostgresAdapterOptions]
  | [url: string | URL, options?: Omit<PostgresAdapterOptions, "url">];

/** Options with every default filled in. */
export interface PostgresSettings {
  /** Options of a client of `pg`; unused with a pool. */
  readonly client: Readonly<Record<string, unknown>>;
  /** One for each of several servers, in place of the one in `client`. */
  readonly urls: readonly string[];
  readonly pool: PostgresPoolLike | undefined;
  readonly pglite: string | PostgresPgliteLike | undefined;
  /** Host, port and database without credentials, for messages. */
  readonly where: string;
  /** Most transactions of handlers at once. */
  readonly transactions: number;
  readonly schema: string;
  readonly migrate: boolean;
  readonly deadlineMs: number;
}

const OPTIONS = optionSet({
  url: text,
  host: text,
  port: integer(1, 65_535),
  user: text,
  password: aSecret,
  database: text,
  ssl: sslOptions,
  pool: aPool,
  pglite: aPglite,
  transactions: integer(1, 1000),
  schema: aSchema,
  migrate: trueOrFalse,
  deadline: parseDuration,
} satisfies { readonly [Key in keyof PostgresAdapterOptions]-?: Check<unknown> });

const DEFAULT_DEADLINE_MS = 10_000;
const DEFAULT_TRANSACTIONS = 10;
const DEFAULT_SCHEMA = "taskora";

/** @throws {OptionError} for an unknown option, a bad url, schema or deadline, and for what no parameter takes */
export function resolvePostgresOptions(...given: PostgresAdapterArguments): PostgresSettings {
  const options = OPTIONS.read(toOptions(given), "postgresAdapter()");
  const {
    schema = DEFAULT_SCHEMA,
    deadline = DEFAULT_DEADLINE_MS,
    transactions = DEFAULT_TRANSACTIONS,
    pool,
  } = options;
  // Nobody else could migrate a database in this process.
  const migrate = options.migrate ?? (options.pglite !== undefined || process.env.NODE_ENV !== "production");
  const { client, where, urls = [] } = resolveAddress(options);
  return {
    client,
    urls,
    pool,
    pglite: options.pglite,
    transactions,
    where,
    schema,
    migrate,
    deadlineMs: deadline,
  };
}

/** Also what plain JavaScript passes. */
function toOptions([first = {}, second, ...others]: readonly unknown[]): object {
  const isUrl = typeof first === "string" || first instanceof URL;
  const surplus = isUrl || second === undefined ? others : [second];
  requireNoMore(isUrl ? "postgresAdapter(url, options)" : "postgresAdapter(options)", isUrl ? 2 : 1, surplus);
  const options = isUrl ? (second ?? {}) : first;
  requireObject(options, isUrl ? "options of postgresAdapter()" : "postgresAdapter()");
  const { url } = options as { readonly url?: unknown };
  if (isUrl && url !== undefined)
    throw new OptionError("expected one url in postgresAdapter(), got two", { option: "url" });
  const address = isUrl ? first : url;
  return address === undefined
    ? options
    : { ...options, url: address instanceof URL ? address.href : address };
}

interface Address {
  readonly client: Readonly<Record<string, unknown>>;
  readonly where: string;
  readonly urls?: readonly string[];
}

const ADDRESS = ["url", "host", "port", "user", "password", "database", "ssl"] as const;

function resolveAddress(options: ReturnType<typeof OPTIONS.read>): Address {
  const { url, pool, pglite, host, port, user, password, database, ssl } = options;
  const named = ADDRESS.find((name) => options[name] !== undefined);
  if (pglite !== undefined) {
    const other = pool === undefined ? named : "pool";
    if (other !== undefined)
      throw new OptionError(
        `expected ${other} or pglite in postgresAdapter(), got both; PGlite has no address`,
        {
          option: other,
        },
      );
    return { client: {}, where: typeof pglite === "string" ? `PGlite in ${pglite}` : "PGlite" };
  }
  if (pool !== undefined) {
    if (named !== undefined)
      throw new OptionError(
        `expected ${named} or pool in postgresAdapter(), got both; a pool has its own address`,
        {
          option: named,
        },
      );
    return { client: {}, where: "the address of its pool" };
  }
  const servers = url === undefined ? [] : urlsOf(url).map(parseUrl).map(withoutTarget);
  const [parsed] = servers;
  if (servers.length > 1 && (host ?? port) !== undefined)
    throw new OptionError(
      "expected one address in postgresAdapter(), got several hosts in url, and host or port",
      {
        option: host === undefined ? "port" : "host",
      },
    );
  const own = { host, port, user, password, database, ssl };
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  if (parsed === undefined) return { client: given, where: describeAddress(undefined, options) };
  const urls = servers.map((server) => withParts(server, given));
  const places = servers.map((server) => describeAddress(server, options));
  // The database is the same: it stands behind the last.
  const where = [...places.slice(0, -1).map((place) => place.split("/", 1)[0]), places.at(-1)].join(",");
  return { client: { ...given, connectionString: urls[0] }, where, urls };
}

/** What a url says of TLS. */
const SSL_PARAMETERS = [
  "ssl",
  "sslmode",
  "sslcert",
  "sslkey",
  "sslrootcert",
  "sslnegotiation",
  "uselibpqcompat",
];

/** `pg` takes all that a url leaves out as empty, whatever stands beside it: what was given is written into the url. */
function withParts(given: URL, parts: Readonly<Record<string, unknown>>): string {
  const url = new URL(given.href);
  for (const name of ["host", "port", "user", "password"]) {
    const value = parts[name];
    if (typeof value === "string" || typeof value === "number") url.searchParams.set(name, String(value));
  }
  if (parts.database !== undefined) url.pathname = `/${encodeURIComponent(String(parts.database))}`;
  if (parts.ssl !== undefined) for (const name of SSL_PARAMETERS) url.searchParams.delete(name);
  return url.href;
}

function describeAddress(
  url: URL | undefined,
  {
    host,
    port,
    database,
  }: {
    readonly host?: string | undefined;
    readonly port?: number | undefined;
    readonly database?: string | undefined;
  },
): string {
  const { PGHOST, PGPORT, PGDATABASE } = process.env;
  const name = host ?? (url?.hostname || url?.searchParams.get("host") || PGHOST || "localhost");
  const number = port ?? (url?.port || PGPORT || "5432");
  const base = database ?? (url?.pathname.slice(1) || PGDATABASE || "");
  return `${name}:${number}${base === "" ? "" : `/${base}`}`;
}

/** @throws {OptionError} for what is no url of Postgres; its password is not shown */
function parseUrl(given: string): URL {
  const url = given.trim();
  const parsed = !/\s/.test(url) && URL.canParse(url) ? new URL(url) : undefined;
  if (parsed !== undefined && /^postgres(ql)?:\/\//i.test(url)) return parsed;
  throw new OptionError(
    'expected url to look like "postgres://user:password@host:5432/database", got ' +
      `${describe(url.replace(/:[^:@/]*@/, ":…@"))}. Blanks, "#", "%", "@" and "/" in a user or password are written as ` +
      "%20, %23, %25, %40 and %2F.",
    { option: "url" },
  );
}

function aSecret(value: unknown, option: string): string | (() => string | Promise<string>) {
  if (typeof value === "string" || isCallable(value)) return value as string;
  throw new OptionError(
    `expected ${option} to be text or a function that gives it, got another kind of value`,
    { option },
  );
}

function sslOptions(value: unknown, option: string): boolean | Readonly<Record<string, unknown>> {
  if (typeof value === "boolean") return value;
  requireObject(value, option);
  return value as Readonly<Record<string, unknown>>;
}

function aPool(value: unknown, option: string): PostgresPoolLike {
  const isObject = typeof value === "object" && value !== null;
  const lacks = ["connect", "query", "end"].find(
    (name) => !isObject || !isCallable((value as Record<string, unknown>)[name]),
  );
  if (lacks !== undefined || !isObject || !("totalCount" in value))
    throw new OptionError(`expected ${option} to be a Pool of pg, got ${describe(value)}`, { option });
  const { max } = (value as { readonly options?: { readonly max?: unknown } }).options ?? {};
  if (typeof max === "number" && max < 2)
    throw new OptionError(
      `expected ${option} to have room for 2 connections, got max: ${max}; one listens as long as the adapter is connected`,
      { option },
    );
  return value as PostgresPoolLike;
}

function aPglite(value: unknown, option: string): string | PostgresPgliteLike {
  if (typeof value === "string" && value !== "") return value;
  const isObject = typeof value === "object" && value !== null;
  const methods = ["query", "exec", "transaction", "onNotification", "close"];
  if (isObject && methods.every((name) => isCallable((value as Record<string, unknown>)[name])))
    return value as PostgresPgliteLike;
  throw new OptionError(`expected ${option} to be a folder or a PGlite, got ${describe(value)}`, { option });
}

/** A name that needs no escapes wherever it stands. */
export function aSchema(value: unknown, option: string): string {
  if (typeof value === "string" && /^[A-Za-z_][A-Za-z0-9_]{0,39}$/.test(value) && !/^pg_/i.test(value))
    return value;
  throw new OptionError(
    `expected ${option} to be 1 to 40 letters, digits and "_", not beginning with a digit or "pg_", got ${describe(value)}`,
    { option },
  );
}
