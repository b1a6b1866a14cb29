import { existsSync, readFileSync } from "node:fs";
import type { ts } from "ts-morph";
import type { SourcePosition } from "../finding.js";
import { loadCompiler, parseSource } from "./parse.js";
import { resolveImport } from "./resolve-import.js";

/** Reads the sources of contracts: where things are, and what the doc comments say. Parses each file once. */
export class SourceIndex {
  readonly #files = new Map<string, ts.SourceFile | undefined>();

  /** The parsed file, or undefined when it does not exist. */
  file(path: string): ts.SourceFile | undefined {
    if (!this.#files.has(path)) {
      const exists = existsSync(path);
      this.#files.set(path, exists ? parseSource(path, readFileSync(path, "utf8")) : undefined);
    }
    return this.#files.get(path);
  }

  /** The `defineTask(…)` call at, or around, a position. */
  callAt(at: SourcePosition): ts.CallExpression | undefined {
    const source = this.file(at.file);
    if (source === undefined || at.line > source.getLineStarts().length) return undefined;
    const offset = source.getPositionOfLineAndCharacter(at.line - 1, at.column - 1);
    return callAround(source, offset);
  }

  /** The doc comment of the top-level statement at a position, as plain text. */
  docAt(at: SourcePosition): string | undefined {
    const ts = loadCompiler();
    const source = this.file(at.file);
    if (source === undefined || at.line > source.getLineStarts().length) return undefined;
    const offset = source.getPositionOfLineAndCharacter(at.line - 1, at.column - 1);
    const statement = source.statements.find((node) => node.getStart(source) <= offset && offset < node.end);
    if (statement === undefined) return undefined;
    const docs = ts.getJSDocCommentsAndTags(statement).filter((doc): doc is ts.JSDoc => ts.isJSDoc(doc));
    const text = ts.getTextOfJSDocComment(docs.at(-1)?.comment)?.trim();
    return text === "" ? undefined : text;
  }

  /**
   * Where a part of a contract is written: `["input", "user", "id"]`. Follows names within the file and through
   * imports within the project; ends at the deepest part it can find.
   */
  locate(call: ts.CallExpression, path: readonly (string | number)[]): SourcePosition {
    let found: ts.Node = call;
    let scope: ts.Node | undefined = call.arguments[0] ?? call;
    for (const key of path) {
      if (typeof key === "number") continue;
      const property: ts.Node | undefined = scope === undefined ? undefined : this.#property(scope, key);
      if (property === undefined) break;
      found = property;
      scope = propertyValue(property);
    }
    return positionOf(found);
  }

  #property(scope: ts.Node, key: string): ts.Node | undefined {
    const seen = new Set<ts.Node>();
    const queue: ts.Node[] = [scope];
    const ts = loadCompiler();
    for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
      if (seen.has(node)) continue;
      seen.add(node);
      if (isPropertyNamed(node, key)) return node;
      if (ts.isIdentifier(node)) queue.push(...this.#definition(node));
      ts.forEachChild(node, (child) => {
        const isPlainKey = ts.isPropertyAssignment(node) && child === node.name;
        if (!isPlainKey) queue.push(child);
      });
    }
    return undefined;
  }

  /** The initializer of a top-level name, here or in the relative module it comes from. */
  #definition(name: ts.Identifier): ts.Node[] {
    const source = name.getSourceFile();
    const here = topLevelValue(source, name.text);
    if (here !== undefined) return [here];
    const specifier = importSpecifier(source, name.text);
    if (specifier === undefined) return [];
    const file = resolveImport(source.fileName, specifier.module);
    const target = file === undefined ? undefined : this.file(file);
    const there = target === undefined ? undefined : topLevelValue(target, specifier.name);
    return there === undefined ? [] : [there];
  }
}

/** Line and column of a node, from 1. */
export function positionOf(node: ts.Node): SourcePosition {
  const source = node.getSourceFile();
  const { line, character } = source.getLineAndCharacterOfPosition(node.getStart(source));
  return { file: source.fileName, line: line + 1, column: character + 1 };
}

function callAround(source: ts.SourceFile, offset: number): ts.CallExpression | undefined {
  const ts = loadCompiler();
  let found: ts.CallExpression | undefined;
  const visit = (node: ts.Node): void => {
    if (offset < node.getStart(source) || offset >= node.end) return;
    if (ts.isCallExpression(node) && isDefineTask(node)) found = node;
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isDefineTask(call: ts.CallExpression): boolean {
  return call.expression.getText().endsWith("defineTask");
}

function isPropertyNamed(node: ts.Node, key: string): boolean {
  const ts = loadCompiler();
  if (!ts.isPropertyAssignment(node) && !ts.isShorthandPropertyAssignment(node)) return false;
  const { name } = node;
  return (ts.isIdentifier(name) || ts.isStringLiteralLike(name)) && name.text === key;
}

function propertyValue(property: ts.Node): ts.Node {
  const ts = loadCompiler();
  if (ts.isPropertyAssignment(property)) return property.initializer;
  return ts.isShorthandPropertyAssignment(property) ? property.name : property;
}

function topLevelValue(source: ts.SourceFile, name: string): ts.Node | undefined {
  const ts = loadCompiler();
  for (const statement of source.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const declaration of statement.declarationList.declarations) {
      if (ts.isIdentifier(declaration.name) && declaration.name.text === name) return declaration.initializer;
    }
  }
  return undefined;
}

function importSpecifier(source: ts.SourceFile, name: string): { module: string; name: string } | undefined {
  const ts = loadCompiler();
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const bindings = statement.importClause?.namedBindings;
    if (bindings === undefined || !ts.isNamedImports(bindings)) continue;
    const element = bindings.elements.find((candidate) => candidate.name.text === name);
    if (element === undefined) continue;
    return { module: statement.moduleSpecifier.text, name: (element.propertyName ?? element.name).text };
  }
  return undefined;
}
