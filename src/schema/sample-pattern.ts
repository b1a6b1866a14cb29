/**
 * Makes texts that match a regular expression, for the common part of the language: classes, groups,
 * alternatives, quantifiers. What it cannot read gives nothing; whatever it makes is tried before it is used.
 */

type Part =
  | { readonly kind: "chars"; readonly chars: readonly string[] }
  | { readonly kind: "group"; readonly options: readonly Sequence[] };

interface Repeated {
  readonly part: Part;
  readonly min: number;
  readonly max: number;
}

type Sequence = readonly Repeated[];

/** Variants tried per pattern: first choice everywhere, second choice everywhere, … */
const VARIANTS = 8;
const MAX_REPEAT = 40;
const DIGITS = [..."0123456789"];
const WORD = [..."aZ0_bcdefxyz"];
const ANY = [..."aZ0-_ .b"];

/** How a pattern is read, and which texts are wanted. */
export interface PatternOptions {
  readonly flags?: string | undefined;
  /** Texts of these lengths as well, where repetition can make them. */
  readonly lengths?: readonly number[];
}

/** Texts that match a pattern, or none when it cannot be read. */
export function samplePattern(
  source: string,
  { flags = "", lengths = [] }: PatternOptions = {},
): readonly string[] {
  const options = parse(source);
  if (options === undefined) return [];
  const expression = new RegExp(source, flags.replaceAll(/[gy]/g, ""));
  const texts = Array.from({ length: VARIANTS }, (_, variant) => write(options, { variant }));
  const sized = lengths.flatMap((length) => stretch(options, length));
  return [...new Set([...texts, ...sized])].filter((text) => expression.test(text));
}

/** How often what may be repeated is repeated. */
interface Wish {
  readonly variant: number;
  /** Characters to be added where the first repetition of a single character allows it. */
  more?: number;
}

/** The shortest text of each alternative, with one repetition drawn out until the text has the length. */
function stretch(options: readonly Sequence[], length: number): readonly string[] {
  return options.flatMap((sequence) => {
    const least = writeSequence(sequence, { variant: 0 });
    const more = length - least.length;
    return more <= 0 ? [] : [writeSequence(sequence, { variant: 0, more })];
  });
}

function write(options: readonly Sequence[], wish: Wish): string {
  return writeSequence(options[wish.variant % options.length] ?? [], wish);
}

function writeSequence(sequence: Sequence, wish: Wish): string {
  const { variant } = wish;
  return sequence
    .map(({ part, min, max }, index) => {
      const usual = Math.min(min + ((variant + index) % 3), max, Math.max(min, MAX_REPEAT));
      const added = part.kind === "chars" ? Math.min(wish.more ?? 0, max - usual) : 0;
      if (wish.more !== undefined) wish.more -= added;
      const some = Array.from({ length: usual + added }, (_, round) =>
        writePart(part, { ...wish, variant: variant + round }),
      );
      return some.join("");
    })
    .join("");
}

function writePart(part: Part, wish: Wish): string {
  if (part.kind === "chars") return part.chars[wish.variant % part.chars.length] ?? "";
  return write(part.options, { variant: wish.variant });
}

/** Where the reader stands. */
interface Cursor {
  readonly source: string;
  at: number;
}

class Unreadable extends Error {}

function parse(source: string): readonly Sequence[] | undefined {
  const cursor: Cursor = { source, at: 0 };
  try {
    const options = parseOptions(cursor);
    return cursor.at === source.length ? options : undefined;
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

function parseOptions(cursor: Cursor): readonly Sequence[] {
  const options: Repeated[][] = [[]];
  while (cursor.at < cursor.source.length && cursor.source[cursor.at] !== ")") {
    if (cursor.source[cursor.at] === "|") {
      cursor.at += 1;
      options.push([]);
      continue;
    }
    const part = parsePart(cursor);
    const [min, max] = parseQuantifier(cursor);
    if (part !== undefined) options.at(-1)?.push({ part, min, max });
  }
  return options;
}

function parsePart(cursor: Cursor): Part | undefined {
  const char = cursor.source[cursor.at] ?? "";
  cursor.at += 1;
  switch (char) {
    case "^":
    case "$":
      return undefined;
    case "(":
      return parseGroup(cursor);
    case "[":
      return { kind: "chars", chars: parseClass(cursor) };
    case ".":
      return { kind: "chars", chars: ANY };
    case "\\":
      return parseEscape(cursor);
    default:
      return { kind: "chars", chars: [char] };
  }
}

/** A look-around matches nothing by itself; whether it holds is seen when the text is tried. */
function parseGroup(cursor: Cursor): Part | undefined {
  const look = /^\?(?:<?[=!])/.exec(cursor.source.slice(cursor.at));
  const open = /^\?(?::|<[A-Za-z]\w*>)/.exec(cursor.source.slice(cursor.at));
  cursor.at += (look ?? open)?.[0].length ?? 0;
  const options = parseOptions(cursor);
  if (cursor.source[cursor.at] !== ")") throw new Unreadable();
  cursor.at += 1;
  return look === null ? { kind: "group", options } : undefined;
}

function parseQuantifier(cursor: Cursor): readonly [number, number] {
  const match = /^(?:[*+?]|\{(\d+)(,(\d*))?\})/.exec(cursor.source.slice(cursor.at));
  if (match === null) return [1, 1];
  cursor.at += match[0].length;
  if (cursor.source[cursor.at] === "?") cursor.at += 1;
  switch (match[0]) {
    case "*":
      return [0, Number.POSITIVE_INFINITY];
    case "+":
      return [1, Number.POSITIVE_INFINITY];
    case "?":
      return [0, 1];
  }
  const min = Number(match[1]);
  if (match[2] === undefined) return [min, min];
  return [min, match[3] === "" ? Number.POSITIVE_INFINITY : Number(match[3])];
}

function parseEscape(cursor: Cursor): Part | undefined {
  const char = cursor.source[cursor.at] ?? "";
  cursor.at += 1;
  if (char === "b" || char === "B") return undefined;
  return { kind: "chars", chars: escaped(char, cursor) };
}

function escaped(char: string, cursor: Cursor): readonly string[] {
  switch (char) {
    case "d":
      return DIGITS;
    case "w":
      return WORD;
    case "s":
      return [" "];
    case "S":
    case "D":
      return [..."aZ-"];
    case "W":
      return [..." -"];
    case "n":
      return ["\n"];
    case "t":
      return ["\t"];
    case "u":
    case "x":
    case "p":
    case "P":
      throw new Unreadable();
    default:
      if (/\d/.test(char)) throw new Unreadable();
      return cursor.at > 0 ? [char] : [];
  }
}

function parseClass(cursor: Cursor): readonly string[] {
  const isNegated = cursor.source[cursor.at] === "^";
  if (isNegated) cursor.at += 1;
  const chars: string[] = [];
  while (cursor.source[cursor.at] !== "]") {
    if (cursor.at >= cursor.source.length) throw new Unreadable();
    chars.push(...parseClassItem(cursor));
  }
  cursor.at += 1;
  if (!isNegated) return chars;
  const excluded = new Set(chars);
  return [..."aZ0-_ .b,;"].filter((char) => !excluded.has(char));
}

function parseClassItem(cursor: Cursor): readonly string[] {
  const char = cursor.source[cursor.at] ?? "";
  cursor.at += 1;
  if (char === "\\") {
    const next = cursor.source[cursor.at] ?? "";
    cursor.at += 1;
    return escaped(next, cursor);
  }
  const end = cursor.source[cursor.at + 1];
  if (cursor.source[cursor.at] !== "-" || end === undefined || end === "]" || end === "\\") return [char];
  cursor.at += 2;
  return rangeChars(char.charCodeAt(0), end.charCodeAt(0));
}

/** First, last and a few between. */
function rangeChars(from: number, to: number): readonly string[] {
  const codes = [from, to, from + 1, from + 2, from + 4].filter((code) => code <= to);
  return [...new Set(codes)].map((code) => String.fromCharCode(code));
}
