/** Reads the pieces of a filter: blanks, bare and quoted text, operators. What they mean is decided by `parse-filter.ts`. */
import { FilterError } from "./filter-error.js";
import type { FilterOperator, FilterPattern } from "./job-filter.js";

/** One character of text, and whether it was written with `\` before it, which takes its meaning away. */
interface Unit {
  readonly char: string;
  readonly isEscaped: boolean;
}

/** A value as it was written. */
export interface FilterValue {
  readonly pattern: FilterPattern;
  /** Its text without quotes, stars included. */
  readonly text: string;
  readonly isQuoted: boolean;
  /** Where it begins. */
  readonly position: number;
}

/** The part of a term before its operator, or a free word. */
export interface BareText {
  readonly units: readonly Unit[];
  readonly position: number;
}

const OPERATOR = /[:=<>]/;
const BLANK = /\s/;

export class FilterReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get position(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  get isAtOperator(): boolean {
    return OPERATOR.test(this.#next);
  }

  get isAtQuote(): boolean {
    return this.#next === '"';
  }

  /** Whether a term cannot go on here. */
  get isAtTermEnd(): boolean {
    return this.isAtEnd || BLANK.test(this.#next);
  }

  skipBlanks(): void {
    while (!this.isAtEnd && BLANK.test(this.#next)) this.#at++;
  }

  /** Takes a character when it stands here. */
  takes(char: string): boolean {
    if (this.#next !== char) return false;
    this.#at++;
    return true;
  }

  /** `:`, `=`, `>`, `:>=` and so on. */
  operator(): FilterOperator {
    const [written = ""] = /^:?(?:[<>]=?|=)?/.exec(this.#text.slice(this.#at, this.#at + 3)) ?? [];
    this.#at += written.length;
    const operator = written.replace(/^:(?=.)/, "");
    return operator === "=" ? ":" : (operator as FilterOperator);
  }

  /** Text without quotes, up to a blank, a quote or `|`; also up to an operator where one may follow. */
  bare(upTo: "operator" | "value end"): BareText {
    const position = this.#at;
    const units: Unit[] = [];
    while (!this.isAtTermEnd && !/["|]/.test(this.#next)) {
      if (upTo === "operator" && this.isAtOperator) break;
      const isEscaped = this.takes("\\");
      if (isEscaped && this.isAtEnd) this.fail(this.#at - 1, "a character has to follow the backslash.");
      units.push({ char: this.#next, isEscaped });
      this.#at++;
    }
    return { units, position };
  }

  /** One value. */
  value(): FilterValue {
    if (this.isAtQuote) return this.#quoted();
    const bare = this.bare("value end");
    if (bare.units.length === 0) this.fail(bare.position, "a value has to stand here.");
    this.#requireValueEnd();
    return patternValue(bare);
  }

  /** @throws {FilterError} */
  fail(position: number, why: string): never {
    throw new FilterError(this.#text, position, why);
  }

  get #next(): string {
    return this.#text.charAt(this.#at);
  }

  #quoted(): FilterValue {
    const position = this.#at;
    this.#at++;
    let text = "";
    while (!this.isAtQuote) {
      this.takes("\\");
      if (this.isAtEnd) this.fail(position, 'this quote is not closed: " is missing at the end.');
      text += this.#next;
      this.#at++;
    }
    this.#at++;
    this.#requireValueEnd();
    return { pattern: [text], text, isQuoted: true, position };
  }

  #requireValueEnd(): void {
    if (this.isAtTermEnd || this.#next === "|") return;
    this.fail(
      this.#at,
      'a blank or | has to follow here. Quote text that has quotes in it, and write them \\".',
    );
  }
}

/** A bare value, whose stars stand for any text. */
export function patternValue({ units, position }: BareText): FilterValue {
  const text = units.map(({ char }) => char).join("");
  return { pattern: split(units, "*"), text, isQuoted: false, position };
}

/** Parts between a character that stands for itself where it is escaped. */
export function split(units: readonly Unit[], separator: string): readonly string[] {
  const parts = [""];
  for (const { char, isEscaped } of units) {
    if (char === separator && !isEscaped) parts.push("");
    else parts[parts.length - 1] += char;
  }
  return parts;
}
