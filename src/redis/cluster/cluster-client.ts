/** The few things taskora needs of ioredis' `Cluster`, which routes calls: slots, redirections, failover, addresses. */
import type { ConnectionSettings, RedisSocket } from "../connection/client.js";
import { CLUSTER_OPTIONS } from "../connection/connection-options.js";
import { ClusterNodeError } from "../connection/store-check.js";

/** A node as ioredis knows it. */
export interface ClusterNode {
  readonly options: { readonly host?: string; readonly port?: number };
  readonly stream?: RedisSocket | undefined;
  callBuffer(command: string, args: readonly (string | Buffer)[]): Promise<unknown>;
  on(event: "connect", listener: () => void): unknown;
}

/** A cluster as ioredis knows it. */
export interface ClusterClient {
  readonly status: string;
  connect(): Promise<void>;
  disconnect(): void;
  callBuffer(command: string, args: readonly (string | Buffer)[]): Promise<unknown>;
  nodes(role: "all" | "master"): readonly ClusterNode[];
  /** Of each slot the nodes that have it as `host:port`, the master first. */
  readonly slots: readonly (readonly string[] | undefined)[];
  refreshSlotsCache(asked?: () => void): void;
  on(event: "error" | "node error", listener: (error: Error) => void): unknown;
  on(event: "+node", listener: (node: ClusterNode) => void): unknown;
  on(event: "end" | "refresh", listener: () => void): unknown;
}

/** Where a node is. */
export interface NodeAddress {
  readonly host: string;
  readonly port: number;
}

/** Where the node is that turned out to belong to a cluster. */
export function seedOf({
  connection: { options },
  where,
}: {
  readonly connection: ConnectionSettings;
  readonly where: string;
}): NodeAddress {
  const { host = "127.0.0.1", port = 6379, path } = options;
  if (typeof host === "string" && typeof port === "number" && path === undefined) return { host, port };
  throw new ClusterNodeError(where);
}

type ClusterClass = new (
  seeds: readonly NodeAddress[],
  options: Readonly<Record<string, unknown>>,
) => ClusterClient;

/** A node that accepts and says nothing is given up after half of a call's time, so that a failover is noticed in it. */
const LONGEST_SILENCE_MS = 5000;

const TRY_AGAIN_MS = 25;

/** Makes a client of a cluster that is not connected yet. What it does not know of repeating, `ClusterLink` does. */
export function makeCluster(
  Client: unknown,
  { options, fresh, connectMs = 5000 }: ConnectionSettings,
  { seeds, deadlineMs }: { readonly seeds: readonly NodeAddress[]; readonly deadlineMs: number },
): ClusterClient {
  const { Cluster } = Client as { readonly Cluster: ClusterClass };
  const { host, port, path, ...others } = fresh?.() ?? options;
  const [ofCluster, ofNodes] = apart(others, CLUSTER_OPTIONS);
  return new Cluster(seeds, {
    lazyConnect: true,
    enableOfflineQueue: false,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    retryDelayOnTryAgain: TRY_AGAIN_MS,
    slotsRefreshTimeout: 2000,
    clusterRetryStrategy: null,
    // Names stay names: certificates are for them.
    dnsLookup: (name: string, told: (error: null, address: string) => void) => told(null, name),
    ...ofCluster,
    redisOptions: {
      disableClientInfo: true,
      ...ofNodes,
      connectTimeout: connectMs,
      socketTimeout: Math.min(LONGEST_SILENCE_MS, Math.max(500, deadlineMs / 2)),
      maxRetriesPerRequest: null,
      disconnectTimeout: 1,
      protocol: 2,
      db: 0,
    },
  });
}

/** The named options, and the others. */
function apart(
  options: Readonly<Record<string, unknown>>,
  names: readonly string[],
): readonly [Record<string, unknown>, Record<string, unknown>] {
  const entries = Object.entries(options);
  return [
    Object.fromEntries(entries.filter(([name]) => names.includes(name))),
    Object.fromEntries(entries.filter(([name]) => !names.includes(name))),
  ];
}
