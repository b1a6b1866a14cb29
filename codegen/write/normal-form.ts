/**
 * A form of a text that formatters leave alone, so that a generated file which a formatter went over still counts
 * as generated: white space, line ends, quotes, commas, semicolons and the bar before the first part of a union
 * say nothing. Words, comments and the contents of templates do.
 */
const TOKENS =
  /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|```|`(?:[^`\\]|\\[\s\S])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\/|[A-Za-z0-9_$]+|-+|\s+|[\s\S]/g;

const DROPPED = new Set([",", ";"]);
/** A bar or an ampersand behind one of these opens a list of types. */
const OPENERS = new Set(["=", ":", "<", "(", "[", ">"]);

const known = new Map<string, string>();
const MAX_KNOWN = 5_000;

/** Gives texts that differ by their formatting only the same form. */
export function normalForm(text: string): string {
  const form = known.get(text) ?? makeForm(text);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(text, form);
  return form;
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
  if (/^["']/.test(token)) return token.slice(1, -1).replace(/\\(["'])/g, "$1");
  return token;
}
