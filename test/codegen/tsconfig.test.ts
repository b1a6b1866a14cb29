import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { readCompilerOptions } from "../../codegen/emit/tsconfig.js";
import { type TempProject, tempProject } from "./support/temp-project.js";

const projects: TempProject[] = [];

afterEach(() => {
  for (const project of projects.splice(0)) project.dispose();
});

function read(files: Record<string, string>, path = "tsconfig.json"): unknown {
  const project = tempProject(files);
  projects.push(project);
  return readCompilerOptions(join(project.dir, path));
}

describe("readCompilerOptions", () => {
  it("reads comments and trailing commas, and leaves texts alone", () => {
    const text =
      '\uFEFF{\n  // one\n  "compilerOptions": { /* two */ "paths": { "a//b,": ["/*x*/"], }, "strict": true, // three\n },\n}';
    expect(read({ "tsconfig.json": text })).toEqual({ paths: { "a//b,": ["/*x*/"] }, strict: true });
  });

  it("follows extends: paths with and without ending, lists, packages", () => {
    const options = read({
      "tsconfig.json":
        '{ "extends": ["./a", "base/strict.json", "@scope/base"], "compilerOptions": { "own": 1 } }',
      "a.json": '{ "extends": "./deep/b.json", "compilerOptions": { "a": 1, "won": "a" } }',
      "deep/b.json": '{ "compilerOptions": { "b": 1, "a": 2 } }',
      "node_modules/base/strict.json": '{ "compilerOptions": { "c": 1, "won": "base" } }',
      "node_modules/@scope/base/tsconfig.json": '{ "compilerOptions": { "d": 1 } }',
    });
    expect(options).toEqual({ a: 1, b: 1, c: 1, d: 1, own: 1, won: "base" });
  });

  it("survives a circle, a missing base and a broken file", () => {
    expect(
      read({ "tsconfig.json": '{ "extends": "./tsconfig.json", "compilerOptions": { "a": 1 } }' }),
    ).toEqual({ a: 1 });
    expect(read({ "tsconfig.json": '{ "extends": "gone", "compilerOptions": { "a": 1 } }' })).toEqual({
      a: 1,
    });
    expect(read({ "tsconfig.json": "{ nonsense" })).toEqual({});
  });
});
