import type { IrNode, IrSchema } from "../../src/schema/ir.js";

/** `in`: what may be given. `out`: what comes out of parsing. `wire`: what of that a reader of JSON gets. */
export type Direction = "in" | "out" | "wire";

/** Whether the type of a key or slot says it may be absent. This is zod's typing, not its run time. */
export function mayBeAbsent(node: IrNode, schema: IrSchema, direction: Direction): boolean {
  return isAbsentable(node, { schema, direction, open: new Set() });
}

/** Whether the type of what may be given says that it may be `undefined`: nothing need be given at all then. */
export function mayBeUndefined(schema: IrSchema): boolean {
  return takesUndefined(schema.root, { schema, direction: "in", open: new Set() });
}

function takesUndefined(node: IrNode, question: Question): boolean {
  const ask = (inner: IrNode) => takesUndefined(inner, question);
  switch (node.kind) {
    case "undefined":
    case "void":
    case "any":
    case "unknown":
    case "opaque":
    case "default":
    case "prefault":
      return true;
    case "string":
    case "number":
    case "boolean":
      return node.coerce === true;
    case "literal":
      return node.acceptsUndefined === true;
    case "optional":
      return node.exact !== true || ask(node.inner);
    case "pipe":
    case "codec":
      return ask(node.in);
    default:
      return askWithin(node, question, takesUndefined);
  }
}

interface Question {
  readonly schema: IrSchema;
  readonly direction: Direction;
  /** References being followed, so that a recursive schema ends. */
  readonly open: ReadonlySet<string>;
}

type Ask = (node: IrNode, question: Question) => boolean;

function isAbsentable(node: IrNode, question: Question): boolean {
  const ask = (inner: IrNode) => isAbsentable(inner, question);
  switch (node.kind) {
    case "optional":
      return true;
    case "default":
    case "prefault":
      return question.direction === "in";
    case "pipe":
      return ask(pipeEnd(node, question.direction));
    case "codec":
      return ask(question.direction === "out" ? node.out : node.in);
    default:
      return askWithin(node, question, isAbsentable);
  }
}

/** Puts a question to what a node is made of, where the node itself changes nothing about the answer; of a leaf it is no. */
function askWithin(node: IrNode, question: Question, ask: Ask): boolean {
  switch (node.kind) {
    case "nullable":
    case "readonly":
    case "refined":
    case "catch":
      return ask(node.inner, question);
    case "union":
      return node.options.some((option) => ask(option, question));
    case "intersection":
      return ask(node.left, question) && ask(node.right, question);
    case "ref":
      return followRef(node.name, question, ask);
    default:
      return false;
  }
}

/** Which end of a pipe a direction looks at. A preprocess takes anything, but is as optional as its schema. */
function pipeEnd(node: IrNode & { readonly kind: "pipe" }, direction: Direction): IrNode {
  if (direction === "out") return node.out;
  const isPreprocess = node.in.kind === "opaque" && node.in.what === "transform";
  return isPreprocess ? node.out : node.in;
}

/** Asks what a reference stands for; one that leads back to itself answers no. */
function followRef(name: string, question: Question, ask: Ask): boolean {
  const target = question.schema.definitions[name];
  if (target === undefined || question.open.has(name)) return false;
  return ask(target, { ...question, open: new Set([...question.open, name]) });
}
