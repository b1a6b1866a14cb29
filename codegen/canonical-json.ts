/**
 * Writes JSON whose bytes depend on the value only: keys sorted by code unit, `undefined` properties left
 * out, no white space.
 *
 * @see RFC 8785, JSON Canonicalization Scheme, whose number and string forms are those of `JSON.stringify`
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sortKeys(value));
}

/** {@link canonicalJson} with an indent of two, and a line feed at the end: for files that people read in diffs. */
export function canonicalJsonText(value: unknown): string {
  return `${JSON.stringify(sortKeys(value), undefined, 2)}\n`;
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortKeys((value as Record<string, unknown>)[key])]),
  );
}
