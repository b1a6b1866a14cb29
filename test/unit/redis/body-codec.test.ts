import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NewJob } from "../../../src/core/adapter.js";
import { decodeBody, encodeBody } from "../../../src/redis/codec/body-codec.js";
import { aJob } from "./store.js";

function roundTrip(job: NewJob) {
  const encoded = encodeBody(job);
  return decodeBody(typeof encoded === "string" ? Buffer.from(encoded, "utf8") : encoded);
}

describe("the body of a record", () => {
  it("adds 3 bytes and the fingerprint to a plain payload", () => {
    const job = aJob({ id: "a", payload: "x".repeat(59), fingerprint: "0123456789" });
    expect(Buffer.byteLength(encodeBody(job))).toBe(59 + 3 + 10);
  });

  it("is text when the payload is, and bytes when it is not", () => {
    expect(typeof encodeBody(aJob({ id: "a", payload: "{}" }))).toBe("string");
    expect(encodeBody(aJob({ id: "a", payload: new Uint8Array([255, 0]) }))).toBeInstanceOf(Buffer);
  });

  it("gives back whatever was put in", () => {
    const text = fc.string({ unit: "grapheme" });
    const headers = fc.option(fc.dictionary(text, text), { nil: undefined });
    const payload = fc.oneof(text, fc.uint8Array());
    const attempts = fc.option(fc.integer({ min: 1, max: 1_000_000 }), { nil: undefined });
    fc.assert(
      fc.property(
        payload,
        fc.nat(),
        text,
        headers,
        attempts,
        (value, version, fingerprint, some, maxAttempts) => {
          const body = roundTrip({
            ...aJob({ id: "a", payload: value, version, fingerprint }),
            ...(some === undefined ? {} : { headers: some }),
            ...(maxAttempts === undefined ? {} : { maxAttempts }),
          });
          expect(body.corrupt).toBeUndefined();
          expect(body.payload).toEqual(value);
          expect(body.version).toBe(version);
          expect(body.fingerprint).toBe(fingerprint);
          expect(new Map(Object.entries(body.headers))).toEqual(new Map(Object.entries(some ?? {})));
          expect(body.maxAttempts).toBe(maxAttempts);
        },
      ),
    );
  });

  it("is answered as corrupt, never thrown, whatever the bytes are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const body = decodeBody(Buffer.from(bytes));
        expect(body.corrupt === undefined || body.payload === "").toBe(true);
      }),
    );
  });

  it("says that an empty body is corrupt", () => {
    expect(decodeBody(Buffer.alloc(0)).corrupt).toContain("unknown form");
  });
});
