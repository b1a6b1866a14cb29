import { samplePattern } from "../../schema/sample-pattern.js";
import { type JsonSchema, patternsOf } from "./json-schema.js";
import { leaf, namedValues, type Samples } from "./sample.js";

/** Longer texts are not made. */
const MAX_LENGTH = 100_000;

/** By the names that zod and JSON Schema give to formats. */
const FORMAT_TEXTS: Readonly<Record<string, readonly string[]>> = {
  email: ["ann@example.com", "a.b+c@mail.example.org"],
  uri: ["https://example.com/a?b=c", "http://localhost:3000", "http://a.example"],
  uuid: ["3f2504e0-4f89-41d3-9a0c-0305e82c3301", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"],
  ipv4: ["192.0.2.1", "255.255.255.255"],
  ipv6: ["2001:db8::1", "::"],
  "date-time": [
    "2024-05-06T07:08:09Z",
    "2024-02-29T23:59:59.999Z",
    "2024-05-06T07:08:09+02:00",
    "2024-05-06T07:08:09",
  ],
  date: ["2024-05-06", "2024-02-29"],
  time: ["07:08:09", "23:59:59.999", "07:08"],
  duration: ["P1DT2H", "PT0S"],
  nanoid: ["V1StGXR8_Z5jdHi6B-myT"],
  cuid: ["cjld2cjxh0000qzrmn831i7rn"],
  cuid2: ["tz4a98xxat96iws9zmbrgj3a"],
  ulid: ["01ARZ3NDEKTSV4RRFFQ69G5FAV"],
  cidrv4: ["192.0.2.0/24"],
  cidrv6: ["2001:db8::/32"],
  base64: ["YWJj"],
  base64url: ["YWJj"],
  jwt: ["eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.c2ln"],
  e164: ["+4915112345678"],
  credit_card: ["4242424242424242"],
  iban: ["DE89370400440532013000"],
  emoji: ["🙂"],
};

/** For patterns that cannot be read: texts that match one of the usual ones. */
const KNOWN_TEXTS: readonly string[] = Object.values(FORMAT_TEXTS).flat();

/** Texts around every bound, format and pattern. */
export function sampleText(node: JsonSchema): Samples {
  const { minLength = 0, maxLength, format } = node;
  const matching = matchingTexts(node);
  const isFree = format === undefined && patternsOf(node).length === 0;
  const length = Math.max(minLength, Math.min(4, maxLength ?? 4));
  const ordinary = [...namedValues(node), ...(isFree ? [ofLength(length), "1", "true"] : matching)];
  const sized = isFree ? ofLength : (size: number) => padded(matching, size);
  const longest = maxLength !== undefined && maxLength <= MAX_LENGTH ? maxLength : undefined;
  return leaf(
    ordinary,
    [
      ...(isFree && minLength === 0 ? ([["empty", ""]] as const) : []),
      ...(minLength > 0 ? ([[`at its shortest (${minLength})`, sized(minLength)]] as const) : []),
      ...(longest === undefined ? [] : ([[`at its longest (${longest})`, sized(longest)]] as const)),
      ...(isFree ? ([["with letters of many scripts", manyScripts(length, maxLength)]] as const) : []),
      ...matching.slice(1).map((text) => [`in another form (${JSON.stringify(text)})`, text] as const),
    ],
    [
      ...(minLength > 0 ? ([[`too short (${minLength - 1})`, sized(minLength - 1)]] as const) : []),
      ...(longest === undefined ? [] : ([[`too long (${longest + 1})`, sized(longest + 1)]] as const)),
      ...(isFree ? [] : ([[`not of its form (${format ?? "pattern"})`, offForm(matching, length)]] as const)),
      ["a number", 1],
      ["null", null],
    ],
  );
}

/** Texts of a format that match all patterns, made to fit the bounds. */
function matchingTexts(node: JsonSchema): readonly string[] {
  const { format, minLength = 0, maxLength = MAX_LENGTH } = node;
  const patterns = patternsOf(node);
  const expressions = patterns.map(compiled);
  const known = format === undefined ? [] : (FORMAT_TEXTS[format] ?? []);
  const made = patterns.map((pattern, index) => samplePattern(pattern, { flags: expressions[index]?.flags }));
  const whole = made.length > 1 ? [made.map(([first]) => first ?? "").join("")] : [];
  const readable = [...known, ...whole, ...made.flat()];
  const texts = readable.length === 0 ? KNOWN_TEXTS : readable;
  const sized = texts.map((text) =>
    padded([text], Math.min(Math.max([...text].length, minLength), maxLength)),
  );
  const matches = (text: string) => expressions.every((expression) => expression?.test(text) !== false);
  return [...new Set(sized)].filter(matches).slice(0, 4);
}

/** As a schema tests it; undefined when this engine cannot read it. */
function compiled(pattern: string): RegExp | undefined {
  for (const flags of ["u", ""]) {
    try {
      return new RegExp(pattern, flags);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return undefined;
}

function ofLength(length: number): string {
  return "text".repeat(Math.ceil(length / 4)).slice(0, length);
}

/** A matching text made longer or shorter at its end; whether it still matches is seen when it is tried. */
function padded([text = "a"]: readonly string[], length: number): string {
  const letters = [...text];
  const missing = length - letters.length;
  return missing <= 0 ? letters.slice(0, length).join("") : text + (letters.at(-1) ?? "a").repeat(missing);
}

function manyScripts(length: number, maxLength: number | undefined): string {
  const letters = ["ü", "я", "字", "ع", "é"];
  const size = Math.max(length, Math.min(letters.length, maxLength ?? letters.length));
  return Array.from({ length: size }, (_, index) => letters[index % letters.length]).join("");
}

function offForm([text = ""]: readonly string[], length: number): string {
  return text === "" ? "!".repeat(Math.max(1, length)) : `${text} ?`;
}

/** Numbers around every bound and step. */
export function sampleNumber(node: JsonSchema, kind: "number" | "integer"): Samples {
  const step = node.multipleOf ?? (kind === "integer" ? 1 : 0.5);
  const low =
    node.minimum ?? (node.exclusiveMinimum === undefined ? undefined : node.exclusiveMinimum + step);
  const high =
    node.maximum ?? (node.exclusiveMaximum === undefined ? undefined : node.exclusiveMaximum - step);
  const first = onStep(Math.min(Math.max(1, low ?? 1), high ?? Number.POSITIVE_INFINITY), { step, low });
  const tooLow = node.exclusiveMinimum ?? (node.minimum === undefined ? undefined : node.minimum - step);
  const tooHigh = node.exclusiveMaximum ?? (node.maximum === undefined ? undefined : node.maximum + step);
  const offStep = node.multipleOf === undefined ? 0.5 : node.multipleOf / 2;
  return leaf(
    [...namedValues(node), first, ...(low === undefined ? [] : [low]), ...(high === undefined ? [] : [high])],
    [
      ["zero", 0],
      ["negative", -step],
      ...(kind === "number" && node.multipleOf === undefined
        ? ([["a fraction", first + 0.25]] as const)
        : []),
      ...(low === undefined ? [] : ([[`at its least (${low})`, low]] as const)),
      ...(high === undefined ? [] : ([[`at its most (${high})`, high]] as const)),
    ],
    [
      ...(tooLow === undefined ? [] : ([[`too low (${tooLow})`, tooLow]] as const)),
      ...(tooHigh === undefined ? [] : ([[`too high (${tooHigh})`, tooHigh]] as const)),
      [`between its steps (${first + offStep})`, first + offStep],
      ["a text", "1"],
      ["null", null],
    ],
  );
}

function onStep(
  value: number,
  { step, low }: { readonly step: number; readonly low: number | undefined },
): number {
  const rounded = Math.floor(value / step) * step;
  return low !== undefined && rounded < low ? rounded + step : rounded;
}

/** The values a schema lists. */
export function sampleValues(values: readonly unknown[]): Samples {
  const [first] = values;
  const other = typeof first === "string" ? `${first}?` : "none of them";
  return leaf(
    values,
    values.slice(1).map((value) => [JSON.stringify(value) ?? "undefined", value]),
    [
      [`none of its values (${JSON.stringify(other)})`, other],
      ["a list", []],
    ],
  );
}

/** Values where anything is accepted. */
export function sampleAny(node: JsonSchema): Samples {
  return leaf(
    [...namedValues(node), "anything", 1, {}, [], true, null],
    [
      ["null", null],
      ["a number", 0],
      ["a list", []],
      ["an object", {}],
    ],
    [],
  );
}
