import { defineTask } from "taskora/contract";
import { describe, expect, it } from "vitest";

const step = (data: unknown): unknown => data;
const declare = (more: object) => () => defineTask({ name: "email.send", ...more });

describe("the versions of a contract", () => {
  it("begin with the oldest that is still understood", () => {
    expect(declare({ version: 3, since: 3 })).not.toThrow();
    expect(declare({ version: 3, since: 4 })).toThrow("expected since to be at most version 3, got 4");
    expect(declare({ since: 2 })).toThrow("expected since to be at most version 1, got 2");
  });

  it("are migrated from those below the own one", () => {
    expect(declare({ version: 3, migrate: { 1: step, 2: step } })).not.toThrow();
    expect(declare({ version: 3, migrate: { 2: step, 3: step } })).toThrow(
      "expected migrate to hold functions for versions below 3, got one for 3",
    );
    expect(declare({ migrate: { 1: step } })).toThrow("got one for 1");
  });
});
