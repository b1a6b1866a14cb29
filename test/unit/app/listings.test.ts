import { describe, expect, it } from "vitest";
import { listing, type Page, pageOf } from "../../../src/app/operate/page.js";

/** A list of the numbers below `count`, and which pages of two were read. */
function numbers(count: number, from?: string) {
  const asked: (string | undefined)[] = [];
  const read = async (cursor: string | undefined): Promise<Page<number>> => {
    asked.push(cursor);
    const at = Number(cursor ?? 0);
    const items = Array.from({ length: count }, (_, n) => n).slice(at, at + 2);
    return pageOf(items, at + 2 < count ? String(at + 2) : undefined);
  };
  return { asked, list: listing(read, from) };
}

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const each of list) found.push(each);
  return found;
}

describe("a list that was asked for", () => {
  it("reads nothing until somebody wants it, and a page once however often it is awaited", async () => {
    const { asked, list } = numbers(5);
    await Promise.resolve();
    expect(asked).toEqual([]);
    expect(await Promise.all([list, list, list.then((page) => page.items)])).toEqual([
      { items: [0, 1], cursor: "2" },
      { items: [0, 1], cursor: "2" },
      [0, 1],
    ]);
    expect(asked).toEqual([undefined]);
  });

  it.each([0, 1, 2, 3, 4, 5])("of %i items goes through each of them once", async (count) => {
    const { asked, list } = numbers(count);
    expect(await all(list)).toEqual(Array.from({ length: count }, (_, n) => n));
    expect(asked).toHaveLength(Math.max(1, Math.ceil(count / 2)));
  });

  it("goes on from the cursor that was given, for both ways to read it", async () => {
    expect(await all(numbers(5, "2").list)).toEqual([2, 3, 4]);
    expect(await numbers(5, "2").list).toEqual({ items: [2, 3], cursor: "4" });
  });

  it("has no cursor on the last page, so that a loop over pages ends", async () => {
    expect(Object.keys(await numbers(2).list)).toEqual(["items"]);
  });

  it("reads no page that nobody goes on to", async () => {
    const { asked, list } = numbers(5);
    for await (const each of list) if (each === 1) break;
    expect(asked).toEqual([undefined]);
  });

  it("fails as a promise does, however it is looked at", async () => {
    const error = new Error("the store is away");
    const failing = () => listing<number>(() => Promise.reject(error));
    let ended = 0;
    const end = () => {
      ended += 1;
    };
    await expect(failing()).rejects.toBe(error);
    await expect(all(failing())).rejects.toBe(error);
    expect(await failing().catch((thrown: unknown) => thrown)).toBe(error);
    expect(
      await failing().then(
        () => "read",
        (thrown: unknown) => thrown,
      ),
    ).toBe(error);
    await expect(failing().finally(end)).rejects.toBe(error);
    expect(await numbers(1).list.finally(end)).toEqual({ items: [0] });
    expect(await numbers(1).list.catch(() => "failed")).toEqual({ items: [0] });
    expect(ended).toBe(2);
  });
});
