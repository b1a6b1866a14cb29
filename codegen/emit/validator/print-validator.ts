import { childNodes, type IrNode, type IrSchema, withoutMeta } from "../../../src/schema/ir.js";
import { certaintyOf } from "../../../src/schema/ir-certainty.js";
import { printJsonExpression } from "../json-literal.js";
import { hasOnlyLengths, printArray, printCall, printObject, printRecord, printUnion } from "./containers.js";
import { printLeaf } from "./leaves.js";
import { isLeftToWorker } from "./presence.js";
import { literal, type Place, type Printed, Printer, parameters, type ValidatorMode } from "./printer.js";
import { whyOpaque } from "./why-opaque.js";

/** A validator as text, or why there is none. */
export type PrintedValidator =
  | { readonly text: string; readonly reason?: undefined }
  | { readonly reason: string };

/**
 * Prints the validator of a schema as an exported constant. A schema in which code of the user decides has none:
 * a producer then interprets what it can, and the worker asks zod.
 */
export function printValidator(
  schema: IrSchema,
  options: { readonly name: string; readonly mode: ValidatorMode },
): PrintedValidator {
  const plain = withoutMeta(schema);
  if (!certaintyOf(plain).isCertain(plain.root)) return { reason: whyOpaque(schema) };
  const printer = new Printer({
    schema: plain,
    mode: options.mode,
    prefix: `$${options.name}`,
    print: printNode,
  });
  const { code, out } = printNode(plain.root, { value: "v", path: [], issues: "s" }, printer);
  const statements = `${code}return ${out};\n`;
  const body = indent(`(${parameters(statements)}): any => {\n${statements}}`);
  const text = `${indent(printer.preamble())}export const ${options.name}: Validator = check.validator(${body});\n`;
  return { text };
}

function printNode(node: IrNode, place: Place, printer: Printer): Printed {
  if (node.kind === "ref") return printCall(printer.ref(node.name), place, printer);
  return printKind(node, place, printer) ?? printInterpreted(node, place, printer);
}

function printKind(node: IrNode, place: Place, printer: Printer): Printed | undefined {
  const leaf = printLeaf(node, place, printer);
  if (leaf !== undefined) return leaf;
  if (node.kind === "array") return hasOnlyLengths(node) ? printArray(node, place, printer) : undefined;
  if (node.checks !== undefined) return undefined;
  switch (node.kind) {
    case "object":
      return printObject(node, place, printer);
    case "record":
      return printRecord(node, place, printer);
    case "union":
      return printUnion(node, place, printer);
    case "optional":
      if (node.exact === true) return printNode(node.inner, place, printer);
      return node.innerIn === undefined
        ? printUnless("undefined", node.inner, { place, printer })
        : undefined;
    case "nullable":
      return printUnless("null", node.inner, { place, printer });
    case "readonly":
    case "refined":
      return printNode(node.inner, place, printer);
    case "default":
      return isLeftToWorker(node, printer.mode) ? undefined : printDefault(node, place, printer);
    case "prefault": {
      const value = printer.name("v");
      const inner = printNode(node.inner, { ...place, value }, printer);
      const given = `const ${value}: any = ${place.value} === undefined ? ${literal(node.value)} : ${place.value};\n`;
      return { code: `${given}${inner.code}`, out: inner.out };
    }
    default:
      return undefined;
  }
}

/** `null` or `undefined` passes as it is. */
function printUnless(
  free: "null" | "undefined",
  inner: IrNode,
  at: { readonly place: Place; readonly printer: Printer },
): Printed {
  const { place, printer } = at;
  const made = printNode(inner, place, printer);
  if (made.out === place.value) return { code: guard(place, free, made.code), out: place.value };
  const out = printer.name("o");
  const code = guard(place, free, `${made.code}${out} = ${made.out};\n`);
  return { code: `let ${out}: any = ${free};\n${code}`, out };
}

function guard(place: Place, free: string, code: string): string {
  return code === "" ? "" : `if (${place.value} !== ${free}) {\n${code}}\n`;
}

/** The value is written out each time, so that nobody shares it. */
function printDefault(node: IrNode & { readonly kind: "default" }, place: Place, printer: Printer): Printed {
  const out = printer.name("o");
  const made = printNode(node.inner, place, printer);
  const given = literal(node.value);
  const code = `let ${out}: any = ${given};\nif (${place.value} !== undefined) {\n${made.code}if (${made.out} !== undefined) ${out} = ${made.out};\n}\n`;
  return { code, out };
}

function printInterpreted(node: IrNode, place: Place, printer: Printer): Printed {
  const schema: IrSchema = { root: node, definitions: reachable(node, printer.schema) };
  const part = printer.hoist(`check.part(${printJsonExpression(schema)}, ${literal(printer.mode)})`);
  return printCall(part, place, printer);
}

function reachable(node: IrNode, schema: IrSchema): Readonly<Record<string, IrNode>> {
  const found: Record<string, IrNode> = {};
  const visit = (current: IrNode): void => {
    if (current.kind !== "ref") {
      for (const child of childNodes(current)) visit(child);
      return;
    }
    const target = schema.definitions[current.name];
    if (target === undefined || Object.hasOwn(found, current.name)) return;
    found[current.name] = target;
    visit(target);
  };
  visit(node);
  return found;
}

/** Indents lines by the brackets they stand in; texts never hold a line end. */
function indent(code: string): string {
  let depth = 0;
  const lines = code.split("\n").map((line) => {
    if (line === "") return line;
    const closes = /^[})\]]/.test(line) ? 1 : 0;
    const shown = `${"  ".repeat(Math.max(0, depth - closes))}${line}`;
    depth += /\{$/.test(line) ? 1 : 0;
    depth -= closes;
    return shown;
  });
  return lines.join("\n");
}
