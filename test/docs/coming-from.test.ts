import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

/** A page that tells what stands for each name of another library, and the list of those names. */
const PAGES = [
  ["docs/from-bullmq.md", "test/docs/names/bullmq.txt"],
  ["docs/from-pg-boss.md", "test/docs/names/pg-boss.txt"],
  ["docs/from-graphile-worker.md", "test/docs/names/graphile-worker.txt"],
] as const;

/** The lines below each `## heading`. */
function sectionsOf(path: string): ReadonlyMap<string, readonly string[]> {
  const parts = readFileSync(path, "utf8").split(/^## /m).slice(1);
  return new Map(parts.map((part) => [part.split("\n", 1)[0] ?? "", part.split("\n").slice(1)]));
}

/** Rows of the section's table: the names in the first cell, and what is said of them. */
function rowsOf(
  lines: readonly string[],
): readonly { readonly names: readonly string[]; readonly told: string }[] {
  return lines.flatMap((line) => {
    const [, first, told = ""] = /^\| (`.*?) \| (.*) \|$/.exec(line) ?? [];
    if (first === undefined) return [];
    return [{ names: [...first.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? ""), told }];
  });
}

describe.each(PAGES)("%s", (page, list) => {
  const told = sectionsOf(page);
  const listed = sectionsOf(list);

  it("has a section for each of the list", () => {
    expect([...told.keys()]).toEqual([...listed.keys()]);
  });

  it.each([...listed])("tells of every name under %s, once", (heading, lines) => {
    const names = rowsOf(told.get(heading) ?? []).flatMap((row) => row.names);
    expect([...names].sort()).toEqual(lines.filter((line) => line !== "").sort());
  });

  it("gives a reason where there is no counterpart", () => {
    const rows = [...told.values()].flatMap(rowsOf);
    expect(rows.filter(({ told: text }) => text.trim() === "")).toEqual([]);
    const bare = rows.filter(({ told: text }) => /^Not here(?!, because|: | yet, because)/.test(text));
    expect(bare).toEqual([]);
  });
});
