import type { IrCheck, IrNode } from "../../../src/schema/ir.js";
import { samplePattern } from "../../../src/schema/sample-pattern.js";
import { shapeText, type View } from "../compare/view.js";

/** Longer texts and lists are not made: a payload must stay readable. */
export const MAX_LENGTH = 20_000;

/** Values worth trying where a text stands: around every bound and format that either side asks for. */
export function sampleTexts(checks: readonly IrCheck[]): readonly string[] {
  const formats = checks.flatMap((check) => formatTexts(check, checks));
  const affixes = affixTexts(checks);
  const lengths = lengthsOf(checks);
  const plain = ["text", "", "a", "ab", "A b", " ab ", "0", "a1", "true"];
  const sized = lengths.flatMap((length) => [
    "a".repeat(length),
    `${" ".repeat(Math.max(0, length - 1))}a`,
    "🙂".repeat(length),
    "🙂".repeat(Math.ceil(length / 2)),
    ...pad([...affixes, ...formats], length),
  ]);
  return unique([...affixes, ...formats, ...plain, ...sized]);
}

/** Enough to tell most patterns apart that differ in one class, flag or end. */
const STRANGE = [..."aAzZmM059_-. \n@/é🙂"];
const MAX_BENT_TEXTS = 12;
const MAX_BENT_PLACES = 8;

/**
 * Texts that match one of two patterns, changed a little: what the difference of the two lets through is near both.
 * None where both sides ask for the same.
 */
export function textsBetween(a: readonly IrCheck[], b: readonly IrCheck[]): readonly string[] {
  const patterns = (checks: readonly IrCheck[]): string =>
    shapeText(checks.filter(({ check }) => check === "format"));
  if (patterns(a) === patterns(b)) return [];
  const texts = [...a, ...b].flatMap((check) => formatTexts(check, []));
  const whole = texts
    .slice(0, 2 * MAX_BENT_TEXTS)
    .flatMap((text) => [
      text.toUpperCase(),
      text.toLowerCase(),
      `${text}\n`,
      `\n${text}`,
      `x\n${text}\ny`,
      text + text,
    ]);
  const places = texts
    .slice(0, MAX_BENT_TEXTS)
    .flatMap((text) =>
      placesOf(text).flatMap((at) => [
        text.slice(0, at) + text.slice(at + 1),
        ...STRANGE.flatMap((char) => [
          text.slice(0, at) + char + text.slice(at + 1),
          text.slice(0, at) + char + text.slice(at),
        ]),
      ]),
    );
  return [...whole, ...places];
}

/** The first places of a text, and the last ones. */
function placesOf(text: string): readonly number[] {
  const all = Array.from({ length: text.length + 1 }, (_, index) => index);
  return unique([...all.slice(0, MAX_BENT_PLACES), ...all.slice(-2)]);
}

function pad(texts: readonly string[], length: number): readonly string[] {
  return texts
    .filter((text) => text.length < length)
    .slice(0, 3)
    .flatMap((text) => ["a".repeat(length - text.length) + text, text + "a".repeat(length - text.length)]);
}

/** Every bound with its neighbours. */
export function lengthsOf(checks: readonly IrCheck[]): readonly number[] {
  const lengths = checks.flatMap((check) =>
    check.check === "min_length" || check.check === "max_length" || check.check === "length"
      ? [check.value - 1, check.value, check.value + 1]
      : [],
  );
  return unique(lengths).filter((length) => length >= 0 && length <= MAX_LENGTH);
}

function affixTexts(checks: readonly IrCheck[]): readonly string[] {
  const of = (kind: IrCheck["check"]): string =>
    checks.flatMap((check) => (check.check === kind && "text" in check ? [check.text] : []))[0] ?? "";
  const at = checks.flatMap((check) => (check.check === "includes" ? [check.position ?? 0] : []))[0] ?? 0;
  const [start, middle, end] = [of("starts_with"), of("includes"), of("ends_with")];
  const gap = "a".repeat(Math.max(0, at - start.length));
  return unique([start + gap + middle + end, start, middle, end, `${start}a`, `a${end}`]).filter(
    (text) => text !== "",
  );
}

function formatTexts(check: IrCheck, all: readonly IrCheck[]): readonly string[] {
  if (check.check !== "format") return [];
  const known = FORMAT_TEXTS[check.format] ?? [];
  if (check.pattern === undefined) return known;
  return [...known, ...samplePattern(check.pattern, { flags: check.flags, lengths: lengthsOf(all) })];
}

const FORMAT_TEXTS: Readonly<Record<string, readonly string[]>> = {
  email: ["ann@example.com", "a.b+c@mail.example.org"],
  url: ["https://example.com/a", "http://localhost:3000", "mailto:ann@example.com"],
  uuid: ["3f2504e0-4f89-41d3-9a0c-0305e82c3301", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"],
  guid: ["3f2504e0-4f89-01d3-1a0c-0305e82c3301"],
  nanoid: ["V1StGXR8_Z5jdHi6B-myT"],
  cuid: ["cjld2cjxh0000qzrmn831i7rn"],
  cuid2: ["tz4a98xxat96iws9zmbrgj3a"],
  ulid: ["01ARZ3NDEKTSV4RRFFQ69G5FAV"],
  ipv4: ["192.0.2.1"],
  ipv6: ["2001:db8::1"],
  cidrv4: ["192.0.2.0/24"],
  cidrv6: ["2001:db8::/32"],
  base64: ["YWJj", ""],
  base64url: ["YWJj", ""],
  jwt: ["eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.c2ln"],
  e164: ["+4915112345678"],
  credit_card: ["4242424242424242"],
  iban: ["DE89370400440532013000"],
  datetime: ["2024-05-06T07:08:09Z", "2024-05-06T07:08:09.123Z", "2024-05-06T07:08:09+02:00"],
  date: ["2024-05-06"],
  time: ["07:08:09", "07:08", "07:08:09.123"],
  duration: ["P1DT2H"],
  emoji: ["🙂"],
  lowercase: ["abc"],
  uppercase: ["ABC"],
};

/** Values worth trying where a number stands. */
export function sampleNumbers(checks: readonly IrCheck[]): readonly number[] {
  const bounds = checks.flatMap((check) =>
    check.check === "min" || check.check === "max" ? [check.value] : [],
  );
  const steps = checks.flatMap((check) => (check.check === "multiple_of" ? [check.value] : []));
  const ranges = checks.flatMap((check) =>
    check.check === "number_format" ? [2 ** 31, -(2 ** 31) - 1, 2 ** 32, 2 ** 53] : [],
  );
  const near = bounds.flatMap((bound) => [bound, bound + 1, bound - 1, bound + 0.5, bound - 0.5]);
  const multiples = steps.flatMap((step) => [
    step,
    step * 2,
    step * 3,
    -step,
    ...bounds.flatMap((bound) => [Math.ceil(bound / step) * step, Math.floor(bound / step) * step]),
  ]);
  const middle = bounds.length > 1 ? [(Math.min(...bounds) + Math.max(...bounds)) / 2] : [];
  return unique([1, 0, -1, 2, 0.5, 10, -10, 1000, ...middle, ...near, ...multiples, ...ranges, 1e20, -1e20]);
}

/** One value of each type that JSON knows. */
export const ASSORTED: readonly unknown[] = [
  "text",
  1,
  true,
  null,
  {},
  [],
  { key: "text" },
  ["text"],
  0.5,
  "",
];

/** What can be tried at a place without any other schema inside. */
export function sampleLeaf(core: IrNode, checks: readonly IrCheck[]): readonly unknown[] {
  switch (core.kind) {
    case "string":
      return core.coerce === true ? [...sampleTexts(checks), ...ASSORTED] : sampleTexts(checks);
    case "number":
      return core.coerce === true ? [...sampleNumbers(checks), "5", ...ASSORTED] : sampleNumbers(checks);
    case "boolean":
      return core.coerce === true ? [true, false, ...ASSORTED] : [true, false];
    case "null":
      return [null];
    case "literal":
    case "enum":
      return core.values;
    case "template":
      return samplePattern(core.pattern);
    case "stringbool":
      return [...core.truthy, ...core.falsy];
    case "never":
    case "undefined":
    case "void":
    case "native":
      return [];
    default:
      return ASSORTED;
  }
}

/** Values the other side names at the same place: they show best what only one of the two accepts. */
export function hintsFrom(other: View | undefined): readonly unknown[] {
  if (other === undefined) return [];
  const { core } = other;
  if (core.kind === "object" || core.kind === "array" || core.kind === "union") return [];
  return sampleLeaf(core, other.checks).slice(0, 60);
}

function unique<Item>(items: readonly Item[]): readonly Item[] {
  return [...new Set(items)];
}
