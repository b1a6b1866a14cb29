import { lookup } from "node:dns";
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from "ioredis";
import { createTaskora, OptionError } from "taskora";
import { type RedisClientLike, redisAdapter } from "taskora/redis";
import { afterEach, describe, expect, it } from "vitest";
import { makeCluster } from "../../../src/redis/cluster/cluster-client.js";
import { makeClient } from "../../../src/redis/connection/client.js";
import { resolveRedisOptions } from "../../../src/redis/connection/redis-options.js";
import { sharedRedis, uniquePrefix } from "../../support/redis-server.js";

/** What ioredis is given of an option, or what the refusal says to do. */
type Fate = { readonly works: unknown } | { readonly refused: string };

const DEADLINE = { refused: "Use the option deadline" };
const LEFT_OUT = { refused: "Leave it out" };
const works = (value: unknown): Fate => ({ works: value });

class OtherConnector {}

const OPENING: Readonly<Record<string, Fate>> = {
  host: works("h"),
  port: works(7000),
  path: works("/run/r.sock"),
  username: works("me"),
  password: works("secret"),
  tls: works({ servername: "h" }),
  family: works(6),
  connectTimeout: works(1234),
  keepAlive: works(1),
  noDelay: works(false),
  connectionName: works("mine"),
  disableClientInfo: works(false),
  clientInfoTag: works("tag"),
  Connector: works(OtherConnector),
  sentinelUsername: works("guard"),
  sentinelPassword: works("secret"),
  sentinelTLS: works({}),
  enableTLSForSentinelMode: works(true),
  sentinelCommandTimeout: works(99),
  sentinelMaxConnections: works(3),
  updateSentinels: works(false),
  failoverDetector: works(true),
  preferredSlaves: works([]),
  natMap: works({}),
};

/** Every option that ioredis declares: a new one does not compile before its fate is known. */
const SERVER_OPTIONS: { readonly [Name in keyof Required<RedisOptions>]: Fate } = {
  ...(OPENING as { readonly [Name in keyof Required<RedisOptions>]: Fate }),
  db: works(0),
  role: works("master"),
  name: works("mymaster"),
  sentinels: works([{ host: "s", port: 26379 }]),
  keyPrefix: { refused: "Use the option prefix" },
  commandTimeout: DEADLINE,
  socketTimeout: DEADLINE,
  maxRetriesPerRequest: DEADLINE,
  autoPipeliningIgnoredCommands: LEFT_OUT,
  autoResendUnfulfilledCommands: LEFT_OUT,
  autoResubscribe: LEFT_OUT,
  blockingTimeout: LEFT_OUT,
  blockingTimeoutGrace: LEFT_OUT,
  commandQueue: LEFT_OUT,
  disconnectTimeout: LEFT_OUT,
  enableAutoPipelining: LEFT_OUT,
  enableOfflineQueue: LEFT_OUT,
  enableReadyCheck: LEFT_OUT,
  himportFieldsets: LEFT_OUT,
  lazyConnect: LEFT_OUT,
  maxLoadingRetryTime: LEFT_OUT,
  monitor: LEFT_OUT,
  offlineQueue: LEFT_OUT,
  protocol: LEFT_OUT,
  readOnly: LEFT_OUT,
  reconnectOnError: LEFT_OUT,
  replyMapping: LEFT_OUT,
  retryStrategy: LEFT_OUT,
  scripts: LEFT_OUT,
  sentinelReconnectStrategy: LEFT_OUT,
  sentinelRetryStrategy: LEFT_OUT,
  showFriendlyErrorStack: LEFT_OUT,
  stringNumbers: LEFT_OUT,
};

const CLUSTER_OPTIONS: { readonly [Name in keyof Required<ClusterOptions>]: Fate } = {
  natMap: works({}),
  dnsLookup: works(() => undefined),
  useSRVRecords: works(true),
  resolveSrv: works(() => undefined),
  slotsRefreshInterval: works(9000),
  slotsRefreshTimeout: works(3000),
  redisOptions: { refused: "Write what is in it beside the other options of connection" },
  keyPrefix: { refused: "Use the option prefix" },
  autoPipeliningIgnoredCommands: LEFT_OUT,
  clusterNodeRetryStrategy: LEFT_OUT,
  clusterRetryStrategy: LEFT_OUT,
  enableAutoPipelining: LEFT_OUT,
  enableOfflineQueue: LEFT_OUT,
  enableReadyCheck: LEFT_OUT,
  himportFieldsets: LEFT_OUT,
  lazyConnect: LEFT_OUT,
  maxRedirections: LEFT_OUT,
  retryDelayOnClusterDown: LEFT_OUT,
  retryDelayOnFailover: LEFT_OUT,
  retryDelayOnMoved: LEFT_OUT,
  retryDelayOnTryAgain: LEFT_OUT,
  scaleReads: LEFT_OUT,
  scripts: LEFT_OUT,
  shardedSubscribers: LEFT_OUT,
  showFriendlyErrorStack: LEFT_OUT,
};

/** Keeps what ioredis' constructors are given. */
class Given {
  static readonly Cluster = class {
    readonly options: object;
    constructor(_seeds: unknown, options: object) {
      this.options = options;
    }
  };
  readonly options: object;
  constructor(options: object) {
    this.options = options;
  }
}

describe("each option of ioredis", () => {
  it.each(Object.entries(SERVER_OPTIONS))("connection.%s works or is refused by name", (name, fate) => {
    const value = "works" in fate ? fate.works : "x";
    const beside = name === "sentinels" ? { name: "mymaster" } : {};
    const resolve = () => resolveRedisOptions({ connection: { [name]: value, ...beside } });
    if ("refused" in fate) {
      expect(resolve).toThrow(`connection.${name} does nothing here`);
      expect(resolve).toThrow(fate.refused);
      expect(resolve).toThrow(expect.objectContaining({ option: `connection.${name}` }));
    } else {
      const { connection } = resolve();
      expect((makeClient(Given, connection) as unknown as Given).options).toMatchObject({ [name]: value });
    }
  });

  it.each(Object.entries(CLUSTER_OPTIONS))("connection.%s of a cluster too", (name, fate) => {
    const value = "works" in fate ? fate.works : "x";
    const resolve = () => resolveRedisOptions({ cluster: ["redis://h:7000"], connection: { [name]: value } });
    if ("refused" in fate) {
      expect(resolve).toThrow(fate.refused);
    } else {
      const made = makeCluster(Given, resolve().connection, { seeds: [], deadlineMs: 1000 });
      expect((made as unknown as Given).options).toMatchObject({ [name]: value });
      if (name === "natMap") return;
      expect(() => resolveRedisOptions({ connection: { [name]: value } })).toThrow("option cluster");
    }
  });
});

const open: { disconnect(): void }[] = [];
afterEach(() => {
  for (const client of open.splice(0)) client.disconnect();
});

/** `replyMapping` decides the types of all replies. */
type ClientOptions = Omit<RedisOptions, "replyMapping">;

function lazy(given: ClientOptions): Redis {
  const client = new Redis({ ...given, lazyConnect: true });
  open.push(client);
  return client;
}

function lazyAt(url: string, options: ClientOptions = {}): Redis {
  const client = new Redis(url, { ...options, lazyConnect: true });
  open.push(client);
  return client;
}

function lazyCluster(...[nodes, options = {}]: ConstructorParameters<typeof Cluster>): Cluster {
  const client = new Cluster(nodes, { ...options, lazyConnect: true });
  open.push(client);
  return client;
}

describe("a client of the application", () => {
  it("says where the store is and how it is reached", () => {
    const client = lazyAt("rediss://me:secret@far:7000/3", { family: 6, maxRetriesPerRequest: null });
    const { connection, where } = resolveRedisOptions(client, { prefix: "shop" });
    expect(where).toBe("far:7000");
    expect(connection).toMatchObject({
      options: {
        host: "far",
        port: 7000,
        username: "me",
        password: "secret",
        tls: expect.anything(),
        family: 6,
      },
      db: 3,
      connectMs: undefined,
    });
  });

  it.each([{ role: "master" } as const, {}])("may be found by sentinels", (beside) => {
    const sentinels = [{ host: "s", port: 26_379 }];
    const { connection, where } = resolveRedisOptions({
      connection: lazy({ sentinels, name: "mymaster", sentinelPassword: "secret", ...beside }),
    });
    expect(where).toBe("sentinel mymaster");
    expect(connection.options).toMatchObject({ sentinels, name: "mymaster", sentinelPassword: "secret" });
    expect(connection.options).not.toHaveProperty("host");
  });

  it("may be a cluster", () => {
    const cluster = lazyCluster([{ host: "a", port: 7000 }, "redis://b:7001", 7002], {
      redisOptions: { password: "secret", tls: { servername: "x" } },
      natMap: { "10.0.0.1:7000": { host: "a", port: 7000 } },
      dnsLookup: lookup,
    });
    const { seeds, where, connection } = resolveRedisOptions(cluster);
    expect(where).toBe("a:7000, b:7001, 127.0.0.1:7002");
    expect(seeds).toEqual([
      { host: "a", port: 7000 },
      { host: "b", port: 7001 },
      { host: "127.0.0.1", port: 7002 },
    ]);
    expect(connection.options).toMatchObject({ password: "secret", tls: { servername: "x" } });
    expect(connection.options).toHaveProperty("natMap");
    expect(connection.options).not.toHaveProperty("dnsLookup");
  });

  it("is told by its shape, whichever copy of ioredis made it", () => {
    const client: RedisClientLike = {
      options: { host: "far", port: 7000 },
      status: "wait",
      duplicate: () => undefined,
      disconnect: () => undefined,
    };
    expect(resolveRedisOptions(client).where).toBe("far:7000");
  });

  it.each([
    ["keyPrefix", () => lazy({ keyPrefix: "app:" }), "Use the option prefix"],
    ["readOnly", () => lazy({ readOnly: true }), "Jobs are written"],
    ["role", () => lazy({ sentinels: [{ host: "s" }], name: "m", role: "slave" }), "client of the primary"],
    ["scaleReads", () => lazyCluster([7000], { scaleReads: "slave" }), "Jobs are read where"],
    ["keyPrefix", () => lazyCluster([7000], { redisOptions: { keyPrefix: "a" } as never }), "option prefix"],
  ])("is refused for %s, which would lead elsewhere", (name, make, message) => {
    const refused = () => redisAdapter(make());
    expect(refused).toThrow(expect.objectContaining({ option: `connection.${name}` }));
    expect(refused).toThrow(message);
  });

  it.each([
    [
      "a client of another package",
      { sendCommand: () => 1, disconnect: () => 1, isOpen: false },
      "expected connection to be a Redis",
    ],
    ["a promise of one", async () => lazy({}), "a promise: make the client without waiting"],
    ["nothing", () => undefined, "got undefined"],
  ])("is not %s", (_, connection, message) => {
    expect(() => redisAdapter({ connection: connection as never })).toThrow(OptionError);
    expect(() => redisAdapter({ connection: connection as never })).toThrow(message);
  });

  it.each(["url", "host", "port", "db", "password", "tls", "cluster"])("comes without %s", (option) => {
    const values: Record<string, unknown> = { port: 1, db: 1, tls: {}, cluster: ["redis://h"] };
    const options = { connection: lazy({}), [option]: values[option] ?? "redis://h" };
    expect(() => redisAdapter(options)).toThrow(`expected either a client as connection or ${option}`);
  });

  it.each([
    ["as it is", (url: string) => lazyAt(url, { enableAutoPipelining: true })],
    ["made by a function", (url: string) => () => lazyAt(url, { enableAutoPipelining: true })],
    ["made by a function, and connecting", (url: string) => () => new Redis(url)],
  ])("leads to its store and stays the application's (%s)", async (_, clientOf) => {
    const { url } = await sharedRedis();
    const client = clientOf(url);
    const prefix = uniquePrefix();
    const app = createTaskora({ adapter: redisAdapter(client, { prefix }), logger: false });
    const double = app.task("double", (value: number) => value * 2);
    await app.start();
    expect(await double.dispatch(21).result).toBe(42);
    await app.close();
    const own = lazyAt(url);
    expect(await own.keys(`${prefix}:*`)).not.toEqual([]);
    await own.del(...(await own.keys(`${prefix}:*`)));
    if (client instanceof Redis) expect(client.status).toBe("wait");
  });

  it("is made anew for each connection", async () => {
    const { url } = await sharedRedis();
    const made: Redis[] = [];
    const prefix = uniquePrefix();
    const make = () => {
      const client = lazyAt(url);
      made.push(client);
      return client;
    };
    const adapter = redisAdapter(make, { prefix });
    expect(made).toHaveLength(1);
    await adapter.connect();
    expect(made).toHaveLength(2);
    await (await adapter.subscribe({ kind: "events", task: "any" }, () => undefined))();
    expect(made).toHaveLength(3);
    await adapter.close();
    expect(made.map((client) => client.status)).toEqual(["end", "end", "end"]);
    const own = lazyAt(url);
    await own.del(...(await own.keys(`${prefix}:*`)));
  });
});
