import { defineTask, isContract } from "taskora/contract";
import { describe, expect, it } from "vitest";
import {
  aFunction,
  anAbortSignal,
  anObject,
  instant,
  integer,
  listOf,
  numberBetween,
  objectWith,
  oneOf,
  oneOrMany,
  someText,
  text,
  trueOrFalse,
} from "../../../src/core/checks.js";
import { inLane, isLaneName, laneParts, requireStoredName } from "../../../src/core/lane-name.js";
import { type Check, describe as described, requireList } from "../../../src/core/options.js";
import { isFormerName, requireFormerName } from "../../../src/core/task-name.js";
import { taskPatterns } from "../../../src/core/task-patterns.js";

const { signal } = new AbortController();
const one = () => 1;
const log = { info: () => undefined, warn: () => undefined };
const callable = Object.assign(() => undefined, log);

type Row = readonly [
  check: Check<unknown>,
  taken: readonly unknown[],
  refused: readonly unknown[],
  said: string,
];

/** A check, what it takes, what it refuses, and what it says was expected. */
const CHECKS: readonly Row[] = [
  [text, ["", "a"], [null, undefined, 7, ["a"]], "text"],
  [someText, ["a", " "], ["", null, 7], "text that is not empty"],
  [trueOrFalse, [true, false], [0, "true", null], "a boolean"],
  [
    aFunction(),
    [() => 1, class {}, async () => 1],
    [null, "f", function* () {}, async function* () {}],
    "a function",
  ],
  [integer(-2, 3), [-2, 0, 3], [-3, 4, 0.5, "1", 1n, Number.NaN], "a whole number from -2 to 3"],
  [numberBetween(0, 1), [0, 0.5, 1], [-0.1, 1.1, "0", Number.NaN, null], "a number from 0 to 1"],
  [
    anAbortSignal,
    [signal, { aborted: false, addEventListener: () => undefined }],
    [null, undefined, "x", {}, { aborted: true }, { addEventListener: 1 }],
    "an AbortSignal",
  ],
  [oneOf(["a", "b"]), ["a", "b"], ["c", "", 7, null, ["a"]], '"a" or "b"'],
  [oneOf(["a", "b", "c"]), ["c"], ["", 7], "one of a, b, c"],
  [listOf(text), [[], ["a"]], ["a", null, { length: 0 }], "a list"],
  [
    instant,
    [0, 5, 2 ** 47 - 1],
    [-1, 2 ** 47, Number.POSITIVE_INFINITY, "5", null],
    "a Date or ms since the epoch",
  ],
  [anObject, [{}, [], () => 1], [null, undefined, "x", 7], "an object"],
  [
    objectWith<typeof log>("a logger", ["info", "warn"]),
    [log, callable],
    [null, {}, { info: () => 1 }, "x"],
    "a logger with info(), warn()",
  ],
];

// An option that is wrong and taken shows weeks later, as jobs that did something else.
describe("a check of options", () => {
  it.each(CHECKS.map((row) => [row[3], row] as const))("takes %s, and nothing else", (_, row) => {
    const [check, taken, refused, said] = row;
    for (const value of taken) expect(check(value, "it")).toEqual(value);
    for (const value of refused) {
      const expected = { option: "it", message: expect.stringContaining(`expected it to be ${said}, got `) };
      expect(() => check(value, "it"), described(value)).toThrow(expect.objectContaining(expected));
    }
  });

  it("names the item of a list that is wrong", () => {
    expect(() => listOf(text)(["a", 7], "it")).toThrow("expected it[1] to be text, got 7");
    expect(() => oneOrMany(text)(["a", 7], "it")).toThrow("expected it[1] to be text, got 7");
    expect(() => oneOrMany(text)(7, "it")).toThrow("expected it to be text, got 7");
    expect(oneOrMany(text)("a", "it")).toEqual(["a"]);
    expect(oneOrMany(text)(["a", "b"], "it")).toEqual(["a", "b"]);
  });

  it("guesses what was meant where that is near, and of text alone", () => {
    expect(() => oneOf(["fail", "discard"])("fial", "it")).toThrow(/got "fial"\. Did you mean "fail"\?$/);
    expect(() => oneOf(["fail", "discard"])("zzz", "it")).toThrow(/got "zzz"$/);
    expect(() => oneOf(["fail", "discard"])(7, "it")).toThrow(/got 7$/);
  });

  it("rounds a time to whole ms", () => {
    expect([instant(1.4, "at"), instant(1.6, "at"), instant(new Date(7), "at")]).toEqual([1, 2, 7]);
  });

  it("takes tasks by names, of which there is one at least", () => {
    expect(taskPatterns(["a.*"], "only")).toEqual(["a.*"]);
    expect(() => taskPatterns([], "only")).toThrow("expected only to name tasks");
    expect(() => taskPatterns("a", "only")).toThrow("expected only to be a list");
  });

  it.each([
    [[one], "functions", undefined],
    [["a", one], "functions or text", undefined],
    [["a", one], "functions", 'expected it to be a list of functions, got "a" in it'],
    [[7], "functions or text", "expected it to be a list of functions or text, got 7 in it"],
    ["a", "functions or text", 'expected it to be a list of functions or text, got "a"'],
    [[function* () {}], "functions", "got a generator function in it"],
  ] as const)("takes lists of functions: %o of %s", (value, of, message) => {
    const check = (): void => requireList(value, { option: "it", of });
    if (message === undefined) expect(check).not.toThrow();
    else expect(check).toThrow(message);
  });

  it("cuts long values in messages", () => {
    expect(described("x".repeat(198))).toBe(`"${"x".repeat(198)}"`);
    expect(described("x".repeat(199))).toBe(`"${"x".repeat(199)}…`);
  });
});

/** Options of a contract, at their ends and just past them. */
const BOUNDS: readonly (readonly [option: string, taken: readonly unknown[], refused: readonly unknown[]])[] =
  [
    ["version", [1, 65_535], [0, 65_536, 1.5, "1"]],
    ["priority", [-1000, 1000], [-1001, 1001]],
    [
      "globalConcurrency",
      [1, 100_000, { limit: 1, by: "a" }],
      [0, 100_001, {}, { limit: 0 }, { limit: 1, of: "a" }],
    ],
    [
      "rateLimit",
      [
        { limit: 1, window: 1 },
        { limit: 100_000, window: "1d" },
      ],
      [
        { limit: 0, window: 1 },
        { limit: 100_001, window: 1 },
        { limit: 1, window: 0 },
        { limit: 1 },
        { window: 1 },
      ],
    ],
    [
      "group",
      [{ by: "a" }, { by: "a", weight: 1000 }],
      [{}, { by: "a", weight: 0 }, { by: "a", weight: 1001 }, { by: "" }],
    ],
    [
      "deduplicate",
      [{ by: "a" }, { by: "a", while: ["active"] }],
      [{}, { by: "a", while: [] }, { by: "a", while: ["failed"] }],
    ],
    [
      "collect",
      [{ delay: 0 }, { delay: 1, maxSize: 1 }, { delay: 1, maxSize: 1000 }],
      [{}, { delay: 1, maxSize: 0 }, { delay: 1, maxSize: 1001 }, { delay: -1 }],
    ],
    ["onExpire", ["fail", "discard"], ["keep", true]],
    ["unstable", [true, false], ["yes"]],
    ["aliases", [[], ["Old:Name_1/x.y-z"]], ["old", [""], ["-a"], ["a b"]]],
    ["timeout", [1, "1s"], [0, -1, "soon"]],
    ["ttl", [0, "1s"], [-1, null]],
    ["delay", [0, "1s"], [-1, null]],
    [
      "migrate",
      [{}],
      [[], null, { 0: (data: unknown) => data }, { one: (data: unknown) => data }, { 1: "no" }],
    ],
    ["input", [], [null, {}, { "~standard": {} }, "x"]],
    ["output", [], [null, {}]],
    ["emits", [], [null, {}]],
    ["description", ["", "a"], [7]],
    ["deprecated", ["", "a"], [7]],
  ];

describe("an option of a contract", () => {
  it.each(BOUNDS)("is taken at its ends and refused past them: %s", (option, taken, refused) => {
    const declare = (value: unknown) => () => defineTask({ name: "mail", [option]: value } as never);
    for (const value of taken) expect(declare(value), described(value)).not.toThrow();
    for (const value of refused) expect(declare(value), described(value)).toThrow(option);
  });

  it("makes it one that others know as a contract, which nobody changes", () => {
    const contract = defineTask({ name: "mail" });
    expect(contract).toEqual({ name: "mail", version: 1 });
    expect(Object.isFrozen(contract)).toBe(true);
    expect([contract, { ...contract }, null, "mail", undefined].map(isContract)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe("a name", () => {
  it("of a lane is of words, and no longer than a hundred characters", () => {
    for (const name of ["a", "A1", "tenant-7", "a.b_c-d", "x".repeat(100)])
      expect(isLaneName(name)).toBe(true);
    for (const name of ["", "-a", "a-", "a--b", "a/b", "a b", "ä", "x".repeat(101), 7, null]) {
      expect(isLaneName(name)).toBe(false);
    }
  });

  it("of a task has its lane in it, and another lane takes its place", () => {
    expect(inLane("mail", undefined)).toBe("mail");
    expect(inLane("mail/a", undefined)).toBe("mail/a");
    expect(inLane("mail", "b")).toBe("mail/b");
    expect(inLane("mail/a", "b")).toBe("mail/b");
    expect(laneParts("mail")).toEqual({ contract: "mail", lane: undefined });
    expect(laneParts("mail/a")).toEqual({ contract: "mail", lane: "a" });
  });

  it("that is stored is that of a task or of a lane of one", () => {
    for (const name of ["mail", "mail/a"]) expect(requireStoredName(name, "it")).toBe(name);
    for (const name of ["Mail", "/a", "mail/", "mail/a/b"]) {
      expect(() => requireStoredName(name, "it")).toThrow(expect.objectContaining({ code: "NAME_INVALID" }));
    }
  });

  it("of former times may be that of another library, and nothing that breaks a key", () => {
    for (const name of ["a", "_a", "A:b/c.d-e_1", "x".repeat(100)]) {
      expect([isFormerName(name), requireFormerName(name, "it")]).toEqual([true, name]);
    }
    for (const name of ["", "-a", ":a", "a b", "a{b}", "x".repeat(101), 7]) {
      expect(isFormerName(name)).toBe(false);
      expect(() => requireFormerName(name, "it")).toThrow(expect.objectContaining({ code: "NAME_INVALID" }));
    }
  });
});
