/** What is hidden by the names of keys and by paths, whatever a contract says, and in texts by what stands before it. */
import { HIDDEN_SIGN, hideValue } from "../../core/observe/sensitive.js";
import type { RedactOptions } from "../options.js";

/** In keys, wherever in them. */
const KEY_WORDS = [
  ...["password", "passwd", "secret", "token", "api[-_]?key", "authorization", "cookie", "credential"],
  ...["private[-_]?key", "ssn", "iban", "card"],
];
/** `scheme://user:password@host`, of whatever is reached with one. Begins where few places do, so that long texts take no time. */
const URL_PASSWORD = /(:\/\/[^\s/:@"']*:)([^\s/"']+)@/gi;
const BEARER = /\b(bearer|basic) +[\w+/.~=-]{8,}/gi;
/**
 * What stands behind such a key in a text: all of what is quoted, or in brackets, or one word with the pairs of a cookie. Each form
 * takes whatever it has looked at, so that no text takes longer than its length.
 */
const SAID = [
  ...[`"[^"\\\\]*(?:\\\\.[^"\\\\]*)*"?`, `'[^'\\\\]*(?:\\\\.[^'\\\\]*)*'?`],
  ...[`\\\\+"[^"]*"?`, `\\\\+'[^']*'?`],
  ...["\\[[^\\]]*\\]?", "\\{[^}]*\\}?"],
  `(?:(?:bearer|basic|digest|negotiate|token|apikey)\\s+)?[^\\s"',;&}\\])]+(?:;\\s*[^\\s"',;=&]+=[^\\s"',;&]*)*`,
].join("|");
/** Longer endings of keys are no keys. */
const MOST_KEY_END = 40;
/** Deeper data is shown as what it is alone. */
const MOST_DEPTH = 64;

/** One path, in parts. */
type Path = readonly string[];

/** Rules of one board. */
export class RedactRules {
  readonly #paths: readonly Path[];
  readonly #keys: RegExp;
  readonly #said: RegExp;

  constructor({ paths = [], keys }: RedactOptions) {
    this.#paths = paths.map((path) => path.split("."));
    const words = (keys?.map(escaped) ?? KEY_WORDS).join("|");
    const source = words === "" ? "(?!)" : words;
    this.#keys = new RegExp(source, "i");
    this.#said = new RegExp(
      `((?:${source})[\\w-]{0,${MOST_KEY_END}}(?:\\\\*["'])?\\s*[:=]\\s*)(${SAID})`,
      "gi",
    );
  }

  /** Whether a value below a path of keys is hidden. */
  hides(path: Path): boolean {
    return (
      path.length > MOST_DEPTH ||
      path.some((key, at) => this.#keys.test(key) || this.#isAt(path.slice(0, at + 1)))
    );
  }

  /**
   * Hides what rules say, in a value of which something else may be hidden already.
   *
   * @param shown the same as `value`, or with texts in place of parts
   */
  hide(value: unknown, shown: unknown, secrets: Set<string>): unknown {
    return this.#visit({ value, shown }, [], secrets);
  }

  /** A text without what it says of passwords and the like. */
  text(text: string): string {
    return text
      .replace(this.#said, (_all, before: string, value: string) => `${before}${inQuotesOf(value)}`)
      .replace(BEARER, (_all, scheme: string) => `${scheme} ${HIDDEN_SIGN}`)
      .replace(URL_PASSWORD, (_all, before: string) => `${before}${HIDDEN_SIGN}@`);
  }

  /** Every text of a value, as {@link text}. */
  texts<Value>(value: Value): Value {
    return mapTexts(value, (text) => this.text(text)) as Value;
  }

  #visit(
    at: { readonly value: unknown; readonly shown: unknown },
    path: Path,
    secrets: Set<string>,
  ): unknown {
    const { value, shown } = at;
    if (typeof shown === "string")
      return typeof value === "string" && value === shown ? this.text(shown) : shown;
    if (typeof shown !== "object" || shown === null || typeof value !== "object" || value === null)
      return shown;
    if (path.length > MOST_DEPTH) return hideValue(value, secrets);
    if (Array.isArray(shown)) {
      const items = value as readonly unknown[];
      return shown.map((item, nth) => this.#visit({ value: items[nth], shown: item }, path, secrets));
    }
    const entries = Object.entries(shown).map(([key, part]) => {
      const original = (value as Readonly<Record<string, unknown>>)[key];
      const own = [...path, key];
      const isHidden = this.#keys.test(key) || this.#isAt(own);
      // What was hidden before is another value by now.
      if (isHidden && part === original) return [key, hideValue(original, secrets)];
      if (isHidden && typeof part === "object") return [key, hideValue(original, secrets)];
      return [key, this.#visit({ value: original, shown: part }, own, secrets)];
    });
    return Object.fromEntries(entries);
  }

  #isAt(path: Path): boolean {
    return this.#paths.some((pattern) => leadsTo(pattern, path));
  }
}

/** `*` is any key, `**` any number of them. */
function leadsTo(pattern: Path, path: Path): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return path.length === 0;
  if (first === "**") return path.some((_, at) => leadsTo(rest, path.slice(at))) || leadsTo(rest, []);
  const [key, ...below] = path;
  return key !== undefined && (first === "*" || first === key) && leadsTo(rest, below);
}

/** What stands in place of a value, in quotes where that was. */
function inQuotesOf(value: string): string {
  const [quote = ""] = /^\\*["']/.exec(value) ?? [];
  const isClosed = value.length > quote.length && value.endsWith(quote.slice(-1));
  return `${quote}${HIDDEN_SIGN}${isClosed ? quote : ""}`;
}

function escaped(word: string): string {
  return word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, mapTexts(part, change)]));
}
