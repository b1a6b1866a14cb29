/**
 * A form of a text that formatters leave alone, so that a generated file which a formatter went over still counts
 * as generated: white space, line ends, quotes, commas, semicolons and the bar before the first part of a union
 * say nothing. Words, comments and the contents of templates do.
 */
const TOKENS =
  /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|```|`(?:[^`\\]|\\[\s\S])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\/|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w$])|[A-Za-z0-9_$]+|-+|\s+|[\s\S]/g;

const DROPPED = new Set([",", ";"]);
/** A bar or an ampersand behind one of these opens a list of types. */
const OPENERS = new Set(["=", ":", "<", "(", "[", ">"]);

const known = new Map<string, string>();
const MAX_KNOWN = 5_000;

/** What Markdown is made of besides its marks: bullets, emphasis, rules, tables, escapes and line ends. */
const MARKDOWN_TOKENS = /[\p{L}\p{N}]+|[^\s*_+|\\:=#`~-]/gu;

/** Gives texts that differ by their formatting only the same form. The name of the file says what they are. */
export function normalForm(text: string, file: string): string {
  const isMarkdown = file.endsWith(".md");
  const key = `${isMarkdown} ${text}`;
  const form = known.get(key) ?? (isMarkdown ? markdownForm(text) : makeForm(text));
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(key, form);
  return form;
}

function markdownForm(text: string): string {
  return (text.match(MARKDOWN_TOKENS) ?? []).join("\n");
}

function makeForm(text: string): string {
  const tokens: string[] = [];
  for (const [token] of text.matchAll(TOKENS)) {
    const form = tokenForm(token);
    const isOpening = (form === "|" || form === "&") && OPENERS.has(tokens.at(-1) ?? "");
    if (form !== "" && !isOpening) tokens.push(form);
  }
  return tokens.join("\n");
}

function tokenForm(token: string): string {
  if (DROPPED.has(token) || /^\s/.test(token)) return "";
  if (token.startsWith("//") || token.startsWith("/*")) return token.replace(/\s+/g, " ").trim();
  if (/^-+$/.test(token)) return "-";
  if (/^\d/.test(token)) return Number.isNaN(Number(token)) ? token : String(Number(token));
  if (/^["']/.test(token)) return token.slice(1, -1).replace(/\\([\s\S])/g, unescapedQuote);
  return token;
}

/** Pairs are read from the left, so that the second half of an escaped backslash escapes nothing. */
function unescapedQuote(pair: string, character: string): string {
  return character === '"' || character === "'" ? character : pair;
}
