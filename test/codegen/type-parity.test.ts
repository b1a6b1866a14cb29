import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { printType } from "../../codegen/type-text.js";
import { irOf, zooNames } from "./from-zod-support.js";
import { type ZooName, zoo } from "./zoo.js";

/**
 * Types that only the contract's source knows, so that the printed one is wider: brands, the members of an
 * enum, results of transforms. The printed type must still accept what zod infers.
 */
const WIDER: Partial<Record<ZooName, readonly ("in" | "out")[]>> = {
  branded: ["out"],
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
type Equal<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type Wider<A, B> = [A] extends [B] ? true : false;
`;

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

function diagnose(text: string): readonly string[] {
  const file = fileURLToPath(new URL("./type-parity.generated.ts", import.meta.url));
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => path === file || fileExists(path);
  host.readFile = (path) => (path === file ? text : readFile(path));
  host.getSourceFile = (path, ...rest) =>
    path === file
      ? ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true)
      : getSourceFile(path, ...rest);
  const program = ts.createProgram([file], options, host);
  const lines = text.split("\n");
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const at = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start ?? 0);
    const line =
      diagnostic.file?.fileName === file && at !== undefined ? lines[at.line] : diagnostic.file?.fileName;
    return `${line}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n")}`;
  });
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
