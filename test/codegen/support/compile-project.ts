import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import type { TempProject } from "./temp-project.js";

/** Error messages per file of the project, all in one program. */
export function compileProject(project: TempProject): ReadonlyMap<string, readonly string[]> {
  const { dir } = project;
  const repository = fileURLToPath(new URL("../../../", import.meta.url));
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(repository, "tsconfig.json"), ts.sys.readFile).config,
    { ...ts.sys, readDirectory: () => [] },
    repository,
  );
  const files = Object.keys(project.files()).filter((path) => path.endsWith(".ts"));
  const program = ts.createProgram(
    files.map((path) => join(dir, path)),
    { ...options, noEmit: true, noUnusedLocals: true, noUnusedParameters: true },
  );
  return new Map(
    files.map((path) => {
      const source = program.getSourceFile(join(dir, path));
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      return [path, found.map((diagnostic) => ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n"))];
    }),
  );
}
