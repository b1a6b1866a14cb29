/**
 * The way to a cluster: ioredis' `Cluster` sends each call to the node that owns its key. It is opened when it is first
 * needed; what breaks on the way is told as on one connection, and repeated by those who know what may be.
 *
 * Life: opening (a client that knows the slots, and a store that was checked) → open → lost, when no node is left → opening.
 */
import { SilenceError } from "../../core/store-trouble.js";
import type { CommandSender } from "../connection/client.js";
import {
  isLinkLost,
  LinkLostError,
  ReplyError,
  replyCode,
  toStoreError,
  unavailable,
} from "../connection/store-errors.js";
import type { ServerCommand, ServerReply, StoreLink } from "../connection/store-link.js";
import type { Answer } from "../connection/wire.js";
import * as scripts from "../scripts.generated.js";
import type { ClusterClient, ClusterNode, NodeAddress } from "./cluster-client.js";
import { ClusterScripts } from "./cluster-scripts.js";

const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 500;

/** What a link to a cluster is made of. */
export interface ClusterLinkParts {
  readonly where: string;
  readonly seeds: readonly NodeAddress[];
  /** Makes a client that knows these nodes. */
  readonly make: (seeds: readonly NodeAddress[]) => ClusterClient;
  /** Checks the store before anything is sent. */
  readonly onOpen: (sender: CommandSender, masters: readonly ClusterNode[]) => Promise<void>;
  /** It is open again after no node was left. */
  readonly onReopened: () => void;
  /** Slots have other masters than before. */
  readonly onMastersChanged: () => void;
}

/** The calls of one adapter instance to a cluster. */
export class ClusterLink implements StoreLink {
  readonly #parts: ClusterLinkParts;
  readonly #scripts = new ClusterScripts(Object.values(scripts));
  #cluster: ClusterClient | undefined;
  #opening: Promise<void> | undefined;
  /** Nodes that were known last: one of them may be left when the seeds are gone. */
  #known: readonly NodeAddress[] = [];
  #waiting = 0;
  #underWay = 0;
  #keepsAlive: NodeJS.Timeout | undefined;
  #lastError: unknown;
  #wasOpen = false;
  #closed = false;

  constructor(parts: ClusterLinkParts) {
    this.#parts = parts;
  }

  get where(): string {
    return this.#parts.where;
  }

  get wire(): CommandSender | undefined {
    return this.#cluster?.status === "ready" ? this : undefined;
  }

  /** Nodes by which the cluster can be reached, those that are known to be there first. */
  get nodes(): readonly NodeAddress[] {
    return [...this.#known, ...this.#parts.seeds];
  }

  send(command: string, args: readonly (string | Buffer)[]): Promise<unknown> {
    const cluster = this.#cluster;
    if (cluster === undefined || this.wire === undefined)
      return Promise.reject(new LinkLostError(this.#lastError));
    return this.#sendOver(cluster, command, args);
  }

  ask(command: string, args: readonly (string | Buffer)[], { resolve, reject }: Answer): void {
    this.send(command, args).then(resolve, reject);
  }

  async ready(deadlineAt: number): Promise<CommandSender> {
    if (this.wire !== undefined) return this;
    this.#waiting += 1;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      if (deadlineAt === Number.POSITIVE_INFINITY) return;
      const restMs = Math.min(Math.max(0, deadlineAt - performance.now()), 2 ** 31 - 1);
      timer = setTimeout(() => reject(this.#lateError()), restMs);
    });
    try {
      while (this.wire === undefined) {
        if (this.#closed) throw unavailable(this.where, "the adapter is closed");
        this.#opening ??= this.#open().finally(() => {
          this.#opening = undefined;
        });
        await Promise.race([this.#opening, late]);
      }
      return this;
    } finally {
      clearTimeout(timer);
      this.#waiting -= 1;
    }
  }

  /** Each call goes its own way. */
  inOneWrite<T>(write: () => T): T {
    return write();
  }

  async askServers(commands: readonly ServerCommand[]): Promise<readonly ServerReply[]> {
    const masters = this.#cluster?.nodes("master") ?? [];
    if (masters.length === 0) throw new LinkLostError(this.#lastError);
    return Promise.all(
      masters.map(async (node) => {
        const { host = "", port = 0 } = node.options;
        const answers = await Promise.all(
          commands.map(([command, ...args]) => node.callBuffer(command, args)),
        );
        return { address: `${host}:${port}`, answers };
      }),
    );
  }

  together(roots: readonly string[]): readonly (readonly string[])[] {
    return roots.map((root) => [root]);
  }

  /** The master that has a slot, as far as is known. */
  ownerOf(slot: number): NodeAddress | undefined {
    const name = this.#cluster?.slots[slot]?.[0];
    if (name === undefined) return undefined;
    const colon = name.lastIndexOf(":");
    return { host: name.slice(0, colon), port: Number(name.slice(colon + 1)) };
  }

  /** Resolves when the cluster was asked which node has which slot, or could not be. */
  refresh(): Promise<void> {
    const cluster = this.#cluster;
    if (cluster === undefined || cluster.status !== "ready") return Promise.resolve();
    return new Promise((resolve) => cluster.refreshSlotsCache(resolve));
  }

  drop(): void {
    if (this.wire !== undefined) this.#cluster?.refreshSlotsCache();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#keepsAlive);
    this.#cluster?.disconnect();
    this.#cluster = undefined;
  }

  /** Tries until it is open, nobody waits any more, or what stands in the way will not pass. */
  async #open(): Promise<void> {
    for (let pauseMs = FIRST_RETRY_MS; this.#waiting > 0 && !this.#closed; ) {
      try {
        await this.#attempt();
        return;
      } catch (error) {
        this.#lastError = error;
        const typed = toStoreError(error, this.where);
        if (typed.code !== "STORE_UNAVAILABLE" || !typed.retryable) throw typed;
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      pauseMs = Math.min(2 * pauseMs, LONGEST_RETRY_MS);
    }
  }

  async #attempt(): Promise<void> {
    const cluster = this.#parts.make(this.nodes);
    let cause: unknown;
    const note = (error: Error) => {
      cause = (error as { lastNodeError?: unknown }).lastNodeError ?? error;
    };
    cluster.on("error", note);
    cluster.on("node error", note);
    cluster.on("+node", (node) => node.on("connect", () => node.stream?.unref()));
    try {
      await connected(cluster);
      const send: CommandSender["send"] = (command, args) => this.#sendOver(cluster, command, args);
      await this.#parts.onOpen({ send }, cluster.nodes("master"));
    } catch (error) {
      cluster.disconnect();
      throw isLinkLost(error) || replyCode(error) === "" ? (cause ?? error) : error;
    }
    if (this.#closed) return cluster.disconnect();
    this.#use(cluster);
  }

  #use(cluster: ClusterClient): void {
    this.#cluster = cluster;
    this.#noteNodes(cluster);
    let masters = mastersOf(cluster);
    cluster.on("refresh", () => {
      const found = mastersOf(cluster);
      if (found === masters) return;
      masters = found;
      this.#parts.onMastersChanged();
    });
    cluster.on("end", () => {
      if (this.#cluster === cluster) this.#cluster = undefined;
    });
    if (this.#wasOpen) this.#parts.onReopened();
    this.#wasOpen = true;
  }

  #noteNodes(cluster: ClusterClient): void {
    const nodes = cluster.nodes("all").flatMap(({ options: { host, port } }) => {
      return host === undefined || port === undefined ? [] : [{ host, port }];
    });
    if (nodes.length > 0) this.#known = nodes;
  }

  async #sendOver(
    cluster: ClusterClient,
    command: string,
    args: readonly (string | Buffer)[],
  ): Promise<unknown> {
    const isScript = command === "EVALSHA" || command === "EVAL";
    const taken = isScript ? this.#scripts.argumentsOf(command, args) : args;
    this.#begin();
    try {
      return await cluster.callBuffer(command.toLowerCase(), taken);
    } catch (error) {
      this.#lastError = error;
      // What the nodes were may have changed.
      if (isLinkLost(error) || replyCode(error) === "CLUSTERDOWN") this.#lookAround(cluster);
      throw error;
    } finally {
      this.#end();
    }
  }

  #lookAround(cluster: ClusterClient): void {
    if (cluster.status !== "ready") return;
    this.#noteNodes(cluster);
    cluster.refreshSlotsCache();
  }

  /** The sockets keep no process alive; what is awaited does. */
  #begin(): void {
    this.#underWay += 1;
    this.#keepsAlive ??= setInterval(() => undefined, 2 ** 30);
    this.#keepsAlive.ref();
  }

  #end(): void {
    this.#underWay -= 1;
    if (this.#underWay === 0) this.#keepsAlive?.unref();
  }

  #lateError(): unknown {
    if (this.#lastError !== undefined) return toStoreError(this.#lastError, this.where);
    return unavailable(this.where, "no node could be reached");
  }
}

/** Which nodes have slots, as text. */
function mastersOf({ slots }: ClusterClient): string {
  return [...new Set(slots.map((nodes) => nodes?.[0]))].sort().join(" ");
}

/** Longest time from the first packet to a cluster that can be used. */
const OPENING_LIMIT_MS = 10_000;

/** A client of a cluster that says it is down ends without a word, and so does one that is not answered. */
async function connected(cluster: ClusterClient): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<never>((_, reject) => {
    cluster.on("end", () => reject(new ReplyError("CLUSTERDOWN Its nodes say that it is down")));
    timer = setTimeout(() => reject(new SilenceError("it says nothing of its slots")), OPENING_LIMIT_MS);
  });
  try {
    await Promise.race([cluster.connect(), ended]);
  } finally {
    clearTimeout(timer);
    ended.catch(() => undefined);
  }
}
