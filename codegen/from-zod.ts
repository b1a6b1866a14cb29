import { childNodes, type IrMeta, type IrNode, type IrSchema } from "../src/schema/ir.js";
import type { SchemaSide } from "../src/schema/wire-types.js";
import { checksOf } from "./from-zod/checks.js";
import { containerNode } from "./from-zod/containers.js";
import { asJson } from "./from-zod/json-value.js";
import { unknownDefKeys } from "./from-zod/known-keys.js";
import { leafNode, nativeNode, refuseNative } from "./from-zod/leaves.js";
import type { SchemaProblem } from "./from-zod/problem.js";
import { REFUSED, refuse, type WalkContext } from "./from-zod/walk-context.js";
import { wrapperNode } from "./from-zod/wrappers.js";
import {
  isZod3Schema,
  isZodSchema,
  registeredMeta,
  type ZodSchema,
  zodVersionOf,
} from "./from-zod/zod-internals.js";

export type { SchemaProblem, SchemaProblemCode } from "./from-zod/problem.js";

export interface FromZodOptions {
  readonly side: SchemaSide;
  readonly taskName: string;
  /** Printed source of the contract. It stands in for functions of the user that cannot be reached in zod's closures. */
  readonly sourceText?: string;
}

/** A schema as data with the zod it was made with, or everything that keeps it from travelling. */
export type FromZodResult =
  | { readonly schema: IrSchema; readonly zodVersion: string; readonly issues?: undefined }
  | { readonly issues: readonly SchemaProblem[] };

/** No schema a person wrote is nested deeper; one that makes a new schema on each look never ends. */
const MAX_DEPTH = 100;
const MAX_NODES = 20_000;

/**
 * Walks a zod 4 schema into its intermediate representation. All problems are collected, none is thrown.
 * Runs functions of the schema that zod itself runs to describe it: lazy getters and defaults.
 */
export function irFromZod(schema: unknown, options: FromZodOptions): FromZodResult {
  const problems: SchemaProblem[] = [];
  const walk = createWalk();
  const context: WalkContext = {
    side: options.side,
    taskName: options.taskName,
    sourceText: options.sourceText ?? "",
    problems,
    path: [],
    position: "wire",
    visit: walk.visit,
  };
  const root = walk.visit(schema, context);
  if (writtenNodes([root, ...Object.values(walk.definitions)]) > MAX_NODES) refuseSize(context);
  if (problems.length > 0 || !isZodSchema(schema)) return { issues: problems };
  return { schema: { root, definitions: walk.definitions }, zodVersion: zodVersionOf(schema) };
}

/** A schema that is used many times is written out each time, which can double with each level. */
function writtenNodes(roots: readonly IrNode[]): number {
  const sizes = new Map<IrNode, number>();
  const sizeOf = (node: IrNode): number => {
    const known = sizes.get(node);
    if (known !== undefined) return known;
    const size = childNodes(node).reduce((total, child) => total + sizeOf(child), 1);
    sizes.set(node, size);
    return size;
  };
  return roots.reduce((total, root) => total + sizeOf(root), 0);
}

function refuseSize(context: WalkContext): void {
  refuse(context, {
    code: "SCHEMA_TOO_LARGE",
    message: `The schema of ${context.taskName} takes more than ${MAX_NODES} parts when it is written out.`,
    hint: "Use fewer copies of shared parts, or send large data by reference.",
  });
}

interface Progress {
  /** Given as soon as the schema turns out to contain itself. */
  name?: string;
  node?: IrNode;
}

interface Walk {
  readonly definitions: Record<string, IrNode>;
  readonly visit: (schema: unknown, context: WalkContext) => IrNode;
}

function createWalk(): Walk {
  const definitions: Record<string, IrNode> = {};
  const progress = { wire: new Map<ZodSchema, Progress>(), decoded: new Map<ZodSchema, Progress>() };
  const state: WalkState = { names: 0, nodes: 0 };
  const visit = (value: unknown, context: WalkContext): IrNode => {
    const schema = acceptSchema(value, context, state);
    if (schema === undefined) return REFUSED;
    const known = progress[context.position].get(schema);
    if (known !== undefined) return reuse(known, state);
    const entry: Progress = {};
    progress[context.position].set(schema, entry);
    const node = readNode(schema, context);
    if (entry.name === undefined) {
      entry.node = node;
      return node;
    }
    definitions[entry.name] = node;
    return { kind: "ref", name: entry.name };
  };
  return { definitions, visit };
}

interface WalkState {
  names: number;
  nodes: number;
  version?: string;
}

function reuse(known: Progress, state: WalkState): IrNode {
  if (known.node !== undefined) return known.node;
  known.name ??= `d${++state.names}`;
  return { kind: "ref", name: known.name };
}

/** Lets a zod 4 schema through, and reports whatever else stands in its place. */
function acceptSchema(value: unknown, context: WalkContext, state: WalkState): ZodSchema | undefined {
  if (!isZodSchema(value)) return refuseForeign(value, context);
  const schema = resolveLazy(value, context, state);
  if (schema === undefined) return undefined;
  state.nodes += 1;
  if (state.nodes > MAX_NODES || context.path.length > MAX_DEPTH) return refuseEndless(context, state);
  const version = zodVersionOf(schema);
  state.version ??= version;
  if (state.version !== version) return refuseVersions(context, [state.version, version]);
  return schema;
}

/** A lazy schema without checks is what it resolves to, so that a recursive one meets itself again. */
function resolveLazy(schema: ZodSchema, context: WalkContext, state: WalkState): ZodSchema | undefined {
  let current: unknown = schema;
  for (let step = 0; isZodSchema(current) && current._zod.def.type === "lazy" && isBare(current); step++) {
    if (step === MAX_DEPTH) return refuseEndless(context, state);
    const inner = readLazy(current);
    if ("failure" in inner) {
      refuseFailed(context, inner.failure);
      return undefined;
    }
    current = inner.schema;
  }
  return isZodSchema(current) ? current : refuseForeign(current, context);
}

function readLazy(schema: ZodSchema): { readonly schema: unknown } | { readonly failure: unknown } {
  try {
    return { schema: schema._zod.innerType };
  } catch (failure) {
    return { failure };
  }
}

/** Reading a schema runs code of the user (getters of shapes, options of unions), which may throw. */
function readNode(schema: ZodSchema, context: WalkContext): IrNode {
  try {
    return describedNode(schema, context);
  } catch (error) {
    return refuseFailed(context, error);
  }
}

function refuseFailed(context: WalkContext, error: unknown): IrNode {
  return refuse(context, {
    code: "SCHEMA_FAILED",
    message: `Reading the schema threw "${error instanceof Error ? error.message : String(error)}".`,
    hint: "Make sure that what its getters and z.lazy() refer to is defined when the module has loaded.",
  });
}

function isBare(schema: ZodSchema): boolean {
  return (schema._zod.def.checks ?? []).length === 0 && metaOf(schema) === undefined;
}

function describedNode(schema: ZodSchema, context: WalkContext): IrNode {
  const node = plainNode(schema, context);
  if (node === REFUSED) return node;
  const checks = checksOf(schema, context);
  const meta = metaOf(schema);
  return { ...node, ...(checks.length > 0 && { checks }), ...(meta !== undefined && { meta }) };
}

function plainNode(schema: ZodSchema, context: WalkContext): IrNode {
  const { def } = schema._zod;
  const unknown = unknownDefKeys(def);
  if (unknown === undefined || unknown.length > 0) return refuseUnknown(def.type, unknown, context);
  if (def.type === "lazy") return { kind: "refined", inner: context.visit(schema._zod.innerType, context) };
  return (
    leafNode(schema, context) ??
    containerNode(schema, context) ??
    wrapperNode(schema, context) ??
    nativeNode(schema, context) ??
    refuseNative(schema, context)
  );
}

function refuseUnknown(type: string, keys: readonly string[] | undefined, context: WalkContext): IrNode {
  const what = keys === undefined ? `the schema kind "${type}"` : `"${keys[0]}" of the schema kind "${type}"`;
  return refuse(context, {
    code: "SCHEMA_UNKNOWN",
    message: `taskora does not know ${what}, so it cannot say what the schema accepts.`,
    hint: "Remove it, or use a zod that this taskora was tested with.",
  });
}

function refuseForeign(value: unknown, context: WalkContext): undefined {
  const vendor = (value as { "~standard"?: { vendor?: unknown } } | null | undefined)?.["~standard"]?.vendor;
  const what = isZod3Schema(value)
    ? "This is a schema of zod 3"
    : vendor === undefined
      ? "This is no schema"
      : `This is a schema of ${String(vendor)}`;
  refuse(context, {
    code: "SCHEMA_NOT_ZOD",
    message: `${what}, and the generator reads schemas of zod 4.1 or later.`,
    hint: 'Write it with import * as z from "zod", at version 4.1 or later.',
  });
  return undefined;
}

function refuseEndless(context: WalkContext, state: WalkState): undefined {
  const reported = context.problems.some((problem) => problem.code === "SCHEMA_ENDLESS");
  if (reported) return undefined;
  refuse(context, {
    code: "SCHEMA_ENDLESS",
    message: `The schema of ${context.taskName} does not end: ${state.nodes} schemas, ${context.path.length} deep.`,
    hint: "A recursive schema must refer to one constant: a getter or z.lazy() that returns it, not a function that makes a new one.",
  });
  return undefined;
}

function refuseVersions(context: WalkContext, versions: readonly [string, string]): undefined {
  refuse(context, {
    code: "ZOD_VERSIONS",
    message: `Schemas of zod ${versions[0]} and zod ${versions[1]} are mixed in one contract.`,
    hint: "Run npm ls zod, and make all packages use one version.",
  });
  return undefined;
}

function metaOf(schema: ZodSchema): IrMeta | undefined {
  const registered = registeredMeta(schema);
  const described = schema._zod.def.description;
  const source: Readonly<Record<string, unknown>> = {
    ...(typeof described === "string" && { description: described }),
    ...registered,
  };
  const examples = asJson(source.examples);
  const meta: IrMeta = {
    ...(typeof source.id === "string" && { id: source.id }),
    ...(typeof source.title === "string" && { title: source.title }),
    ...(typeof source.description === "string" && { description: source.description }),
    ...((typeof source.deprecated === "string" || source.deprecated === true) && {
      deprecated: source.deprecated,
    }),
    ...(Array.isArray(examples) && { examples }),
    ...(source.sensitive === true && { sensitive: true as const }),
  };
  return Object.keys(meta).length > 0 ? meta : undefined;
}
