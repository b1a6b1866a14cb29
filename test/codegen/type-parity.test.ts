import { describe, expect, it } from "vitest";
import { printType } from "../../codegen/type-text.js";
import { irOf, zooNames } from "./from-zod-support.js";
import { COMPARE_TYPES, diagnose } from "./type-check.js";
import { type ZooName, zoo } from "./zoo.js";

/**
 * Types that only the contract's source knows, so that the printed one is wider: brands, the members of an
 * enum, results of transforms; and the other side of a codec, which zod does not take. The printed type must still accept what zod infers.
 */
const WIDER: Partial<Record<ZooName, readonly ("in" | "out")[]>> = {
  branded: ["out"],
  // A date may be given as well.
  codec: ["in"],
  nativeEnum: ["in", "out"],
  transform: ["out"],
  transformUnion: ["out"],
  defaultTransform: ["out"],
  intersectionTransform: ["out"],
};

const HEAD = `
import type * as z from "zod";
import type { zoo } from "./zoo.js";
type Zoo = typeof zoo;
${COMPARE_TYPES}`;

function comparison(name: ZooName): string {
  const schema = irOf(zoo[name]);
  const sides = [
    { side: "in", view: "input", inferred: `z.input<Zoo["${name}"]>` },
    { side: "out", view: "payload", inferred: `z.output<Zoo["${name}"]>` },
  ] as const;
  return sides
    .map(({ side, view, inferred }) => {
      const type = `T_${name}_${side}`;
      const relation = WIDER[name]?.includes(side) === true ? "Wider" : "Equal";
      return `${printType(schema, { view, name: type })}export const is_${name}_${side}: ${relation}<${inferred}, ${type}> = true;\n`;
    })
    .join("");
}

describe("printed types", () => {
  it("equal what zod infers, over the whole zoo", () => {
    expect(diagnose(HEAD + zooNames.map(comparison).join("\n"))).toEqual([]);
  }, 120_000);

  it("are told apart when one differs, so that the comparison means something", () => {
    const wrong = 'export const wrong: Equal<z.input<Zoo["string"]>, number> = true;\n';
    expect(diagnose(HEAD + wrong)).toHaveLength(1);
  }, 120_000);
});
