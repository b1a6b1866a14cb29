/**
 * Reads an application's own client of ioredis, or the function that makes it: how to reach the store, and nothing else.
 * The client itself is neither used nor closed, since its socket is spoken over by whoever made it; taskora opens
 * connections of its own the same way.
 */
import { lookup } from "node:dns";
import { OptionError } from "../../core/errors.js";
import { describe, isCallable } from "../../core/options.js";
import type { NodeAddress } from "../cluster/cluster-client.js";
import { CLUSTER_OPTIONS, OPENING_OPTIONS, requireSentinels } from "./connection-options.js";
import { parseRedisUrl } from "./redis-url.js";

/** A `Redis` or a `Cluster` of ioredis, told by its shape: which copy of the package made it does not matter. */
export interface RedisClientLike {
  readonly options: object;
  readonly status: string;
  disconnect(...args: never[]): unknown;
  duplicate(...args: never[]): unknown;
}

/** What a client says about its store, as options of ioredis. */
export interface ClientSettings {
  readonly options: Readonly<Record<string, unknown>>;
  /** Nodes of a cluster; undefined: it is one server, or found by sentinels. */
  readonly seeds?: readonly NodeAddress[];
}

/** What may stand for a connection: a client, or what makes one each time. */
export type OwnClient = RedisClientLike | (() => RedisClientLike);

/** Whether this is no plain set of options: a client, or a function. */
export function isOwnClient(value: unknown): value is OwnClient {
  if (typeof value === "function") return true;
  return (
    isShaped(value) && ["duplicate", "disconnect", "sendCommand"].some((name) => isCallable(value[name]))
  );
}

/**
 * What the client says, or a fresh one that the function makes.
 *
 * @throws {OptionError} for a client of another package, and for what taskora cannot do as the client would
 */
export function readOwnClient(own: OwnClient, option: string): ClientSettings {
  if (typeof own !== "function") return read(requireClient(own, option), option);
  const made: unknown = own();
  const client = requireClient(made, `what ${option}() gives`);
  try {
    return read(client, option);
  } finally {
    client.on?.("error", () => undefined);
    client.disconnect();
  }
}

type Client = Shaped & {
  readonly options: Shaped;
  disconnect(): unknown;
  on?(event: "error", listener: () => void): unknown;
};
type Shaped = Readonly<Record<string, unknown>>;

function isShaped(value: unknown): value is Shaped {
  return typeof value === "object" && value !== null;
}

function requireClient(value: unknown, name: string): Client {
  if (
    isShaped(value) &&
    isShaped(value.options) &&
    isCallable(value.duplicate) &&
    isCallable(value.disconnect)
  ) {
    if (typeof value.status === "string") return value as Client;
  }
  const isPromise = isShaped(value) && isCallable(value.then);
  const got = isPromise ? "a promise: make the client without waiting" : describeClient(value);
  throw new OptionError(`expected ${name} to be a Redis or Cluster of ioredis, or options, got ${got}`, {
    option: name.includes(" ") ? "connection" : name,
  });
}

function describeClient(value: unknown): string {
  const name: unknown = isShaped(value) ? value.constructor?.name : undefined;
  return typeof name === "string" && name !== "Object" ? `a ${name}` : describe(value);
}

function read(client: Client, option: string): ClientSettings {
  return client.isCluster === true ? readCluster(client, option) : readServer(client, option);
}

/** What ioredis fills in and taskora has a value of its own for. */
const SERVER_DEFAULTS: Shaped = { connectTimeout: 10_000, disableClientInfo: false };

function readServer({ options }: Client, option: string): ClientSettings {
  requireSameData(options, option);
  const said = changedOf(options, OPENING_OPTIONS, SERVER_DEFAULTS);
  requireSentinels(said);
  const { host, port, ...beside } = said;
  return { options: said.sentinels === undefined && said.path === undefined ? said : beside };
}

const CLUSTER_DEFAULTS: Shaped = { dnsLookup: lookup, slotsRefreshTimeout: 1000, useSRVRecords: false };

function readCluster({ options, startupNodes }: Client, option: string): ClientSettings {
  const ofNodes = isShaped(options.redisOptions) ? options.redisOptions : {};
  requireSameData(options, option);
  requireSameData(ofNodes, option);
  const nodes = (Array.isArray(startupNodes) ? startupNodes : []).map(readNode);
  const [first] = nodes;
  if (first === undefined) {
    throw new OptionError(`expected the Cluster of ${option} to have a node to begin with, got none`, {
      option,
    });
  }
  const { host, port, ...shared } = first;
  return {
    seeds: nodes.map(addressOf),
    options: {
      ...shared,
      ...changedOf(ofNodes, OPENING_OPTIONS, { db: 0 }),
      ...changedOf(options, CLUSTER_OPTIONS, CLUSTER_DEFAULTS),
    },
  };
}

/** A node as ioredis takes it: a port, a url with or without its scheme, or options. */
function readNode(node: unknown): Shaped {
  if (isShaped(node)) return changedOf(node, ["host", "port", "username", "password", "tls"], {});
  const text = String(node);
  if (/^\d+$/.test(text)) return { port: Number(text) };
  return parseRedisUrl(text.includes("://") ? text : `redis://${text}`).options;
}

function addressOf({ host = "127.0.0.1", port = 6379 }: Shaped): NodeAddress {
  return { host: String(host), port: Number(port) };
}

type Unfollowable = readonly [name: string, isSet: (value: unknown) => boolean, instead: string];

/** What leads a client to other keys, or to a node that takes no writes. */
const UNFOLLOWABLE: readonly Unfollowable[] = [
  ["keyPrefix", (value) => value !== "", "Use the option prefix of redisAdapter"],
  ["readOnly", (value) => value !== false, "Jobs are written: give a client without it"],
  [
    "scaleReads",
    (value) => value !== "master",
    "Jobs are read where they are written: give a client without it",
  ],
  ["role", (value) => value !== "master", "Jobs are written: give a client of the primary"],
];

function requireSameData(options: Shaped, option: string): void {
  for (const [name, isSet, instead] of UNFOLLOWABLE) {
    const value = options[name];
    if (value === undefined || value === null || !isSet(value)) continue;
    throw new OptionError(`the client of ${option} has ${name}, which taskora cannot follow. ${instead}.`, {
      option: `${option}.${name}`,
    });
  }
}

function changedOf(options: Shaped, names: readonly string[], defaults: Shaped): Record<string, unknown> {
  return Object.fromEntries(
    names
      .map((name) => [name, options[name]] as const)
      .filter(([name, value]) => value !== undefined && value !== null && value !== defaults[name]),
  );
}
