import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createKeys, escapeName, TASK_KEYS, type TaskKey } from "../../../src/redis/keys.js";

describe("keys", () => {
  const keys = createKeys("app");

  it("share one hash tag per task", () => {
    expect(keys.key("email.send", "jobs")).toBe("app:{email.send}:jobs");
    expect(keys.root("email.send")).toBe("app:{email.send}:");
  });

  it("keep braces out of the tag", () => {
    expect(keys.root("a}:{b")).toBe("app:{a%7D%3A%7Bb}:");
  });

  it("differ for each part of a task", () => {
    const names = Object.keys(TASK_KEYS) as TaskKey[];
    expect(new Set(names.map((name) => keys.key("t", name))).size).toBe(names.length);
  });

  it("differ for any two tasks, and tell the task again", () => {
    const name = fc.string({ minLength: 1, unit: "grapheme" });
    fc.assert(
      fc.property(name, name, (one, other) => {
        expect(keys.taskOf(keys.root(one))).toBe(one);
        if (one !== other) expect(keys.root(one)).not.toBe(keys.root(other));
        expect(escapeName(one)).toMatch(/^[\w.%-]*$/);
      }),
    );
  });

  it("know no task of another prefix", () => {
    expect(keys.taskOf("other:{a}:")).toBeUndefined();
  });

  it("of one task never begin with those of another", () => {
    expect(keys.key("a", "history").startsWith(keys.root("a:history"))).toBe(false);
  });
});
