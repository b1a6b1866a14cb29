import { describe, expect, it } from "vitest";
import { ADMISSION_SHAPE, resolveAdmission } from "../../../../src/core/limits/admission.js";
import { optionSet } from "../../../../src/core/options.js";

/** What is stored of the options of a dispatch. */
function stored(options: Readonly<Record<string, unknown>>, isDeduplicated = false) {
  return resolveAdmission(optionSet(ADMISSION_SHAPE).read(options, "dispatch()"), { isDeduplicated });
}

const DAY_MS = 24 * 3_600_000;

describe("what of a dispatch decides whether its job is stored", () => {
  it.each([
    [{}, undefined],
    [{ deduplicate: "a" }, { unique: { key: "a" } }],
    [{ deduplicate: { key: "a" } }, { unique: { key: "a" } }],
    [
      { deduplicate: { key: "a", while: ["active", "waiting"] } },
      { unique: { key: "a", while: ["waiting", "active"] } },
    ],
    [{ idempotency: "a" }, { idempotency: { key: "a", windowMs: DAY_MS, digest: "" } }],
    [{ idempotency: { key: "a" } }, { idempotency: { key: "a", windowMs: DAY_MS, digest: "" } }],
    [{ idempotency: { key: "a", window: "1ms" } }, { idempotency: { key: "a", windowMs: 1, digest: "" } }],
    [{ debounce: { key: "a", delay: "1s" } }, { debounce: { key: "a", delayMs: 1000 } }],
    [
      { debounce: { key: "a", delay: "1s", maxWait: "1s" } },
      { debounce: { key: "a", delayMs: 1000, maxWaitMs: 1000 } },
    ],
    [
      { throttle: { key: "a", limit: 100_000, window: "1m" } },
      { throttle: { key: "a", limit: 100_000, windowMs: 60_000 } },
    ],
    [
      { idempotency: "a", throttle: { key: "b", limit: 1, window: "1s" }, debounce: { key: "c", delay: 1 } },
      {
        idempotency: { key: "a", windowMs: DAY_MS, digest: "" },
        throttle: { key: "b", limit: 1, windowMs: 1000 },
        debounce: { key: "c", delayMs: 1 },
      },
    ],
  ])("%j is stored as %j", (options, expected) => expect(stored(options)).toStrictEqual(expected));

  it.each([
    [
      { debounce: { key: "a", delay: "2s", maxWait: "1s" } },
      /maxWait to be at least debounce.delay \("2s"\), got "1s"/,
    ],
    [{ throttle: { key: "a", limit: 100_001, window: "1s" } }, /throttle.limit/],
    [{ deduplicate: "a", debounce: { key: "a", delay: 1 } }, /deduplicate or debounce, got both/],
    [{ deduplicate: { key: "a", while: "waiting" } }, /deduplicate.while to list some of/],
    [{ onDuplicate: "join" }, /without a key nothing is a duplicate/],
    [{ onDuplicate: "join", throttle: { key: "a", limit: 1, window: "1s" } }, /without a key/],
  ])("%j is refused", (options, message) => expect(() => stored(options)).toThrow(message));

  it("says what becomes of duplicates where a key is given, by the dispatch or by the contract", () => {
    expect(stored({ onDuplicate: "reject" }, true)).toBeUndefined();
    expect(stored({ onDuplicate: "reject", deduplicate: "a" })).toEqual({ unique: { key: "a" } });
    expect(stored({ onDuplicate: "reject", idempotency: "a" })).toHaveProperty("idempotency");
    const replacing = { onDuplicate: "reject", debounce: { key: "a", delay: 1 } };
    expect(() => stored(replacing, true)).toThrow("without a key nothing is a duplicate");
  });
});
