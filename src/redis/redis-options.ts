/** Options of the Redis adapter, checked at the edge. */
import { type Duration, parseDuration } from "../core/duration.js";
import { OptionError } from "../core/errors.js";
import { describe, rejectUnknownKeys, requireInteger } from "../core/options.js";
import type { ConnectionSettings } from "./client.js";

/** How to reach Redis and how to use it. */
export interface RedisAdapterOptions {
  /** `redis://user:password@host:port/db`, or `rediss://` for TLS. Default `redis://127.0.0.1:6379`. */
  readonly url?: string;
  readonly host?: string;
  readonly port?: number;
  readonly username?: string;
  readonly password?: string;
  /** Number of the database. Channels are shared by all databases of a server: give each its own prefix. */
  readonly db?: number;
  readonly tls?: Readonly<Record<string, unknown>>;
  /** Further options of ioredis for opening a connection, such as `sentinels`, `family` or `connectTimeout`. */
  readonly connection?: Readonly<Record<string, unknown>>;
  /** First part of every key. Default `"taskora"`. Apps with the same prefix share their tasks. */
  readonly prefix?: string;
  /** How long a call waits for a store that is away before it fails with `STORE_UNAVAILABLE`. Default 10 s. */
  readonly deadline?: Duration;
  /** Use a store that may evict keys, and so lose jobs, when memory is short. Default false. */
  readonly allowEviction?: boolean;
}

/** Options with every default filled in. */
export interface RedisSettings {
  readonly connection: ConnectionSettings;
  /** Host and port without credentials, for messages. */
  readonly where: string;
  readonly prefix: string;
  readonly deadlineMs: number;
  readonly eviction: "refuse" | "allow";
}

const KNOWN = [
  "url",
  "host",
  "port",
  "username",
  "password",
  "db",
  "tls",
  "connection",
  "prefix",
  "deadline",
  "allowEviction",
];
const DEFAULT_URL = "redis://127.0.0.1:6379";
const DEFAULT_DEADLINE_MS = 10_000;

/** @throws {OptionError} for an unknown option, a bad url, prefix or deadline */
export function resolveRedisOptions(input: string | RedisAdapterOptions): RedisSettings {
  const options: RedisAdapterOptions = typeof input === "string" ? { url: input } : input;
  rejectUnknownKeys(options, KNOWN, "redisAdapter options");
  const deadlineMs =
    options.deadline === undefined ? DEFAULT_DEADLINE_MS : parseDuration(options.deadline, "deadline");
  return {
    ...resolveConnection(options),
    prefix: requirePrefix(options.prefix ?? "taskora"),
    deadlineMs,
    eviction: options.allowEviction === true ? "allow" : "refuse",
  };
}

function resolveConnection(options: RedisAdapterOptions): Pick<RedisSettings, "connection" | "where"> {
  const { host, port, username, password, db, tls } = options;
  const own = { host, port, username, password, db, tls };
  const all: Record<string, unknown> = { ...options.connection, ...definedOf(own) };
  rejectCommandOptions(all);
  const needsUrl = host === undefined && options.connection === undefined;
  const url = options.url ?? (needsUrl ? DEFAULT_URL : undefined);
  if (url === undefined) {
    return {
      connection: { options: all, db: requireDatabase(all.db), connectMs: connectMsOf(all) },
      where: describeAddress(all),
    };
  }
  const parsed = parseUrl(url);
  const address = {
    host: parsed.hostname || "127.0.0.1",
    port: parsed.port || "6379",
    ...definedOf({ host, port }),
  };
  const fromUrl = parsed.pathname.slice(1) || parsed.searchParams.get("db") || undefined;
  return {
    connection: { url, options: all, db: requireDatabase(all.db ?? fromUrl), connectMs: connectMsOf(all) },
    where: `${address.host}:${address.port}`,
  };
}

function definedOf(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function connectMsOf({ connectTimeout }: Readonly<Record<string, unknown>>): number | undefined {
  return typeof connectTimeout === "number" ? connectTimeout : undefined;
}

const MOST_DATABASES = 2 ** 31;

function requireDatabase(given: unknown): number {
  const db =
    given === undefined ? 0 : typeof given === "string" && /^\d+$/.test(given) ? Number(given) : given;
  return requireInteger(db, { option: "db", min: 0, max: MOST_DATABASES });
}

function describeAddress(options: Readonly<Record<string, unknown>>): string {
  if (typeof options.path === "string") return options.path;
  if (Array.isArray(options.sentinels)) return `sentinel ${String(options.name ?? "")}`;
  return `${String(options.host ?? "127.0.0.1")}:${String(options.port ?? 6379)}`;
}

/** Options of ioredis that say how a command is sent: taskora sends them itself. */
const NOT_OURS: Readonly<Record<string, string>> = {
  keyPrefix: "Use the option prefix of redisAdapter",
  commandTimeout: "Use the option deadline of redisAdapter",
};

function rejectCommandOptions(connection: Readonly<Record<string, unknown>>): void {
  for (const [name, instead] of Object.entries(NOT_OURS)) {
    if (connection[name] === undefined) continue;
    throw new OptionError(
      `connection.${name} does nothing here, since ioredis only opens the connection. ${instead}`,
    );
  }
}

function parseUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !["redis:", "rediss:"].includes(parsed.protocol)) {
    throw new OptionError(
      `expected url to look like "redis://host:6379" or "rediss://user:password@host:6379/0", got ${describe(hidePassword(url))}`,
    );
  }
  return parsed;
}

function hidePassword(url: unknown): unknown {
  return typeof url === "string" ? url.replace(/:[^:@/]*@/, ":…@") : url;
}

function requirePrefix(prefix: unknown): string {
  if (typeof prefix === "string" && /^[^\s{}*?[\]\\]{1,100}$/.test(prefix)) return prefix;
  throw new OptionError(
    `expected prefix to be 1 to 100 characters without blanks, braces, brackets, "*", "?" and "\\", got ${describe(prefix)}`,
  );
}
