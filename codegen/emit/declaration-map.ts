import { dirname, relative, sep } from "node:path";
import type { ts as TypeScript } from "ts-morph";
import type { SchemaSide } from "../../src/schema/wire-types.js";
import type { SourcePosition } from "../finding.js";
import { loadCompiler, parseSource } from "../source/parse.js";
import type { SourceIndex } from "../source/source-index.js";
import type { EmitTask } from "./emitted-task.js";
import { type Mapping, sourceMapText } from "./source-map.js";

/** A file of declarations to map. */
export interface MappedDeclarations {
  /** Absolute path of the file. */
  readonly file: string;
  readonly text: string;
  readonly tasks: readonly EmitTask[];
  readonly sources: SourceIndex;
}

/** The map of an index: each client method leads to its contract. */
export function indexMap(of: MappedDeclarations): string {
  const keys = new Map(of.tasks.map((task) => [task.key, task]));
  return mapText(of, (name, path) => {
    const task = path.length === 0 ? keys.get(name.text) : undefined;
    return task?.contract.definedAt;
  });
}

const SIDES: Readonly<Record<string, SchemaSide>> = {
  Input: "input",
  Payload: "input",
  Return: "output",
  Result: "output",
  Emit: "emits",
  Message: "emits",
};

/** The map of a task's types: each type leads to its contract, each key to where the schema names it. */
export function taskMap(of: MappedDeclarations): string {
  const [task] = of.tasks;
  if (task === undefined) return sourceMapText(`${of.file}`, []);
  const { definedAt } = task.contract;
  const call = of.sources.callAt(definedAt);
  return mapText(of, (name, path, owner) => {
    const side = SIDES[owner.slice(task.typeName.length)];
    if (side === undefined || call === undefined || !owner.startsWith(task.typeName)) return definedAt;
    return name.text === owner ? definedAt : of.sources.locate(call, [side, ...path, name.text]);
  });
}

type Lead = (
  name: TypeScript.Identifier | TypeScript.StringLiteral,
  path: readonly string[],
  owner: string,
) => SourcePosition | undefined;

function mapText(of: MappedDeclarations, lead: Lead): string {
  const ts = loadCompiler();
  const source = parseSource(of.file, of.text);
  const mappings: Mapping[] = [];
  const add = (name: Parameters<Lead>[0], path: readonly string[], owner: string): void => {
    const at = lead(name, path, owner);
    if (at !== undefined)
      mappings.push(toMapping(source.getLineAndCharacterOfPosition(name.getStart(source)), at, of));
  };
  const visit = (node: TypeScript.Node, path: readonly string[], owner: string): void => {
    if (ts.isPropertySignature(node) && (ts.isIdentifier(node.name) || ts.isStringLiteral(node.name))) {
      add(node.name, path, owner);
      const inner = [...path, node.name.text];
      if (node.type !== undefined) visit(node.type, inner, owner);
      return;
    }
    ts.forEachChild(node, (child) => visit(child, path, owner));
  };
  for (const statement of source.statements) {
    if (!ts.isInterfaceDeclaration(statement) && !ts.isTypeAliasDeclaration(statement)) continue;
    add(statement.name, [], statement.name.text);
    visit(statement, [], statement.name.text);
  }
  return sourceMapText(of.file.slice(dirname(of.file).length + 1), mappings);
}

function toMapping(at: TypeScript.LineAndCharacter, to: SourcePosition, of: MappedDeclarations): Mapping {
  return {
    line: at.line,
    column: at.character,
    source: relative(dirname(of.file), to.file).split(sep).join("/"),
    sourceLine: to.line - 1,
    sourceColumn: to.column - 1,
  };
}

/** The comment that ties declarations to their map. */
export function mapComment(path: string): string {
  return `//# sourceMappingURL=${path.slice(path.lastIndexOf("/") + 1)}\n`;
}
