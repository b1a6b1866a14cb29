import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runNode } from "../codegen/support/temp-project.js";

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

describe("taskora/config", () => {
  it.each(["js", "cjs"])("loads no package and next to nothing else as .%s", (kind) => {
    const reached = new Map<string, string>();
    const follow = (path: string): void => {
      if (reached.has(path)) return;
      const text = read(path);
      reached.set(path, text);
      const imported =
        /^(?:import|export)\b[^;]*?from\s*"([^"]+)"|^import "([^"]+)"|^var .* = require\('([^']+)'\)/gm;
      for (const [, ...names] of text.matchAll(imported)) {
        const name = names.find((each) => each !== undefined) ?? "";
        if (name.startsWith(".")) follow(join(path, "..", name));
        else expect(name).toMatch(/^(node:|path$|url$)/);
      }
    };
    follow(`dist/config/index.${kind}`);
    expect([...reached.values()].join("").length).toBeLessThan(10_000);
  });
});

describe("the declarations of the package", () => {
  const dir = mkdtempSync(join(tmpdir(), "taskora-types-"));
  const entries = Object.keys(JSON.parse(read("package.json")).exports).filter(
    (name) => !name.endsWith(".json"),
  );

  beforeAll(() => {
    mkdirSync(join(dir, "node_modules"));
    symlinkSync(repository, join(dir, "node_modules/taskora"));
    symlinkSync(join(repository, "node_modules/zod"), join(dir, "node_modules/zod"));
    const imports = entries.map((entry, n) => `import * as e${n} from "${entry.replace(".", "taskora")}";`);
    const use = `export const all = [${entries.map((_, n) => `e${n}`).join(", ")}];`;
    for (const file of ["all.mts", "all.cts"]) writeFileSync(join(dir, file), [...imports, use].join("\n"));
    const compilerOptions = {
      ...{ target: "es2022", lib: ["es2022", "dom"], module: "nodenext", types: [], noEmit: true },
      ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false },
    };
    writeFileSync(
      join(dir, "tsconfig.json"),
      JSON.stringify({ compilerOptions, files: ["all.mts", "all.cts"] }),
    );
  });

  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it("share what they share under its own name, which messages of the compiler then say", () => {
    const files = readdirSync(join(repository, "dist")).filter((file) => /\.d\.c?ts$/.test(file));
    const shortened = files.filter((file) => {
      const lists = read(`dist/${file}`).match(/^export (?:type )?\{[^}]*\};/gm) ?? [];
      return !file.startsWith("index.d.") && lists.some((list) => list.includes(" as "));
    });
    expect(files.length).toBeGreaterThan(10);
    expect(shortened).toEqual([]);
  });

  it.each(["typescript-5.4", "typescript", "typescript-7.0"])(
    "compile with lib es2022 and without skipLibCheck under %s",
    async (compiler) => {
      const { stdout, code } = await runNode(
        [join(repository, "node_modules", compiler, "bin/tsc"), "-p", "."],
        dir,
      );
      expect(stdout).toBe("");
      expect(code).toBe(0);
    },
    60_000,
  );
});
