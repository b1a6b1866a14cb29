import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
/** More than this nobody holds in mind. */
const MOST_FILES = 22;

interface Row {
  readonly index: number;
  /** Of the row that leads to it; undefined: it is the first. */
  readonly from: number | undefined;
  readonly name: string;
  readonly file: string;
  readonly sentence: string;
}

const page = readFileSync(resolve(ROOT, "docs/architecture.md"), "utf8");
const rows: readonly Row[] = [
  ...page.matchAll(/^\| (\d+) \| \[`(.+?)`\]\((.+?)\) \| (\d*) ?\| (.+) \|$/gm),
].map(([, index, name = "", link = "", from, sentence = ""]) => ({
  index: Number(index),
  from: from === "" ? undefined : Number(from),
  name,
  file: resolve(ROOT, "docs", link),
  sentence,
}));

/** Whether a file imports another one, or the script that is compiled from it. */
function imports(from: string, to: string): boolean {
  const text = readFileSync(from, "utf8");
  if (to.endsWith(".lua")) {
    const script = basename(to, ".lua").replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    return new RegExp(`import \\{[^}]*\\b${script}Script\\b[^}]*\\} from ".*/scripts\\.generated\\.js"`).test(
      text,
    );
  }
  return [...text.matchAll(/ from "(\..+?)\.js"/g)].some(
    ([, path]) => resolve(dirname(from), `${path}.ts`) === to,
  );
}

describe("the way of a plain job in docs/architecture.md", () => {
  it("has as few files as can be held in mind, each with one sentence", () => {
    expect(rows.length).toBeGreaterThan(15);
    expect(rows.length).toBeLessThanOrEqual(MOST_FILES);
    expect(rows.map(({ index }) => index)).toEqual(rows.map((_, index) => index + 1));
    expect(page.match(/^\| +\d+ \|/gm)).toHaveLength(rows.length);
    expect(new Set(rows.map(({ file }) => file)).size).toBe(rows.length);
    for (const { name, sentence } of rows)
      expect(sentence, name).toMatch(/^[^.]+\.$|^`dispatch\(\)` [^.]+\.$/);
  });

  it.each(rows)("leads to $name", ({ file, name, from, index }) => {
    expect(existsSync(file)).toBe(true);
    expect(basename(file)).toBe(name);
    const before = rows.find((row) => row.index === from);
    expect(before === undefined).toBe(index === 1);
    if (before === undefined) return;
    expect(before.index).toBeLessThan(index);
    expect(imports(before.file, file) || imports(file, before.file)).toBe(true);
  });
});
