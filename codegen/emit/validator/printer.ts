import type { IssueKind } from "../../../src/core/errors.js";
import type { IrNode, IrSchema } from "../../../src/schema/ir.js";

/** `wire` prints what a producer sends, `output` what zod would give to a handler. */
export type ValidatorMode = "wire" | "output";

/** Where a value stands while its validator is printed. */
export interface Place {
  /** The expression of the value; an identifier, or one that is safe to repeat. */
  readonly value: string;
  /** The path of the value inside its function, from the inside out, as expressions. */
  readonly path: readonly string[];
  /** The name of the list that gets the issues. */
  readonly issues: string;
}

/** Statements that look at a value, and the expression of what became of it when no issue was added. */
export interface Printed {
  readonly code: string;
  readonly out: string;
}

/** Collects what stands in front of the function of one validator: expressions, sets, parts and functions. */
export class Printer {
  readonly schema: IrSchema;
  readonly mode: ValidatorMode;
  readonly print: (node: IrNode, place: Place, printer: Printer) => Printed;
  readonly #prefix: string;
  readonly #hoisted = new Map<string, string>();
  readonly #functions: string[] = [];
  readonly #refs = new Map<string, string>();
  #names = 0;

  constructor(options: {
    readonly schema: IrSchema;
    readonly mode: ValidatorMode;
    /** Keeps the names of two validators in one file apart. */
    readonly prefix: string;
    readonly print: Printer["print"];
  }) {
    this.schema = options.schema;
    this.mode = options.mode;
    this.#prefix = options.prefix;
    this.print = options.print;
  }

  /** A name that is free in the whole validator. */
  name(stem: string): string {
    this.#names += 1;
    return `${stem}${this.#names}`;
  }

  /** A constant in front of the validator; equal ones are written once. */
  hoist(expression: string): string {
    const known = this.#hoisted.get(expression);
    if (known !== undefined) return known;
    const name = this.name(`${this.#prefix}Constant`);
    this.#hoisted.set(expression, name);
    return name;
  }

  /** A function `(value, issues) => output` for a node, so that it can be called from several places. */
  run(node: IrNode): string {
    const name = this.name(`${this.#prefix}Part`);
    this.#writeFunction(name, node);
    return name;
  }

  /** The function of a recursive definition; printed once. */
  ref(definition: string): string {
    const known = this.#refs.get(definition);
    if (known !== undefined) return known;
    const name = this.name(`${this.#prefix}Node`);
    this.#refs.set(definition, name);
    this.#writeFunction(name, this.schema.definitions[definition] ?? { kind: "unknown" });
    return name;
  }

  /** Everything in front of the validator. */
  preamble(): string {
    const constants = [...this.#hoisted].map(([expression, name]) => `const ${name} = ${expression};\n`);
    return `${this.#functions.join("")}${constants.join("")}`;
  }

  #writeFunction(name: string, node: IrNode): void {
    const { code, out } = this.print(node, { value: "v", path: [], issues: "s" }, this);
    const body = `${code}return ${out};\n`;
    this.#functions.push(`function ${name}(${parameters(body)}): any {\n${body}}\n`);
  }
}

/** The parameters of a printed function; one that its body does not read is marked as such for compilers. */
export function parameters(body: string): string {
  const names = new Set(body.replace(/"(?:[^"\\]|\\.)*"/g, '""').match(/\b[vs]\b/g));
  return `${names.has("v") ? "v" : "_v"}: any, ${names.has("s") ? "s" : "_s"}: Issues`;
}

/** `[1, "a"]` of expressions. */
export function pathText(place: Place): string {
  return `[${place.path.join(", ")}]`;
}

/** A literal of plain data, written as an expression. */
export function literal(value: unknown): string {
  return JSON.stringify(value);
}

/** A call that reports a wrong type. */
export function wrongType(place: Place, type: string): string {
  return `check.expected(${place.issues}, ${pathText(place)}, [${literal(type)}, ${place.value}]);\n`;
}

/** What a check says of a value it refuses. */
export interface Failure {
  readonly message: string;
  /** The kind of issue; an expression where it depends on the value. */
  readonly kind: IssueKind | { readonly expression: string };
}

/** A call that reports an issue; `stop` ends the checks of its value. */
export function issue(place: Place, effect: "stop" | "flag", { kind, message }: Failure): string {
  const what = typeof kind === "string" ? literal(kind) : kind.expression;
  return `check.${effect}(${place.issues}, ${pathText(place)}, [${what}, ${literal(message)}]);\n`;
}
