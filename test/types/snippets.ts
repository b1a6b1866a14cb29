import { join } from "node:path";
import ts from "typescript";

/** What the compiler says about each snippet, in one program. */
export function diagnose(snippets: ReadonlyMap<string, string>): ReadonlyMap<string, readonly string[]> {
  const root = process.cwd();
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile).config,
    ts.sys,
    root,
  );
  const files = new Map(
    [...snippets].map(([name, text]) => [join(root, "test/types", `${name}.snippet.ts`), text]),
  );
  const host = ts.createCompilerHost({ ...options, noUnusedLocals: false, noUnusedParameters: false });
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.readFile = (path) => files.get(path) ?? readFile(path);
  host.getSourceFile = (path, version, ...rest) => {
    const text = files.get(path);
    return text === undefined
      ? getSourceFile(path, version, ...rest)
      : ts.createSourceFile(path, text, version, true);
  };
  const program = ts.createProgram(
    [...files.keys()],
    { ...options, noUnusedLocals: false, noUnusedParameters: false },
    host,
  );
  return new Map(
    [...snippets.keys()].map((name) => {
      const source = program.getSourceFile(join(root, "test/types", `${name}.snippet.ts`));
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      return [
        name,
        found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n")),
      ] as const;
    }),
  );
}
