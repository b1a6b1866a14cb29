import { createReadStream } from "node:fs";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { NotJsonError, writeJson, writeLoosely } from "../../../src/core/json-value.js";

class Money {
  readonly amount = 5;
}

class Price {
  readonly amount = 5;
  toJSON() {
    return { amount: this.amount };
  }
}

class Rows extends Array<number> {}

function* steps() {
  yield 1;
}

function inDepth(value: unknown, levels: number): unknown {
  let outer = value;
  for (let level = 0; level < levels; level++) outer = level % 2 === 0 ? { in: outer } : [outer];
  return outer;
}

function refusalOf(value: unknown): NotJsonError {
  try {
    writeJson(value);
  } catch (error) {
    if (error instanceof NotJsonError) return error;
    throw error;
  }
  throw new Error(`expected a refusal, got ${JSON.stringify(value)}`);
}

describe("writeJson", () => {
  it.each([
    ["text", "ü🙂\ud800"],
    ["numbers", [0, 1.5, -1e300, Number.MAX_SAFE_INTEGER]],
    ["null and booleans", [null, true, false]],
    ["nested objects and lists", { a: [{ b: { c: [] } }, {}], d: "" }],
    ["an object without a prototype", Object.assign(Object.create(null), { a: 1 })],
    ["an object of another realm", runInNewContext("({ a: [{}], b: {} })")],
    ["a list of another class", Rows.from([1, 2])],
    ["__proto__ as data", JSON.parse('{"__proto__":{"a":1},"b":[{"__proto__":2}]}')],
    ["constructor as data", { constructor: "Ferrari", in: [{ constructor: 1 }] }],
    ["one object in two places", [Money].map(() => ({ a: 1 })).flatMap((one) => [one, one, { one }])],
    ["a date", { at: new Date(0), in: [new Date(1)] }],
    ["an object with a toJSON", { price: new Price(), list: [new Price()], url: new URL("http://a/b") }],
    ["its own toJSON", { toJSON: () => ({ a: 1 }) }],
    ["properties that are undefined", { a: undefined, b: { c: undefined } }],
    ["depth beyond what is looked through", inDepth({ a: 1 }, 300)],
  ])("writes %s as JSON does", (_, value) => {
    expect(writeJson(value)).toBe(JSON.stringify(value));
  });

  it.each([
    ["a Map", new Map([[1, 2]])],
    ["a Set", new Set([1])],
    ["a WeakMap", new WeakMap()],
    ["a Promise", Promise.resolve(1)],
    ["a Generator", steps()],
    ["an Array Iterator", [1].values()],
    ["a Map Iterator", new Map().values()],
    ["a ReadStream", createReadStream("/dev/null")],
    ["a ReadableStream", new ReadableStream()],
    ["a RegExp", /x/],
    ["a Money", new Money()],
    ["a TypeError", new TypeError("x")],
    ["a Buffer", Buffer.from("x")],
    ["an Uint8Array", new Uint8Array(2)],
    ["an ArrayBuffer", new ArrayBuffer(2)],
    ["a Number", Object(1)],
    ["an invalid Date", new Date("never")],
    ["NaN", Number.NaN],
    ["Infinity", Number.POSITIVE_INFINITY],
    ["-Infinity", Number.NEGATIVE_INFINITY],
    ["a BigInt", 1n],
    ["a symbol", Symbol("s")],
    ["a function", () => 1],
  ])("refuses %s, wherever it is", (what, value) => {
    const places: [unknown, string][] = [
      [value, "it"],
      [{ a: [{ b: value }] }, "a[0].b"],
      [[1, value], "[1]"],
      [{ fine: new Date(0), "odd key": { deep: value } }, '["odd key"].deep'],
      [{ first: { second: 1 }, second: value }, "second"],
    ];
    for (const [data, place] of places) {
      const refusal = refusalOf(data);
      expect(refusal.message).toBe(`${place} is ${what}`);
      expect(refusal.advice).toMatch(/^[A-Z].*\.$/);
    }
    expect(refusalOf(inDepth(value, 120)).message).toMatch(new RegExp(`is ${what}$`));
  });

  it.each([
    ["a Map", () => new Map([[1, 2]])],
    ["a Set", () => new Set([1])],
    ["a Date", () => new Date(0)],
    ["an URL", () => new URL("http://host/")],
    ["a TypeError", () => new TypeError("x")],
    ["a Promise", () => Promise.resolve(1)],
    ["a Generator", steps],
  ])("refuses %s that a toJSON gives, which would arrive empty", (what, toJSON) => {
    expect(refusalOf({ a: [{ b: { toJSON } }] }).message).toBe(`a[0].b is ${what}`);
    expect(refusalOf({ toJSON }).message).toBe(`it is ${what}`);
  });

  it.each([
    ["iterable", { [Symbol.iterator]: steps }],
    ["asynchronous iterable", { [Symbol.asyncIterator]: steps }],
  ])("refuses a plain %s, whose steps would never be taken", (_, value) => {
    for (const [data, place] of [
      [value, "it"],
      [{ lines: [value] }, "lines[0]"],
      [{ at: new Date(0), fine: { toJSON: () => 1 }, rows: value }, "rows"],
    ] as const) {
      expect(refusalOf(data).message).toBe(`${place} is an iterable without fields`);
      expect(refusalOf(data).advice).toMatch(/^Collect what it gives/);
    }
    expect(writeJson({ page: 1, ...value })).toBe('{"page":1}');
  });

  it("writes what a toJSON gives that has fields", () => {
    const self = new (class {
      readonly amount = 5;
      toJSON() {
        return this;
      }
    })();
    expect(writeJson([self, { toJSON: () => new Money() }])).toBe('[{"amount":5},{"amount":5}]');
  });

  it("refuses what a toJSON gives, as it refuses it elsewhere", () => {
    expect(refusalOf({ a: { toJSON: () => ({ b: Number.NaN }) } }).message).toBe("a.b is NaN");
    expect(refusalOf({ toJSON: () => undefined }).message).toMatch(/toJSON gives nothing/);
  });

  it("refuses undefined in a list, and a hole in it, which would become null", () => {
    expect(refusalOf({ a: [1, undefined] }).message).toBe("a[1] is undefined in a list");
    // biome-ignore lint/suspicious/noSparseArray: that is what is tried
    expect(refusalOf([1, , 3]).message).toBe("[1] is undefined in a list");
  });

  it("refuses what contains itself", () => {
    const loop: { list: unknown[] } = { list: [1] };
    loop.list.push({ loop });
    expect(refusalOf({ in: loop }).message).toBe("in.list[1].loop is part of itself");
  });
});

describe("writeLoosely", () => {
  it("writes what there is to read, and a word for the rest", () => {
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    const odd = {
      map: new Map([["a", 1]]),
      set: new Set(["x"]),
      money: new Money(),
      nothing: Number.NaN,
      big: 7n,
      act: () => 1,
      failed: new RangeError("too far"),
      bytes: Buffer.from("x"),
      list: [undefined],
      loop,
    };
    expect(JSON.parse(writeLoosely(odd) ?? "")).toEqual({
      map: [["a", 1]],
      set: ["x"],
      money: { amount: 5 },
      nothing: "NaN",
      big: "7n",
      act: "a function",
      failed: "RangeError: too far",
      bytes: "a Buffer",
      list: ["undefined in a list"],
      loop: { self: "part of itself" },
    });
    expect(writeLoosely(undefined)).toBeUndefined();
  });
});
