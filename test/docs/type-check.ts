import { join } from "node:path";
import ts from "typescript";
import type { BlockFile } from "./block-files.js";
import { PROJECT } from "./documents.js";

/** Compiles all blocks as one program against the sources; resolves what is wrong as `docs/x.md:12 message`. */
export function typeCheck(files: readonly BlockFile[]): readonly string[] {
  const program = ts.createProgram({ rootNames: files.map(({ path }) => path), options: compilerOptions() });
  return files.flatMap((file) => {
    const source = program.getSourceFile(file.path);
    if (source === undefined) return [`${file.block.document}:${file.block.line} was not compiled`];
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map((diagnostic) => describeDiagnostic(diagnostic, file, source));
  });
}

function describeDiagnostic(diagnostic: ts.Diagnostic, file: BlockFile, source: ts.SourceFile): string {
  const { line } = source.getLineAndCharacterOfPosition(diagnostic.start ?? 0);
  const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, " ");
  return `${file.block.document}:${file.lines[line] ?? file.block.line} ${message}`;
}

/** The project's own options, but for what an excerpt need not do: use everything it declares. */
function compilerOptions(): ts.CompilerOptions {
  const path = join(PROJECT, "tsconfig.json");
  const read = ts.readConfigFile(path, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, PROJECT);
  return { ...options, noEmit: true, noUnusedLocals: false, noUnusedParameters: false };
}
