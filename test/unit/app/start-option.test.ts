import { describe, expect, it } from "vitest";
import { startOption } from "../../../src/app/process-options.js";

const START = "taskora({ start })";

describe("whether a framework starts an app, and on what", () => {
  it.each([true, false, {}, { tasks: ["media.*"] }, { tasks: ["a", "b"] }])("takes %j as it is", (value) => {
    expect(startOption(value, START)).toBe(value);
  });

  // Taken in silence, each of these would start a process that works on nothing, or on everything.
  it.each([
    ["yes", /expected taskora\(\{ start \}\) to be a boolean, got "yes"/],
    [null, /expected taskora\(\{ start \}\) to be a boolean, got null/],
    [1, /expected taskora\(\{ start \}\) to be a boolean, got 1/],
    [{ task: ["a"] }, /did you mean "?tasks/i],
    [{ tasks: "media.*" }, /taskora\(\{ start \}\)\.tasks/],
    [{ tasks: [7] }, /taskora\(\{ start \}\)\.tasks/],
  ])("refuses %j", (value, says) => {
    expect(() => startOption(value, START)).toThrow(says);
  });
});
