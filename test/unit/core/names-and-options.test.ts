import fc from "fast-check";
import { expect, describe as group, it } from "vitest";
import { limitArguments } from "../../../src/core/arguments.js";
import { anObject, instant, integer, listOf, oneOf, text } from "../../../src/core/checks.js";
import { parseDuration } from "../../../src/core/duration.js";
import { describe, optionSet, required } from "../../../src/core/options.js";
import { suggest } from "../../../src/core/suggest.js";
import { repairTaskName, requireTaskName } from "../../../src/core/task-name.js";
import { chooseTasks } from "../../../src/core/task-patterns.js";

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
  const set = optionSet({
    delay: parseDuration,
    ttl: required(parseDuration),
    retry: optionSet({ n: integer(1, 5) }).nested,
  });

  it("name the unknown key and what was meant, or all that are known", () => {
    expect(() => set.read({ dealy: 1 }, "dispatch options")).toThrow(
      'unknown option "dealy" in dispatch options. Did you mean "delay"?',
    );
    expect(() => set.read({ colour: 1 }, "x")).toThrow("Known options: delay, ttl, retry.");
    for (const key of ["constructor", "__proto__", "toString"])
      expect(() => set.read(JSON.parse(`{"${key}":1}`), "x")).toThrow(`unknown option "${key}"`);
  });

  it("give values in the form in which they are used, and take undefined as not given", () => {
    expect(set.read({ ttl: "1s", delay: undefined, retry: { n: 2 } }, "x")).toEqual({
      ttl: 1000,
      retry: { n: 2 },
    });
  });

  it.each([
    [{ ttl: null }, "ttl"],
    [{ ttl: undefined }, "ttl"],
    [{ ttl: 1, delay: null }, "delay"],
    [{ ttl: 1, retry: null }, "retry"],
    [{ ttl: 1, retry: { n: null } }, "retry.n"],
    [{ ttl: 1, retry: { m: 1 } }, "m"],
    [null, "x"],
    [[], "x"],
    [new URL("http://a"), "x"],
    [new Map(), "x"],
  ])("say which one is wrong: %j", (given, option) => {
    expect(() => set.read(given, "x")).toThrow(expect.objectContaining({ option }));
  });

  it("take whole numbers in their range only", () => {
    const range = integer(1, 5);
    expect([1, 5].map((n) => range(n, "n"))).toEqual([1, 5]);
    for (const bad of [0, 6, 1.5, "3", null, undefined, Number.NaN, 3n]) {
      expect(() => range(bad, "n")).toThrow("expected n to be a whole number from 1 to 5, got ");
    }
  });

  it("take words of a list, and say which was meant", () => {
    const states = listOf(oneOf(["waiting", "delayed"]));
    expect(states(["waiting"], "states")).toEqual(["waiting"]);
    expect(() => states(["wating"], "states")).toThrow(
      'expected states[0] to be "waiting" or "delayed", got "wating". Did you mean "waiting"?',
    );
    expect(() => states("waiting", "states")).toThrow('expected states to be a list, got "waiting"');
    expect(() => text(null, "reason")).toThrow("expected reason to be text, got null");
  });

  it("take times that are some", () => {
    expect(instant(new Date(5), "at")).toBe(5);
    for (const bad of [new Date("no"), Number.NaN, -1, 2 ** 47, "2026", null])
      expect(() => instant(bad, "at")).toThrow("expected at to be a Date or ms since the epoch");
  });

  it("refuse arguments that no parameter takes, as each method fails", async () => {
    const target = limitArguments({ now: (n: number) => n, later: async (n?: number) => n }, "it.", {
      throws: { now: 1 },
      rejects: { later: 0 },
    });
    expect(target.now(1)).toBe(1);
    expect(() => (target.now as (...args: number[]) => number)(1, 2)).toThrow(
      "expected it.now() to be given one argument, got 2 as one more",
    );
    await expect(target.later(1)).rejects.toThrow("expected it.later() to be given no arguments");
    expect(target.now.name).toBe("now");
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

  it("take what others made, be it an object or a function", () => {
    const made = [{}, [], new Map(), () => 1, class Tracer {}];
    expect(made.map((each) => anObject(each, "tracer"))).toEqual(made);
    for (const value of [null, undefined, "tracer", 0, true]) {
      expect(() => anObject(value, "tracer")).toThrow(/expected tracer to be an object/);
    }
  });

  it("name the class of what shows nothing of itself", () => {
    const odd = [
      [new Set([1]), "a Set"],
      [new ArrayBuffer(1), "an ArrayBuffer"],
      [new URLSearchParams("a=1"), "a URLSearchParams"],
      [Object.create({ constructor: undefined }), "{}"],
      [Object.create({ constructor: { name: 7 } }), "{}"],
      [Object.create({ constructor: { name: "" } }), "{}"],
    ] as const;
    for (const [value, words] of odd) expect(describe(value)).toBe(words);
  });

  it("describe values that JSON cannot write", () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    expect(describe(cyclic)).toEqual(expect.any(String));
  });
});

group("chooseTasks", () => {
  const names = ["email.send", "email.bounce", "media.resize"];

  it("chooses by what stands for any text, and by nothing else", () => {
    const isChosen = chooseTasks(["email.*", "media.resize"], {
      names: [...names, "emailxsend"],
      option: "only",
    });
    expect([...names, "emailxsend", "xemail.send"].filter(isChosen)).toEqual(names);
  });

  it.each([
    ["emial.*", names, /only\[0\] .*"emial\.\*", which chooses none\. Did you mean "email\.\*"/],
    ["emial.send", names, /Did you mean "email\.send"/],
    ["zzzzzz", names, /Tasks: email\.send, email\.bounce, media\.resize\./],
    ["zzzzzz", [], /There is none with a handler\./],
  ])("says of %s among %j what there is", (pattern, there, message) => {
    expect(() => chooseTasks([pattern], { names: there, option: "only" })).toThrow(message);
  });
});
