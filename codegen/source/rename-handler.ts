import type { ts as TypeScript } from "ts-morph";
import { loadCompiler, parseSource } from "./parse.js";

/** The new names in a handler file. */
export interface HandlerNames {
  readonly type: { readonly from: string; readonly to: string };
  /** The name of the exported handler. */
  readonly value: string;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Replaces a handler type, and the name of the handler that is declared with it, wherever the file mentions them.
 * Every other character stays as it is.
 */
export function renameHandler(file: string, text: string, names: HandlerNames): string {
  const source = parseSource(file, text);
  const value = declaredName(source, names.type.from);
  const edits: Edit[] = [];
  const ts = loadCompiler();
  const visit = (node: TypeScript.Node): void => {
    if (ts.isIdentifier(node) && !isMember(node)) {
      const to =
        node.text === names.type.from ? names.type.to : node.text === value ? names.value : undefined;
      if (to !== undefined) edits.push({ start: node.getStart(source), end: node.end, text: to });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return edits.reduceRight(
    (result, edit) => `${result.slice(0, edit.start)}${edit.text}${result.slice(edit.end)}`,
    text,
  );
}

/** The variable that is declared with the type. */
function declaredName(source: TypeScript.SourceFile, type: string): string | undefined {
  const ts = loadCompiler();
  for (const statement of source.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name, type: annotation, initializer } of statement.declarationList.declarations) {
      const typed = annotation ?? satisfied(initializer);
      if (ts.isIdentifier(name) && typed?.getText(source) === type) return name.text;
    }
  }
  return undefined;
}

function satisfied(value: TypeScript.Expression | undefined): TypeScript.TypeNode | undefined {
  const ts = loadCompiler();
  return value !== undefined && ts.isSatisfiesExpression(value) ? value.type : undefined;
}

/** The name behind a dot, or of a property, only looks like the variable. */
function isMember(node: TypeScript.Identifier): boolean {
  const ts = loadCompiler();
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  if (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent)) return parent.name === node;
  return ts.isMethodDeclaration(parent) || ts.isPropertyDeclaration(parent) ? parent.name === node : false;
}
