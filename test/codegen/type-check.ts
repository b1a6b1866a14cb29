import { fileURLToPath } from "node:url";
import ts from "typescript";

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
};

/** Types to compare two types with; imports of the text under test stand before them. */
export const COMPARE_TYPES = `
type Equal<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type Wider<A, B> = [A] extends [B] ? true : false;
`;

/** Type-checks a module that stands in this folder, without writing it, and gives `line: message` for each error. */
export function diagnose(text: string): readonly string[] {
  const file = fileURLToPath(new URL("./type-check.generated.ts", import.meta.url));
  const host = ts.createCompilerHost(OPTIONS);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => path === file || fileExists(path);
  host.readFile = (path) => (path === file ? text : readFile(path));
  host.getSourceFile = (path, ...rest) =>
    path === file
      ? ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true)
      : getSourceFile(path, ...rest);
  const program = ts.createProgram([file], OPTIONS, host);
  const lines = text.split("\n");
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const isOurs = diagnostic.file?.fileName === file;
    const at = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start ?? 0);
    const place = isOurs && at !== undefined ? lines[at.line] : diagnostic.file?.fileName;
    return `${place}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n")}`;
  });
}
