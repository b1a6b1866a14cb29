import { OptionError } from "../errors.js";
import { describe } from "../options.js";
import { valueAt } from "../value-at.js";
import { requireLimitKey } from "./limit-key.js";

/**
 * Takes a path into a payload apart, such as `"customer.id"`.
 *
 * @param option its name, for the message
 * @throws {OptionError} when it is no text of 1 to 200 characters, or a part of it is empty
 */
export function parsePath(text: unknown, option: string): readonly string[] {
  const path = requireLimitKey(text, option).split(".");
  if (!path.includes("")) return path;
  throw new OptionError(`expected ${option} to be a path such as "customer.id", got ${describe(text)}`);
}

/**
 * The key that a path leads to in a payload: text, a number or a boolean there. Own fields only.
 *
 * @param option what asks for it, for the message
 * @throws {OptionError} when the path leads to nothing that can be a key
 */
export function keyAt(payload: unknown, path: readonly string[], option: string): string {
  return requireLimitKey(asKey(valueAt(payload, path)), `${option}, the payload's ${path.join(".")},`);
}

function asKey(value: unknown): unknown {
  const isPlain = typeof value === "number" || typeof value === "boolean" || typeof value === "bigint";
  return isPlain ? String(value) : value;
}

/** What a path may lead to. */
type Key = string | number | boolean | bigint;

/** So deep are the paths that are spelled out; what is below may be anything. */
type Deeper<Depth extends readonly unknown[]> = readonly [...Depth, unknown];

/**
 * A path into a payload of a type: those that lead to a key complete, such as `"customer.id"`, and every other text is taken
 * too, since a contract may be made for a schema that is not known yet.
 */
export type PayloadPath<Payload> = unknown extends Payload
  ? string
  : PathIn<NonNullable<Payload>, readonly []> | (string & {});

type PathIn<Value, Depth extends readonly unknown[]> = Value extends Key
  ? never
  : Value extends readonly (infer Item)[]
    ? Under<`${number}`, Item, Depth>
    : { [Name in keyof Value & (string | number)]: Under<`${Name}`, Value[Name], Depth> }[keyof Value &
        (string | number)];

type Under<Name extends string, Value, Depth extends readonly unknown[]> = unknown extends Value
  ? Name | `${Name}.${string}`
  : Depth["length"] extends 5
    ? Name | `${Name}.${string}`
    :
        | (Extract<Value, Key> extends never ? never : Name)
        | (Exclude<NonNullable<Value>, Key> extends never
            ? never
            : `${Name}.${PathIn<Exclude<NonNullable<Value>, Key>, Deeper<Depth>>}`);
