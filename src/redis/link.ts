/**
 * One connection to the store. It opens when it is first needed, opens again when it was lost and somebody
 * needs it, and never by itself: an idle link costs nothing and keeps no process alive.
 */
import type { TaskoraError } from "../core/errors.js";
import { type RedisClient, selectDatabase } from "./client.js";
import { isLinkLost, LinkLostError, toStoreError, unavailable } from "./store-errors.js";

/** What a link is made of. */
export interface LinkSettings {
  /** Makes a fresh client. */
  readonly make: () => Promise<RedisClient>;
  /** The address, for messages. */
  readonly where: string;
  /** Number of the database. */
  readonly db: number;
  /** Runs on each new connection before it is used. */
  readonly onOpen?: (client: RedisClient) => Promise<void>;
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
  #client: RedisClient | undefined;
  #opening: Promise<RedisClient> | undefined;
  #making: RedisClient | undefined;
  #pending = 0;
  #waiting = 0;
  #lastAnswerAt = 0;
  #watchdog: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(settings: LinkSettings) {
    this.#settings = settings;
  }

  get where(): string {
    return this.#settings.where;
  }

  /** The open connection, if there is one. */
  get client(): RedisClient | undefined {
    return this.#client;
  }

  /**
   * Sends one command over the open connection. Use {@link ready} first.
   *
   * @throws {LinkLostError} when the connection went away: it is unknown whether the command was carried out
   */
  send(command: string, args: readonly (string | Buffer)[]): Promise<unknown> {
    const client = this.#client;
    if (client === undefined) return Promise.reject(new LinkLostError(undefined));
    return this.track(client, client.callBuffer(command, args));
  }

  /** Keeps the process alive while an answer of `client` is awaited, and watches over its silence. */
  track<T>(client: RedisClient, answer: Promise<T>): Promise<T> {
    this.#begin();
    return answer.then(
      (value) => {
        this.#end();
        return value;
      },
      (error: unknown) => {
        this.#end();
        if (!isLinkLost(error)) throw error;
        this.#lose(client);
        throw new LinkLostError(error);
      },
    );
  }

  /**
   * Resolves when the connection is open.
   *
   * @throws {TaskoraError} `STORE_UNAVAILABLE` when it is not by `deadlineAt`, `STORE_AUTH` and the like at once
   */
  async ready(deadlineAt: number): Promise<RedisClient> {
    if (this.#client !== undefined) return this.#client;
    if (this.#closed) throw this.#closedError();
    this.#waiting += 1;
    let timer: NodeJS.Timeout | undefined;
    try {
      this.#opening ??= this.#open();
      const late = new Promise<never>((_, reject) => {
        if (deadlineAt === Number.POSITIVE_INFINITY) return;
        timer = setTimeout(() => reject(this.#lateError()), Math.max(0, deadlineAt - Date.now()));
      });
      return await Promise.race([this.#opening, late]);
    } finally {
      clearTimeout(timer);
      this.#waiting -= 1;
    }
  }

  /** Runs `write` so that all it sends goes out in one packet. */
  inOneWrite<T>(write: () => T): T {
    const stream = this.#client?.stream;
    if (stream?.cork === undefined) return write();
    stream.cork();
    try {
      return write();
    } finally {
      stream.uncork?.();
    }
  }

  /** Drops the connection as if it had been lost: for one that has gone silent. */
  drop(): void {
    if (this.#client !== undefined) this.#lose(this.#client);
  }

  /** Closes the connection for good, at once. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#watchdog);
    this.#watchdog = undefined;
    for (const client of [this.#client, this.#making]) if (client !== undefined) abandon(client);
    this.#client = undefined;
    this.#making = undefined;
  }

  #lastError: unknown;

  async #open(): Promise<RedisClient> {
    try {
      for (let delayMs = FIRST_RETRY_MS; ; delayMs = Math.min(delayMs * 2, LONGEST_RETRY_MS)) {
        const client = await this.#tryOpen();
        if (client !== undefined) return client;
        if (this.#closed) throw this.#closedError();
        if (this.#waiting === 0) throw this.#lateError();
        await new Promise((resolve) => setTimeout(resolve, delayMs));
      }
    } finally {
      this.#opening = undefined;
    }
  }

  /** Undefined when the store cannot be reached; throws when it refuses us. */
  async #tryOpen(): Promise<RedisClient | undefined> {
    const client = await this.#settings.make();
    let cause: unknown;
    client.on("error", (error) => {
      cause = error;
    });
    this.#making = client;
    try {
      await client.connect();
      await selectDatabase(client, this.#settings.db, this.#settings.where);
      await this.#settings.onOpen?.(client);
    } catch (error) {
      abandon(client);
      this.#lastError = cause ?? error;
      const typed = toStoreError(cause ?? error, this.#settings.where);
      if (typed.code !== "STORE_UNAVAILABLE") throw typed;
      return undefined;
    } finally {
      this.#making = undefined;
    }
    if (this.#closed) {
      abandon(client);
      throw this.#closedError();
    }
    return this.#use(client);
  }

  #use(client: RedisClient): RedisClient | undefined {
    if (client.status !== "ready") return undefined;
    this.#client = client;
    client.on("close", () => this.#lose(client));
    if (this.#pending === 0) client.stream?.unref?.();
    return client;
  }

  /** From the first sign of a loss on, the client is not used any more. */
  #lose(client: RedisClient): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    abandon(client);
    if (!this.#closed) this.#settings.onLost?.();
  }

  #begin(): void {
    this.#pending += 1;
    if (this.#pending > 1) return;
    this.#lastAnswerAt = Date.now();
    this.#client?.stream?.ref?.();
    this.#watchdog ??= setInterval(() => this.#watch(), Math.max(250, this.#settings.silenceMs / 4)).unref();
  }

  #end(): void {
    this.#pending -= 1;
    this.#lastAnswerAt = Date.now();
    if (this.#pending === 0) this.#client?.stream?.unref?.();
  }

  /** Ends itself when nothing was sent for a while, so that an idle link has no timer. */
  #watch(): void {
    if (Date.now() - this.#lastAnswerAt <= this.#settings.silenceMs / 2) return;
    if (this.#pending === 0) {
      clearInterval(this.#watchdog);
      this.#watchdog = undefined;
    } else if (Date.now() - this.#lastAnswerAt > this.#settings.silenceMs) {
      this.drop();
    }
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
  client.stream?.destroy?.();
}
