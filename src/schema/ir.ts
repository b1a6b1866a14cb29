/**
 * The intermediate representation of a schema: plain canonical JSON, walked once from a Zod schema by the
 * generator. Types, locks, validators, documents and the change checker are all made from it, and the client
 * carries it so that a producer validates without zod.
 *
 * Lists keep source order because the order decides which issue comes first; nothing here is `undefined`, a
 * function or a class. Where zod runs code of the user (refine, transform, …) the IR holds a hash of the
 * printed source: such a part is opaque, and the worker's zod schema stays the authority on it.
 */

import type { IrCheck } from "./ir-check.js";

export type {
  IrBoundCheck,
  IrCheck,
  IrFormatCheck,
  IrLengthCheck,
  IrNumberFormatCheck,
  IrOpaqueCheck,
  IrOverwrite,
  IrPattern,
  IrTextCheck,
} from "./ir-check.js";

/** A value that JSON can carry. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** A schema and the named nodes its `ref`s point to; only recursive nodes are named. */
export interface IrSchema {
  readonly root: IrNode;
  readonly definitions: Readonly<Record<string, IrNode>>;
}

/** What documentation says about a node. It never changes validation, nor the fingerprint. */
export interface IrMeta {
  readonly id?: string;
  readonly title?: string;
  readonly description?: string;
  /** `true`, or a sentence that says what to use instead. */
  readonly deprecated?: boolean | string;
  readonly examples?: readonly JsonValue[];
  /** It must not be shown to everybody. */
  readonly sensitive?: true;
}

interface IrBase {
  readonly meta?: IrMeta;
  /** Run in this order after the node itself accepted a value. */
  readonly checks?: readonly IrCheck[];
}

export type IrNode =
  | IrString
  | IrNumber
  | IrBoolean
  | IrPlain
  | IrLiteral
  | IrEnum
  | IrTemplate
  | IrObject
  | IrArray
  | IrTuple
  | IrRecord
  | IrUnion
  | IrIntersection
  | IrOptional
  | IrWrapper
  | IrDefault
  | IrPrefault
  | IrCatch
  | IrPipe
  | IrCodec
  | IrStringBool
  | IrOpaque
  | IrNative
  | IrRef;

export type IrKind = IrNode["kind"];

/** `format` checks stand first in `checks`; the regular expression travels with the check. */
export interface IrString extends IrBase {
  readonly kind: "string";
  readonly coerce?: true;
}

export interface IrNumber extends IrBase {
  readonly kind: "number";
  readonly coerce?: true;
}

export interface IrBoolean extends IrBase {
  readonly kind: "boolean";
  readonly coerce?: true;
}

/** Kinds without any detail. */
export interface IrPlain extends IrBase {
  readonly kind: "null" | "undefined" | "void" | "any" | "unknown" | "never";
}

export type IrPrimitive = string | number | boolean | null;

export interface IrLiteral extends IrBase {
  readonly kind: "literal";
  readonly values: readonly IrPrimitive[];
  /** The literal also accepts `undefined`. */
  readonly acceptsUndefined?: true;
}

export interface IrEnum extends IrBase {
  readonly kind: "enum";
  readonly values: readonly (string | number)[];
}

export interface IrTemplate extends IrBase {
  readonly kind: "template";
  readonly parts: readonly (IrTemplateText | IrNode)[];
  readonly pattern: string;
}

export interface IrTemplateText {
  readonly kind: "text";
  readonly text: string;
}

/** Whether a key or tuple slot may be left out: for what goes in, and for what comes out. */
export interface IrPresence {
  /** `"defaulted"`: something is put in place of an absent value. Absent: the value must be there. */
  readonly in?: "optional" | "defaulted";
  readonly out?: "optional";
}

export interface IrProperty extends IrPresence {
  readonly key: string;
  readonly node: IrNode;
}

export interface IrObject extends IrBase {
  readonly kind: "object";
  /** What becomes of unknown keys: dropped, refused, kept, or checked by `catchall`. */
  readonly mode: "strip" | "strict" | "loose" | "catchall";
  readonly properties: readonly IrProperty[];
  readonly catchall?: IrNode;
}

export interface IrArray extends IrBase {
  readonly kind: "array";
  readonly element: IrNode;
}

export interface IrSlot extends IrPresence {
  readonly node: IrNode;
}

export interface IrTuple extends IrBase {
  readonly kind: "tuple";
  readonly items: readonly IrSlot[];
  readonly rest?: IrNode;
}

export interface IrRecord extends IrBase {
  readonly kind: "record";
  readonly keys: IrNode;
  readonly values: IrNode;
  /** The keys that the key schema can enumerate. All of them are required, unless `partial`. */
  readonly known?: readonly (string | number)[];
  readonly partial?: true;
  /** Keys that do not fit pass unchanged. */
  readonly loose?: true;
}

export interface IrUnion extends IrBase {
  readonly kind: "union";
  readonly options: readonly IrNode[];
  /** Exactly one option must match (`z.xor`). */
  readonly exclusive?: true;
  readonly discriminator?: IrDiscriminator;
}

export interface IrDiscriminator {
  readonly key: string;
  /** For each option, the values of `key` that select it. */
  readonly tags: readonly (readonly IrPrimitive[])[];
  /** The option that an absent `key` selects. */
  readonly absent?: number;
  /** Try every option when no tag matches. */
  readonly fallback?: true;
}

export interface IrIntersection extends IrBase {
  readonly kind: "intersection";
  readonly left: IrNode;
  readonly right: IrNode;
}

export interface IrOptional extends IrBase {
  readonly kind: "optional";
  readonly inner: IrNode;
  /** The key may be absent, but not `undefined`. */
  readonly exact?: true;
  /** What the inner schema makes of an absent value. */
  readonly innerIn?: "optional" | "defaulted";
}

export interface IrWrapper extends IrBase {
  /** `refined` carries the checks of a lazy schema. */
  readonly kind: "nullable" | "nonoptional" | "readonly" | "refined";
  readonly inner: IrNode;
}

/** Exactly one of `value` and `hash` is there; `hash` stands for a function whose result changes. */
export interface IrDefault extends IrBase {
  readonly kind: "default";
  readonly inner: IrNode;
  readonly value?: JsonValue;
  readonly hash?: string;
  /** The value is no valid input of `inner`, so the producer leaves it to the worker. */
  readonly late?: true;
}

/** Like a default, but its value passes through `inner`. */
export interface IrPrefault extends IrBase {
  readonly kind: "prefault";
  readonly inner: IrNode;
  readonly value?: JsonValue;
  readonly hash?: string;
}

/** What does not fit is replaced. */
export interface IrCatch extends IrBase {
  readonly kind: "catch";
  readonly inner: IrNode;
  readonly value?: JsonValue;
  readonly hash?: string;
  /** `inner` would change the value once more, so the producer sends what it was given. */
  readonly late?: true;
}

/** The output of `in` is the input of `out`. The wire carries what `in` accepts. */
export interface IrPipe extends IrBase {
  readonly kind: "pipe";
  readonly in: IrNode;
  readonly out: IrNode;
}

/** A two-way conversion: the wire carries what `in` accepts, the handler gets what `out` makes of it. */
export interface IrCodec extends IrBase {
  readonly kind: "codec";
  readonly in: IrNode;
  readonly out: IrNode;
  readonly hash: string;
  /** It was seen to write each `Date` as its ISO text, so that who has no code of it may be given one. */
  readonly writes?: "iso";
}

export interface IrStringBool extends IrBase {
  readonly kind: "stringbool";
  readonly truthy: readonly string[];
  readonly falsy: readonly string[];
  readonly caseSensitive?: true;
}

/** Code of the user that stands where a schema could: a one-way transform or `z.custom()`. */
export interface IrOpaque extends IrBase {
  readonly kind: "opaque";
  readonly what: "transform" | "custom";
  readonly hash: string;
}

/** A type JSON cannot carry. Allowed only behind a codec or a transform, where a value never travels. */
export interface IrNative extends IrBase {
  readonly kind: "native";
  readonly type: "date" | "bigint" | "symbol" | "nan" | "file" | "map" | "set";
  readonly args?: readonly IrNode[];
}

export interface IrRef extends IrBase {
  readonly kind: "ref";
  readonly name: string;
}

/** The nodes directly inside a node, in source order. */
export function childNodes(node: IrNode): readonly IrNode[] {
  switch (node.kind) {
    case "object":
      return [...node.properties.map((property) => property.node), ...present(node.catchall)];
    case "array":
      return [node.element];
    case "tuple":
      return [...node.items.map((item) => item.node), ...present(node.rest)];
    case "record":
      return [node.keys, node.values];
    case "union":
      return node.options;
    case "intersection":
      return [node.left, node.right];
    case "optional":
    case "nullable":
    case "nonoptional":
    case "readonly":
    case "refined":
    case "default":
    case "prefault":
    case "catch":
      return [node.inner];
    case "pipe":
    case "codec":
      return [node.in, node.out];
    case "native":
      return node.args ?? [];
    case "template":
      return node.parts.filter((part) => part.kind !== "text");
    default:
      return [];
  }
}

function present(node: IrNode | undefined): readonly IrNode[] {
  return node === undefined ? [] : [node];
}

/** Whether any node of a schema satisfies a predicate; each definition is visited once. */
export function someNode(schema: IrSchema, predicate: (node: IrNode) => boolean): boolean {
  const visit = (node: IrNode): boolean => predicate(node) || childNodes(node).some(visit);
  return visit(schema.root) || Object.values(schema.definitions).some(visit);
}

/**
 * Whether code of the user decides over some part of the schema. The producer then checks what it can, and the
 * worker's own schema has the last word.
 */
export function hasOpaqueParts(schema: IrSchema): boolean {
  return someNode(schema, isOpaqueNode);
}

function isOpaqueNode(node: IrNode): boolean {
  if (node.checks?.some((check) => check.check === "opaque") === true) return true;
  switch (node.kind) {
    case "opaque":
    case "codec":
      return true;
    case "default":
    case "prefault":
    case "catch":
      return node.hash !== undefined;
    default:
      return false;
  }
}

/** The same schema without descriptions, deprecation notes and examples: what a client must carry. */
export function withoutMeta(schema: IrSchema): IrSchema {
  return withoutKeys(schema, new Set(["meta"])) as IrSchema;
}

/** The same schema without anything that is said rather than checked: equal for schemas that accept the same. */
export function withoutWords(schema: IrSchema): IrSchema {
  return withoutKeys(schema, new Set(["meta", "message"])) as IrSchema;
}

/** Values a schema holds (defaults, literals) are data, and may have keys of any name. */
const DATA_KEYS = new Set(["value", "values"]);

function withoutKeys(value: unknown, dropped: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutKeys(item, dropped));
  if (typeof value !== "object" || value === null) return value;
  const isRecordNode = (value as { kind?: unknown }).kind === "record";
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !dropped.has(key))
      .map(([key, item]) => [key, DATA_KEYS.has(key) && !isRecordNode ? item : withoutKeys(item, dropped)]),
  );
}
