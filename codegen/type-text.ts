import { childNodes, type IrNode, type IrSchema } from "../src/schema/ir.js";
import type { SchemaSide } from "../src/schema/wire-types.js";
import { pascalCase } from "./identifiers.js";
import { docLines, jsdoc } from "./jsdoc.js";
import { textOf } from "./type-text/piece.js";
import type { Direction } from "./type-text/presence.js";
import { printNode } from "./type-text/print-node.js";
import { interfaceMembers } from "./type-text/print-object.js";
import type { Printer } from "./type-text/printer.js";

/**
 * The types of a task: `input` is what `dispatch` accepts, `payload` what the handler gets, `return` what the handler may
 * return, `result` what `await job.result` gives, `emit` what the handler may emit, `message` what `job.messages()` gives.
 */
export type TaskTypeView = "input" | "payload" | "return" | "result" | "emit" | "message";

/** Beside those of a task, `queued`: what waits in the queue, which the producer has validated already. */
export type TypeView = TaskTypeView | "queued";

const DIRECTIONS: Readonly<Record<TypeView, Direction>> = {
  input: "in",
  payload: "out",
  return: "in",
  result: "wire",
  emit: "in",
  message: "wire",
  queued: "wire",
};

export interface PrintTypeOptions {
  readonly view: TypeView;
  /** Name of the exported type; recursive parts get names that start with it. */
  readonly name: string;
  /** Lines of its doc comment; left out: those of the schema. */
  readonly doc?: readonly string[];
}

/** Prints exported declarations of one type: an interface where the schema is an object, and no import. */
export function printType(schema: IrSchema, options: PrintTypeOptions): string {
  const names = nameDefinitions(schema, options.name);
  const printer: Printer = {
    schema,
    direction: DIRECTIONS[options.view],
    names,
    indent: "",
    frozen: false,
    print: printNode,
  };
  const isNamedRoot = schema.root.kind === "ref" && names.get(schema.root.name) === options.name;
  const root = isNamedRoot ? [] : [declare(options.name, schema.root, { printer, ...options })];
  const used = reachable(schema, printer.direction);
  const parts = [...names]
    .filter(([definition]) => used.has(definition))
    .flatMap(([definition, name]) => {
      const node = schema.definitions[definition];
      const doc = name === options.name ? options.doc : undefined;
      return node === undefined ? [] : [declare(name, node, { printer, ...(doc !== undefined && { doc }) })];
    });
  return [...root, ...parts].join("\n");
}

interface Declaration {
  readonly printer: Printer;
  readonly doc?: readonly string[];
}

function declare(name: string, node: IrNode, declaration: Declaration): string {
  const doc = jsdoc(declaration.doc ?? docLines(node));
  const { printer } = declaration;
  const plain = unwrapped(node);
  const members = plain.kind === "object" ? interfaceMembers(plain, printer) : undefined;
  if (members !== undefined) return `${doc}export interface ${name} ${members}\n`;
  return `${doc}export type ${name} = ${textOf(printNode(node, printer))};\n`;
}

/** Looks through wrappers that leave no trace in a type. */
function unwrapped(node: IrNode): IrNode {
  return node.kind === "refined" || node.kind === "catch" ? unwrapped(node.inner) : node;
}

/** The root takes the name itself; other recursive nodes are called after their `id`, or `Node`. */
function nameDefinitions(schema: IrSchema, rootName: string): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set([rootName]);
  const rootRef = schema.root.kind === "ref" ? schema.root.name : undefined;
  if (rootRef !== undefined) names.set(rootRef, rootName);
  for (const [definition, node] of Object.entries(schema.definitions)) {
    if (definition === rootRef) continue;
    const wanted = `${rootName}${pascalCase(node.meta?.id ?? "") || "Node"}`;
    const name = freeName(wanted, taken);
    taken.add(name);
    names.set(definition, name);
  }
  return names;
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  if (!taken.has(wanted)) return wanted;
  let number = 2;
  while (taken.has(`${wanted}${number}`)) number += 1;
  return `${wanted}${number}`;
}

/** Definitions that a direction really mentions: the far side of a codec may be of no concern. */
function reachable(schema: IrSchema, direction: Direction): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (node: IrNode): void => {
    if (node.kind === "ref") {
      if (found.has(node.name)) return;
      found.add(node.name);
      const target = schema.definitions[node.name];
      if (target !== undefined) visit(target);
      return;
    }
    for (const child of visibleChildren(node, direction)) visit(child);
  };
  visit(schema.root);
  return found;
}

function visibleChildren(node: IrNode, direction: Direction): readonly IrNode[] {
  if (node.kind !== "pipe" && node.kind !== "codec") return childNodes(node);
  return [direction === "out" ? node.out : node.in];
}

/**
 * Whether the payload holds something whose type only the contract knows (a transform's result, `z.custom()`).
 * It is printed as `unknown`; a worker, which may import the contract, can refer to its inferred type instead.
 */
export function hasOpaqueOutput(schema: IrSchema): boolean {
  const seen = new Set<string>();
  const isOpaque = (node: IrNode): boolean => {
    if (node.kind === "opaque") return true;
    if (node.kind !== "ref") return visibleChildren(node, "out").some(isOpaque);
    if (seen.has(node.name)) return false;
    seen.add(node.name);
    const target = schema.definitions[node.name];
    return target !== undefined && isOpaque(target);
  };
  return isOpaque(schema.root);
}

export interface TaskTypesOptions {
  /** `EmailSend`; the types are `EmailSendInput`, `…Payload`, `…Return`, `…Result`, `…Emit`, `…Message`. */
  readonly identifier: string;
  /** Left out: the contract has no such schema, and its types are `unknown`. */
  readonly input?: IrSchema;
  readonly output?: IrSchema;
  readonly emits?: IrSchema;
  readonly views: readonly TaskTypeView[];
  /** Printed in place of an expanded payload, for workers whose payload only the contract can type. */
  readonly payloadType?: string;
}

/** Prints the wanted types of a task; one that equals another before it becomes its alias. */
export function printTaskTypes(options: TaskTypesOptions): string {
  const printed = new Map<string, string>();
  const declarations = options.views.map((view) => {
    const name = `${options.identifier}${SUFFIXES[view]}`;
    const side = SIDES[view];
    const schema = options[side];
    const given = view === "payload" ? options.payloadType : undefined;
    if (given !== undefined) return `export type ${name} = ${given};\n`;
    if (schema === undefined) return `export type ${name} = unknown;\n`;
    const body = `${side} ${printType(schema, { view, name: "_" })}`;
    const twin = printed.get(body);
    if (twin !== undefined) return `export type ${name} = ${twin};\n`;
    printed.set(body, name);
    return printType(schema, { view, name });
  });
  return declarations.join("\n");
}

const SUFFIXES: Readonly<Record<TaskTypeView, string>> = {
  input: "Input",
  payload: "Payload",
  return: "Return",
  result: "Result",
  emit: "Emit",
  message: "Message",
};

const SIDES: Readonly<Record<TaskTypeView, SchemaSide>> = {
  input: "input",
  payload: "input",
  return: "output",
  result: "output",
  emit: "emits",
  message: "emits",
};
