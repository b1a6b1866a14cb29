/** Payloads, results and progress in columns: text as text, so that people can read it, and bytes as bytes. */
import type { Encoded } from "../../core/job.js";

/** First byte of what is kept as bytes: bytes they are, or a text that Postgres cannot keep as one. */
const BYTES = 0;
const TEXT = 1;

/** A value as two columns, of which one is null. */
export interface EncodedColumns {
  readonly text: string | null;
  readonly bytes: Buffer | null;
}

/** For columns; a text with U+0000, which is no character to Postgres, goes as bytes. */
export function toColumns(value: Encoded | undefined): EncodedColumns {
  if (value === undefined) return { text: null, bytes: null };
  if (typeof value !== "string") return { text: null, bytes: marked(BYTES, value) };
  return isText(value)
    ? { text: value, bytes: null }
    : { text: null, bytes: marked(TEXT, Buffer.from(value)) };
}

/** What {@link toColumns} was given. */
export function fromColumns(text: unknown, bytes: unknown): Encoded | undefined {
  if (typeof text === "string") return text;
  if (!Buffer.isBuffer(bytes)) return undefined;
  return bytes[0] === TEXT ? bytes.toString("utf8", 1) : Uint8Array.from(bytes.subarray(1));
}

function marked(kind: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(kind), bytes]);
}

/** Whether Postgres can keep a text as it is: it has none with U+0000. No job has another id. */
export function isText(text: string): boolean {
  return !text.includes("\0");
}

/** A text that Postgres can keep: U+0000 becomes the replacement character. */
export function plainText(text: string): string {
  return text.replaceAll("\0", "\ufffd");
}
