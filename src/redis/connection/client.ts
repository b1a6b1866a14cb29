/** The few things taskora needs of ioredis. Nothing else in the package knows it. */
import { StoreError, TaskoraError } from "../../core/errors.js";

/** A connection as ioredis makes it. Once it is ready only its socket is used, by a `Wire`. */
export interface RedisClient {
  readonly status: string;
  readonly stream?: RedisSocket | undefined;
  connect(): Promise<void>;
  disconnect(): void;
  callBuffer(command: string, args: readonly (string | Buffer)[]): Promise<unknown>;
  /** `sentinelError`: one sentinel could not help; others are asked. */
  on(event: "error" | "sentinelError", listener: (error: Error) => void): unknown;
  on(event: "connect", listener: () => void): unknown;
}

/** What is needed of a socket. */
export interface RedisSocket {
  readonly destroyed: boolean;
  write(bytes: string | Buffer): unknown;
  /** What is written from here on goes out together, with {@link uncork}. */
  cork(): unknown;
  uncork(): unknown;
  on(event: "data", listener: (piece: Buffer) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "end" | "close", listener: () => void): unknown;
  once(event: "data", listener: (piece: Buffer) => void): unknown;
  removeAllListeners(event: "data"): unknown;
  ref(): unknown;
  unref(): unknown;
  destroy(): unknown;
}

/** What sends commands. */
export interface CommandSender {
  send(command: string, args: readonly (string | Buffer)[]): Promise<unknown>;
}

/** Longest time from the first packet to a connection that can be used. */
export const OPENING_LIMIT_MS = 5000;

/** How to reach the store: options of ioredis. */
export interface ConnectionSettings {
  readonly options: Readonly<Record<string, unknown>>;
  /** What the options are now, where a function of the application makes them for each connection. */
  readonly fresh?: (() => Readonly<Record<string, unknown>>) | undefined;
  /** The node of a cluster to connect to, in place of the address in the options. */
  readonly node?: { readonly host: string; readonly port: number } | undefined;
  /** Number of the database, which {@link selectDatabase} selects. */
  readonly db: number;
  /** How long a try to connect may take, when the user says so. */
  readonly connectMs?: number | undefined;
}

type ClientClass = new (...args: readonly unknown[]) => RedisClient;

/**
 * Reconnecting, queueing and resending are done by `Link`, which knows what may be repeated; so ioredis is
 * told to do none of it.
 */
const PLAIN_CONNECTION = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  maxRetriesPerRequest: null,
  protocol: 2,
  // `Link` selects it, since a refusal would leave the connection on database 0 without a word.
  db: 0,
  // A connection that was refused would keep the process alive for the default of 2 s: nothing is flushed at the end.
  disconnectTimeout: 1,
  retryStrategy: () => null,
  sentinelRetryStrategy: () => null,
  // What it would ask, `checkServer` asks.
  enableReadyCheck: false,
} as const;

/** Used where the user says nothing else. */
const DEFAULTS = {
  connectTimeout: OPENING_LIMIT_MS,
  // Until then a sentinel that is asked keeps its connection, also when another try was quicker.
  sentinelCommandTimeout: 1000,
  // The first thing a server says should be about the connection, and not that it has no such command.
  disableClientInfo: true,
} as const;

/**
 * Makes a client that is not connected yet.
 *
 * @param nth of the tries to open one connection, from 0: each asks another sentinel first, so that none is waited for
 */
export function makeClient(Client: unknown, settings: ConnectionSettings, nth = 0): RedisClient {
  const options = settings.fresh?.() ?? settings.options;
  const { sentinels } = options;
  const turned = Array.isArray(sentinels) ? { sentinels: rotated(sentinels, nth) } : {};
  return new (Client as ClientClass)({
    ...DEFAULTS,
    ...options,
    ...settings.node,
    ...turned,
    ...PLAIN_CONNECTION,
  });
}

function rotated(list: readonly unknown[], by: number): readonly unknown[] {
  const from = by % Math.max(1, list.length);
  return [...list.slice(from), ...list.slice(0, from)];
}

/**
 * Makes a new connection use its database.
 *
 * @throws {StoreError} `STORE_UNSUPPORTED` when the store has no such database
 */
export async function selectDatabase(wire: CommandSender, db: number, where: string): Promise<void> {
  if (db === 0) return;
  try {
    await wire.send("SELECT", [String(db)]);
  } catch (error) {
    if (!/DB index|not allowed/i.test(String(error))) throw error;
    throw new StoreError(
      "STORE_UNSUPPORTED",
      `Redis at ${where} has no database ${db}: ${String(error)}. Use a lower number; CONFIG GET databases tells how ` +
        "many there are. Apps can also share a database, each with a prefix of its own.",
      { retryable: false, cause: error },
    );
  }
}

/**
 * Loads ioredis when it is first needed.
 *
 * @throws {TaskoraError} `DEPENDENCY_MISSING` with the command that installs it
 */
export async function loadClientClass(
  load: () => Promise<unknown> = () => import("ioredis"),
): Promise<unknown> {
  const loaded = await load().catch((cause: unknown) => {
    throw missingDependency(cause);
  });
  const found = pickClass(loaded);
  if (found === undefined) throw missingDependency(undefined);
  return found;
}

function pickClass(loaded: unknown): unknown {
  const module = loaded as { Redis?: unknown; default?: unknown };
  if (typeof module.Redis === "function") return module.Redis;
  return typeof module.default === "function" ? module.default : undefined;
}

function missingDependency(cause: unknown): TaskoraError {
  return new TaskoraError(
    "DEPENDENCY_MISSING",
    `taskora/redis needs the package ioredis (version 5 or newer), which could not be loaded. ${remedy(cause)}`,
    { cause },
  );
}

function remedy(cause: unknown): string {
  const said = cause instanceof Error ? cause.message : "";
  const isBundled = /Dynamic require of|require is not defined/.test(said);
  if (isBundled) {
    return (
      "It was bundled into an ES module, where CommonJS packages have no require(): leave ioredis out of the bundle " +
      "(esbuild: --external:ioredis) and install it beside, or bundle as CommonJS."
    );
  }
  const isMissing = (cause as { code?: unknown } | undefined)?.code === "ERR_MODULE_NOT_FOUND" || said === "";
  return isMissing ? "Install it: npm install ioredis" : `Loading it failed with: ${said}`;
}
