import { join } from "node:path";
import ts from "typescript";
import { PROJECT } from "./documents.js";

/** Names of everything a user may write or call on an exported interface, type alias or class of a source file. */
export function membersOf(sources: readonly { readonly file: string; readonly type: string }[]): string[][] {
  const paths = sources.map(({ file }) => join(PROJECT, file));
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    strict: true,
  };
  const program = ts.createProgram({ rootNames: [...new Set(paths)], options });
  const checker = program.getTypeChecker();
  return sources.map(({ file, type }, index) => {
    const source = program.getSourceFile(paths[index] ?? "");
    const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
    const exported = module === undefined ? [] : checker.getExportsOfModule(module);
    const symbol = exported.find(({ name }) => name === type);
    if (symbol === undefined) throw new Error(`${file} exports no ${type}`);
    const declared = checker.getDeclaredTypeOfSymbol(symbol);
    const variants = declared.isUnion() ? declared.types : [declared];
    const properties = variants.flatMap((variant) => variant.getProperties());
    return [...new Set(properties.filter((property) => !isHidden(property)).map(({ name }) => name))];
  });
}

function isHidden(property: ts.Symbol): boolean {
  const isInternal = property.getJsDocTags().some(({ name }) => name === "internal");
  return isInternal || property.name.startsWith("__") || property.name.startsWith("#");
}
