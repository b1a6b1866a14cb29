/** Options of the Redis adapter, checked at the edge. */
import { requireNoMore } from "../../core/arguments.js";
import { integer, someText, text, trueOrFalse } from "../../core/checks.js";
import { type Duration, parseDuration } from "../../core/duration.js";
import { OptionError } from "../../core/errors.js";
import { type Check, describe, optionSet, requireObject } from "../../core/options.js";
import type { NodeAddress } from "../cluster/cluster-client.js";
import type { ConnectionSettings } from "./client.js";
import {
  connectionOptionsOf,
  requireConnectionOptions,
  requireNoClusterOptions,
  requireSentinels,
} from "./connection-options.js";
import { isOwnClient, type OwnClient, readOwnClient } from "./own-client.js";
import { parseRedisUrl } from "./redis-url.js";

/** How to reach Redis and how to use it. */
export interface RedisAdapterOptions {
  /**
   * `redis://user:password@host:port/db`, `rediss://` for TLS, or `redis+unix:///path/of.sock?db=0` for a socket file. Blanks
   * around it are cut off. Default `redis://127.0.0.1:6379`.
   */
  readonly url?: string | URL | undefined;
  /**
   * Urls of several nodes of a Redis Cluster, as `["redis://10.0.0.1:6379", "redis://10.0.0.2:6379"]`, in place of `url` and
   * `host`: one that answers is enough, and tells the others. User, password and TLS are those of the first.
   */
  readonly cluster?: readonly (string | URL)[] | undefined;
  /** Default: that of the url, else `"127.0.0.1"`. */
  readonly host?: string | undefined;
  /** Default: that of the url, else 6379. */
  readonly port?: number | undefined;
  /** For servers with ACLs; default: the server's `default` user. */
  readonly username?: string | undefined;
  /** Never written into a message or a log. */
  readonly password?: string | undefined;
  /** Number of the database. Channels are shared by all databases of a server: give each its own prefix. */
  readonly db?: number | undefined;
  readonly tls?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Further options of ioredis for opening a connection, such as `sentinels`, `family` or `connectTimeout`. Or a client of
   * ioredis, `Redis` or `Cluster`, in place of every address: taskora opens connections of its own to the same store in the
   * same way, and neither uses nor closes the client. Or a function that makes one, called when the adapter is made and again
   * for each connection, as for passwords that change; what it gives is disconnected at once.
   */
  readonly connection?: Readonly<Record<string, unknown>> | OwnClient | undefined;
  /** First part of every key. Default `"taskora"`. Apps with the same prefix share their tasks. */
  readonly prefix?: string | undefined;
  /** How long a call waits for a store that is away before it fails with `STORE_UNAVAILABLE`. Default 10 s. */
  readonly deadline?: Duration | undefined;
  /** Use a store that may evict keys, and so lose jobs, when memory is short. Default false. */
  readonly allowEviction?: boolean | undefined;
}

/** What `redisAdapter` takes: options, or a url or a client of ioredis with or without further options. */
export type RedisAdapterArguments =
  | [options?: string | URL | OwnClient | RedisAdapterOptions]
  | [url: string | URL, options?: Omit<RedisAdapterOptions, "url">]
  | [client: OwnClient, options?: Pick<RedisAdapterOptions, "prefix" | "deadline" | "allowEviction">];

/** Options with every default filled in. */
export interface RedisSettings {
  readonly connection: ConnectionSettings;
  /** Nodes of a cluster; undefined: what the address leads to is found out. */
  readonly seeds?: readonly NodeAddress[];
  /** Host and port without credentials, for messages. */
  readonly where: string;
  readonly prefix: string;
  readonly deadlineMs: number;
  readonly eviction: "refuse" | "allow";
}

const OPTIONS = optionSet({
  url: text,
  cluster: urls,
  host: aHost,
  port: integer(1, 65_535),
  username: text,
  password: aSecret,
  db: aDatabase,
  tls: anObject,
  connection: connectionOptions,
  prefix: aPrefix,
  deadline: parseDuration,
  allowEviction: trueOrFalse,
} satisfies { readonly [Key in keyof RedisAdapterOptions]-?: Check<unknown> });
const DEFAULT_URL = "redis://127.0.0.1:6379";
const DEFAULT_DEADLINE_MS = 10_000;

/** @throws {OptionError} for an unknown option, a bad url, prefix or deadline, and for what no parameter takes */
export function resolveRedisOptions(...given: RedisAdapterArguments): RedisSettings {
  const options = OPTIONS.read(toOptions(given), "redisAdapter()");
  const { prefix = "taskora", deadline = DEFAULT_DEADLINE_MS, allowEviction = false } = options;
  return {
    ...resolveStore(options),
    prefix,
    deadlineMs: deadline,
    eviction: allowEviction ? "allow" : "refuse",
  };
}

/** Also what plain JavaScript passes. */
function toOptions([first = {}, second, ...others]: readonly unknown[]): object {
  const isUrl = typeof first === "string" || first instanceof URL;
  const isClient = !isUrl && isOwnClient(first);
  const isAlone = !isUrl && !isClient;
  const surplus = !isAlone || second === undefined ? others : [second];
  requireNoMore(isAlone ? "redisAdapter(options)" : "redisAdapter(url, options)", isAlone ? 1 : 2, surplus);
  const [options = {}] = isAlone ? [first] : [second];
  requireObject(options, "the options of redisAdapter");
  if (isAlone)
    return "url" in options && options.url instanceof URL ? { ...options, url: options.url.href } : options;
  const name = isUrl ? "url" : "connection";
  if (!(name in options)) return { ...options, [name]: isUrl ? String(first) : first };
  throw new OptionError(`expected the ${name} of redisAdapter once, got it as an argument and as an option`, {
    option: name,
  });
}

type Read = ReturnType<typeof OPTIONS.read>;
type Store = Pick<RedisSettings, "connection" | "where" | "seeds">;

function resolveStore({ connection, ...options }: Read): Store {
  if (connection === undefined) return resolveCluster(options);
  return isOwnClient(connection)
    ? resolveClient(connection, options)
    : resolveCluster({ ...options, connection });
}

/** A client says all about the store by itself. */
function resolveClient(own: OwnClient, options: Omit<Read, "connection">): Store {
  for (const option of ["url", "cluster", "host", "port", "username", "password", "db", "tls"] as const) {
    if (options[option] === undefined) continue;
    throw new OptionError(`expected either a client as connection or ${option}, got both`, { option });
  }
  const { options: all, seeds } = readOwnClient(own, "connection");
  const { db = 0, ...opening } = all;
  const fresh = () => readOwnClient(own, "connection").options;
  return {
    connection: {
      options: opening,
      ...(typeof own === "function" ? { fresh } : {}),
      db: aDatabase(db, "connection.db"),
      connectMs: connectMsOf(opening),
    },
    ...(seeds === undefined ? { where: describeAddress(all) } : { seeds, where: describeNodes(seeds) }),
  };
}

/** Options without a client. */
type PlainRead = Omit<Read, "connection"> & { readonly connection?: Readonly<Record<string, unknown>> };

/** The first node is what a single server would be. */
function resolveCluster(options: PlainRead): Store {
  const { cluster, ...single } = options;
  if (cluster === undefined) {
    requireNoClusterOptions(single.connection ?? {});
    return resolveConnection(single);
  }
  for (const option of ["url", "host", "port", "db"] as const) {
    if (single[option] === undefined) continue;
    throw new OptionError(`expected either cluster or ${option}, got both`, { option: "cluster" });
  }
  const seeds = cluster.map((url): NodeAddress => {
    const { host, port } = parseRedisUrl(url).options;
    if (typeof host === "string" && typeof port === "number") return { host, port };
    throw new OptionError("expected cluster to be urls of hosts, got one of a socket file", {
      option: "cluster",
    });
  });
  const { connection } = resolveConnection({ ...single, url: cluster[0] ?? "" });
  if (connection.db !== 0) {
    throw new OptionError("expected cluster to be urls without a database: a cluster has one", {
      option: "cluster",
    });
  }
  return { connection, seeds, where: describeNodes(seeds) };
}

function describeNodes(nodes: readonly NodeAddress[]): string {
  return nodes.map(({ host, port }) => `${host.includes(":") ? `[${host}]` : host}:${port}`).join(", ");
}

function urls(value: unknown, option: string): readonly string[] {
  const isList = Array.isArray(value) && value.length > 0;
  if (isList && value.every((url) => typeof url === "string" || url instanceof URL)) return value.map(String);
  throw new OptionError(
    `expected ${option} to be a list of urls such as ["redis://10.0.0.1:6379"], got ${describe(value)}`,
    { option },
  );
}

function resolveConnection(options: Omit<PlainRead, "cluster">): Store {
  const { connection = {}, host, port, username, password, db, tls } = options;
  const own = definedOf({ host, port, username, password, tls });
  const needsUrl = host === undefined && options.connection === undefined;
  const url = options.url ?? (needsUrl ? DEFAULT_URL : undefined);
  const fromUrl = url === undefined ? undefined : parseRedisUrl(url);
  if (fromUrl?.options.path !== undefined && (host !== undefined || port !== undefined)) {
    throw new OptionError("expected either a url of a socket file or a host and port, got both", {
      option: "url",
    });
  }
  const { db: connectionDb, ...further } = connection;
  const all = {
    ...fromUrl?.options,
    ...connectionOptionsOf(fromUrl?.query ?? {}),
    ...definedOf(further),
    ...own,
  };
  requireSentinels(all);
  const database = [db, connectionDb, fromUrl?.db].find((given) => given !== undefined);
  return {
    connection: {
      options: all,
      db: database === undefined ? 0 : aDatabase(database, "db"),
      connectMs: connectMsOf(all),
    },
    where: describeAddress(all),
  };
}

function definedOf(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function aHost(value: unknown, option: string): string {
  const host = someText(value, option);
  if (!/\s/.test(host)) return host;
  throw new OptionError(
    `expected ${option} to be a name or an address without blanks, got ${describe(host)}`,
    {
      option,
    },
  );
}

/** Never shown. */
function aSecret(value: unknown, option: string): string {
  if (typeof value === "string") return value;
  throw new OptionError(`expected ${option} to be text, got something else`, { option });
}

function anObject(value: unknown, option: string): object {
  requireObject(value, option);
  return value;
}

function connectionOptions(value: unknown, option: string): Readonly<Record<string, unknown>> | OwnClient {
  if (isOwnClient(value)) return value;
  requireConnectionOptions(value, option);
  return { ...value };
}

function connectMsOf({ connectTimeout }: Readonly<Record<string, unknown>>): number | undefined {
  return typeof connectTimeout === "number" ? connectTimeout : undefined;
}

const MOST_DATABASES = 2 ** 31;

/** Also as text, as it stands in a url or in a variable of the environment. */
function aDatabase(value: unknown, option: string): number {
  const db = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  return integer(0, MOST_DATABASES)(db, option);
}

function describeAddress(options: Readonly<Record<string, unknown>>): string {
  if (typeof options.path === "string") return options.path;
  if (Array.isArray(options.sentinels)) return `sentinel ${String(options.name ?? "")}`;
  const host = String(options.host ?? "127.0.0.1");
  return `${host.includes(":") ? `[${host}]` : host}:${String(options.port ?? 6379)}`;
}

function aPrefix(value: unknown, option: string): string {
  if (typeof value === "string" && /^[^\s{}*?[\]\\]{1,100}$/.test(value)) return value;
  throw new OptionError(
    `expected ${option} to be 1 to 100 characters without blanks, braces, brackets, "*", "?" and "\\", got ${describe(value)}`,
    { option },
  );
}
