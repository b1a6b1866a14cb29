import { describe, expect, it } from "vitest";
import { findDifferences, findZodVersions } from "../../codegen/load/check-contracts.js";
import type { ContractData, LoadedContract } from "../../codegen/load/protocol.js";

function aContract(
  name: string,
  rest: Partial<Omit<LoadedContract, "data">> & { data?: Partial<ContractData> } = {},
): LoadedContract {
  const { data, ...others } = rest;
  return {
    data: { name, version: 1, ...data },
    definedAt: { file: `/project/contracts/${name}.ts`, line: 4, column: 1 },
    exports: [{ file: `/project/contracts/${name}.ts`, name }],
    zodVersion: "4.6.7",
    ...others,
  };
}

describe("findZodVersions", () => {
  it("finds nothing with one version, or with contracts that have no schema", () => {
    expect(findZodVersions([aContract("a"), aContract("b", { zodVersion: undefined })])).toEqual([]);
  });

  it("shows one contract of each version", () => {
    const [finding] = findZodVersions([
      aContract("a"),
      aContract("b", { zodVersion: "4.5.0" }),
      aContract("c"),
    ]);
    expect(finding).toMatchObject({
      code: "ZOD_VERSIONS",
      task: "b",
      message: expect.stringContaining("b is made with zod 4.5.0 and a with zod 4.6.7."),
      hint: expect.stringContaining("npm ls zod"),
      at: { file: "/project/contracts/b.ts" },
      also: [{ at: { file: "/project/contracts/a.ts" } }],
    });
  });
});

describe("findDifferences", () => {
  it("finds none between equal loads, whatever the order of keys", () => {
    const first = aContract("a", { data: { timeout: "1s", priority: 1 } });
    const second = aContract("a", { data: { priority: 1, timeout: "1s" } });
    expect(findDifferences([first], [second])).toEqual([]);
  });

  it("names the option that differs and both values", () => {
    const [difference] = findDifferences(
      [aContract("a", { data: { timeout: 17 } })],
      [aContract("a", { data: { timeout: 18 } })],
    );
    expect(difference).toMatchObject({ path: ["timeout"], values: "17, then 18" });
  });
});
