import type { IrNode, IrObject, IrRecord } from "../../src/schema/ir.js";
import { docLines, jsdoc } from "../jsdoc.js";
import { atom, type Piece, textOf, withUndefined } from "./piece.js";
import { mayBeAbsent } from "./presence.js";
import type { Printer } from "./printer.js";

/** An object type as `{ … }`, or what zod makes of an empty one. */
export function printObject(node: IrObject, printer: Printer): Piece {
  const extra = indexText(node, printer);
  if (node.properties.length === 0 && extra === undefined) return atom("Record<string, never>");
  const properties = printProperties(node, printer);
  if (node.mode !== "catchall" || fitsIndex(node, printer)) {
    return atom(block([...properties, ...(extra === undefined ? [] : [extra])], printer));
  }
  // A key whose type its index signature does not cover can only be written by mapping over both.
  const both = `(${block(properties, printer)} & { ${(extra ?? "").trim()} })`;
  return atom(`{ [K in keyof ${both}]: ${both}[K] }`);
}

/** The members of an interface, or `undefined` when the object cannot be written as one. */
export function interfaceMembers(node: IrObject, printer: Printer): string | undefined {
  const extra = indexText(node, printer);
  if (node.properties.length === 0) return undefined;
  if (node.mode === "catchall" && !fitsIndex(node, printer)) return undefined;
  return block([...printProperties(node, printer), ...(extra === undefined ? [] : [extra])], printer);
}

function block(members: readonly string[], printer: Printer): string {
  return `{\n${members.join("")}${printer.indent}}`;
}

function deeper(printer: Printer): Printer {
  return { ...printer, frozen: false, indent: `${printer.indent}  ` };
}

function printProperties(node: IrObject, printer: Printer): readonly string[] {
  const inside = deeper(printer);
  return node.properties.map((property) => {
    const isAbsentable = mayBeAbsent(property.node, printer.schema, printer.direction);
    const text = textOf(printer.print(property.node, inside));
    const doc = jsdoc(docLines(property.node), inside.indent);
    const name = `${printer.frozen ? "readonly " : ""}${propertyName(property.key)}${isAbsentable ? "?" : ""}`;
    return `${doc}${inside.indent}${name}: ${text};\n`;
  });
}

function indexText(node: IrObject, printer: Printer): string | undefined {
  const inside = deeper(printer);
  const modifier = printer.frozen ? "readonly " : "";
  switch (node.mode) {
    case "strip":
    case "strict":
      return undefined;
    case "loose":
      return `${inside.indent}${modifier}[key: string]: unknown;\n`;
    case "catchall":
      return `${inside.indent}${modifier}[key: string]: ${textOf(catchallPiece(node, inside))};\n`;
  }
}

function catchallPiece(node: IrObject, printer: Printer): Piece {
  return node.catchall === undefined ? atom("unknown") : printer.print(node.catchall, printer);
}

function fitsIndex(node: IrObject, printer: Printer): boolean {
  const allowed = new Set(catchallPiece(node, printer).map((member) => member.text));
  if (allowed.has("unknown") || allowed.has("any")) return true;
  return node.properties.every((property) => {
    const piece = printer.print(property.node, printer);
    const isAbsentable = mayBeAbsent(property.node, printer.schema, printer.direction);
    return (isAbsentable ? withUndefined(piece) : piece).every((member) => allowed.has(member.text));
  });
}

/** A key as it stands in a type: bare where it can be. */
export function propertyName(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
}

/** A record as properties for known keys and index signatures for the others. */
export function printRecord(node: IrRecord, printer: Printer): Piece {
  const inside = deeper(printer);
  const isPartial = node.partial === true || isAbsentValue(node.values, printer);
  const value = printer.print(node.values, inside);
  const keys = printer.print(node.keys, inside).map((member) => member.text);
  const modifier = printer.frozen ? "readonly " : "";
  const lines = keys.map((key) => {
    const signature = keySignature(key);
    if (signature === undefined) return undefined;
    const isIndex = signature.startsWith("[");
    const text = textOf(isPartial && isIndex ? withUndefined(value) : value);
    return `${inside.indent}${modifier}${signature}${isPartial && !isIndex ? "?" : ""}: ${text};\n`;
  });
  if (lines.every((line) => line !== undefined)) return atom(block(lines, printer));
  const record = `Record<${keys.join(" | ")}, ${textOf(value)}>`;
  return atom(isPartial ? `Partial<${record}>` : record);
}

/** What may be given for a value that may be absent makes the key optional too. */
function isAbsentValue(values: IrNode, printer: Printer): boolean {
  return printer.direction === "in" && mayBeAbsent(values, printer.schema, "in");
}

function keySignature(key: string): string | undefined {
  if (key === "unknown" || key === "any") return "[key: string]";
  if (key === "string" || key === "number" || key.startsWith("`")) return `[key: ${key}]`;
  if (key.startsWith('"')) return propertyName(JSON.parse(key) as string);
  return /^\d+(\.\d+)?$/.test(key) ? key : undefined;
}
