import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { codeFrame } from "../../codegen/code-frame.js";
import { importChain, importClosure } from "../../codegen/source/import-chain.js";
import { SourceIndex } from "../../codegen/source/source-index.js";
import { type TempProject, tempProject } from "./support/temp-project.js";

const projects: TempProject[] = [];

afterEach(() => {
  for (const project of projects.splice(0)) project.dispose();
});

function aProject(files: Record<string, string>): TempProject {
  const project = tempProject(files);
  projects.push(project);
  return project;
}

/** `file:line:column` of a path in the contract that is defined at a position. */
function locate(files: Record<string, string>, path: readonly (string | number)[]): string {
  const project = aProject(files);
  const sources = new SourceIndex();
  const call = sources.callAt({ file: join(project.dir, "a.ts"), line: 1, column: 18 });
  if (call === undefined) throw new Error("no call there");
  const at = sources.locate(call, path);
  return `${at.file.slice(project.dir.length + 1)}:${at.line}:${at.column}`;
}

describe("SourceIndex", () => {
  const contract = (input: string): string =>
    `export const a = defineTask({ name: "a",\n  input: ${input} });\n`;

  it.each([
    ["a property", "z.object({\n    id: z.date() })", ["input", "id"], "a.ts:3:5"],
    ["a property in an array", "z.array(z.object({\n    id: z.date() }))", ["input", "id"], "a.ts:3:5"],
    [
      "a property named like an outer one",
      "z.object({ id: z.object({\n id: z.date() }) })",
      ["input", "id", "id"],
      "a.ts:3:2",
    ],
    ["a quoted key", 'z.object({\n  "a-b": z.date() })', ["input", "a-b"], "a.ts:3:3"],
    ["the deepest part there is", "z.object({\n  a: make() })", ["input", "a", "b", "c"], "a.ts:3:3"],
    ["an index", "z.tuple([z.string(),\n z.date()])", ["input", 1], "a.ts:2:3"],
  ])("finds %s", (_title, input, path, place) => {
    expect(locate({ "a.ts": contract(input) }, path)).toBe(place);
  });

  it("follows a name in the same file, and a shorthand", () => {
    const text = `${contract("z.object({ user })")}const user = z.object({\n  born: z.date(),\n});\n`;
    expect(locate({ "a.ts": text }, ["input", "user", "born"])).toBe("a.ts:4:3");
  });

  it("follows an import under another name", () => {
    const files = {
      "a.ts": `${contract("z.object({ user: Person })")}import { User as Person } from "./user.js";\n`,
      "user.ts": "export const User = z.object({\n  born: z.date(),\n});\n",
    };
    expect(locate(files, ["input", "user", "born"])).toBe("user.ts:2:3");
  });
});

describe("importChain", () => {
  const files = {
    "a.ts": 'import "./b.js";\nimport "./far/index.js";\n',
    "b.ts": 'import { c } from "./far";\nexport { c };\nimport "./a.js";\n',
    "far/index.ts": 'export * from "./c.ts";\nimport "node:fs";\n',
    "far/c.ts": "export const c = 1;\n",
  };

  it("finds the shortest way, through every form of specifier", () => {
    const { dir } = aProject(files);
    const chain = importChain(join(dir, "a.ts"), join(dir, "far/c.ts"));
    expect(chain?.map((file) => file.slice(dir.length + 1))).toEqual(["a.ts", "far/index.ts", "far/c.ts"]);
  });

  it("says when there is none", () => {
    const { dir } = aProject(files);
    expect(importChain(join(dir, "far/c.ts"), join(dir, "a.ts"))).toBeUndefined();
  });

  it("lists all that is imported, once each", () => {
    const { dir } = aProject(files);
    expect(importClosure([join(dir, "a.ts")]).size).toBe(4);
  });
});

describe("codeFrame", () => {
  it("shows two lines on either side and a caret", () => {
    const text = Array.from({ length: 12 }, (_, index) => `line ${index + 1}`).join("\n");
    expect(codeFrame({ file: "x", line: 9, column: 6 }, text)).toBe(
      "   7 | line 7\n   8 | line 8\n>  9 | line 9\n     |      ^\n  10 | line 10\n  11 | line 11",
    );
  });

  it("shows nothing of a file that is gone", () => {
    expect(codeFrame({ file: "/nowhere/x.ts", line: 1, column: 1 })).toBe("");
  });
});
