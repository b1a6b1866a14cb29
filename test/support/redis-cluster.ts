/**
 * A Redis Cluster of three masters on this machine, each with a replica when that is asked for. It is up in about a second.
 */
import { createServer } from "node:net";
import { Redis } from "ioredis";
import { type RedisServer, startRedis } from "../../scripts/redis.js";

export { slotOf } from "../../src/redis/cluster/slots.js";

/**
 * The first slot of each master, and what comes behind the last. Chosen so that the tasks of most cases, and workflows
 * (slot 2229), are on three masters: `conformance.task` 2101, `conformance.other` 13575; `chaos.work` 782, `chaos.other` 5468.
 */
const BOUNDS = [0, 2165, 5400, 16_384] as const;
const SLOTS = 16_384;
const MASTERS = 3;
const UP_DEADLINE_MS = 20_000;

/** One server of a cluster. */
export interface ClusterNode extends RedisServer {
  readonly redis: Redis;
  readonly id: string;
}

/** A cluster that runs. */
export interface RedisCluster {
  readonly masters: readonly ClusterNode[];
  /** The nth follows the nth master; empty unless they were asked for. */
  readonly replicas: readonly ClusterNode[];
  /** Of the first master. */
  readonly url: string;
  readonly urls: readonly string[];
  /** The master that had a slot at first. */
  ownerOf(slot: number): ClusterNode;
  stop(): Promise<void>;
}

/** Starts a cluster and waits until every node says that it is well. */
export async function startCluster(
  options: {
    readonly replicas?: boolean;
    readonly nodeTimeoutMs?: number;
    /** More command line arguments of each node. */
    readonly args?: readonly string[];
  } = {},
): Promise<RedisCluster> {
  const { replicas: hasReplicas = false, nodeTimeoutMs = 2000, args = [] } = options;
  const count = hasReplicas ? 2 * MASTERS : MASTERS;
  const ports = await freePorts(count);
  const nodes = await Promise.all(ports.map((port) => startNode(port, nodeTimeoutMs, args)));
  const masters = nodes.slice(0, MASTERS);
  const replicas = nodes.slice(MASTERS);
  const stop = async () => {
    for (const { redis } of nodes) redis.disconnect();
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    await Promise.all(masters.map(({ redis }, nth) => giveSlots(redis, nth)));
    const [first] = masters;
    for (const { port } of nodes.slice(1)) await first?.redis.cluster("MEET", "127.0.0.1", port);
    await until(async () => (await statesOf(nodes, count)).every(Boolean));
    for (const [nth, { redis }] of replicas.entries()) {
      await until(() => redis.cluster("REPLICATE", masters[nth]?.id ?? "").then(() => true));
    }
    await until(async () => (await Promise.all(replicas.map(followsUp))).every(Boolean));
  } catch (error) {
    await stop();
    throw error;
  }
  const urls = masters.map(({ url }) => url);
  const ownerOf = (slot: number) => masters[BOUNDS.findIndex((bound) => bound > slot) - 1] as ClusterNode;
  return { masters, replicas, url: urls[0] ?? "", urls, ownerOf, stop };
}

async function startNode(port: number, nodeTimeoutMs: number, more: readonly string[]): Promise<ClusterNode> {
  const args = [
    ["--cluster-enabled", "yes", "--cluster-config-file", `nodes-${port}.conf`],
    ["--cluster-node-timeout", String(nodeTimeoutMs), "--cluster-replica-validity-factor", "0"],
    ["--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "0"],
    more,
  ].flat();
  const server = await startRedis({ port, args });
  const redis = new Redis(server.url, { maxRetriesPerRequest: null, retryStrategy: () => 200 });
  redis.on("error", () => undefined);
  const id = String(await redis.cluster("MYID"));
  return { ...server, redis, id };
}

async function giveSlots(redis: Redis, nth: number): Promise<void> {
  const [from = 0, end = SLOTS] = BOUNDS.slice(nth);
  await redis.call("CLUSTER", "SET-CONFIG-EPOCH", String(nth + 1));
  await redis.call("CLUSTER", "ADDSLOTSRANGE", String(from), String(end - 1));
}

/** Whether each node sees all the others, and a cluster that is well. */
function statesOf(nodes: readonly ClusterNode[], count: number): Promise<readonly boolean[]> {
  return Promise.all(
    nodes.map(async ({ redis }) => {
      const info = String(await redis.cluster("INFO"));
      return info.includes("cluster_state:ok") && info.includes(`cluster_known_nodes:${count}\r`);
    }),
  );
}

async function followsUp({ redis }: ClusterNode): Promise<boolean> {
  return String(await redis.info("replication")).includes("master_link_status:up");
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + UP_DEADLINE_MS;
  for (;;) {
    const isDone = await isSo().catch((error: unknown) => {
      if (Date.now() > deadline) throw error;
      return false;
    });
    if (isDone) return;
    if (Date.now() > deadline) throw new Error("the cluster did not come up");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Ports for nodes, with room for their bus, 10 000 above. Below those that the system gives to others. */
async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = 12_000 + Math.floor(Math.random() * 10_000);
    if (ports.includes(port)) continue;
    if ((await isFree(port)) && (await isFree(port + 10_000))) ports.push(port);
  }
  return ports;
}

/** A free port for a node of a cluster. */
export async function clusterPort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
