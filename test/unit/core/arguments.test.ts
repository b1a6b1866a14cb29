import { describe, expect, it, vi } from "vitest";
import { limitArguments } from "../../../src/core/arguments.js";

class Sums {
  base = 1;
  add(more: number): number {
    return this.base + more;
  }
  async later(more: number): Promise<number> {
    return this.base + more;
  }
}

const limited = () => limitArguments(new Sums(), "sums.", { throws: { add: 1 }, rejects: { later: 1 } });

describe("limitArguments", () => {
  it("hands on what the method takes, with its this", async () => {
    const sums = limited();
    sums.base = 2;
    expect(sums.add(1)).toBe(3);
    await expect(sums.later(2)).resolves.toBe(4);
    expect(sums.add.name).toBe("add");
  });

  it("refuses one argument more in the way the method fails", async () => {
    const sums = limited() as unknown as Record<"add" | "later", (...given: number[]) => unknown>;
    expect(() => sums.add(1, 2)).toThrow("sums.add()");
    await expect(sums.later(1, 2)).rejects.toThrow("sums.later()");
  });

  it("leaves a method that tests may stand in for, and give back", () => {
    const sums = limited();
    const spy = vi.spyOn(sums, "add").mockReturnValue(7);
    expect(sums.add(1)).toBe(7);
    spy.mockRestore();
    expect(sums.add(1)).toBe(2);
    Object.defineProperty(sums, "add", { value: () => 8 });
    expect(sums.add(1)).toBe(8);
  });
});
