/**
 * One connection to the store. It opens when it is first needed, opens again when it was lost and somebody
 * needs it, and never by itself: an idle link costs nothing and keeps no process alive.
 *
 * A connection on which answers are missing is not waited for: another one is opened beside it, and takes over when it
 * is ready first. When the store itself is slow both are silent, and the old one goes on.
 */

import type { TaskoraError } from "../../core/errors.js";
import { Attempt } from "./attempt.js";
import { OPENING_LIMIT_MS, type RedisClient, selectDatabase } from "./client.js";
import { Opening } from "./opening.js";
import { LinkLostError, ReplyError, toStoreError, unavailable } from "./store-errors.js";
import type { ServerCommand, ServerReply, StoreCommand } from "./store-link.js";
import { type Answer, Wire } from "./wire.js";

/** What a link is made of. */
export interface LinkSettings {
  /** Makes a fresh client for the nth try to open the connection. */
  readonly make: (nth: number) => RedisClient;
  /** The address, for messages. */
  readonly where: string;
  /** Number of the database. */
  readonly db: number;
  /** Longest time one try to connect may take, in ms; shorter ones are raised to {@link OPENING_LIMIT_MS}. */
  readonly connectMs?: number | undefined;
  /** Runs on each new connection before it is used: checks the store. */
  readonly onOpen: (wire: Wire) => Promise<void>;
  /** The connection was lost, not closed by us. */
  readonly onLost?: () => void;
  /** A connection is there again after one was lost. */
  readonly onReopened?: () => void;
  /** Longest time a command may be without any answer before the connection counts as dead, in ms. */
  readonly silenceMs: number;
  /** Whether answers come at once, so that a shorter silence is suspicious. */
  readonly answers: "at once" | "some time";
}

/** A silence this long makes a link look for another connection, in ms. */
const SUSPICIOUS_MS = 1000;
/** After that was needed twice within this time the line may be just slow, so the next silence may be longer. */
const SUSPICION_LASTS_MS = 60_000;

/** A connection with a life: `ready` opens it, `close` ends it. */
export class Link {
  readonly #settings: LinkSettings;
  #wire: Wire | undefined;
  #opening: Opening | undefined;
  #opened: Promise<Wire | undefined> = Promise.resolve(undefined);
  #waiting = 0;
  #closed = false;
  #wasOpen = false;
  #suspectMs = SUSPICIOUS_MS;
  #replacedAt = Number.NEGATIVE_INFINITY;

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

  /** As {@link send}; the answer is told in the moment it is read. */
  ask(command: string, args: readonly (string | Buffer)[], answer: Answer): void {
    if (this.#wire === undefined) answer.reject(new LinkLostError(undefined));
    else this.#wire.ask(command, args, answer);
  }

  /**
   * Resolves when the connection is open.
   *
   * @param deadlineAt by `performance.now()`
   * @throws {TaskoraError} `STORE_UNAVAILABLE` when it is not by `deadlineAt`, `STORE_AUTH` and the like at once
   */
  async ready(deadlineAt: number): Promise<Wire> {
    if (this.#wire !== undefined) return this.#wire;
    if (this.#closed) throw this.#closedError();
    this.#waiting += 1;
    let timer: NodeJS.Timeout | undefined;
    try {
      const late = new Promise<never>((_, reject) => {
        if (deadlineAt === Number.POSITIVE_INFINITY) return;
        const restMs = Math.min(Math.max(0, deadlineAt - performance.now()), 2 ** 31 - 1);
        timer = setTimeout(() => reject(this.#lateError()), restMs);
      });
      for (;;) {
        this.#open();
        const wire = await Promise.race([this.#opened, late]);
        if (wire !== undefined) return wire;
        if (this.#closed) throw this.#closedError();
      }
    } finally {
      clearTimeout(timer);
      this.#waiting -= 1;
      if (this.#waiting === 0) this.#opening?.look();
    }
  }

  async askServers(commands: readonly ServerCommand[]): Promise<readonly ServerReply[]> {
    return [{ answers: await Promise.all(commands.map(([command, ...args]) => this.send(command, args))) }];
  }

  atomically(commands: readonly StoreCommand[]): Promise<unknown> {
    // What is refused before it is carried out says why; the end then only says that something was.
    let cause: unknown;
    const note = (error: unknown) => {
      cause ??= error;
    };
    return new Promise((resolve, reject) => {
      const queued: Answer = { resolve: () => undefined, reject: note };
      const done: Answer = {
        resolve: (replies) => {
          const results = replies as readonly unknown[];
          const refused = results.findLast((result) => result instanceof ReplyError);
          if (refused === undefined) resolve(results.at(-1));
          else reject(refused);
        },
        reject: (error) => reject(cause ?? error),
      };
      this.inOneWrite(() => {
        this.ask("MULTI", [], queued);
        for (const [command, args] of commands) this.ask(command, args, queued);
        this.ask("EXEC", [], done);
      });
    });
  }

  /** One server has all keys. */
  together(roots: readonly string[]): readonly (readonly string[])[] {
    return [roots];
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
    this.#opening?.stop();
    this.#wire?.close();
  }

  #open(): void {
    if (this.#opening !== undefined) {
      this.#opening.look();
      return;
    }
    const opening = new Opening({
      begin: (nth) => this.#begin(nth),
      isWanted: () => this.#waiting > 0 || (this.#wire !== undefined && this.#isSuspicious(this.#wire)),
      where: this.#settings.where,
    });
    this.#opening = opening;
    this.#opened = opening
      .run()
      .then((wire) => (wire === undefined ? undefined : this.#use(wire)))
      .finally(() => {
        this.#opening = undefined;
      });
    // When nobody waits for it: a connection that is silent is still there.
    this.#opened.catch(() => undefined);
  }

  #begin(nth: number): Attempt {
    const { make, connectMs = 0 } = this.#settings;
    return new Attempt({
      client: make(nth),
      prepare: (client) => this.#prepare(client),
      limitMs: Math.max(OPENING_LIMIT_MS, connectMs),
    });
  }

  async #prepare(client: RedisClient): Promise<Wire> {
    const { silenceMs, answers, db, where, onOpen } = this.#settings;
    const wire = await Wire.takeOver(client, {
      silenceMs,
      ...(answers === "at once" ? { suspectMs: this.#suspectMs, onSilent: () => this.#open() } : {}),
      onLost: (lost) => this.#lost(lost),
    });
    await selectDatabase(wire, db, where);
    await onOpen(wire);
    return wire;
  }

  /** The connection to go on with: the new one, unless the old one has spoken meanwhile. */
  #use(fresh: Wire): Wire | undefined {
    const old = this.#wire;
    if (this.#closed || (old !== undefined && !this.#isSuspicious(old))) {
      fresh.close();
      return old;
    }
    this.#wire = fresh;
    if (old !== undefined) this.#replaced(old);
    if (this.#wasOpen) this.#settings.onReopened?.();
    this.#wasOpen = true;
    return fresh;
  }

  #replaced(old: Wire): void {
    const isAgain = performance.now() - this.#replacedAt < SUSPICION_LASTS_MS;
    this.#suspectMs = isAgain ? this.#suspectMs * 2 : SUSPICIOUS_MS;
    this.#replacedAt = performance.now();
    old.close();
    this.#settings.onLost?.();
  }

  #isSuspicious(wire: Wire): boolean {
    return this.#settings.answers === "at once" && wire.silentMs > this.#suspectMs;
  }

  /** From the first sign of a loss on, the connection is not used any more. */
  #lost(wire: Wire): void {
    if (this.#wire !== wire) return;
    this.#wire = undefined;
    if (!this.#closed) this.#settings.onLost?.();
  }

  #lateError(): TaskoraError {
    const last = this.#opening?.lastError;
    if (last !== undefined) return toStoreError(last, this.#settings.where);
    return unavailable(this.#settings.where, "no connection could be opened");
  }

  #closedError(): TaskoraError {
    return unavailable(this.#settings.where, "the adapter is closed");
  }
}
