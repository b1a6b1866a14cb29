/**
 * One open connection. ioredis opens it, with everything that takes: address, sentinels, TLS, rights. Then its socket is
 * spoken over here, without ioredis: with jobs some ms apart all code runs cold, and its way from a call to the socket
 * took 32 µs then and 8 here, the way back 30 and 13.
 *
 * Life: taken over → commands and their answers, in order → lost (by the store, by silence, or closed by us), once.
 */

import { SilenceError } from "../../core/store-trouble.js";
import type { RedisClient, RedisSocket } from "./client.js";
import { ReplyReader } from "./reply-reader.js";
import { LinkLostError, ReplyError, replyCode } from "./store-errors.js";

/** Gets what is published on a channel that was subscribed to. */
export type MessageListener = (channel: Buffer, message: Buffer) => void;

/** What a wire is made of. */
export interface WireParts {
  /** Longest time a command may be without any answer before the connection counts as dead, in ms. */
  readonly silenceMs: number;
  /** A silence of this length is told by `onSilent`, in ms. Default: none is. */
  readonly suspectMs?: number;
  /** Nothing came for `suspectMs` although something should; told again while that lasts. */
  readonly onSilent?: (wire: Wire) => void;
  /** The connection is gone; every command that was under way has been told. */
  readonly onLost: (wire: Wire) => void;
}

/** Who is told of the answer to a command, in the moment it is read. Neither may throw. */
export interface Answer<Reply = unknown> {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

const MESSAGE = Buffer.from("message");
const SHARDED_MESSAGE = Buffer.from("smessage");
const REVOKED = Buffer.from("sunsubscribe");
/** A shorter limit is looked at too often to be worth it. */
const MOST_OFTEN_MS = 400;

/** Sends commands and hands out their answers. Keeps the process alive only while one is awaited. */
export class Wire {
  /** Makes this a connection that listens: what is published is not taken for an answer any more. */
  onMessage: MessageListener | undefined;
  /** The node ends a sharded subscription by itself: the slot of the channel has moved. Needs {@link onMessage}. */
  onRevoked: ((channel: Buffer) => void) | undefined;
  readonly #client: RedisClient;
  readonly #socket: RedisSocket;
  readonly #parts: WireParts;
  readonly #reader = new ReplyReader((reply) => this.#received(reply));
  readonly #awaited: Answer[] = [];
  /** What {@link inOneWrite} or this turn has gathered; undefined: the next command goes out at once. */
  #held: (string | Buffer)[] | undefined;
  /** When something came last, or when the first command after a pause was sent; by `performance.now()`. */
  #heardAt = 0;
  #watchdog: NodeJS.Timeout | undefined;
  #cause: unknown;
  #isLost = false;

  /**
   * Takes over the socket of a client that is ready.
   *
   * @throws {LinkLostError} when the connection is gone already
   */
  static async takeOver(client: RedisClient, parts: WireParts): Promise<Wire> {
    // What ioredis has sent by itself is answered before this is, be it with a refusal.
    await client.callBuffer("PING", []).catch((error: unknown) => {
      if (replyCode(error) === "") throw error;
    });
    const socket = client.stream;
    if (socket === undefined || socket.destroyed || client.status !== "ready") {
      throw new LinkLostError(undefined);
    }
    return new Wire(client, socket, parts);
  }

  private constructor(client: RedisClient, socket: RedisSocket, parts: WireParts) {
    this.#client = client;
    this.#socket = socket;
    this.#parts = parts;
    socket.removeAllListeners("data");
    socket.on("data", (piece) => this.#take(piece));
    socket.on("error", (error) => {
      this.#cause = error;
    });
    socket.on("end", () => this.close());
    socket.on("close", () => this.close());
    socket.unref();
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** For how long nothing has come although an answer should, in ms. */
  get silentMs(): number {
    return this.#awaited.length === 0 ? 0 : performance.now() - this.#heardAt;
  }

  /**
   * Sends one command; its answer has buffers for bulk strings.
   *
   * @throws {ReplyError} when the store refuses it
   * @throws {LinkLostError} when the connection went away: it is unknown whether the command was carried out
   */
  send(command: string, args: readonly (string | Buffer)[]): Promise<unknown> {
    return new Promise((resolve, reject) => this.ask(command, args, { resolve, reject }));
  }

  /** As {@link send}, without a promise: with jobs some ms apart each that a call goes through takes 2 µs. */
  ask(command: string, args: readonly (string | Buffer)[], answer: Answer): void {
    if (this.#isLost) {
      answer.reject(new LinkLostError(this.#cause));
      return;
    }
    if (this.#awaited.length === 0) this.#begin();
    const encoded = encodeCommand(command, args);
    if (this.#held === undefined) {
      if (typeof encoded === "string") this.#socket.write(encoded);
      else this.#write(encoded);
      this.#holdForTurn();
    } else if (typeof encoded === "string") {
      this.#held.push(encoded);
    } else {
      this.#held.push(...encoded);
    }
    this.#awaited.push(answer);
  }

  /** What is sent next in this turn of the event loop goes out at its end, in one packet: each write wakes the store. */
  #holdForTurn(): void {
    this.#held = [];
    process.nextTick(() => this.#release());
  }

  #release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    if (held.length > 0 && !this.#isLost) this.#write(held);
  }

  #write(pieces: readonly (string | Buffer)[]): void {
    if (!pieces.some(isLarge)) {
      this.#socket.write(joined(pieces));
      return;
    }
    this.#socket.cork();
    let before: (string | Buffer)[] = [];
    for (const piece of pieces) {
      if (!isLarge(piece)) {
        before.push(piece);
        continue;
      }
      if (before.length > 0) this.#socket.write(joined(before));
      this.#socket.write(piece);
      before = [];
    }
    if (before.length > 0) this.#socket.write(joined(before));
    this.#socket.uncork();
  }

  /** Runs `write` so that all it sends goes out in one packet. */
  inOneWrite<T>(write: () => T): T {
    if (this.#held !== undefined) return write();
    this.#held = [];
    try {
      return write();
    } finally {
      this.#release();
      this.#holdForTurn();
    }
  }

  /** Ends the connection at once, however it is. What is under way rejects with {@link LinkLostError}. */
  close(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    clearInterval(this.#watchdog);
    this.#client.disconnect();
    this.#socket.destroy();
    for (const { reject } of this.#awaited.splice(0)) reject(new LinkLostError(this.#cause));
    this.#parts.onLost(this);
  }

  #take(piece: Buffer): void {
    this.#heardAt = performance.now();
    try {
      this.#reader.take(piece);
    } catch (error) {
      this.#cause = error;
      this.close();
    }
  }

  #received(reply: unknown): void {
    if (this.onMessage !== undefined && this.#isPushed(this.onMessage, reply)) return;
    const awaited = this.#awaited.shift();
    if (awaited === undefined) return;
    if (this.#awaited.length === 0) this.#socket.unref();
    if (reply instanceof ReplyError) awaited.reject(reply);
    else awaited.resolve(reply);
  }

  /** What comes unasked. */
  #isPushed(tell: MessageListener, reply: unknown): boolean {
    if (!isPush(reply)) return false;
    const [kind, channel, message] = reply;
    if (MESSAGE.equals(kind) || SHARDED_MESSAGE.equals(kind)) tell(channel, message);
    else if (REVOKED.equals(kind)) this.onRevoked?.(channel);
    else return false;
    return true;
  }

  #begin(): void {
    this.#heardAt = performance.now();
    this.#socket.ref();
    this.#watchdog ??= setInterval(() => this.#watch(), this.#noticeMs / 4).unref();
  }

  /** The shortest silence that anybody wants to know of. */
  get #noticeMs(): number {
    const { silenceMs, suspectMs = silenceMs } = this.#parts;
    return Math.max(MOST_OFTEN_MS, Math.min(silenceMs, suspectMs));
  }

  /** Ends itself when nothing was sent for a while, so that an idle connection has no timer. */
  #watch(): void {
    const { silenceMs, suspectMs = silenceMs, onSilent } = this.#parts;
    const { silentMs } = this;
    if (this.#awaited.length === 0 && performance.now() - this.#heardAt > this.#noticeMs / 2) {
      clearInterval(this.#watchdog);
      this.#watchdog = undefined;
    } else if (silentMs > silenceMs) {
      this.#cause = new SilenceError(`nothing was answered for ${Math.round(silentMs)} ms`);
      this.close();
    } else if (silentMs > suspectMs) {
      onSilent?.(this);
    }
  }
}

function isPush(reply: unknown): reply is readonly [kind: Buffer, channel: Buffer, message: Buffer] {
  return Array.isArray(reply) && reply.length === 3 && reply[0] instanceof Buffer;
}

/** From so many bytes on, what is there as bytes is sent as it is, and not copied into one piece with the rest. */
const LARGE = 2048;

function isLarge(piece: string | Buffer): boolean {
  return typeof piece !== "string" && piece.length >= LARGE;
}

/** A command as it goes out: text where that is all there is, since a socket takes it as it is, else in pieces. */
export function encodeCommand(
  command: string,
  args: readonly (string | Buffer)[],
): string | readonly (string | Buffer)[] {
  const pieces: (string | Buffer)[] = [];
  let text = `*${args.length + 1}\r\n$${command.length}\r\n${command}\r\n`;
  for (const arg of args) {
    if (typeof arg === "string") {
      text += `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`;
    } else {
      pieces.push(`${text}$${arg.length}\r\n`, arg);
      text = "\r\n";
    }
  }
  return pieces.length === 0 ? text : [...pieces, text];
}

function joined(pieces: readonly (string | Buffer)[]): string | Buffer {
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) return only;
  if (pieces.every((piece) => typeof piece === "string")) return pieces.join("");
  return Buffer.concat(pieces.map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece)));
}
