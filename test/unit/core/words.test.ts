import { describe, expect, it } from "vitest";
import { countText, lengthText, plain } from "../../../src/core/words.js";

// What operators read in the terminal and on the board: a wrong unit tells them of hours where minutes passed.
describe("lengths of time for people", () => {
  it.each([
    [-5, "0ms"],
    [0, "0ms"],
    [999.4, "999ms"],
    [1000, "1s"],
    [1999, "1s"],
    [9_900, "9s"],
    [59_999, "59s"],
    [60_000, "1m"],
    [61_000, "1m1s"],
    [90_500, "1m30s"],
    [599_000, "9m59s"],
    [600_000, "10m"],
    [659_000, "10m"],
    [3_600_000, "1h"],
    [3_659_000, "1h"],
    [5_400_000, "1h30m"],
    [36_000_000, "10h"],
    [86_400_000, "1d"],
    [90_000_000, "1d1h"],
    [950_400_000, "11d"],
  ])("of %d ms are %s", (ms, text) => {
    expect(lengthText(ms)).toBe(text);
  });
});

describe("numbers for people", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [1204, "1\u202f204"],
    [100_000, "100\u202f000"],
    [1_234_567, "1\u202f234\u202f567"],
  ])("write %d as %s", (count, text) => {
    expect(countText(count)).toBe(text);
  });
});

describe("what others wrote, for a terminal", () => {
  it.each([
    ["a\r\n\tb\nc", "a b c"],
    ["\u001b[31mred", "\\x1b[31mred"],
    ["\u0007\u007f\u009b", "\\x07\\x7f\\x9b"],
    ["a\u202eb\u2066c\u200ed", "a\\x202eb\\x2066c\\x200ed"],
    ["Ünïcode 😀", "Ünïcode 😀"],
  ])("obeys nothing in %j", (given, shown) => {
    expect(plain(given)).toBe(shown);
  });
});
