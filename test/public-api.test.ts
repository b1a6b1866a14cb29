import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { publicApi } from "../scripts/public-api.js";

describe("the public surface", () => {
  const listed = readFileSync("docs/api/public-api.txt", "utf8");

  it("is what docs/api/public-api.txt lists, so that a change to it is seen", () => {
    expect(publicApi()).toBe(listed);
  });

  it("has no export of an unknown kind", () => {
    expect(listed).not.toContain("unknown");
  });
});
