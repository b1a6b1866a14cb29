/**
 * Lists of encoded values, as stores make them of results without knowing the serializer: a mark, a form, and for lists
 * a count and per item a letter, its length and its bytes. A value of a binary serializer that begins with the mark
 * is wrapped, so nothing is mistaken for a list.
 */
import type { StoredError } from "../errors.js";
import type { Encoded } from "../job.js";

/** First bytes of everything packed. No UTF-8 text and no MessagePack begins with 0xC1. */
export const PACKED_MARK: Uint8Array = Uint8Array.of(0xc1, ...Buffer.from("taskora", "latin1"));

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
  return Buffer.concat([PACKED_MARK, Buffer.from(PACKED_FORMS.value), data]);
}

/** Packs what the members of a group gave. */
export function packList(items: readonly PackedItem[], form: "list" | "settled"): Uint8Array {
  const count = Buffer.alloc(4);
  count.writeUInt32LE(items.length);
  return Buffer.concat([PACKED_MARK, Buffer.from(PACKED_FORMS[form]), count, ...items.flatMap(packItem)]);
}

function packItem(item: PackedItem): Uint8Array[] {
  if (item.status !== "completed") return lettered(ITEM_LETTERS[item.status], JSON.stringify(item.error));
  if (item.value === undefined || item.value === "") return lettered(ITEM_LETTERS.nothing, "");
  return lettered(typeof item.value === "string" ? ITEM_LETTERS.text : ITEM_LETTERS.bytes, item.value);
}

function lettered(letter: string, data: Encoded): Uint8Array[] {
  const bytes = typeof data === "string" ? Buffer.from(data) : data;
  const head = Buffer.alloc(5);
  head.write(letter, "latin1");
  head.writeUInt32LE(bytes.length, 1);
  return [head, bytes];
}

/**
 * Reads something packed; `decode` reads each value in it.
 *
 * @throws {RangeError} when it is cut
 */
export function unpack(data: Uint8Array, decode: (item: Encoded) => unknown): unknown {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const form = bytes.toString("latin1", PACKED_MARK.length, PACKED_MARK.length + 1);
  const start = PACKED_MARK.length + 1;
  if (form === PACKED_FORMS.value) return decode(data.subarray(start));
  const count = bytes.readUInt32LE(start);
  const items: unknown[] = [];
  for (let at = start + 4; items.length < count; ) {
    const end = at + 5 + bytes.readUInt32LE(at + 1);
    if (end > bytes.length) throw new RangeError("a packed list is cut");
    items.push(readItem(bytes.toString("latin1", at, at + 1), bytes.subarray(at + 5, end), { form, decode }));
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
  bytes: Buffer,
  by: { readonly form: string; readonly decode: (item: Encoded) => unknown },
): unknown {
  const status = STATUS_OF_LETTER.get(letter);
  if (status !== undefined) return { status, error: JSON.parse(bytes.toString("utf8")) as StoredError };
  const value = readValue(letter, bytes, by.decode);
  return by.form === PACKED_FORMS.settled ? { status: "completed", value } : value;
}

function readValue(letter: string, bytes: Buffer, decode: (item: Encoded) => unknown): unknown {
  if (letter === ITEM_LETTERS.nothing) return undefined;
  if (letter === ITEM_LETTERS.text) return decode(bytes.toString("utf8"));
  return isPacked(bytes) ? unpack(bytes, decode) : decode(new Uint8Array(bytes));
}
