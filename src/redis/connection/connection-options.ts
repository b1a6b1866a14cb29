/** Which options of ioredis have an effect here, where it opens connections and nothing else. */
import { integer } from "../../core/checks.js";
import { OptionError } from "../../core/errors.js";
import { describe, requireKnownKeys, requireObject } from "../../core/options.js";

/** What decides how a connection is opened. */
export const OPENING_OPTIONS: readonly string[] = [
  "host",
  "port",
  "path",
  "username",
  "password",
  "db",
  "tls",
  "family",
  "connectTimeout",
  "keepAlive",
  "noDelay",
  "connectionName",
  "disableClientInfo",
  "clientInfoTag",
  "Connector",
  "sentinels",
  "name",
  "role",
  "sentinelUsername",
  "sentinelPassword",
  "sentinelTLS",
  "enableTLSForSentinelMode",
  "sentinelCommandTimeout",
  "sentinelMaxConnections",
  "updateSentinels",
  "failoverDetector",
  "preferredSlaves",
  "natMap",
];

/** What else decides it in a cluster; the option `cluster`, or a `Cluster`, has to be given. */
export const CLUSTER_OPTIONS: readonly string[] = [
  "natMap",
  "dnsLookup",
  "useSRVRecords",
  "resolveSrv",
  "slotsRefreshInterval",
  "slotsRefreshTimeout",
];

/** Options of ioredis about its own commands and about trying again, both of which taskora does, and what to do instead. */
const NOT_OURS: Readonly<Record<string, string>> = {
  keyPrefix: "Use the option prefix of redisAdapter",
  commandTimeout: "Use the option deadline of redisAdapter",
  socketTimeout: "Use the option deadline of redisAdapter",
  maxRetriesPerRequest: "Use the option deadline of redisAdapter",
  redisOptions: "Write what is in it beside the other options of connection",
  ...Object.fromEntries(
    [
      "autoPipeliningIgnoredCommands",
      "autoResendUnfulfilledCommands",
      "autoResubscribe",
      "blockingTimeout",
      "blockingTimeoutGrace",
      "clusterNodeRetryStrategy",
      "clusterRetryStrategy",
      "commandQueue",
      "disconnectTimeout",
      "enableAutoPipelining",
      "enableOfflineQueue",
      "enableReadyCheck",
      "himportFieldsets",
      "lazyConnect",
      "maxLoadingRetryTime",
      "maxRedirections",
      "maxScriptsCachingTime",
      "monitor",
      "offlineQueue",
      "protocol",
      "readOnly",
      "reconnectOnError",
      "replyMapping",
      "retryDelayOnClusterDown",
      "retryDelayOnFailover",
      "retryDelayOnMoved",
      "retryDelayOnTryAgain",
      "retryStrategy",
      "scaleReads",
      "scripts",
      "sentinelReconnectStrategy",
      "sentinelRetryStrategy",
      "shardedSubscribers",
      "showFriendlyErrorStack",
      "stringNumbers",
    ].map((name) => [name, "Leave it out"]),
  ),
};

/**
 * Refuses options of ioredis that would do nothing, and what is none.
 *
 * @param path what the options are called in the message
 * @throws {OptionError} naming the first, with what to do instead
 */
export function requireConnectionOptions(options: unknown, path: string): asserts options is object {
  requireObject(options, path);
  for (const name of Object.keys(options)) {
    const instead = Object.hasOwn(NOT_OURS, name) ? NOT_OURS[name] : undefined;
    if (instead === undefined) continue;
    throw new OptionError(
      `${path}.${name} does nothing here, since ioredis only opens the connection. ${instead}.`,
      { option: path === "connection" ? `${path}.${name}` : name },
    );
  }
  requireKnownKeys(options, [...OPENING_OPTIONS, ...CLUSTER_OPTIONS], path);
}

/** @throws {OptionError} for an option that only a cluster has, on what is not said to be one */
export function requireNoClusterOptions(options: Readonly<Record<string, unknown>>): void {
  const name = CLUSTER_OPTIONS.find((each) => each !== "natMap" && options[each] !== undefined);
  if (name === undefined) return;
  throw new OptionError(`connection.${name} is about a cluster: name its nodes by the option cluster`, {
    option: `connection.${name}`,
  });
}

/** @throws {OptionError} for sentinels without the name of what they watch, and for none */
export function requireSentinels({ sentinels, name }: Readonly<Record<string, unknown>>): void {
  if (sentinels === undefined) return;
  const isList = Array.isArray(sentinels) && sentinels.length > 0;
  if (!isList || !sentinels.every((one) => typeof one === "object" && one !== null && "host" in one)) {
    throw new OptionError(
      `expected connection.sentinels to be a list such as [{ host: "10.0.0.1", port: 26379 }], got ${describe(sentinels)}`,
    );
  }
  if (typeof name === "string" && name !== "") return;
  throw new OptionError(
    `expected connection.name to be what the sentinels call the primary, such as "mymaster", got ${describe(name)}`,
  );
}

const NUMBERS: Readonly<Record<string, number>> = {
  family: 6,
  connectTimeout: 2 ** 31 - 1,
  keepAlive: 2 ** 31 - 1,
};

/**
 * What the query of a url says about the connection.
 *
 * @throws {OptionError} for what has no effect, and for what cannot be said as text
 */
export function connectionOptionsOf(query: Readonly<Record<string, string>>): Record<string, unknown> {
  requireConnectionOptions(query, "the query of the url");
  return Object.fromEntries(
    Object.entries(query).map(([name, text]) => {
      if (name === "connectionName") return [name, text];
      const max = Object.hasOwn(NUMBERS, name) ? NUMBERS[name] : undefined;
      if (max !== undefined) return [name, integer(0, max)(toNumber(text), name)];
      throw new OptionError(
        `${name} cannot be said in the query of the url. Pass it as connection: { ${name} }.`,
      );
    }),
  );
}

function toNumber(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text;
}
