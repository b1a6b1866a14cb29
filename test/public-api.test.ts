import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { publicApi, undocumentedMembers } from "../scripts/public-api.js";

describe("the public surface", () => {
  const listed = readFileSync("docs/api/public-api.txt", "utf8");

  it("is what docs/api/public-api.txt lists, so that a change to it is seen", () => {
    expect(publicApi()).toBe(listed);
  }, 120_000);

  it("has no export of an unknown kind", () => {
    expect(listed).not.toContain("unknown");
  });

  it("says of at least 80 % of the members of its interfaces what the type cannot say", () => {
    const { members, bare } = undocumentedMembers();
    expect(members).toBeGreaterThan(600);
    expect(bare.length / members, bare.join(", ")).toBeLessThanOrEqual(0.2);
  }, 120_000);
});
