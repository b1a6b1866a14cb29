/**
 * Listens to channels on a connection of its own, opened with the first subscription and closed after the
 * last. When it is lost it opens again, subscribes anew and says `lost` to everybody.
 */
import { Link, type LinkSettings } from "./link.js";
import { repeat } from "./repeat.js";
import { toStoreError } from "./store-errors.js";
import type { Wire } from "./wire.js";

/** Gets the messages of a channel; `undefined` after an interruption. */
export type ChannelListener = (message: Buffer | undefined) => void;

/** What listens to channels. */
export interface Channels {
  /**
   * Resolves when nothing published later can be missed. The returned function ends the subscription.
   *
   * @throws {TaskoraError} `STORE_UNAVAILABLE` and the like when the store cannot be reached in time
   */
  subscribe(channel: string, listener: ChannelListener): Promise<() => Promise<void>>;
  /** Asks whether the connection still answers; one that does not is replaced. */
  beat(): void;
  /** Ends all subscriptions. */
  close(): void;
}

/** A subscription is confirmed again this often, so that a dead connection is noticed. */
const HEARTBEAT_MS = 15_000;
const REOPEN_PAUSE_MS = 250;

/** The subscriptions of one adapter instance. */
export class Subscriber implements Channels {
  readonly #settings: LinkSettings;
  readonly #deadlineMs: number;
  readonly #channels = new Map<string, Set<ChannelListener>>();
  #link: Link | undefined;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(settings: LinkSettings, deadlineMs: number) {
    this.#settings = settings;
    this.#deadlineMs = deadlineMs;
  }

  async subscribe(channel: string, listener: ChannelListener): Promise<() => Promise<void>> {
    const listeners = this.#channels.get(channel) ?? new Set();
    this.#channels.set(channel, listeners);
    const own: ChannelListener = (message) => listener(message);
    listeners.add(own);
    try {
      await this.#confirm(channel);
    } catch (error) {
      await this.#remove(channel, own);
      throw toStoreError(error, this.#settings.where);
    }
    return () => this.#remove(channel, own);
  }

  close(): void {
    this.#channels.clear();
    this.#closeLink();
  }

  async #confirm(channel: string): Promise<void> {
    const link = this.#openLink();
    await repeat(link, () => link.send("SUBSCRIBE", [channel]), performance.now() + this.#deadlineMs);
  }

  #openLink(): Link {
    this.#link ??= new Link({
      ...this.#settings,
      onOpen: async (wire) => {
        await this.#settings.onOpen(wire);
        await this.#onOpen(wire);
      },
      onLost: () => this.#reopen(),
    });
    this.#heartbeat ??= setInterval(() => this.beat(), HEARTBEAT_MS).unref();
    return this.#link;
  }

  async #onOpen(wire: Wire): Promise<void> {
    wire.onMessage = (channel, message) => {
      for (const listener of [...(this.#channels.get(channel.toString()) ?? [])]) listener(message);
    };
    const channels = [...this.#channels.keys()];
    await Promise.all(wire.inOneWrite(() => channels.map((channel) => wire.send("SUBSCRIBE", [channel]))));
  }

  /** Opens again for those who listen; they learn that something may be missing. */
  #reopen(): void {
    const link = this.#link;
    if (link === undefined || this.#channels.size === 0) return;
    link.ready(performance.now() + this.#deadlineMs).then(
      () => this.tellLost(),
      () => {
        if (this.#link === link) setTimeout(() => this.#reopen(), REOPEN_PAUSE_MS).unref();
      },
    );
  }

  /** Says to everybody that something may be missing. */
  tellLost(): void {
    for (const listeners of this.#channels.values()) {
      for (const listener of [...listeners]) listener(undefined);
    }
  }

  beat(): void {
    const wire = this.#link?.wire;
    const channel = this.#channels.keys().next().value;
    if (wire === undefined || channel === undefined) return;
    wire.send("SUBSCRIBE", [channel]).catch(() => wire.close());
  }

  async #remove(channel: string, listener: ChannelListener): Promise<void> {
    const listeners = this.#channels.get(channel);
    if (listeners === undefined || !listeners.delete(listener) || listeners.size > 0) return;
    this.#channels.delete(channel);
    if (this.#channels.size === 0) return this.#closeLink();
    const wire = this.#link?.wire;
    await wire?.send("UNSUBSCRIBE", [channel]).catch(() => wire.close());
  }

  #closeLink(): void {
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
    this.#link?.close();
    this.#link = undefined;
  }
}
