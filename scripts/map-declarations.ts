/**
 * Writes a map beside each declaration file, so that «go to definition» in an editor ends in the source of this library and not
 * in a declaration. The bundler that writes the declarations makes none: declarations are found again in the sources by their
 * names and those of their members.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { addMapping, GenMapping, toEncodedMap } from "@jridgewell/gen-mapping";
import ts from "typescript";

/** Something with a name that an editor can lead to. */
interface Declaration {
  readonly file: ts.SourceFile;
  readonly name: ts.Node;
  /** By their names; of overloads the first. */
  readonly members: ReadonlyMap<string, ts.Node>;
}

/** Folders whose sources are in the package. */
const SOURCES = ["src", "codegen"];

function parse(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
}

function filesIn(dir: string, pattern: RegExp): readonly string[] {
  const files = readdirSync(dir, { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => pattern.test(file) && !file.includes("node_modules"))
    .map((file) => join(dir, file));
}

/** What a file declares at its top. */
function declarationsOf(file: ts.SourceFile): readonly (readonly [name: string, declaration: Declaration])[] {
  return file.statements.flatMap((statement) => {
    if (ts.isVariableStatement(statement))
      return statement.declarationList.declarations.flatMap((each) => named(file, each));
    return named(file, statement);
  });
}

function named(file: ts.SourceFile, node: ts.Node): readonly (readonly [string, Declaration])[] {
  const { name } = node as { readonly name?: ts.Node };
  if (name === undefined || !ts.isIdentifier(name)) return [];
  return [[name.text, { file, name, members: membersOf(node) }]];
}

function membersOf(node: ts.Node): ReadonlyMap<string, ts.Node> {
  const members = new Map<string, ts.Node>();
  const add = (member: ts.Node) => {
    const { name } = member as { readonly name?: ts.Node };
    if (name !== undefined && ts.isIdentifier(name) && !members.has(name.text)) members.set(name.text, name);
  };
  const look = (inner: ts.Node): void => {
    if (ts.isInterfaceDeclaration(inner) || ts.isClassDeclaration(inner) || ts.isTypeLiteralNode(inner))
      for (const member of inner.members) add(member);
    if (!ts.isInterfaceDeclaration(inner) && !ts.isClassDeclaration(inner)) ts.forEachChild(inner, look);
  };
  look(node);
  return members;
}

/** Of several with one name that which has most of the members. */
function bestOf(candidates: readonly Declaration[], { members }: Declaration): Declaration | undefined {
  const shared = (candidate: Declaration) =>
    [...members.keys()].filter((name) => candidate.members.has(name)).length;
  return [...candidates].sort((a, b) => shared(b) - shared(a))[0];
}

function mapDeclarations(dir: string): void {
  const sources = new Map<string, Declaration[]>();
  for (const path of SOURCES.flatMap((folder) => filesIn(folder, /(?<!\.d)\.ts$/))) {
    for (const [name, declaration] of declarationsOf(parse(path)))
      sources.set(name, [...(sources.get(name) ?? []), declaration]);
  }
  for (const path of filesIn(dir, /\.d\.c?ts$/)) {
    const map = mapOf(parse(path), sources);
    const name = path.slice(path.lastIndexOf(sep) + 1);
    writeFileSync(`${path}.map`, JSON.stringify(toEncodedMap(map)));
    const text = readFileSync(path, "utf8").replace(/\n\/\/# sourceMappingURL=.*\n$/, "");
    writeFileSync(path, `${text}\n//# sourceMappingURL=${name}.map\n`);
  }
}

function mapOf(file: ts.SourceFile, sources: ReadonlyMap<string, readonly Declaration[]>): GenMapping {
  const map = new GenMapping({ file: basename(file.fileName) });
  const lead = (from: ts.Node, to: ts.Node) => {
    const source = to.getSourceFile();
    const generated = file.getLineAndCharacterOfPosition(from.getStart());
    const original = source.getLineAndCharacterOfPosition(to.getStart());
    addMapping(map, {
      source: relative(dirname(file.fileName), source.fileName).replaceAll(sep, "/"),
      generated: { line: generated.line + 1, column: generated.character },
      original: { line: original.line + 1, column: original.character },
    });
  };
  for (const [name, declaration] of declarationsOf(file)) {
    const source = bestOf(sources.get(name.replace(/\$\d+$/, "")) ?? [], declaration);
    if (source === undefined) continue;
    lead(declaration.name, source.name);
    for (const [member, node] of declaration.members) {
      const there = source.members.get(member);
      if (there !== undefined) lead(node, there);
    }
  }
  return map;
}

mapDeclarations("dist");
