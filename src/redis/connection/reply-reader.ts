/** Reads what the store answers, RESP 2, from the pieces in which a socket delivers it. */
import { ReplyError } from "./store-errors.js";

const CR = 13;
const MINUS = 45;
const ZERO = 48;
const SIMPLE = 43;
const ERROR = 45;
const INTEGER = 58;
const BULK = 36;
const ARRAY = 42;

const NOTHING = Buffer.alloc(0);
/** The reply, or what is open of it, goes on in a piece that is not here yet. */
const UNFINISHED = Symbol("unfinished");
/** A list has begun. */
const BEGUN = Symbol("begun");

interface OpenList {
  readonly items: unknown[];
  readonly count: number;
}

/**
 * Makes replies of pieces: bulk strings are `Buffer`s over the memory of a piece, simple ones strings, integers numbers,
 * nothing is null. An error is a {@link ReplyError}, given like any other reply.
 *
 * @see https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
export class ReplyReader {
  readonly #onReply: (reply: unknown) => void;
  #bytes: Buffer = NOTHING;
  #at = 0;
  /** Where the line ends whose number was read last. */
  #lineEnd = 0;
  /** Pieces of something that is not whole yet. */
  #pieces: Buffer[] = [];
  /** Bytes that are missing at least until it makes sense to look again, so that a large string is joined once. */
  #missing = 0;
  readonly #open: OpenList[] = [];

  /** @param onReply gets each reply when it is whole; must not throw */
  constructor(onReply: (reply: unknown) => void) {
    this.#onReply = onReply;
  }

  /**
   * Takes the next piece.
   *
   * @throws {Error} when this is not RESP 2; nothing can be read any more then
   */
  take(piece: Buffer): void {
    if (this.#pieces.length === 0) {
      this.#bytes = piece;
    } else {
      this.#pieces.push(piece);
      this.#missing -= piece.length;
      if (this.#missing > 0) return;
      this.#bytes = Buffer.concat(this.#pieces);
      this.#pieces = [];
    }
    this.#at = 0;
    while (this.#at < this.#bytes.length) {
      const value = this.#read();
      if (value === UNFINISHED) {
        this.#pieces.push(this.#bytes.subarray(this.#at));
        break;
      }
      if (value !== BEGUN) this.#place(value);
    }
    this.#bytes = NOTHING;
  }

  /** Puts a value where it belongs; with the last one of a list the list is a value itself. */
  #place(read: unknown): void {
    let value = read;
    for (let list = this.#open.at(-1); list !== undefined; list = this.#open.at(-1)) {
      list.items.push(value);
      if (list.items.length < list.count) return;
      this.#open.pop();
      value = list.items;
    }
    this.#onReply(value);
  }

  #read(): unknown {
    switch (this.#bytes[this.#at]) {
      case BULK:
        return this.#readBulk();
      case ARRAY:
        return this.#readArray();
      case INTEGER:
        return this.#readNumber();
      case SIMPLE:
        return this.#readLine();
      case ERROR: {
        const line = this.#readLine();
        return typeof line === "string" ? new ReplyError(line) : line;
      }
      default:
        throw new Error(`expected a reply of RESP 2, got byte ${this.#bytes[this.#at]}`);
    }
  }

  #readBulk(): Buffer | null | typeof UNFINISHED {
    const length = this.#number();
    if (length === undefined) return UNFINISHED;
    if (length < 0) {
      this.#at = this.#lineEnd;
      return null;
    }
    const end = this.#lineEnd + length;
    if (end + 2 > this.#bytes.length) {
      this.#missing = end + 2 - this.#bytes.length;
      return UNFINISHED;
    }
    this.#at = end + 2;
    return this.#bytes.subarray(this.#lineEnd, end);
  }

  #readArray(): unknown {
    const count = this.#number();
    if (count === undefined) return UNFINISHED;
    this.#at = this.#lineEnd;
    if (count < 0) return null;
    if (count === 0) return [];
    this.#open.push({ items: [], count });
    return BEGUN;
  }

  #readNumber(): number | typeof UNFINISHED {
    const value = this.#number();
    if (value === undefined) return UNFINISHED;
    this.#at = this.#lineEnd;
    return value;
  }

  #readLine(): string | typeof UNFINISHED {
    const end = this.#bytes.indexOf(CR, this.#at + 1);
    if (end < 0 || end + 1 >= this.#bytes.length) {
      this.#missing = 1;
      return UNFINISHED;
    }
    const line = this.#bytes.toString("utf8", this.#at + 1, end);
    this.#at = end + 2;
    return line;
  }

  /** The number of the line that begins here; `undefined` when its end is not here yet. */
  #number(): number | undefined {
    const bytes = this.#bytes;
    const isNegative = bytes[this.#at + 1] === MINUS;
    let value = 0;
    for (let at = this.#at + (isNegative ? 2 : 1); at + 1 < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (byte === CR) {
        this.#lineEnd = at + 2;
        return isNegative ? -value : value;
      }
      value = value * 10 + (byte - ZERO);
    }
    this.#missing = 1;
    return undefined;
  }
}
