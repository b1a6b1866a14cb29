import { describe, expect, it } from "vitest";
import { type Place, placedPage } from "../../../src/app/operate/page.js";

interface Item {
  readonly id: string;
  readonly at: number;
  readonly count: number;
}

const place = ({ id, at, count }: Item): Place => ({ at: [at, -count], name: id });
const items: readonly Item[] = [
  { id: "late", at: 3, count: 1 },
  { id: "b c", at: 1, count: 1 },
  { id: "a", at: 1, count: 1 },
  { id: "many", at: 1, count: 7 },
];

/** The ids of all pages; what `lose` names has gone after the first. */
function walk(limit: number, lose: readonly string[] = []): string[][] {
  const pages: string[][] = [];
  let left = items;
  let cursor: string | undefined;
  do {
    const page = placedPage(left, place, { cursor, limit });
    pages.push(page.items.map(({ id }) => id));
    ({ cursor } = page);
    left = items.filter(({ id }) => !lose.includes(id));
  } while (cursor !== undefined);
  return pages;
}

describe("a page of items that are read whole", () => {
  it("is in the order of their places, and the last one has no cursor", () => {
    expect(walk(4)).toEqual([["many", "a", "b c", "late"]]);
    expect(walk(2)).toEqual([
      ["many", "a"],
      ["b c", "late"],
    ]);
    expect(walk(3)).toEqual([["many", "a", "b c"], ["late"]]);
  });

  it("follows an item that has gone meanwhile, so that nobody reads the first page again", () => {
    expect(walk(2, ["a"])).toEqual([
      ["many", "a"],
      ["b c", "late"],
    ]);
    expect(walk(1, ["many", "b c"])).toEqual([["many"], ["a"], ["late"]]);
  });
});
