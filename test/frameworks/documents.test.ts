import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");

const excerpts = [...read("docs/frameworks.md").matchAll(/```ts excerpt\n\/\/ (\S+)\n([\s\S]*?)```/g)].map(
  ([, file = "", code = ""]) => ({ file, lines: code.trimEnd().split("\n") }),
);

it("finds the excerpts of docs/frameworks.md", () => {
  expect(excerpts.length).toBeGreaterThan(7);
});

it.each(excerpts)("shows what stands in $file, line by line", ({ file, lines }) => {
  const missing: string[] = [];
  let rest = read(file).split("\n");
  for (const line of lines) {
    const at = rest.indexOf(line);
    if (at < 0) missing.push(line);
    else rest = rest.slice(at + 1);
  }
  expect(missing).toEqual([]);
});
