import { describe, expect, it } from "vitest";
import { chainOf, errorsOf } from "../../../src/core/error-chain.js";
import type { StoredError } from "../../../src/core/errors.js";
import { storeError } from "../../../src/core/stored-error.js";

/** An error with exactly this stack. */
function anError(message: string, more: object = {}): Error {
  return Object.assign(new Error(message), { stack: "", ...more });
}

const plain = (message: string) => ({ name: "Error", message, stack: "" });

function depthOf(error: StoredError): number {
  return error.cause === undefined ? 0 : 1 + depthOf(error.cause);
}

// The error in the store is all that is left of a run: what is dropped here nobody finds out any more.
describe("an error that is stored", () => {
  it.each<readonly [thrown: unknown, stored: object]>([
    ["text", { name: "NonError", message: '"text"' }],
    [undefined, { name: "NonError", message: "undefined" }],
    [{ a: 1 }, { name: "NonError", message: '{"a":1}' }],
    [anError("no"), plain("no")],
    [anError("no", { stack: undefined }), { name: "Error", message: "no" }],
    [anError("no", { name: "" }), plain("no")],
    [anError("no", { name: 7 }), { ...plain("no"), name: "7" }],
    [anError("no", { message: undefined }), plain("")],
    [anError("no", { message: { a: 1 } }), plain('{"a":1}')],
    [anError("no", { code: "E1" }), { ...plain("no"), code: "E1" }],
    [anError("no", { code: 7 }), { ...plain("no"), code: 7 }],
    [anError("no", { code: Number.NaN }), plain("no")],
    [anError("no", { code: {} }), plain("no")],
    [anError("no", { cause: null }), plain("no")],
    [anError("no", { cause: "why" }), { ...plain("no"), cause: { name: "NonError", message: '"why"' } }],
    [anError("no", { cause: 0 }), { ...plain("no"), cause: { name: "NonError", message: "0" } }],
    [anError("no", { errors: [] }), plain("no")],
    [anError("no", { errors: [anError("a")] }), { ...plain("no"), errors: [plain("a")] }],
    [anError("no", { errors: [anError("a"), "issue"] }), plain("no")],
    [
      Object.assign(new AggregateError(["a"], "no"), { stack: "" }),
      { ...plain("no"), name: "AggregateError", errors: [{ name: "NonError", message: '"a"' }] },
    ],
  ])("keeps of %o what it says", (thrown, stored) => {
    expect(storeError(thrown)).toEqual(stored);
  });

  it("is cut where it is long", () => {
    const long = (length: number) =>
      storeError(
        anError("m".repeat(length), {
          name: "n".repeat(257),
          stack: "s".repeat(length),
          code: "c".repeat(257),
        }),
      );
    expect(long(4096)).toMatchObject({ message: "m".repeat(4096), stack: "s".repeat(4096) });
    expect(long(4097)).toEqual({
      name: `${"n".repeat(256)}… (257 characters)`,
      message: `${"m".repeat(4096)}… (4097 characters)`,
      stack: "s".repeat(4096),
      code: `${"c".repeat(256)}… (257 characters)`,
    });
    expect(storeError("x".repeat(5000)).message.length).toBeLessThan(300);
  });

  it("has eight causes at most, and none that is itself", () => {
    let deep = anError("end");
    for (let n = 0; n < 20; n++) deep = anError(`${n}`, { cause: deep });
    expect(depthOf(storeError(deep))).toBe(8);
    const circle = anError("a");
    circle.cause = anError("b", { cause: circle });
    expect(storeError(circle)).toEqual({ ...plain("a"), cause: plain("b") });
  });

  it("gathers ten errors at most, and says how many more there were", () => {
    const gathering = (count: number) =>
      storeError(anError("no", { errors: Array.from({ length: count }, (_, n) => anError(`${n}`)) })).errors;
    expect(gathering(10)).toHaveLength(10);
    expect(gathering(12)).toHaveLength(11);
    expect(gathering(12)?.at(-1)).toEqual({ name: "Error", message: "2 more are not kept" });
  });

  it("keeps some 8 000 characters behind it, and no stack of what has no room", () => {
    const errors = Array.from({ length: 5 }, () => anError("m".repeat(3000), { stack: "s".repeat(3000) }));
    const stored = storeError(anError("no", { errors })).errors ?? [];
    expect(stored.map(({ stack }) => stack?.length)).toEqual([3000, 2187, undefined]);
    expect(stored.at(-1)?.message).toBe("3 more are not kept");
    const behind = storeError(
      anError("no", { cause: anError("m".repeat(4096), { stack: "s".repeat(4096), cause: "x" }) }),
    );
    expect(depthOf(behind)).toBe(1);
  });

  it("survives what throws when it is read", () => {
    const hostile = anError("no");
    for (const key of ["name", "message", "stack", "code", "cause", "errors"]) {
      Object.defineProperty(hostile, key, {
        get: () => {
          throw new TypeError("mine");
        },
      });
    }
    expect(storeError(hostile)).toMatchObject({ message: "(unreadable: reading it threw object)" });
    const { proxy, revoke } = Proxy.revocable(new Error("no"), {});
    revoke();
    expect(storeError(proxy)).toEqual({ name: "NonError", message: "an object that JSON cannot write" });
  });
});

describe("what stands behind an error", () => {
  it("is found the nearest first, each once, and at most 64", () => {
    const [a, b, c] = ["a", "b", "c"].map((message) => anError(message)) as [Error, Error, Error];
    const top = anError("top", { cause: a, errors: [b, a] });
    a.cause = c;
    c.cause = top;
    expect(chainOf(top).map(({ message }) => message)).toEqual(["top", "a", "b", "c"]);
    let deep = anError("end");
    for (let n = 0; n < 100; n++) deep = anError(`${n}`, { cause: deep });
    expect(chainOf(deep)).toHaveLength(64);
    expect(errorsOf(anError("x", { errors: "no list" }))).toEqual([]);
  });
});
