import { describe, expect, it } from "vitest";
import * as z from "zod";
import { isError } from "../../../src/core/error-chain.js";
import { describeIssues, formatPath, reviveError, type StoredError } from "../../../src/core/errors.js";
import {
  decodeValue,
  encodedBytes,
  encodeValue,
  jsonSerializer,
  type Serializer,
} from "../../../src/core/serializer.js";
import { storeError } from "../../../src/core/stored-error.js";
import { wireFormOf } from "../../../src/schema/wire-form.js";

const input = { task: "a", side: "input" } as const;
const output = { task: "a", side: "output" } as const;

describe("encodeValue and decodeValue", () => {
  it.each([undefined, null, 0, "", [], false, "ü🙂", { a: [1, { b: null }] }, JSON.parse('{"__proto__":1}')])(
    "carry %j",
    (value) => {
      const encoded = encodeValue(jsonSerializer, value, input);
      expect(decodeValue(jsonSerializer, encoded, input)).toEqual(value);
      const bytes = new TextEncoder().encode(encoded as string);
      expect(decodeValue(jsonSerializer, bytes, input)).toEqual(value);
      expect(encodedBytes(encoded)).toBe(bytes.byteLength);
    },
  );

  it("refuse what JSON cannot carry, with the side, the path and the way out", () => {
    expect(() => encodeValue(jsonSerializer, { tags: [new Set()] }, output)).toThrow(
      expect.objectContaining({
        code: "PAYLOAD_UNSERIALIZABLE",
        message: "The result of a cannot be encoded as json: tags[0] is a Set. Send [...set].",
      }),
    );
  });

  it("say what another serializer refuses", () => {
    const picky: Serializer = {
      ...jsonSerializer,
      name: "picky",
      encode: () => {
        throw new Error("not today");
      },
    };
    expect(() => encodeValue(picky, 1, input)).toThrow(
      /^The payload of a cannot be encoded as picky: not today\. Send/,
    );
  });

  it.each([
    ["a promise", async () => "x", "encode gave a Promise. Let it give text or a Uint8Array"],
    ["a number", () => 5, "encode gave 5. Let it"],
    ["nothing", () => undefined, "encode gave undefined. Let it"],
    ["a list", () => [1], "encode gave [1]. Let it"],
    ["an ArrayBuffer", () => new ArrayBuffer(2), "encode gave an ArrayBuffer. Let it"],
    ["other numbers", () => Uint16Array.of(1), "encode gave "],
    ["no text", () => "", "encode gave nothing, which stands for undefined"],
    ["no bytes", () => new Uint8Array(0), "encode gave nothing, which stands for undefined"],
  ])("refuse a serializer that makes %s", (_what, encode, message) => {
    const odd = { name: "odd", encode, decode: () => 1 } as unknown as Serializer;
    expect(() => encodeValue(odd, { a: 1 }, input)).toThrow(
      expect.objectContaining({
        code: "PAYLOAD_UNSERIALIZABLE",
        message: expect.stringContaining(`The payload of a cannot be encoded as odd: ${message}`),
      }),
    );
  });

  it("refuse a serializer that reads a promise", () => {
    const late = { name: "late", encode: () => "x", decode: async () => 1 } as Serializer;
    expect(() => decodeValue(late, "x", output)).toThrow(
      expect.objectContaining({ code: "RECORD_CORRUPT", message: expect.stringContaining("gave a promise") }),
    );
  });

  it("say of what is nested too deep that it is", () => {
    let deep: unknown = 1;
    for (let level = 0; level < 200_000; level++) deep = [deep];
    expect(() => encodeValue(jsonSerializer, deep, input)).toThrow(
      "The payload of a cannot be encoded as json: it is nested too deep. Send it as a list, or in parts.",
    );
  });

  it("say what cannot be read", () => {
    expect(() => decodeValue(jsonSerializer, "{", input)).toThrow(
      expect.objectContaining({
        code: "RECORD_CORRUPT",
        message: expect.stringContaining("stored payload of a is not json"),
      }),
    );
  });
});

describe("wireFormOf", () => {
  it.each([
    ["no schema", undefined, "given"],
    ["a plain object", z.object({ a: z.string().default("x") }), "parsed"],
    ["a nested transform", z.object({ a: z.array(z.string().transform(Number)) }), "given"],
    ["a pipe", z.string().pipe(z.coerce.number()), "given"],
    [
      "a codec",
      z.object({
        at: z.codec(z.iso.datetime(), z.date(), {
          decode: (t) => new Date(t),
          encode: (d) => d.toISOString(),
        }),
      }),
      "given",
    ],
    ["a refinement", z.object({ a: z.string() }).refine(() => true), "parsed"],
    ["a lazy transform", z.object({ a: z.lazy(() => z.string().transform(Number)) }), "given"],
  ])("of %s is right", (_, schema, form) => {
    expect(wireFormOf(schema as never)).toBe(form);
  });

  it("ends on a schema that contains itself", () => {
    interface Tree {
      readonly children: readonly Tree[];
    }
    const tree: z.ZodType<Tree> = z.object({ children: z.array(z.lazy(() => tree)) });
    expect(wireFormOf(tree)).toBe("parsed");
  });

  it("sends what was given to schemas of other libraries", () => {
    const other = {
      "~standard": { version: 1, vendor: "other", validate: (value: unknown) => ({ value }) },
    } as const;
    expect(wireFormOf(other)).toBe("given");
  });
});

describe("stored errors", () => {
  it("keep name, message, stack and code", () => {
    const error = Object.assign(new RangeError("no"), { code: "E_RANGE" });
    const revived = reviveError(storeError(error));
    expect(revived).toBeInstanceOf(Error);
    expect(revived).toMatchObject({ name: "RangeError", message: "no", code: "E_RANGE", stack: error.stack });
  });

  it("cut long stacks, and keep what is no error readable", () => {
    const error = new Error("x");
    error.stack = "s".repeat(10_000);
    expect(storeError(error).stack).toHaveLength(4096);
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    expect(["text", { a: 1 }, undefined, 5n, cyclic].map((thrown) => storeError(thrown))).toEqual([
      { name: "NonError", message: '"text"' },
      { name: "NonError", message: '{"a":1}' },
      { name: "NonError", message: "undefined" },
      { name: "NonError", message: "5n" },
      { name: "NonError", message: "an object that JSON cannot write" },
    ]);
  });

  it("are bounded however long the error's texts are", () => {
    const error = Object.assign(new Error("m".repeat(5_000_000)), {
      name: "n".repeat(5000),
      code: "c".repeat(5000),
    });
    const stored = storeError(error);
    expect(JSON.stringify(stored).length).toBeLessThan(10_000);
    expect(stored.message).toMatch(/m… \(5000000 characters\)$/);
  });

  it("keep what stands behind an error, and its number for a code", () => {
    const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    const gathered = new AggregateError([new RangeError("one"), "two"], "all", { cause: { status: 503 } });
    const error = Object.assign(new TypeError("fetch failed", { cause: refused }), { code: 502 });
    gathered.errors.push(error);
    expect(storeError(gathered)).toEqual({
      name: "AggregateError",
      message: "all",
      stack: gathered.stack,
      cause: { name: "NonError", message: '{"status":503}' },
      errors: [
        { name: "RangeError", message: "one", stack: expect.any(String) },
        { name: "NonError", message: '"two"' },
        {
          ...{ name: "TypeError", message: "fetch failed", stack: error.stack?.slice(0, 4096), code: 502 },
          cause: {
            ...{ name: "Error", message: refused.message, stack: refused.stack },
            code: "ECONNREFUSED",
          },
        },
      ],
    });
    const revived = reviveError(JSON.parse(JSON.stringify(storeError(gathered)))) as AggregateError;
    expect(revived).toBeInstanceOf(AggregateError);
    expect(revived.errors[2]).toMatchObject({
      name: "TypeError",
      code: 502,
      cause: { code: "ECONNREFUSED" },
    });
    expect(revived.errors[2].cause).toBeInstanceOf(Error);
  });

  it("are bounded however much stands behind an error", () => {
    let deep = new Error("0");
    for (let n = 1; n < 1000; n++) deep = new Error(`${n} ${"x".repeat(100)}`, { cause: deep });
    let depth = 0;
    for (let at: StoredError | undefined = storeError(deep); at !== undefined; at = at.cause) depth += 1;
    expect(depth).toBeLessThanOrEqual(9);
    const many = new AggregateError(Array.from({ length: 1000 }, (_, n) => new Error("m".repeat(n * 100))));
    const stored = storeError(many);
    expect(stored.errors?.length).toBeLessThanOrEqual(11);
    expect(stored.errors?.at(-1)?.message).toMatch(/^\d+ more are not kept$/);
    expect(JSON.stringify(stored).length).toBeLessThan(30_000);
    const wide = () =>
      new AggregateError(
        Array.from({ length: 10 }, () => new Error("x")),
        "wide",
      );
    const tree = new AggregateError(Array.from({ length: 10 }, wide), "tree", { cause: many });
    expect(JSON.stringify(storeError(tree)).length).toBeLessThan(30_000);
    const loop = new Error("loop");
    loop.cause = loop;
    expect(storeError(loop)).not.toHaveProperty("cause");
  });

  it("are made of anything, even where reading it throws", () => {
    const unreadable = new Error("x");
    const boom = new Error("no");
    for (const key of ["name", "message", "code"]) {
      Object.defineProperty(unreadable, key, {
        get() {
          throw boom;
        },
      });
    }
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const odd = Object.assign(new Error("x"), { name: 5, message: { a: 1 }, stack: null, code: 404 });
    expect(isError(proxy)).toBe(false);
    expect(storeError(proxy).message).toBe("an object that JSON cannot write");
    expect(storeError(unreadable).message).toContain("unreadable");
    expect(storeError(odd)).toEqual({ name: "5", message: '{"a":1}', code: 404 });
  });

  it("have issues written as a reader would type their paths", () => {
    expect(formatPath(["items", 0, "unit price", "__x"])).toBe('items[0]["unit price"].__x');
    expect(formatPath([])).toBe("");
    const issues = Array.from({ length: 7 }, (_, n) => ({ path: ["a", n], message: "bad" }));
    expect(describeIssues(issues)).toBe("a[0]: bad; a[1]: bad; a[2]: bad; a[3]: bad; a[4]: bad; and 2 more");
    expect(describeIssues([{ path: [], message: "expected object" }])).toBe("expected object");
  });
});
