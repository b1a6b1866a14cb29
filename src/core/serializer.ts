import { PayloadTooLargeError, TaskoraError } from "./errors.js";
import type { Encoded } from "./job.js";
import { NotJsonError, writeJson } from "./json-value.js";
import { describe } from "./options.js";
import { guardValue, isPacked, unpack } from "./workflow/packed-list.js";

/** Turns payloads, results and progress into what is stored, and back. */
export interface Serializer {
  /** For messages, such as `"json"`. */
  readonly name: string;
  /** Gets any value but `undefined`. May throw: then only that job is refused. */
  encode(value: unknown): Encoded;
  /** The value that {@link encode} wrote, perhaps in another process and by an older version. */
  decode(data: Encoded): unknown;
}

/** JSON text. `__proto__` in data stays data; what JSON cannot carry is refused, not dropped; see {@link writeJson}. */
export const jsonSerializer: Serializer = {
  name: "json",
  encode: writeJson,
  decode(data) {
    return JSON.parse(typeof data === "string" ? data : new TextDecoder().decode(data));
  },
};

/** Bytes a value takes in the store. */
export function encodedBytes(data: Encoded): number {
  return typeof data === "string" ? utf8Bytes(data) : data.byteLength;
}

/** Half of a surrogate pair takes three bytes, as the character that stands for it does. */
function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    const isPair = unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00;
    bytes += unit < 0x800 ? 1 : 2;
    if (isPair) index += 1;
  }
  return bytes;
}

/** What is being encoded, for messages. */
export interface EncodingSubject {
  readonly task: string;
  readonly side: "input" | "output" | "progress" | "message";
}

const SUBJECTS = { input: "payload", output: "result", progress: "progress", message: "message" } as const;

/**
 * Encodes a value; `undefined` is stored as empty.
 *
 * @throws {TaskoraError} `PAYLOAD_UNSERIALIZABLE` when the serializer refuses it
 */
export function encodeValue(serializer: Serializer, value: unknown, subject: EncodingSubject): Encoded {
  if (value === undefined) return "";
  try {
    return guardValue(requireEncoded(serializer.encode(value)));
  } catch (cause) {
    throw new TaskoraError(
      "PAYLOAD_UNSERIALIZABLE",
      `The ${SUBJECTS[subject.side]} of ${subject.task} cannot be encoded as ${serializer.name}: ${troubleOf(cause)}`,
      { cause },
    );
  }
}

/** Refuses what no store keeps. Nothing at all stands for `undefined`, so it is no value. */
function requireEncoded(made: unknown): Encoded {
  const isBytes = Object.prototype.toString.call(made) === "[object Uint8Array]";
  if (typeof made !== "string" && !isBytes) {
    throw new NotStorableError(`encode gave ${describe(made)}. Let it give text or a Uint8Array, at once.`);
  }
  if ((made as Encoded).length > 0) return made as Encoded;
  throw new NotStorableError("encode gave nothing, which stands for undefined. Let it give a byte at least.");
}

/** What a serializer made in place of text or bytes. */
class NotStorableError extends TypeError {
  override readonly name = "NotStorableError";
}

/** What went wrong and what to do, in sentences. */
function troubleOf(cause: unknown): string {
  if (cause instanceof NotStorableError) return cause.message;
  if (cause instanceof NotJsonError) return `${cause.message}. ${cause.advice}`;
  if (cause instanceof RangeError && /call stack/i.test(cause.message)) {
    return "it is nested too deep. Send it as a list, or in parts.";
  }
  return `${cause instanceof Error ? cause.message : String(cause)}. Send what this serializer takes.`;
}

/**
 * Decodes what {@link encodeValue} made.
 *
 * @throws {TaskoraError} `RECORD_CORRUPT` when the serializer cannot read it
 */
export function decodeValue(serializer: Serializer, data: Encoded, subject: EncodingSubject): unknown {
  if (data.length === 0) return undefined;
  try {
    const value = decodeAny(serializer, data);
    if (value instanceof Promise) throw new TypeError("decode gave a promise, and has to give the value");
    return value;
  } catch (cause) {
    throw new TaskoraError(
      "RECORD_CORRUPT",
      `A stored ${SUBJECTS[subject.side]} of ${subject.task} is not ${serializer.name}: ` +
        `${cause instanceof Error ? cause.message : String(cause)}. Was it written with another serializer?`,
      { cause },
    );
  }
}

/** What a serializer made, or a list that a store made of such values. */
function decodeAny(serializer: Serializer, data: Encoded): unknown {
  if (typeof data === "string" || !isPacked(data)) return serializer.decode(data);
  return unpack(data, (item) => serializer.decode(item));
}

/**
 * Refuses what takes more than `maxBytes`.
 *
 * @throws {PayloadTooLargeError}
 */
export function requireSize(encoded: Encoded, maxBytes: number, subject: EncodingSubject): void {
  // A character takes at most 3 bytes in UTF-8, so most values need no counting.
  if (encoded.length * 3 <= maxBytes) return;
  const bytes = encodedBytes(encoded);
  if (bytes > maxBytes) throw new PayloadTooLargeError({ ...subject, bytes, maxBytes });
}
