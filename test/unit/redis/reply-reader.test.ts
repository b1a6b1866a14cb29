import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReplyReader } from "../../../src/redis/connection/reply-reader.js";
import { ReplyError } from "../../../src/redis/connection/store-errors.js";

function read(...pieces: readonly (string | Buffer)[]): unknown[] {
  const replies: unknown[] = [];
  const reader = new ReplyReader((reply) => replies.push(reply));
  for (const piece of pieces) reader.take(Buffer.from(piece));
  return replies;
}

/** A value as the store would write it. */
type Told = null | number | string | Buffer | ReplyError | Told[];

function written(value: Told): Buffer {
  if (value === null) return Buffer.from("$-1\r\n");
  if (typeof value === "number") return Buffer.from(`:${value}\r\n`);
  if (typeof value === "string") return Buffer.from(`+${value}\r\n`);
  if (value instanceof ReplyError) return Buffer.from(`-${value.message}\r\n`);
  if (Buffer.isBuffer(value)) {
    return Buffer.concat([Buffer.from(`$${value.length}\r\n`), value, Buffer.from("\r\n")]);
  }
  return Buffer.concat([Buffer.from(`*${value.length}\r\n`), ...value.map((each) => written(each))]);
}

const line = fc.string({ unit: "grapheme", maxLength: 10 }).filter((text) => !/[\r\n]/.test(text));
const bytes = fc.uint8Array({ maxLength: 40 }).map((each) => Buffer.from(each));
const { told } = fc.letrec<{ told: Told }>((tie) => ({
  told: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.maxSafeInteger(),
    line,
    bytes,
    line.map((text) => new ReplyError(text)),
    fc.array(tie("told"), { maxLength: 4 }),
  ),
}));

describe("a reply reader", () => {
  it("reads each kind of reply", () => {
    expect(read("+OK\r\n:42\r\n:-1\r\n$2\r\nhi\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n")).toEqual([
      "OK",
      42,
      -1,
      Buffer.from("hi"),
      Buffer.alloc(0),
      null,
      null,
      [],
    ]);
  });

  it("gives an error as one, with the words of the store", () => {
    const [error] = read("-NOSCRIPT No matching script\r\n");
    expect(error).toBeInstanceOf(ReplyError);
    expect((error as ReplyError).message).toBe("NOSCRIPT No matching script");
  });

  it("reads lists in lists, and what follows them", () => {
    expect(read("*2\r\n*2\r\n:1\r\n*0\r\n*1\r\n:2\r\n:3\r\n")).toEqual([[[1, []], [2]], 3]);
  });

  it("gives a string that holds line ends as it is", () => {
    expect(read("$6\r\na\r\n$1\r\r\n")).toEqual([Buffer.from("a\r\n$1\r")]);
  });

  it("reads the same however the bytes are cut into pieces", () => {
    const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(told, { maxLength: 5 }), cuts, (values, given) => {
        const whole = Buffer.concat(values.map(written));
        const ends = [...new Set([...given, whole.length])].sort((a, b) => a - b);
        const pieces = ends.map((end, index) => whole.subarray(ends[index - 1] ?? 0, end));
        expect(read(...pieces)).toEqual(values);
      }),
      { seed: 20_261_124, numRuns: 500 },
    );
  });

  it("reads the same byte by byte", () => {
    const whole = written([null, -7, "OK", Buffer.from("a\r\nb"), new ReplyError("ERR no"), [[]]]);
    expect(read(...Array.from(whole, (byte) => Buffer.from([byte])))).toEqual(read(whole));
  });

  it("joins a large string once, not with every piece", () => {
    const large = Buffer.alloc(32 << 20, "x");
    const whole = written([large, large]);
    const pieces: Buffer[] = [];
    for (let at = 0; at < whole.length; at += 1024) pieces.push(whole.subarray(at, at + 1024));
    const [reply] = read(...pieces) as [Buffer[]];
    expect(reply?.map((each) => each.length)).toEqual([large.length, large.length]);
  });

  it("refuses what is not of the protocol", () => {
    expect(() => read("HTTP/1.1 400 Bad Request\r\n")).toThrow("expected a reply of RESP 2");
  });
});
