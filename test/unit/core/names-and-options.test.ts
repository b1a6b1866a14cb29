import fc from "fast-check";
import { expect, describe as group, it } from "vitest";
import { describe, rejectUnknownKeys, requireInteger } from "../../../src/core/options.js";
import { suggest } from "../../../src/core/suggest.js";
import { repairTaskName, requireTaskName } from "../../../src/core/task-name.js";

group("requireTaskName", () => {
  it.each(["a", "email.send", "image.thumbnail-2x", "a1.b2.c3", `a${"b".repeat(99)}`])("takes %s", (name) => {
    expect(requireTaskName(name)).toBe(name);
  });

  it.each([
    "",
    "A",
    "1a",
    "a..b",
    "a.",
    ".a",
    "a_b",
    "a b",
    "ä",
    "a/b",
    "a:b",
    "{a}",
    `a${"b".repeat(100)}`,
    7,
    null,
  ])("refuses %j", (name) => {
    expect(() => requireTaskName(name)).toThrow(expect.objectContaining({ code: "NAME_INVALID" }));
  });

  it.each([
    ["sendEmail", "send-email"],
    ["Email_Send", "email-send"],
    ["email/send", "email-send"],
    ["  .Email..Send- ", "email.send"],
    ["123", ""],
  ])("repairs %j as %j", (name, better) => {
    expect(repairTaskName(name)).toBe(better);
  });

  it("repairs anything to a name it takes, or to nothing", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 150 }), (name) => {
        const better = repairTaskName(name);
        if (better !== "") expect(requireTaskName(better)).toBe(better);
      }),
    );
  });
});

group("suggest", () => {
  const known = ["delay", "priority", "attempts", "timeout"];

  it.each([
    ["dealy", "delay"],
    ["Delay", "delay"],
    ["dely", "delay"],
    ["prioritty", "priority"],
    ["attemps", "attempts"],
    ["time-out", "timeout"],
    ["colour", undefined],
    ["", undefined],
  ])("for %j is %j", (word, expected) => {
    expect(suggest(word, known)).toBe(expected);
  });
});

group("options", () => {
  it("name the unknown key and what was meant, or all that are known", () => {
    expect(() => rejectUnknownKeys({ dealy: 1 }, ["delay", "ttl"], "dispatch options")).toThrow(
      'unknown option "dealy" in dispatch options. Did you mean "delay"?',
    );
    expect(() => rejectUnknownKeys({ colour: 1 }, ["delay", "ttl"], "x")).toThrow(
      "Known options: delay, ttl.",
    );
    rejectUnknownKeys({ delay: undefined }, ["delay"], "x");
  });

  it("take whole numbers in their range only", () => {
    const range = { option: "n", min: 1, max: 5 };
    expect([1, 5].map((n) => requireInteger(n, range))).toEqual([1, 5]);
    for (const bad of [0, 6, 1.5, "3", null, undefined, Number.NaN, 3n]) {
      expect(() => requireInteger(bad, range)).toThrow("expected n to be a whole number from 1 to 5, got ");
    }
  });

  it("describe values for messages", () => {
    expect([() => 1, 5n, undefined, "a", [1], Symbol("s")].map(describe)).toEqual([
      "a function",
      "5n",
      "undefined",
      '"a"',
      "[1]",
      "Symbol(s)",
    ]);
  });

  it("describe values that JSON cannot write", () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    expect(describe(cyclic)).toEqual(expect.any(String));
  });
});
