import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string) => readFileSync(join(repository, path), "utf8");

describe("the package", () => {
  it("says where it comes from", () => {
    const { homepage, repository: source, bugs } = JSON.parse(read("package.json"));
    expect([homepage, source.url, bugs.url].every((url) => url.includes("github.com/taskora/taskora"))).toBe(
      true,
    );
  });

  it("repeats the licence of every package that is bundled", () => {
    const licenses = read("dist/THIRD-PARTY-LICENSES.txt");
    for (const name of ["commander", "croner", "picocolors", "tinyglobby", "fdir", "picomatch"]) {
      const license = read(`node_modules/${name}/LICENSE`).trim();
      expect(licenses).toContain(`\n${name} `);
      expect(licenses).toContain(license);
    }
  });
});
