import { describe, expect, it } from "vitest";
import { samplePattern } from "../../../src/schema/sample-pattern.js";

describe("texts for a pattern", () => {
  it.each([
    "^[a-z]{2}-\\d+$",
    "^(?:foo|bar)?baz$",
    "^T-\\d{3,5}$",
    "^[^a]+$",
    "^(?<year>\\d{4})-\\d{2}$",
    "^v\\d+\\.\\d+(?:-(?:rc|beta)\\d*)?$",
    "^(?=.*\\d)[a-z0-9]{8,}$",
    "^(?:[A-Za-z0-9_'+\\-]+\\.)*[A-Za-z0-9_'+\\-]*[A-Za-z0-9_+-]@(?:[A-Za-z0-9][A-Za-z0-9\\-]*\\.)+[A-Za-z]{2,}$",
  ])("match %s", (source) => {
    const texts = samplePattern(source);
    expect(texts.length).toBeGreaterThan(0);
    expect(texts.filter((text) => !new RegExp(source).test(text))).toEqual([]);
  });

  it.each([
    ["^a*$", ["", "a", "aa"]],
    ["^a+$", ["a", "aa", "aaa"]],
    ["^a?$", ["", "a"]],
    ["^a{2}$", ["aa"]],
    ["^a{2,4}$", ["aa", "aaa", "aaaa"]],
    ["^a{2,}$", ["aa", "aaa", "aaaa"]],
    ["^(?!b)[ab]c$", ["ac"]],
  ])("begin with the fewest repetitions that it allows: %s", (source, texts) => {
    expect(samplePattern(source)).toEqual(texts);
  });

  it.each(["^(a)\\1$", "^\\p{L}+$", "[", "^(", "^[a"])("are none for what cannot be read: %s", (source) => {
    expect(() => samplePattern(source)).not.toThrow();
    expect(samplePattern(source)).toEqual([]);
  });
});
