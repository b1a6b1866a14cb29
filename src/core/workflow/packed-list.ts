/**
 * Lists of encoded values, as stores make them of results without knowing the serializer: a mark, a form, and for lists
 * a count and per item a letter, its length and its bytes. A value of a binary serializer that begins with the mark
 * is wrapped, so nothing is mistaken for a list.
 */
import type { StoredError } from "../errors.js";
import type { Encoded } from "../job.js";

const encoder = new TextEncoder();
/** A mark of the byte order is part of the text. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** First bytes of everything packed. No UTF-8 text and no MessagePack begins with 0xC1. */
export const PACKED_MARK: Uint8Array = Uint8Array.of(0xc1, ...new TextEncoder().encode("taskora"));

/** The byte after the mark. */
export const PACKED_FORMS = { list: "l", settled: "s", value: "v" } as const;

/** What an item is. The last three only in settled lists: how it ended, with a stored error as JSON. */
export const ITEM_LETTERS = {
  text: "R",
  bytes: "B",
  nothing: "U",
  failed: "F",
  cancelled: "X",
  expired: "E",
} as const;

/** How a member of a group ended that does not stop at failures. */
export type Settled<Value> =
  | { readonly status: "completed"; readonly value: Value }
  | { readonly status: "failed" | "cancelled" | "expired"; readonly error: StoredError };

/** One item of a list to be packed; undefined: nothing was returned. */
export type PackedItem = Settled<Encoded | undefined>;

/** Whether bytes are something packed. */
export function isPacked(data: Uint8Array): boolean {
  return data.length > PACKED_MARK.length && PACKED_MARK.every((byte, index) => data[index] === byte);
}

/** Wraps a serializer's bytes where they could be mistaken for something packed. */
export function guardValue(data: Encoded): Encoded {
  if (typeof data === "string" || data[0] !== PACKED_MARK[0] || !isPacked(data)) return data;
  return join([PACKED_MARK, encoder.encode(PACKED_FORMS.value), data]);
}

/** Packs what the members of a group gave. */
export function packList(items: readonly PackedItem[], form: "list" | "settled"): Uint8Array {
  const head = [PACKED_MARK, encoder.encode(PACKED_FORMS[form]), uint32(items.length)];
  return join([...head, ...items.flatMap(packItem)]);
}

function packItem(item: PackedItem): Uint8Array[] {
  if (item.status !== "completed") return lettered(ITEM_LETTERS[item.status], JSON.stringify(item.error));
  if (item.value === undefined || item.value === "") return lettered(ITEM_LETTERS.nothing, "");
  return lettered(typeof item.value === "string" ? ITEM_LETTERS.text : ITEM_LETTERS.bytes, item.value);
}

function lettered(letter: string, data: Encoded): Uint8Array[] {
  const bytes = typeof data === "string" ? encoder.encode(data) : data;
  return [encoder.encode(letter), uint32(bytes.length), bytes];
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/**
 * Reads something packed; `decode` reads each value in it.
 *
 * @throws {RangeError} when it is cut
 */
export function unpack(data: Uint8Array, decode: (item: Encoded) => unknown): unknown {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const letterAt = (at: number) => String.fromCharCode(view.getUint8(at));
  const form = letterAt(PACKED_MARK.length);
  const start = PACKED_MARK.length + 1;
  if (form === PACKED_FORMS.value) return decode(data.subarray(start));
  const count = view.getUint32(start, true);
  const items: unknown[] = [];
  for (let at = start + 4; items.length < count; ) {
    const end = at + 5 + view.getUint32(at + 1, true);
    if (end > data.length) throw new RangeError("a packed list is cut");
    items.push(readItem(letterAt(at), data.subarray(at + 5, end), { form, decode }));
    at = end;
  }
  return items;
}

const STATUS_OF_LETTER: ReadonlyMap<string, "failed" | "cancelled" | "expired"> = new Map([
  [ITEM_LETTERS.failed, "failed"],
  [ITEM_LETTERS.cancelled, "cancelled"],
  [ITEM_LETTERS.expired, "expired"],
]);

function readItem(
  letter: string,
  bytes: Uint8Array,
  by: { readonly form: string; readonly decode: (item: Encoded) => unknown },
): unknown {
  const status = STATUS_OF_LETTER.get(letter);
  if (status !== undefined) return { status, error: JSON.parse(decoder.decode(bytes)) as StoredError };
  const value = readValue(letter, bytes, by.decode);
  return by.form === PACKED_FORMS.settled ? { status: "completed", value } : value;
}

function readValue(letter: string, bytes: Uint8Array, decode: (item: Encoded) => unknown): unknown {
  if (letter === ITEM_LETTERS.nothing) return undefined;
  if (letter === ITEM_LETTERS.text) return decode(decoder.decode(bytes));
  return isPacked(bytes) ? unpack(bytes, decode) : decode(new Uint8Array(bytes));
}
