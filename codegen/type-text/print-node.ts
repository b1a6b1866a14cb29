import type { IrEnum, IrLiteral, IrNative, IrNode, IrTemplate, IrTuple } from "../../src/schema/ir.js";
import {
  atom,
  type Member,
  type Piece,
  textOf,
  tightTextOf,
  unite,
  withoutUndefined,
  withUndefined,
} from "./piece.js";
import { mayBeAbsent } from "./presence.js";
import { printObject, printRecord } from "./print-object.js";
import type { Printer } from "./printer.js";

/** Prints the type of a node. */
export function printNode(node: IrNode, printer: Printer): Piece {
  const inner = (child: IrNode) => printNode(child, printer);
  switch (node.kind) {
    case "string":
    case "number":
    case "boolean":
      return node.coerce === true && printer.direction === "in" ? printUnknown(printer) : atom(node.kind);
    case "null":
    case "undefined":
    case "void":
    case "any":
    case "never":
      return atom(node.kind);
    case "unknown":
      return printUnknown(printer);
    case "literal":
    case "enum":
      return printValues(node);
    case "template":
      return printTemplate(node, thawed(printer));
    case "object":
      return printObject(node, printer);
    case "record":
      return printRecord(node, printer);
    case "array":
      return printArray(node.element, printer);
    case "tuple":
      return printTuple(node, printer);
    case "union":
      return unite(...node.options.map(inner));
    case "intersection":
      return printIntersection([inner(node.left), inner(node.right)]);
    case "optional":
      return node.exact === true ? inner(node.inner) : withUndefined(inner(node.inner));
    case "nullable":
      return unite(inner(node.inner), atom("null"));
    case "nonoptional":
      return withoutUndefined(inner(node.inner));
    case "readonly":
      return printNode(node.inner, { ...printer, frozen: true });
    case "refined":
    case "catch":
      return inner(node.inner);
    case "default":
      return printer.direction === "in"
        ? withUndefined(inner(node.inner))
        : withoutUndefined(inner(node.inner));
    case "prefault":
      return printer.direction === "in" ? withUndefined(inner(node.inner)) : inner(node.inner);
    case "pipe":
      return inner(printer.direction === "out" ? node.out : node.in);
    case "codec":
      if (node.writes === "iso" && printer.direction === "in") return unite(inner(node.in), atom("Date"));
      return inner(printer.direction === "out" ? node.out : node.in);
    case "stringbool":
      return atom(printer.direction === "out" ? "boolean" : "string");
    case "opaque":
      return printUnknown(printer);
    case "native":
      return printNative(node, printer);
    case "ref":
      return printRef(node.name, printer);
  }
}

/** Inside a frozen value, only its own level is frozen. */
export function thawed(printer: Printer): Printer {
  return printer.frozen ? { ...printer, frozen: false } : printer;
}

/** A frozen unknown is not unknown any more: `null` and `undefined` are out. */
function printUnknown(printer: Printer): Piece {
  return atom(printer.frozen ? "Readonly<unknown>" : "unknown");
}

function printRef(name: string, printer: Printer): Piece {
  const type = printer.names.get(name) ?? "unknown";
  return atom(printer.frozen ? `Readonly<${type}>` : type);
}

function printValues(node: IrLiteral | IrEnum): Piece {
  const values: Piece = node.values.map((value) => ({ text: JSON.stringify(value) }));
  const acceptsUndefined = node.kind === "literal" && node.acceptsUndefined === true;
  return unite(values, acceptsUndefined ? atom("undefined") : []);
}

/** Whichever way a value goes, it is the text of what the parts give; of an absent one nothing is left. */
function printTemplate(node: IrTemplate, printer: Printer): Piece {
  const parts = node.parts.map((part) => {
    if (part.kind === "text") return escapeTemplate(part.text);
    const piece = printNode(part, { ...printer, direction: "out" });
    return `\${${textOf(piece.map((member) => (member.text === "undefined" ? { text: '""' } : member)))}}`;
  });
  return atom(`\`${parts.join("")}\``);
}

function escapeTemplate(text: string): string {
  return text.replace(/[\\`$]/g, "\\$&");
}

function printArray(element: IrNode, printer: Printer): Piece {
  const text = tightTextOf(printNode(element, thawed(printer)));
  return printer.frozen ? [{ text: `readonly ${text}[]`, loose: true }] : atom(`${text}[]`);
}

function printTuple(node: IrTuple, printer: Printer): Piece {
  const inside = thawed(printer);
  const items = node.items.map((item) => printNode(item.node, inside));
  const rest = node.rest === undefined ? undefined : printNode(node.rest, inside);
  const required =
    node.items.findLastIndex((item) => !mayBeAbsent(item.node, printer.schema, printer.direction)) + 1;
  if (printer.frozen && required === 0) return printFrozenList([...items, ...(rest ? [rest] : [])]);
  const slots = items.map((piece, index) => (index < required ? textOf(piece) : `${tightTextOf(piece)}?`));
  const text = `[${[...slots, ...(rest ? [`...${tightTextOf(rest)}[]`] : [])].join(", ")}]`;
  return printer.frozen ? [{ text: `readonly ${text}`, loose: true }] : atom(text);
}

/** zod's `readonly()` knows a tuple by its first item; one that may be empty is just a list to it. */
function printFrozenList(items: readonly Piece[]): Piece {
  if (items.length === 0) return [{ text: "readonly []", loose: true }];
  return [{ text: `readonly ${tightTextOf(withUndefined(unite(...items)))}[]`, loose: true }];
}

function printIntersection(sides: readonly Piece[]): Piece {
  const member: Member = { text: sides.map(tightTextOf).join(" & "), loose: true };
  return [member];
}

function printNative(node: IrNative, printer: Printer): Piece {
  const args = (node.args ?? []).map((arg) => textOf(printNode(arg, thawed(printer)))).join(", ");
  switch (node.type) {
    case "date":
      return atom("Date");
    case "bigint":
    case "symbol":
      return atom(node.type);
    case "nan":
      return atom("number");
    case "file":
      return atom("File");
    case "map":
      return atom(`${printer.frozen ? "ReadonlyMap" : "Map"}<${args}>`);
    case "set":
      return atom(`${printer.frozen ? "ReadonlySet" : "Set"}<${args}>`);
  }
}
