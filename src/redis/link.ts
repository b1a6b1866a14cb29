/**
 * One connection to the store. It opens when it is first needed, opens again when it was lost and somebody
 * needs it, and never by itself: an idle link costs nothing and keeps no process alive.
 */
import type { TaskoraError } from "../core/errors.js";
import { type RedisClient, selectDatabase } from "./client.js";
import { LinkLostError, toStoreError, unavailable } from "./store-errors.js";
import { Wire } from "./wire.js";

/** What a link is made of. */
export interface LinkSettings {
  /** Makes a fresh client. */
  readonly make: () => Promise<RedisClient>;
  /** The address, for messages. */
  readonly where: string;
  /** Number of the database. */
  readonly db: number;
  /** Runs on each new connection before it is used. */
  readonly onOpen?: (wire: Wire) => Promise<void>;
  /** The connection was lost, not closed by us. */
  readonly onLost?: () => void;
  /** Longest time a command may be without any answer before the connection counts as dead, in ms. */
  readonly silenceMs: number;
}

const FIRST_RETRY_MS = 25;
const LONGEST_RETRY_MS = 500;

/** A connection with a life: `call` opens it, `close` ends it. */
export class Link {
  readonly #settings: LinkSettings;
  #wire: Wire | undefined;
  #opening: Promise<Wire> | undefined;
  #making: RedisClient | undefined;
  #waiting = 0;
  #closed = false;

  constructor(settings: LinkSettings) {
    this.#settings = settings;
  }

  get where(): string {
    return this.#settings.where;
  }

  /** The open connection, if there is one. */
  get wire(): Wire | undefined {
    return this.#wire;
  }

  /**
   * Sends one command over the open connection. Use {@link ready} first.
   *
   * @throws {ReplyError} when the store refuses it
   * @throws {LinkLostError} when the connection went away: it is unknown whether the command was carried out
   */
  send(command: string, args: readonly (string | Buffer)[]): Promise<unknown> {
    return this.#wire?.send(command, args) ?? Promise.reject(new LinkLostError(undefined));
  }

  /**
   * Resolves when the connection is open.
   *
   * @throws {TaskoraError} `STORE_UNAVAILABLE` when it is not by `deadlineAt`, `STORE_AUTH` and the like at once
   */
  async ready(deadlineAt: number): Promise<Wire> {
    if (this.#wire !== undefined) return this.#wire;
    if (this.#closed) throw this.#closedError();
    this.#waiting += 1;
    let timer: NodeJS.Timeout | undefined;
    try {
      this.#opening ??= this.#open();
      const late = new Promise<never>((_, reject) => {
        if (deadlineAt === Number.POSITIVE_INFINITY) return;
        timer = setTimeout(() => reject(this.#lateError()), Math.max(0, deadlineAt - performance.now()));
      });
      return await Promise.race([this.#opening, late]);
    } finally {
      clearTimeout(timer);
      this.#waiting -= 1;
    }
  }

  /** Runs `write` so that all it sends goes out in one packet. */
  inOneWrite<T>(write: () => T): T {
    return this.#wire === undefined ? write() : this.#wire.inOneWrite(write);
  }

  /** Drops the connection as if it had been lost: for one that has gone silent. */
  drop(): void {
    this.#wire?.close();
  }

  /** Closes the connection for good, at once. */
  close(): void {
    this.#closed = true;
    this.#wire?.close();
    if (this.#making !== undefined) abandon(this.#making);
    this.#making = undefined;
  }

  #lastError: unknown;

  async #open(): Promise<Wire> {
    try {
      for (let delayMs = FIRST_RETRY_MS; ; delayMs = Math.min(delayMs * 2, LONGEST_RETRY_MS)) {
        const wire = await this.#tryOpen();
        if (wire !== undefined) return wire;
        if (this.#closed) throw this.#closedError();
        if (this.#waiting === 0) throw this.#lateError();
        await new Promise((resolve) => setTimeout(resolve, delayMs));
      }
    } finally {
      this.#opening = undefined;
    }
  }

  /** Undefined when the store cannot be reached; throws when it refuses us. */
  async #tryOpen(): Promise<Wire | undefined> {
    const client = await this.#settings.make();
    let cause: unknown;
    client.on("error", (error) => {
      cause = error;
    });
    this.#making = client;
    try {
      await client.connect();
      return this.#use(await this.#prepare(client));
    } catch (error) {
      abandon(client);
      if (this.#closed) throw this.#closedError();
      this.#lastError = cause ?? error;
      const typed = toStoreError(cause ?? error, this.#settings.where);
      if (typed.code !== "STORE_UNAVAILABLE") throw typed;
      return undefined;
    } finally {
      this.#making = undefined;
    }
  }

  async #prepare(client: RedisClient): Promise<Wire> {
    const { silenceMs, db, where, onOpen } = this.#settings;
    const wire = await Wire.takeOver(client, { silenceMs, onLost: (lost) => this.#lost(lost) });
    await selectDatabase(wire, db, where);
    await onOpen?.(wire);
    return wire;
  }

  #use(wire: Wire): Wire {
    if (wire.isLost || this.#closed) throw new LinkLostError(undefined);
    this.#wire = wire;
    return wire;
  }

  /** From the first sign of a loss on, the connection is not used any more. */
  #lost(wire: Wire): void {
    if (this.#wire !== wire) return;
    this.#wire = undefined;
    if (!this.#closed) this.#settings.onLost?.();
  }

  #lateError(): TaskoraError {
    const last = this.#lastError;
    const why = last instanceof Error ? last.message || last.name : "no connection could be opened";
    return unavailable(this.#settings.where, why, last);
  }

  #closedError(): TaskoraError {
    return unavailable(this.#settings.where, "the adapter is closed");
  }
}

/** Ends a client so that nothing of it stays open. */
function abandon(client: RedisClient): void {
  client.disconnect();
  client.stream?.destroy();
}
