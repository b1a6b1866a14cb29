/**
 * Listens to channels in a cluster. What is told of one task goes over sharded channels: the node that has the task tells those
 * who listen there, and no other node is bothered. The few other channels are plain ones, which nodes pass on to each other,
 * and so are all of them on nodes that know no others (before Redis 7).
 *
 * Life of a sharded channel: placed at the node that has its slot → torn off (the slot has moved, or the connection is gone) →
 * placed again, and its listeners are told that something may be missing.
 */
import { Link, type LinkSettings } from "../connection/link.js";
import { isLinkLost, isPassing, LinkLostError, replyCode, toStoreError } from "../connection/store-errors.js";
import type { ChannelListener, Channels, Subscriber } from "../connection/subscriber.js";
import type { Wire } from "../connection/wire.js";
import type { NodeAddress } from "./cluster-client.js";
import { slotOf } from "./slots.js";

/** A channel is subscribed to again this often, so that a dead connection is noticed. */
const HEARTBEAT_MS = 15_000;
/** A node that cannot be reached for so long may have none of the slots any more. */
const NODE_PATIENCE_MS = 1000;
const FIRST_RETRY_MS = 20;
const LONGEST_RETRY_MS = 500;

/** Who has which slot. */
export interface Topology {
  readonly where: string;
  /** Resolves when something is known of it. */
  ready(deadlineAt: number): Promise<unknown>;
  ownerOf(slot: number): NodeAddress | undefined;
  /** Resolves when the cluster has been asked anew, or could not be. */
  refresh(): Promise<void>;
}

/** What the subscriptions of a cluster are made of. */
export interface ClusterSubscriberParts {
  readonly topology: Topology;
  /** For plain channels. */
  readonly plain: Subscriber;
  /** How to reach a node. */
  readonly settingsOf: (node: NodeAddress) => LinkSettings;
  readonly isSharded: (channel: string) => boolean;
  readonly deadlineMs: number;
}

interface Subscription {
  readonly channel: string;
  readonly listeners: Set<ChannelListener>;
  /** The node where it is, or is about to be. */
  node: string | undefined;
  /** The node that has ended it last: it has given the slot away. */
  revokedBy: string | undefined;
  isTornOff: boolean;
}

/** The subscriptions of one adapter instance to a cluster. */
export class ClusterSubscriber implements Channels {
  readonly #parts: ClusterSubscriberParts;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #links = new Map<string, Link>();
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(parts: ClusterSubscriberParts) {
    this.#parts = parts;
  }

  async subscribe(channel: string, listener: ChannelListener): Promise<() => Promise<void>> {
    const { plain, isSharded, topology, deadlineMs } = this.#parts;
    if (!isSharded(channel)) return plain.subscribe(channel, listener);
    const subscription = this.#subscriptions.get(channel) ?? newSubscription(channel);
    this.#subscriptions.set(channel, subscription);
    this.#heartbeat ??= setInterval(() => this.beat(), HEARTBEAT_MS).unref();
    const own: ChannelListener = (message) => listener(message);
    subscription.listeners.add(own);
    try {
      await this.#place(subscription, performance.now() + deadlineMs);
    } catch (error) {
      this.#remove(subscription, own);
      throw toStoreError(error, topology.where);
    }
    return async () => this.#remove(subscription, own);
  }

  /** The masters are others than before: what was on its way over plain channels may be lost. */
  mastersChanged(): void {
    this.#parts.plain.tellLost();
    this.#tearOff(
      [...this.#subscriptions.values()].filter((each) => each.node !== this.#nameOf(this.#ownerOf(each))),
    );
  }

  /** Asks whether the connections still answer, and the cluster for its shape. */
  beat(): void {
    this.#parts.plain.beat();
    if (this.#links.size > 0) void this.#parts.topology.refresh();
    for (const [node, link] of this.#links) {
      const some = this.#at(node)[0];
      const { wire } = link;
      if (some !== undefined && wire !== undefined) listen(wire, some.channel).catch(() => wire.close());
    }
  }

  close(): void {
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
    this.#subscriptions.clear();
    this.#closeUnused();
    this.#parts.plain.close();
  }

  /** Subscribes at the node that has the slot, wherever that goes meanwhile. */
  async #place(subscription: Subscription, deadlineAt: number): Promise<void> {
    const { topology } = this.#parts;
    for (let pauseMs = FIRST_RETRY_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_RETRY_MS)) {
      try {
        await this.#placeOnce(subscription, deadlineAt);
        return;
      } catch (error) {
        if (!this.#isWanted(subscription)) return;
        if (performance.now() >= deadlineAt || !mayPass(error)) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      await topology.refresh();
    }
  }

  async #placeOnce(subscription: Subscription, deadlineAt: number): Promise<void> {
    const { topology } = this.#parts;
    await topology.ready(deadlineAt);
    const node = this.#ownerOf(subscription);
    const name = this.#nameOf(node);
    subscription.node = name;
    this.#closeUnused();
    if (node === undefined || name === undefined) throw new LinkLostError(undefined);
    if (name === subscription.revokedBy) this.#closeLink(name);
    const link = this.#linkTo(node, name);
    const wire = await link.ready(Math.min(deadlineAt, performance.now() + NODE_PATIENCE_MS));
    await listen(wire, subscription.channel);
    subscription.revokedBy = undefined;
  }

  #ownerOf({ channel }: Subscription): NodeAddress | undefined {
    return this.#parts.topology.ownerOf(slotOf(channel));
  }

  #nameOf(node: NodeAddress | undefined): string | undefined {
    return node === undefined ? undefined : `${node.host}:${node.port}`;
  }

  /** What is known of the cluster may be older than what a node said: a new connection asks whether it is a master still. */
  #closeLink(name: string): void {
    const link = this.#links.get(name);
    this.#links.delete(name);
    link?.close();
    this.#tearOff(this.#at(name));
  }

  #linkTo(node: NodeAddress, name: string): Link {
    const known = this.#links.get(name);
    if (known !== undefined) return known;
    const lost = () => this.#tearOff(this.#at(name));
    const settings = this.#parts.settingsOf(node);
    const link = new Link({
      ...settings,
      onOpen: async (wire) => {
        await settings.onOpen(wire);
        wire.onMessage = (channel, message) => this.#tell(channel.toString(), message);
        wire.onRevoked = (channel) => {
          const subscription = this.#subscriptions.get(channel.toString());
          if (subscription?.node !== name) return;
          subscription.revokedBy = name;
          this.#tearOff([subscription]);
        };
      },
      onLost: lost,
      onReopened: lost,
    });
    this.#links.set(name, link);
    return link;
  }

  #at(node: string): readonly Subscription[] {
    return [...this.#subscriptions.values()].filter((subscription) => subscription.node === node);
  }

  #tell(channel: string, message: Buffer | undefined): void {
    for (const listener of [...(this.#subscriptions.get(channel)?.listeners ?? [])]) listener(message);
  }

  #tearOff(subscriptions: readonly Subscription[]): void {
    for (const subscription of subscriptions) {
      if (subscription.isTornOff) continue;
      subscription.isTornOff = true;
      void this.#placeAgain(subscription);
    }
  }

  async #placeAgain(subscription: Subscription): Promise<void> {
    await this.#parts.topology.refresh();
    while (this.#isWanted(subscription)) {
      try {
        await this.#place(subscription, performance.now() + this.#parts.deadlineMs);
        break;
      } catch {
        // The store is away, which every call says as well. Whoever listens goes on listening.
        await new Promise((resolve) => setTimeout(resolve, LONGEST_RETRY_MS).unref());
      }
    }
    subscription.isTornOff = false;
    if (this.#isWanted(subscription)) this.#tell(subscription.channel, undefined);
  }

  #isWanted(subscription: Subscription): boolean {
    return this.#subscriptions.get(subscription.channel) === subscription;
  }

  /** The node is not told: its answer would look like a slot that moves away. Unheard messages end with the connection. */
  #remove(subscription: Subscription, listener: ChannelListener): void {
    subscription.listeners.delete(listener);
    if (subscription.listeners.size > 0 || !this.#isWanted(subscription)) return;
    this.#subscriptions.delete(subscription.channel);
    this.#closeUnused();
  }

  #closeUnused(): void {
    for (const [node, link] of this.#links) {
      if (this.#at(node).length > 0) continue;
      this.#links.delete(node);
      link.close();
    }
  }
}

function newSubscription(channel: string): Subscription {
  return { channel, listeners: new Set(), node: undefined, revokedBy: undefined, isTornOff: false };
}

/** Where sharded channels are not known the others are told, by the node's scripts as well. */
async function listen(wire: Wire, channel: string): Promise<void> {
  try {
    await wire.send("SSUBSCRIBE", [channel]);
  } catch (error) {
    if (!(error instanceof Error && /unknown command/i.test(error.message))) throw error;
    await wire.send("SUBSCRIBE", [channel]);
  }
}

/** Whether it may be otherwise at another node, or later. */
function mayPass(error: unknown): boolean {
  const code = (error as { readonly code?: unknown }).code;
  return (
    isLinkLost(error) || isPassing(error) || replyCode(error) === "MOVED" || code === "STORE_UNAVAILABLE"
  );
}
