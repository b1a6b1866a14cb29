/**
 * Validates values against the intermediate representation, without zod and without `eval`: each schema is
 * compiled once into closures. For a schema without opaque parts the answer is zod's: the same verdict, the
 * same value, the same path of the first issue. Where code of the user decides, the value passes on as it is
 * and the worker's own schema has the last word.
 */
import type { ValidationIssue } from "../core/errors.js";
import { encoderOfIr } from "./either-side.js";
import type { IrNode, IrSchema } from "./ir.js";
import { certaintyOf } from "./ir-certainty.js";
import { areRepeatable, withChecks } from "./ir-checks.js";
import type { Compiler } from "./ir-compile.js";
import { accept, compileLeaf, compileWrapper } from "./ir-leaves.js";
import { compileArray, compileTuple } from "./ir-lists.js";
import { compileObject } from "./ir-objects.js";
import { compileRecord } from "./ir-records.js";
import { fail, type Run, type RunIssue } from "./ir-run.js";
import { compileIntersection, compileUnion } from "./ir-unions.js";
import type { StandardSchema } from "./standard-schema.js";

export type CompiledResult =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly ValidationIssue[] };

export type CompiledSchema = (value: unknown) => CompiledResult;

/**
 * Compiles a schema. The result gives the value to put on the wire: unknown keys stripped, defaults filled
 * in, texts trimmed and numbers coerced where the worker's parse of that value comes to the same.
 */
export function compileIr(schema: IrSchema): CompiledSchema {
  return compiledFrom(createCompiler(schema, "wire").compile(schema.root));
}

/**
 * One part of a schema as it stands inside a generated validator, for kinds that are not printed as code.
 *
 * @param mode `wire` gives the value to send, `output` the one zod would give
 */
export function compilePart(schema: IrSchema, mode: "wire" | "output"): Run {
  return createCompiler(schema, mode).compile(schema.root);
}

/** Turns a run, compiled here or printed by the generator, into what validates one value. */
export function compiledFrom(run: Run): CompiledSchema {
  return (value) => {
    const issues: RunIssue[] = [];
    const output = runGuarded(run, value, issues);
    if (issues.length === 0) return { value: output };
    return {
      issues: issues.map(({ path, message, kind }) => ({ path: path.reverse(), message, kind })),
    };
  };
}

/** A value that contains itself would be walked for ever; the engine's own limit ends it. */
function runGuarded(run: Run, value: unknown, issues: RunIssue[]): unknown {
  try {
    return run(value, issues);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    issues.length = 0;
    fail(issues, "is nested too deep, or contains itself", "custom");
    return value;
  }
}

/** A schema that any part of taskora takes, made from its intermediate representation. */
export function schemaFromIr(schema: IrSchema): StandardSchema {
  let compiled: CompiledSchema | undefined;
  return {
    "~standard": {
      version: 1,
      vendor: "taskora",
      validate: (value) => {
        compiled ??= compileEncoding(schema);
        return compiled(value);
      },
    },
  };
}

/** Either side of a codec is taken, the side that travels is given. */
function compileEncoding(schema: IrSchema): CompiledSchema {
  const read = compileIr(schema);
  const encode = encoderOfIr(schema);
  return encode === undefined ? read : (value) => read(encode(value));
}

function createCompiler(schema: IrSchema, mode: Compiler["mode"]): Compiler {
  const refs = new Map<string, { run: Run }>();
  let output: Compiler | undefined;
  const compiler: Compiler = {
    ...certaintyOf(schema),
    mode,
    compile: (node) => (node.kind === "ref" ? compileRef(node.name) : compileNode(node, compiler)),
    forOutput: () => {
      if (mode === "output") return compiler;
      output ??= createCompiler(schema, "output");
      return output;
    },
  };
  const compileRef = (name: string): Run => {
    const known = refs.get(name);
    if (known !== undefined) return (value, issues) => known.run(value, issues);
    const target = schema.definitions[name];
    const entry = { run: accept };
    refs.set(name, entry);
    if (target !== undefined) entry.run = compiler.compile(target);
    return (value, issues) => entry.run(value, issues);
  };
  return compiler;
}

function compileNode(node: IrNode, compiler: Compiler): Run {
  const run = compileKind(node, compiler);
  const isRepeatable = compiler.mode === "output" || areRepeatable(node.checks ?? []);
  return withChecks(node, run, isRepeatable ? "checked" : "unchanged");
}

function compileKind(node: IrNode, compiler: Compiler): Run {
  switch (node.kind) {
    case "object":
      return compileObject(node, compiler);
    case "array":
      return compileArray(node, compiler);
    case "tuple":
      return compileTuple(node, compiler);
    case "record":
      return compileRecord(node, compiler);
    case "union":
      return compileUnion(node, compiler);
    case "intersection":
      return compileIntersection(node, compiler);
    default:
      return compileLeaf(node, compiler) ?? compileWrapper(node, compiler) ?? accept;
  }
}
