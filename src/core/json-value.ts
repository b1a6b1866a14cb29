/**
 * JSON that loses nothing on the way. `JSON.stringify` alone leaves out functions, empties a Map and makes null of NaN
 * without a word; here such a value is refused, with the way to it.
 *
 * Plain data is looked through first, which takes about a tenth of the time of writing it. Only what that does not know is
 * written with a replacer, which sees each value as it was given and as it is written.
 */
import { formatPath } from "./errors.js";

/** Deeper data takes the careful way, which also finds what contains itself. */
const MAX_PLAIN_DEPTH = 100;

/** What a value is that JSON cannot carry, and what to send instead. */
interface Uncarried {
  readonly what: string;
  /** A sentence. */
  readonly advice: string;
}

/** A value that JSON cannot carry, and where it is. */
export class NotJsonError extends TypeError {
  override readonly name: string = "NotJsonError";
  readonly path: readonly (string | number)[];
  readonly advice: string;

  constructor(path: readonly (string | number)[], { what, advice }: Uncarried) {
    const place = formatPath(path);
    super(`${place === "" ? "it" : place} is ${what}`);
    this.path = path;
    this.advice = advice;
  }
}

/**
 * JSON text of plain data, of dates, and of objects that have a `toJSON`. A property that is undefined is left out, and −0
 * is written as 0.
 *
 * @throws {NotJsonError} on anything else
 */
export function writeJson(value: unknown): string {
  const text: string | undefined = isPlain(value, MAX_PLAIN_DEPTH)
    ? JSON.stringify(value)
    : JSON.stringify(value, eachValue(refuse));
  if (text !== undefined) return text;
  throw new NotJsonError([], {
    what: "an object whose toJSON gives nothing",
    advice: "Let it give a value.",
  });
}

/**
 * JSON text for somebody to read, of anything: lists of what is in a Map or a Set, and a word for what JSON cannot carry.
 * Undefined: there is nothing to write.
 */
export function writeLoosely(value: unknown): string | undefined {
  return JSON.stringify(value, eachValue(replaced));
}

function replaced({ found, given, written }: Meeting): unknown {
  if (written instanceof Map || written instanceof Set) return [...written];
  if (written instanceof Error) return `${written.name}: ${written.message}`;
  if (typeof written === "bigint") return `${written}n`;
  const hasFields = written === given && Object.prototype.toString.call(given) === "[object Object]";
  return hasFields && found !== PART_OF_ITSELF ? written : found.what;
}

/** Whether a value surely loses nothing as JSON; of what is unusual it says no, whatever it is. */
function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object":
      return (
        value === null || (depth > 0 && isPlainObject(value as Readonly<Record<string, unknown>>, depth))
      );
    default:
      return false;
  }
}

/** Reading `constructor` is faster than asking for a prototype. */
function isPlainObject(value: Readonly<Record<string, unknown>>, depth: number): boolean {
  const made = value.constructor;
  if (made === Array) return isPlainList(value as unknown as readonly unknown[], depth);
  if (made !== Object) return made === Date && isValidDate(value);
  let isEmpty = true;
  for (const key in value) {
    isEmpty = false;
    const item = value[key];
    if (item !== undefined && !isPlain(item, depth - 1)) return false;
  }
  // Iterators have no keys, and with some versions of Node the constructor of plain objects.
  return !isEmpty || (hasPlainPrototype(value) && !isIterable(value));
}

function isPlainList(list: readonly unknown[], depth: number): boolean {
  for (let index = 0; index < list.length; index++) {
    if (!isPlain(list[index], depth - 1)) return false;
  }
  return true;
}

function isValidDate(value: unknown): boolean {
  return value instanceof Date && !Number.isNaN(value.getTime());
}

/** That of this realm or of another, such as a test runner's; or none. */
function hasPlainPrototype(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, "isPrototypeOf");
}

/** What it gives is nowhere in its fields. */
function isIterable(value: object): boolean {
  return Symbol.asyncIterator in value || Symbol.iterator in value;
}

const PART_OF_ITSELF: Uncarried = { what: "part of itself", advice: "Send each object once, or its id." };

/** A value that would not arrive, on its way through a replacer. */
interface Meeting {
  readonly path: readonly (string | number)[];
  readonly found: Uncarried;
  readonly given: unknown;
  /** What its `toJSON` made of it, where it has one. */
  readonly written: unknown;
}

function refuse({ path, found }: Meeting): never {
  throw new NotJsonError(path, found);
}

/** A replacer that asks `meet` what to write in place of each value that would not arrive. */
function eachValue(meet: (meeting: Meeting) => unknown) {
  /** The objects that are being written, the outermost first, each with its key in the one before. */
  const open: { readonly value: unknown; readonly key: string | number }[] = [];
  return function (this: unknown, key: string, written: unknown): unknown {
    const given: unknown = (this as Readonly<Record<string, unknown>>)[key];
    const isInList = Array.isArray(this);
    while (open.length > 0 && open.at(-1)?.value !== this) open.pop();
    // The first one is the whole, which has no key.
    const path = () => [...open.slice(1).map((each) => each.key), ...(open.length === 0 ? [] : [at])];
    const at = isInList ? Number(key) : key;
    const found = open.some(({ value }) => value === written)
      ? PART_OF_ITSELF
      : uncarried({ given, written, isInList });
    const value = found === undefined ? written : meet({ path: path(), found, given, written });
    if (typeof value === "object" && value !== null) open.push({ value, key: at });
    return value;
  };
}

function uncarried(item: {
  readonly given: unknown;
  readonly written: unknown;
  readonly isInList: boolean;
}): Uncarried | undefined {
  const { given, written, isInList } = item;
  switch (typeof written) {
    case "string":
    case "boolean":
      return undefined;
    case "number":
      if (Number.isFinite(written)) return undefined;
      return { what: String(written), advice: "Send null or text in its place." };
    case "undefined":
      return isInList ? { what: "undefined in a list", advice: "Send null, or leave it out." } : undefined;
    case "bigint":
      return { what: "a BigInt", advice: "Send it as text." };
    case "function":
    case "symbol":
      return { what: `a ${typeof written}`, advice: "Leave it out." };
    case "object":
      return uncarriedObject(given, written);
  }
}

function uncarriedObject(given: unknown, written: object | null): Uncarried | undefined {
  if (typeof given !== "object" || given === null) return undefined;
  const kind = kindOf(given);
  if (ArrayBuffer.isView(given) || kind === "ArrayBuffer" || kind === "SharedArrayBuffer") {
    return {
      what: article(classOf(given, kind)),
      advice: "Send base64 text, or a reference to where it is kept.",
    };
  }
  if (kind === "Date" && written === null)
    return { what: "an invalid Date", advice: "Send null in its place." };
  if (written === null || Array.isArray(written)) return undefined;
  if (hasPlainPrototype(written))
    return Object.keys(written).length === 0 && isIterable(written) ? ITERABLE : undefined;
  if (isWrittenByFields(given, written)) return undefined;
  const name = classOf(written, kindOf(written));
  return { what: article(name), advice: ADVICE[name] ?? adviceFor(written) };
}

/** A `toJSON` gave an object with fields. One of what it gave is not asked. */
function isWrittenByFields(given: object, written: object): boolean {
  const hasToJson = (value: object) => typeof (value as { toJSON?: unknown }).toJSON === "function";
  if (!hasToJson(given) || kindOf(written) !== "Object") return false;
  return written === given || !hasToJson(written);
}

const ADVICE: Readonly<Record<string, string>> = {
  Map: "Send Object.fromEntries(map) or [...map].",
  Set: "Send [...set].",
  Promise: "Await it first.",
};

const COLLECT = "Collect what it gives and send that, or a reference to where it is kept.";
const ITERABLE: Uncarried = { what: "an iterable without fields", advice: COLLECT };

function adviceFor(value: object): string {
  if (value instanceof Error) return "Send its name and message, or throw it.";
  if (isIterable(value) || "pipe" in value) return COLLECT;
  return "Send a plain object with its fields, or give its class a toJSON.";
}

function kindOf(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** What to call an object: `Map`, `Generator`, `ReadStream`, or the name of its class. */
function classOf(value: object, kind: string): string {
  if (kind !== "Object" && kind !== "Error" && !ArrayBuffer.isView(value)) return kind;
  const { constructor: made } = value as { constructor?: unknown };
  return typeof made === "function" && made !== Object && made.name !== "" ? made.name : "object of a class";
}

function article(name: string): string {
  return `${/^[aeiou]/i.test(name) ? "an" : "a"} ${name}`;
}
