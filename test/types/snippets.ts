import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { runNode } from "../codegen/support/temp-project.js";

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

/** What the command of another compiler says about each snippet. */
export async function diagnoseWith(
  compiler: string,
  snippets: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const root = process.cwd();
  const dir = join(root, "node_modules/.cache/taskora-test", `types-${process.pid}`);
  mkdirSync(dir, { recursive: true });
  try {
    for (const [name, text] of snippets) writeFileSync(join(dir, `${name}.ts`), text);
    const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false };
    const files = [...snippets.keys()].map((name) => `${name}.ts`);
    const config = { extends: join(root, "tsconfig.json"), compilerOptions, files, include: [] };
    writeFileSync(join(dir, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(root, "node_modules", compiler, "bin/tsc");
    const { stdout } = await runNode([tsc, "-p", ".", "--pretty", "false"], dir);
    return readMessages(stdout, [...snippets.keys()]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A message with its unions in one order: that of the compiler depends on what else it has read. */
export function sortUnions(message: string): string {
  const member = String.raw`(?:"[^"]*"|keyof \w+<\w+>|\w+)`;
  return message.replace(new RegExp(`${member}(?: \\| ${member})+`, "g"), (union) =>
    union.split(" | ").sort().join(" | "),
  );
}

/** Messages of a compiler's command by file: the first line of each says where, those that follow are indented. */
function readMessages(stdout: string, names: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>(names.map((name) => [name, []]));
  let messages: string[] = [];
  for (const line of stdout.trimEnd().split("\n")) {
    const [, name, text] = /^([\w-]+)\.ts\(\d+,\d+\): error TS\d+: (.*)$/.exec(line) ?? [];
    if (name === undefined || text === undefined) {
      messages.push(`${messages.pop() ?? ""}\n${line}`);
      continue;
    }
    messages = found.get(name) ?? [];
    messages.push(text);
  }
  return found;
}
