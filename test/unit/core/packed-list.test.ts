import { describe, expect, it } from "vitest";
import type { Encoded } from "../../../src/core/job.js";
import { decodeValue, encodeValue, jsonSerializer, type Serializer } from "../../../src/core/serializer.js";
import {
  guardValue,
  isPacked,
  PACKED_MARK,
  packList,
  unpack,
} from "../../../src/core/workflow/packed-list.js";

const decode = (item: Encoded) => (typeof item === "string" ? JSON.parse(item) : [...item]);
const SUBJECT = { task: "test", side: "output" } as const;

/** Stores bytes as they are. */
const rawSerializer: Serializer = {
  name: "raw",
  encode: (value) => value as Uint8Array,
  decode: (data) => data,
};

describe("a packed list", () => {
  it("keeps values, bytes and what is nothing, in order", () => {
    const packed = packList(
      [
        { status: "completed", value: '"ä"' },
        { status: "completed", value: undefined },
        { status: "completed", value: Uint8Array.of(0, 255) },
        { status: "completed", value: "" },
      ],
      "list",
    );
    expect(unpack(packed, decode)).toEqual(["ä", undefined, [0, 255], undefined]);
  });

  it.each([0, 1, 1000])("keeps %i items", (count) => {
    const items = Array.from({ length: count }, (_, index) => index);
    const packed = packList(
      items.map((item) => ({ status: "completed", value: String(item) })),
      "list",
    );
    expect(unpack(packed, decode)).toEqual(items);
  });

  it("says how each member ended when it is settled", () => {
    const error = { name: "Error", message: "no" };
    const packed = packList(
      [
        { status: "completed", value: "1" },
        { status: "failed", error },
        { status: "cancelled", error },
        { status: "expired", error },
      ],
      "settled",
    );
    expect(unpack(packed, decode)).toEqual([
      { status: "completed", value: 1 },
      { status: "failed", error },
      { status: "cancelled", error },
      { status: "expired", error },
    ]);
  });

  it("nests", () => {
    const inner = packList([{ status: "completed", value: "1" }], "list");
    const outer = packList([{ status: "completed", value: inner }], "list");
    expect(unpack(outer, decode)).toEqual([[1]]);
    expect(decodeValue(jsonSerializer, outer, SUBJECT)).toEqual([[1]]);
  });

  it("is told apart from a value that looks like one", () => {
    const lookalike = Buffer.concat([PACKED_MARK, Buffer.from("l\0\0\0\0")]);
    const stored = encodeValue(rawSerializer, new Uint8Array(lookalike), SUBJECT) as Uint8Array;
    expect(isPacked(stored)).toBe(true);
    expect(Buffer.from(decodeValue(rawSerializer, stored, SUBJECT) as Uint8Array)).toEqual(lookalike);
    const list = packList([{ status: "completed", value: stored }], "list");
    expect(
      (decodeValue(rawSerializer, list, SUBJECT) as Uint8Array[]).map((item) => Buffer.from(item)),
    ).toEqual([lookalike]);
  });

  it("leaves other values alone", () => {
    expect(guardValue("text")).toBe("text");
    const bytes = Uint8Array.of(0xc1, 1);
    expect(guardValue(bytes)).toBe(bytes);
  });

  it("is a corrupt record when it is cut", () => {
    const packed = packList([{ status: "completed", value: "12345" }], "list");
    expect(() => decodeValue(jsonSerializer, packed.subarray(0, packed.length - 2), SUBJECT)).toThrow(
      expect.objectContaining({ code: "RECORD_CORRUPT" }),
    );
  });
});
