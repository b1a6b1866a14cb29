import { defineTask } from "taskora/contract";
import { describe, expect, it } from "vitest";
import { concurrencyOption } from "../../../../src/core/limits/concurrency.js";
import { resolveDeduplicateBy, uniqueOf } from "../../../../src/core/limits/deduplicate.js";
import { groupOf, groupOption, resolveGroupBy } from "../../../../src/core/limits/group.js";
import {
  limitOf,
  rateOf,
  resolveGlobalConcurrency,
  resolveRateLimit,
} from "../../../../src/core/limits/limit.js";
import { keyAt, parsePath } from "../../../../src/core/limits/payload-path.js";

const PAYLOAD = { customer: { id: 7 }, to: "a" };

// Where a rule is read wrongly, customers wait for each other, or run past the limit that was meant to hold them.
describe("what a contract says of its jobs, as it is stored with one", () => {
  it.each([
    ["a limit", limitOf(resolveGlobalConcurrency(3), PAYLOAD, "mail"), { key: "", max: 3 }],
    [
      "a limit in full",
      limitOf(resolveGlobalConcurrency({ limit: 3 }), PAYLOAD, "mail"),
      { key: "", max: 3 },
    ],
    [
      "a limit of each customer",
      limitOf(resolveGlobalConcurrency({ limit: 3, by: "customer.id" }), PAYLOAD, "mail"),
      { key: "7", max: 3 },
    ],
    [
      "a rate",
      rateOf(resolveRateLimit({ limit: 3, window: "1s" }), PAYLOAD, "mail"),
      { key: "", limit: 3, windowMs: 1000 },
    ],
    [
      "a rate of each customer",
      rateOf(resolveRateLimit({ limit: 3, window: "1s", by: "to" }), PAYLOAD, "mail"),
      { key: "a", limit: 3, windowMs: 1000 },
    ],
    ["a group", groupOf(resolveGroupBy({ by: "to" }), PAYLOAD, "mail"), { key: "a" }],
    [
      "a group of the usual weight",
      groupOf(resolveGroupBy({ by: "to", weight: 1 }), PAYLOAD, "mail"),
      { key: "a" },
    ],
    [
      "a group with more turns",
      groupOf(resolveGroupBy({ by: "to", weight: 2 }), PAYLOAD, "mail"),
      { key: "a", weight: 2 },
    ],
    ["a key", uniqueOf(resolveDeduplicateBy({ by: "to" }), PAYLOAD, "mail"), { key: "a" }],
    [
      "a key in some states",
      uniqueOf(resolveDeduplicateBy({ by: "to", while: ["active", "waiting"] }), PAYLOAD, "mail"),
      { key: "a", while: ["waiting", "active"] },
    ],
  ])("is %s", (_, stored, expected) => {
    expect(stored).toEqual(expected);
  });

  it.each([
    ["rateLimit.by", () => rateOf(resolveRateLimit({ limit: 3, window: "1s", by: "from" }), PAYLOAD, "mail")],
    [
      "globalConcurrency.by",
      () => limitOf(resolveGlobalConcurrency({ limit: 3, by: "from" }), PAYLOAD, "mail"),
    ],
    ["group.by", () => groupOf(resolveGroupBy({ by: "from" }), PAYLOAD, "mail")],
    ["deduplicate.by", () => uniqueOf(resolveDeduplicateBy({ by: "from" }), PAYLOAD, "mail")],
  ])("is refused by name where the payload has no key: %s", (option, make) => {
    expect(make).toThrow(`expected ${option} of mail, the payload's from, to be text`);
  });

  it("cannot be that a collected job waits at another place as well", () => {
    const collect = { delay: "1s" } as const;
    const declare = (more: object) => () => defineTask({ name: "mail", collect, ...more });
    expect(declare({ group: { by: "to" } })).toThrow("expected no group beside collect");
    expect(declare({ rateLimit: { limit: 1, window: "1s" } })).toThrow(
      "expected no rateLimit beside collect",
    );
    expect(declare({ globalConcurrency: 1 })).toThrow("expected no globalConcurrency beside collect");
    expect(declare({})).not.toThrow();
  });
});

describe("what a dispatch says of its job", () => {
  it.each([
    ["a", { key: "a", max: 1 }],
    [{ key: "a" }, { key: "a", max: 1 }],
    [
      { key: "a", limit: 5 },
      { key: "a", max: 5 },
    ],
  ])("concurrency %j is stored as %j", (given, stored) => {
    expect(concurrencyOption(given, "concurrency")).toEqual(stored);
  });

  it.each([
    ["a", { key: "a" }],
    [{ key: "a" }, { key: "a" }],
    [{ key: "a", weight: 1 }, { key: "a" }],
    [
      { key: "a", weight: 2 },
      { key: "a", weight: 2 },
    ],
  ])("group %j is stored as %j", (given, stored) => {
    expect(groupOption(given, "group")).toEqual(stored);
  });

  it.each([7, null, ["a"], "", "x".repeat(201), "\ud800", { limit: 1 }])("refuses %j as a key", (given) => {
    expect(() => concurrencyOption(given, "concurrency")).toThrow("concurrency");
    expect(() => groupOption(given, "group")).toThrow("group");
  });
});

describe("a path into a payload", () => {
  it.each(["", ".", "a.", ".a", "a..b", 7, undefined])("is not %j", (text) => {
    expect(() => parsePath(text, "by")).toThrow("expected by to be");
  });

  it.each([
    ["a", "x", "x"],
    ["a", 7, "7"],
    ["a", 7n, "7"],
    ["a", false, "false"],
  ])("leads by %s to %o as the key %s", (path, value, key) => {
    expect(keyAt({ a: value }, parsePath(path, "by"), "by")).toBe(key);
  });

  it("leads through lists, and through own fields alone", () => {
    expect(keyAt({ a: [{ b: "x" }] }, ["a", "0", "b"], "by")).toBe("x");
    expect(() => keyAt({ a: "x" }, ["toString", "name"], "by")).toThrow("the payload's toString.name,");
    expect(() => keyAt({ a: null }, ["a", "b"], "by")).toThrow("the payload's a.b,");
    expect(() => keyAt("x", ["length"], "by")).toThrow("the payload's length,");
    expect(() => keyAt({ a: {} }, ["a"], "by")).toThrow("the payload's a,");
  });
});
